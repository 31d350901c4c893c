/// Metrics of classes, labels and numbers against scikit-learn and torchmetrics (reference values by
/// make_reference.py), over batches of unequal size.
#include <ATen/record_function.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/losses/bce_with_logits.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/focal.hpp>
#include <hearth/losses/regression.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/calibration_error.hpp>
#include <hearth/metrics/classification_report.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/metrics/mean_error.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/metrics/multi_label_accuracy.hpp>
#include <hearth/metrics/r2_score.hpp>
#include <hearth/metrics/roc_auc.hpp>

#include "catch.hpp"
#include "models/formula.hpp"
#include "reference_lines.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

// The inputs of make_reference.py.
torch::Tensor class_labels() {
  return ((formula::tensor(12, {60}) + 0.5) * 4).to(torch::kLong);
}

torch::Tensor class_logits() {
  const torch::Tensor logits = formula::tensor(11, {60, 6}, 6.0) + 2 * torch::one_hot(class_labels(), 6);
  logits.select(1, 5).fill_(-9);
  return logits;
}

/// The labels, of which every seventh has the label that is ignored.
torch::Tensor labels_with_holes() {
  return class_labels().masked_fill(torch::arange(60).remainder(7).eq(0), -100);
}

const std::vector<std::string> names{"cat", "dog", "Königspinguin (groß)", "owl", "crab", "unseen"};

torch::Tensor held() {
  return formula::tensor(13, {60, 3}).gt(0.1).to(torch::kFloat);
}
torch::Tensor scores() {
  return formula::tensor(14, {60, 3}, 8.0) + 2 * held();
}
torch::Tensor stepped_scores() {
  return (scores() * 2).round() / 2;
}

torch::Tensor real() {
  return formula::tensor(15, {60, 3}, 4.0, 10.0);
}
torch::Tensor real_outputs() {
  return real() + formula::tensor(16, {60, 3}, 3.0);
}

std::vector<double> reference(const std::string& name) {
  static const auto lines = reference_lines("metrics/reference/metrics.txt");
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const auto& one) { return one.name == name; });
  REQUIRE(line != lines.end());
  return line->numbers;
}

std::string reference_text(const std::string& name) {
  std::ifstream file(HEARTH_TEST_DIR "/metrics/reference/" + name);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The metric over batches of 7, 0, 30, 1 and 22 samples.
template <class Metric>
Metric over_batches(Metric metric, const torch::Tensor& outputs, const torch::Tensor& targets) {
  std::int64_t begin = 0;
  for (const std::int64_t size : {7, 0, 30, 1, 22}) {
    metric.update(outputs.narrow(0, begin, size), targets.narrow(0, begin, size));
    begin += size;
  }
  REQUIRE(begin == outputs.size(0));
  return metric;
}

/// The operators met in its life that on a device wait for its numbers: for a number itself, or for how many there are.
class WaitingOperators {
 public:
  WaitingOperators() : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(look))) { list().clear(); }
  ~WaitingOperators() { at::removeCallback(handle_); }
  WaitingOperators(const WaitingOperators&) = delete;
  WaitingOperators& operator=(const WaitingOperators&) = delete;

  const std::string& met() const { return list(); }

 private:
  static std::string& list() {
    static std::string result;
    return result;
  }
  static std::unique_ptr<at::ObserverContext> look(const at::RecordFunction& function) {
    for (const std::string_view name :
         {"item", "_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "bincount", "histc",
          "repeat_interleave", "unique_consecutive", "_unique2", "one_hot", "allclose"}) {
      if (std::string_view(function.name()) == "aten::" + std::string(name)) {
        list() += std::string(function.name()) + ' ';
      }
    }
    return nullptr;
  }

  at::CallbackHandle handle_;
};

std::vector<double> as_list(std::span<const double> sums) {
  return {sums.begin(), sums.end()};
}

/// What every metric promises of its sums: they go on to the same bits in a fresh metric, they add over processes, and
/// reading them in between changes nothing. Whole: the sums are counts, and so exact in any order.
template <class Metric>
void check_sums(const Metric& fresh, const torch::Tensor& outputs, const torch::Tensor& targets, bool whole) {
  STATIC_REQUIRE(MetricLike<Metric>);
  INFO(fresh.name());
  const auto take = [&](Metric& metric, std::int64_t begin, std::int64_t end) {
    metric.update(outputs.slice(0, begin, end), targets.slice(0, begin, end));
  };
  Metric straight = fresh;
  take(straight, 0, 20);
  take(straight, 20, 31);
  take(straight, 31, 60);
  const std::vector<double> expected = as_list(straight.sums());
  REQUIRE_FALSE(expected.empty());

  Metric first = fresh;
  take(first, 0, 20);
  CHECK_FALSE(as_list(first.sums()) == expected);
  take(first, 20, 31);
  const std::vector<double> saved = as_list(first.sums());
  Metric resumed = fresh;
  resumed.load_sums(saved);
  CHECK(as_list(resumed.sums()) == saved);
  take(resumed, 31, 60);
  CHECK(as_list(resumed.sums()) == expected);

  Metric second = fresh;
  take(second, 31, 60);
  std::vector<double> sum = as_list(second.sums());
  REQUIRE(sum.size() == saved.size());
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += saved[i];
    CHECK(sum[i] == (whole ? Approx(expected[i]).epsilon(0).margin(0) : Approx(expected[i]).epsilon(1e-14)));
  }

  Metric used = straight;
  used.load_sums(sum);  // in the place of what it had
  CHECK(as_list(used.sums()) == sum);
  used.reset();
  CHECK(as_list(used.sums()) == as_list(Metric(fresh).sums()));
  used.load_sums(as_list(Metric(fresh).sums()));  // also what a metric has that has met nothing
  CHECK(as_list(used.sums()) == as_list(Metric(fresh).sums()));
  CHECK_THROWS_AS(used.load_sums(std::vector<double>(expected.size() + 1)), Error);
}

}  // namespace

TEST_CASE("Every metric goes on from its sums to the same bits, and adds over processes") {
  const torch::Tensor labels = labels_with_holes();
  check_sums(Accuracy(), class_logits(), labels, true);
  check_sums(ConfusionMatrix(), class_logits(), labels, true);
  check_sums(ConfusionMatrix{{.num_classes = 6}}, class_logits(), labels, true);
  check_sums(ClassificationReport(), class_logits(), labels, true);
  check_sums(ClassificationReport{{.classes = names}}, class_logits(), labels, true);
  check_sums(CalibrationError(), class_logits(), labels, true);
  check_sums(CalibrationError{{.bins = 4}}, scores().select(1, 0), held().select(1, 0), true);
  check_sums(RocAuc(), class_logits(), labels, true);
  check_sums(RocAuc{{.num_classes = 3}}, scores(), held(), true);
  check_sums(MultiLabelAccuracy(), scores(), held(), true);
  check_sums(MeanAbsoluteError(), real_outputs(), real(), false);
  check_sums(MeanSquaredError(), real_outputs(), real(), false);
  check_sums(R2Score(), real_outputs(), real(), false);
  check_sums(AverageLoss{MSELoss()}, real_outputs(), real(), false);
}

TEST_CASE("ConfusionMatrix is scikit-learn's, with and without ignored samples") {
  for (const auto& [name, labels] : std::map<std::string, torch::Tensor>{{"confusion", class_labels()},
                                                                         {"confusion_ignored", labels_with_holes()}}) {
    INFO(name);
    const auto matrix = over_batches(ConfusionMatrix(), class_logits(), labels).value();
    CHECK(std::vector<double>(matrix.counts().begin(), matrix.counts().end()) == reference(name));
    CHECK(matrix.size() == 6);
  }
  CHECK(ConfusionMatrix().value().size() == 0);
}

TEST_CASE("A matrix of confusions prints its rows, as a table and as comma-separated values") {
  const ConfusionCounts counts{{"cat", "Bär, \"gross\""}, {10, 2, 0, 1234}};
  CHECK(counts(0, 1) == 2);
  CHECK(counts(1, 0) == 0);
  CHECK(counts.to_string() ==
        "truth \\ predicted  cat  Bär, \"gross\"\n"
        "              cat   10             2\n"
        "     Bär, \"gross\"    0          1234\n");
  CHECK(counts.to_csv() ==
        "truth,cat,\"Bär, \"\"gross\"\"\"\n"
        "cat,10,2\n"
        "\"Bär, \"\"gross\"\"\",0,1234\n");
  CHECK_THROWS_WITH(counts(0, 2), "ConfusionCounts: there are 2 classes, but got 0 and 2");
  CHECK_THROWS_AS((ConfusionCounts{{"cat"}, {1, 2}}), Error);
  CHECK(ConfusionMatrix{{.num_classes = 2}}.value().to_csv() == "truth,0,1\n0,0,0\n1,0,0\n");
}

TEST_CASE("ClassificationReport has scikit-learn's figures") {
  for (const auto& [name, labels] :
       std::map<std::string, torch::Tensor>{{"report", class_labels()}, {"report_ignored", labels_with_holes()}}) {
    INFO(name);
    const auto report = over_batches(ClassificationReport(), class_logits(), labels);
    const ClassificationFigures value = report.value();
    std::vector<double> numbers;
    for (const ClassFigures& one : value.classes) {
      numbers.insert(numbers.end(), {one.precision, one.recall, one.f1, static_cast<double>(one.support)});
    }
    for (const Figure& figure : metrics::figures(report)) {
      numbers.push_back(figure.value);
    }
    numbers.push_back(value.accuracy);
    const std::vector<double> expected = reference(name);
    REQUIRE(numbers.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(numbers[i] == Approx(expected[i]).epsilon(1e-14).margin(1e-16));
    }
  }
}

TEST_CASE("ClassificationReport prints scikit-learn's table to the letter") {
  const auto named = over_batches(ClassificationReport{{.classes = names}}, class_logits(), class_labels());
  CHECK(named.value().to_string() == reference_text("report_2.txt"));
  const auto numbered = over_batches(ClassificationReport(), class_logits(), class_labels());
  CHECK(numbered.value().to_string(5) == reference_text("report_5.txt"));
}

TEST_CASE("Samples of an ignored class count nowhere, as if they were not there") {
  const torch::Tensor others = class_labels().ne(2);
  const auto same = [&](const auto& ignoring, const auto& all) {
    INFO(all.name());
    CHECK(as_list(over_batches(ignoring, class_logits(), class_labels()).sums()) == [&] {
      auto metric = all;
      metric.update(class_logits().index({others}), class_labels().index({others}));
      return as_list(metric.sums());
    }());
  };
  same(Accuracy{{.ignore_index = 2}}, Accuracy());
  same(ConfusionMatrix{{.ignore_index = 2}}, ConfusionMatrix());
  same(ClassificationReport{{.ignore_index = 2}}, ClassificationReport());
  same(CalibrationError{{.ignore_index = 2}}, CalibrationError());
  same(RocAuc{{.ignore_index = 2}}, RocAuc());
}

TEST_CASE("Class probabilities as targets count as their most probable class") {
  const torch::Tensor soft = torch::one_hot(class_labels(), 6) * 0.6 + 0.4 / 6;
  const auto same = [&](const auto& fresh) {
    INFO(fresh.name());
    CHECK(as_list(over_batches(fresh, class_logits(), soft).sums()) ==
          as_list(over_batches(fresh, class_logits(), class_labels()).sums()));
  };
  same(Accuracy());
  same(Accuracy{{.top_k = 3}});
  same(ConfusionMatrix());
  same(ClassificationReport());
  same(CalibrationError());
  CHECK(over_batches(Accuracy(), class_logits(), soft).value() == reference("report").back());
}

TEST_CASE("Metrics of classes refuse labels out of range and another number of classes") {
  const auto refuses = [&](auto metric) {
    const std::string name = metric.name();
    INFO(name);
    CHECK_THROWS_WITH(metric.update(torch::zeros({2, 3}), torch::tensor({0, 3})),
                      ContainsSubstring("label 3 (sample 1 of its batch) is out of range"));
    CHECK_THROWS_WITH(metric.update(torch::zeros({2, 3}), torch::tensor({0, 1, 2})),
                      ContainsSubstring("got outputs [2, 3] and targets [3]"));
    metric.update(torch::zeros({2, 3}), torch::tensor({0, -100}));
  };
  refuses(ConfusionMatrix());
  refuses(ClassificationReport());
  refuses(CalibrationError());
  ConfusionMatrix matrix;
  matrix.update(torch::zeros({2, 3}), torch::tensor({0, 1}));
  CHECK_THROWS_WITH(matrix.update(torch::zeros({2, 4}), torch::tensor({0, 1})),
                    "ConfusionMatrix: the outputs have 4 classes, but the metric has 3");
  matrix.reset();
  CHECK_NOTHROW(matrix.update(torch::zeros({2, 4}), torch::tensor({0, 1})));
  CHECK_THROWS_WITH((ClassificationReport{{.classes = names, .num_classes = 5}}),
                    "ClassificationReport: num_classes is 5, but there are 6 names");
  CHECK_THROWS_WITH((ConfusionMatrix{{.num_classes = 3}}.load_sums(std::vector<double>(5))),
                    "ConfusionMatrix: the outputs have 2 classes, but the metric has 3");
}

TEST_CASE("What only a device has seen is refused when the value is read") {
  // The last sum counts the labels out of range and the outputs that are no numbers.
  std::vector<double> sums(4 * 4 + 1);
  sums.back() = 2;
  ConfusionMatrix matrix;
  matrix.load_sums(sums);
  CHECK_THROWS_WITH(matrix.value(), "ConfusionMatrix: 2 labels were out of range");
  RocAuc auc;
  auc.update(torch::tensor({0.f, std::nanf(""), 1.f}), torch::tensor({0.f, 1.f, 1.f}));
  CHECK_THROWS_WITH(auc.value(), "RocAuc: 1 labels were out of range or logits were no numbers");
  CalibrationError calibration;
  calibration.update(torch::full({1, 3}, std::nanf("")), torch::tensor({1}));
  CHECK_THROWS_AS(calibration.value(), Error);
}

TEST_CASE("RocAuc is scikit-learn's to within its bound, of any number of bins") {
  const std::vector<double> classes = reference("roc_auc_classes");
  double mean = 0;
  for (const double area : classes) {
    mean += area / static_cast<double>(classes.size());
  }
  for (const std::int64_t bins : {4, 32, 256, 2048, 1 << 16}) {
    INFO(bins);
    const auto near = [&](const RocAuc& metric, double expected) {
      CHECK(std::abs(metric.value() - expected) <= metric.error_bound() + 1e-12);
      CHECK(metric.error_bound() < (bins < 2048 ? 0.5 : 0.005));
    };
    const RocAuc fresh{{.bins = bins}};
    near(over_batches(fresh, scores().select(1, 0), held().select(1, 0)), reference("roc_auc_binary")[0]);
    near(over_batches(fresh, scores().narrow(1, 0, 1), held().select(1, 0)), reference("roc_auc_binary")[0]);
    near(over_batches(fresh, scores(), held()), reference("roc_auc_labels")[0]);
    const RocAuc rest = over_batches(fresh, class_logits(), class_labels());
    near(rest, mean);
    REQUIRE(rest.areas().size() == 6);
    CHECK(std::isnan(rest.areas()[4]));  // no sample is of these
    CHECK(std::isnan(rest.areas()[5]));
  }
}

TEST_CASE("RocAuc is scikit-learn's exactly where only equal scores share a bin, ties counting half") {
  const RocAuc metric = over_batches(RocAuc(), stepped_scores(), held());
  const std::vector<double> expected = reference("roc_auc_steps");
  REQUIRE(metric.areas().size() == expected.size());
  for (std::size_t c = 0; c < expected.size(); ++c) {
    CHECK(metric.areas()[c] == Approx(expected[c]).epsilon(1e-14));
  }
  RocAuc by_hand;
  by_hand.update(torch::tensor({1.f, 2.f, 2.f, 3.f}), torch::tensor({0.f, 0.f, 1.f, 1.f}));
  CHECK(by_hand.value() == (1 + 0.5 + 1 + 1) / 4.0);
  CHECK(by_hand.error_bound() == 0.5 / 4);
  by_hand.reset();
  CHECK(std::isnan(by_hand.value()));
  by_hand.update(torch::tensor({1.f, 2.f}), torch::tensor({1.f, 1.f}));
  CHECK(std::isnan(by_hand.value()));
}

TEST_CASE("RocAuc keeps apart scores of any size, infinite ones too") {
  const float infinite = std::numeric_limits<float>::infinity();
  RocAuc metric;
  metric.update(torch::tensor({-infinite, -200.f, -20.f, 0.f, 20.f, infinite}),
                torch::tensor({0.f, 1.f, 0.f, 1.f, 0.f, 1.f}));
  CHECK(metric.value() == (1 + 2 + 3) / 9.0);
  RocAuc classes;  // the second class is all but certain in two samples
  classes.update(torch::tensor({{0.f, 40.f}, {0.f, 10.f}, {0.f, 80.f}, {5.f, 0.f}}), torch::tensor({1, 0, 1, 0}));
  CHECK(classes.value() == 1);
}

TEST_CASE("CalibrationError is torchmetrics', and its bins make a reliability diagram") {
  CHECK(over_batches(CalibrationError(), class_logits(), class_labels()).value() ==
        Approx(reference("calibration_15")[0]).epsilon(1e-6));
  const auto ten = over_batches(CalibrationError{{.bins = 10}}, class_logits(), class_labels());
  CHECK(ten.value() == Approx(reference("calibration_10")[0]).epsilon(1e-6));
  CHECK(over_batches(CalibrationError(), scores().select(1, 0), held().select(1, 0)).value() ==
        Approx(reference("calibration_binary")[0]).epsilon(1e-6));
  std::int64_t samples = 0;
  double found = 0;
  for (std::size_t i = 0; i < ten.reliability().size(); ++i) {
    const CalibrationBin bin = ten.reliability()[i];
    samples += bin.count;
    found += bin.accuracy * static_cast<double>(bin.count);
    if (bin.count > 0) {
      CHECK(bin.confidence > 0.1 * static_cast<double>(i));
      CHECK(bin.confidence <= 0.1 * static_cast<double>(i + 1));
    }
  }
  CHECK(samples == 60);
  CHECK(found / 60 == Approx(reference("report").back()));
}

TEST_CASE("CalibrationError is the distance between confidence and accuracy, by hand") {
  CalibrationError metric{{.bins = 2}};
  // Two outputs apart by log(3): the confidence is 0.75. One sample of four is wrong, which is as the model thinks.
  const float gap = std::log(3.f);
  const torch::Tensor outputs = torch::tensor({{gap, 0.f}, {gap, 0.f}, {0.f, gap}, {gap, 0.f}});
  metric.update(outputs, torch::tensor({0, 0, 1, 1}));
  CHECK(metric.value() == Approx(0).margin(1e-7));
  metric.update(outputs, torch::tensor({1, 1, 0, -100}));
  CHECK(metric.value() == Approx(0.75 - 3 / 7.0).epsilon(1e-6));
  CHECK(metric.reliability()[0].count == 0);
  CHECK(metric.reliability()[1].count == 7);
  metric.update(torch::tensor({{0.f, 0.f}, {200.f, 0.f}}), torch::tensor({0, 0}));  // confidences of 0.5 and 1
  CHECK(metric.reliability()[0].count == 1);  // a bin has its upper end, not its lower
  CHECK(metric.reliability()[0].confidence == 0.5);
  CHECK(metric.reliability()[1].count == 8);
  metric.reset();
  CHECK(std::isnan(metric.value()));
  CHECK_THROWS_WITH((CalibrationError{{.bins = 0}}), "CalibrationError: bins must be at least 1, but got 0");
}

TEST_CASE("MultiLabelAccuracy is the share of labels that are right at the threshold") {
  CHECK(over_batches(MultiLabelAccuracy(), scores(), held()).value() == Approx(reference("multi_label")[0]));
  CHECK(over_batches(MultiLabelAccuracy{{.threshold = 1.5}}, scores(), held().to(torch::kLong)).value() ==
        Approx(reference("multi_label_1.5")[0]));
  MultiLabelAccuracy one;
  one.update(torch::tensor({{-1.f}, {0.f}, {2.f}}), torch::tensor({0, 0, 1}));
  CHECK(one.value() == 1);
  CHECK_THROWS_WITH(one.update(torch::zeros({3, 2}), torch::zeros({3})),
                    ContainsSubstring("MultiLabelAccuracy: outputs and targets must have the same shape"));
}

TEST_CASE("MeanAbsoluteError, MeanSquaredError and R2Score are scikit-learn's") {
  const torch::Tensor outputs = real_outputs();
  CHECK(over_batches(MeanAbsoluteError(), outputs, real()).value() == Approx(reference("mae")[0]).epsilon(1e-6));
  CHECK(over_batches(MeanSquaredError(), outputs, real()).value() == Approx(reference("mse")[0]).epsilon(1e-6));
  const R2Score score = over_batches(R2Score(), outputs, real());
  const std::vector<double> expected = reference("r2");
  CHECK(score.value() == Approx(expected[0]).epsilon(1e-5));
  REQUIRE(score.scores().size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(score.scores()[k] == Approx(expected[k + 1]).epsilon(1e-5));
  }
  R2Score one;
  one.update(outputs.narrow(1, 1, 1), real().select(1, 1));  // [N, 1] and [N]
  CHECK(one.value() == Approx(expected[2]).epsilon(1e-5));
}

TEST_CASE("R2Score of targets that never vary, of one sample and of none") {
  R2Score score;
  CHECK(std::isnan(score.value()));
  score.update(torch::tensor({2.f}), torch::tensor({2.f}));
  CHECK(std::isnan(score.value()));
  score.update(torch::tensor({2.f}), torch::tensor({2.f}));
  CHECK(score.value() == 1);
  score.update(torch::tensor({3.f}), torch::tensor({2.f}));
  CHECK(score.value() == 0);
  CHECK_THROWS_WITH(score.update(torch::zeros({2, 3}), torch::zeros({2, 3})),
                    "R2Score: the outputs have 3 columns, but earlier ones had 1");
}

TEST_CASE("Metrics of half precision outputs are those of the same numbers in float") {
  const auto same = [](const auto& fresh, const torch::Tensor& outputs, const torch::Tensor& targets) {
    INFO(fresh.name());
    for (const auto type : {torch::kBFloat16, torch::kHalf}) {
      const torch::Tensor half = outputs.to(type);
      CHECK(as_list(over_batches(fresh, half, targets).sums()) ==
            as_list(over_batches(fresh, half.to(torch::kFloat), targets).sums()));
    }
  };
  same(Accuracy(), class_logits(), class_labels());
  same(AverageLoss<>(), class_logits(), class_labels());
  same(AverageLoss{MSELoss()}, real_outputs(), real());
  same(ConfusionMatrix(), class_logits(), class_labels());
  same(ClassificationReport(), class_logits(), class_labels());
  same(CalibrationError(), class_logits(), class_labels());
  same(CalibrationError(), scores().select(1, 0), held().select(1, 0));
  same(RocAuc(), class_logits(), class_labels());
  same(RocAuc(), scores(), held());
  same(MultiLabelAccuracy(), scores(), held());
  same(MeanAbsoluteError(), real_outputs(), real());
  same(MeanSquaredError(), real_outputs(), real());
  same(R2Score(), real_outputs(), real());
}

TEST_CASE("No metric waits for the device when it takes a batch") {
  const auto goes_on = [](auto metric, const torch::Tensor& outputs, const torch::Tensor& targets) {
    INFO(metric.name());
    const WaitingOperators waiting;
    metric.update(outputs, targets);
    CHECK(waiting.met() == "");
  };
  {
    const WaitingOperators waiting;
    held().nonzero();
    held().sum().item();
    CHECK(waiting.met() == "aten::nonzero aten::item aten::_local_scalar_dense ");
  }
  goes_on(Accuracy(), class_logits(), class_labels());
  goes_on(Accuracy{{.top_k = 5}}, class_logits(), class_labels());
  goes_on(ConfusionMatrix(), class_logits(), class_labels());
  goes_on(ClassificationReport(), class_logits(), class_labels());
  goes_on(CalibrationError(), class_logits(), class_labels());
  goes_on(CalibrationError(), scores().select(1, 0), held().select(1, 0));
  goes_on(RocAuc(), class_logits(), class_labels());
  goes_on(RocAuc(), scores(), held());
  goes_on(MultiLabelAccuracy(), scores(), held());
  goes_on(MeanAbsoluteError(), real_outputs(), real());
  goes_on(MeanSquaredError(), real_outputs(), real());
  goes_on(R2Score(), real_outputs(), real());
  const torch::Tensor soft = torch::one_hot(class_labels(), 6).to(torch::kFloat);
  goes_on(Accuracy(), class_logits(), soft);
  goes_on(AverageLoss<>(), class_logits(), class_labels());
  goes_on(AverageLoss<>(), class_logits(), soft);
  goes_on(AverageLoss{CrossEntropyLoss{{.weight = torch::ones({6}), .ignore_index = 0}}}, class_logits(),
          class_labels());
  goes_on(AverageLoss{BCEWithLogitsLoss{{.pos_weight = torch::ones({3})}}}, scores(), held());
  goes_on(AverageLoss{FocalLoss()}, scores(), held());
  goes_on(AverageLoss{MSELoss()}, real_outputs(), real());
  goes_on(AverageLoss{L1Loss()}, real_outputs(), real());
  goes_on(AverageLoss{HuberLoss()}, real_outputs(), real());
}

TEST_CASE("AverageLoss over uneven batches is each loss of all samples at once") {
  const auto same = [](const auto& loss, const torch::Tensor& outputs, const torch::Tensor& targets) {
    CHECK(over_batches(AverageLoss{loss}, outputs, targets).value() ==
          Approx(loss(outputs, targets).template item<double>()).epsilon(1e-6));
  };
  const torch::Tensor soft = torch::one_hot(class_labels(), 6) * 0.6 + 0.4 / 6;
  const torch::Tensor weight = torch::tensor({1.0, 2.0, 0.5, 4.0, 1.0, 1.0});
  same(CrossEntropyLoss(), class_logits(), soft);
  same(CrossEntropyLoss{{.weight = weight}}, class_logits(), soft);
  same(BCEWithLogitsLoss{{.pos_weight = torch::tensor({1.0, 4.0, 2.0})}}, scores(), held());
  same(FocalLoss(), scores(), held());
  same(MSELoss(), real_outputs(), real());
  same(L1Loss(), real_outputs(), real());
  same(HuberLoss(), real_outputs().narrow(1, 0, 1), real().select(1, 0));
}

TEST_CASE("A metric of one number is one figure, another names its own, and a table has none") {
  const Accuracy accuracy = over_batches(Accuracy(), class_logits(), class_labels());
  const auto figures = metrics::figures(accuracy);
  REQUIRE(figures.size() == 1);
  CHECK(figures[0].name == "accuracy");
  CHECK(figures[0].value == accuracy.value());
  const auto several = metrics::figures(ClassificationReport());
  REQUIRE(several.size() == 6);
  CHECK(several[2].name == "macro_f1");
  CHECK(metrics::figures(ConfusionMatrix()).empty());
}
