/// Metrics: counts by hand, means of losses against torch.nn.functional (reference values by
/// tests/losses/make_reference.py).
#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/deferred_counts.hpp>
#include <hearth/metrics/deferred_mean.hpp>
#include <hearth/metrics/deferred_sums.hpp>
#include <hearth/metrics/metric.hpp>

#include "catch.hpp"
#include "losses/cross_entropy_cases.hpp"
#include "models/formula.hpp"
#include "reference_lines.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Five samples of four classes; the class of sample i is first, second, third, fourth, first among the logits.
const torch::Tensor logits =
    torch::tensor({{9., 1., 2., 3.}, {5., 7., 0., 1.}, {3., 8., 9., 1.}, {4., 3., 2., 1.}, {-1., -2., -3., -4.}});
const torch::Tensor targets = torch::tensor({0, 0, 0, 3, 0}, torch::kLong);

/// Not in LibTorch: the mean of the absolute differences from the one-hot target.
struct AbsoluteLoss {
  torch::Tensor operator()(const torch::Tensor& output, const torch::Tensor& target) const {
    return (output - torch::one_hot(target, output.size(1))).abs().sum(1).mean();
  }
};

}  // namespace

TEST_CASE("Accuracy counts the samples whose class is among the k highest logits") {
  const std::vector<double> expected{2 / 5., 3 / 5., 4 / 5., 1};
  for (std::int64_t k = 1; k <= 4; ++k) {
    Accuracy accuracy{{.top_k = k}};
    accuracy.update(logits, targets);
    CHECK(accuracy.value() == expected[static_cast<std::size_t>(k - 1)]);
  }
  CHECK(Accuracy().name() == "accuracy");
  CHECK(Accuracy{{.top_k = 5}}.name() == "top5_accuracy");
}

TEST_CASE("Metrics are the same over any batches, and over the sums of two processes") {
  Accuracy whole, parts, left, right;
  AverageLoss<> whole_loss, parts_loss, left_loss, right_loss;
  whole.update(logits, targets);
  whole_loss.update(logits, targets);
  for (const auto& [begin, end] : std::vector<std::pair<int, int>>{{0, 3}, {3, 3}, {3, 5}}) {  // one batch is empty
    parts.update(logits.slice(0, begin, end), targets.slice(0, begin, end));
    parts_loss.update(logits.slice(0, begin, end), targets.slice(0, begin, end));
    (begin == 0 ? left : right).update(logits.slice(0, begin, end), targets.slice(0, begin, end));
    (begin == 0 ? left_loss : right_loss).update(logits.slice(0, begin, end), targets.slice(0, begin, end));
  }
  CHECK(parts.value() == whole.value());
  CHECK(parts_loss.value() == Approx(whole_loss.value()).epsilon(1e-7));

  const auto add = [](auto& to, auto& from) {
    REQUIRE(to.sums().size() == from.sums().size());
    std::vector<double> sums(to.sums().begin(), to.sums().end());
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += from.sums()[i];
    }
    to.load_sums(sums);
  };
  add(left, right);
  add(left_loss, right_loss);
  CHECK(left.value() == whole.value());
  CHECK(left.sums()[0] == 2);
  CHECK(left.sums()[1] == 5);
  CHECK(left_loss.value() == parts_loss.value());
}

TEST_CASE("A metric is not a number before its first sample and after reset") {
  Accuracy accuracy;
  AverageLoss<> loss;
  CHECK(std::isnan(accuracy.value()));
  accuracy.update(logits, targets);
  loss.update(logits, targets);
  accuracy.reset();
  loss.reset();
  CHECK(std::isnan(accuracy.value()));
  CHECK(std::isnan(loss.value()));
  CHECK(accuracy.sums()[1] == 0);
}

TEST_CASE("Accuracy refuses what it cannot count") {
  CHECK_THROWS_WITH((Accuracy{{.top_k = 0}}), "Accuracy: top_k must be at least 1, but got 0");
  Accuracy top5{{.top_k = 5}};
  CHECK_THROWS_WITH(top5.update(logits, targets), "Accuracy: top_k is 5, but the logits have 4 classes");
  CHECK_THROWS_WITH(top5.update(logits, targets.slice(0, 0, 2)), ContainsSubstring("expected outputs [N, C]"));
  CHECK_THROWS_AS(top5.update(logits[0], targets), Error);
}

TEST_CASE("AverageLoss weighs batches by their samples, for any loss") {
  AverageLoss loss{AbsoluteLoss{}};
  loss.update(torch::tensor({{1., 0.}, {0., 0.}, {1., 0.}}), torch::tensor({0, 0, 1}));  // 0, 1, 2
  loss.update(torch::tensor({{0., 6.}}), torch::tensor({1}));                            // 5
  CHECK(loss.value() == (0 + 1 + 2 + 5) / 4.0);
  CHECK(loss.sums()[0] == 8);
  CHECK(loss.name() == "loss");
}

TEST_CASE("AverageLoss keeps no graph and leaves gradients alone") {
  const torch::Tensor output = logits.clone().requires_grad_();
  AverageLoss<> loss;
  loss.update(output, targets);
  CHECK(loss.value() > 0);
  CHECK_FALSE(output.grad().defined());
}

TEST_CASE("A deferred mean does not depend on when it is read") {
  metrics::DeferredMean read_often, read_once;
  for (std::uint64_t i = 0; i < 600; ++i) {
    const torch::Tensor number = formula::tensor(i, {1}, 1e3, 0.1)[0].to(i < 300 ? torch::kFloat : torch::kDouble);
    read_often.add_mean(number, static_cast<double>(i % 7));
    read_once.add_mean(number, torch::scalar_tensor(static_cast<std::int64_t>(i % 7), torch::kLong));
    read_often.value();
  }
  CHECK(read_often.value() == read_once.value());
  double sum = 0;
  double count = 0;
  for (std::uint64_t i = 0; i < 600; ++i) {
    sum += static_cast<double>(i % 7) * static_cast<double>(static_cast<float>(0.1 + 1e3 * formula::number(i, 0)));
    count += static_cast<double>(i % 7);
  }
  CHECK(read_once.value() == Approx(sum / count).epsilon(1e-12));
}

TEST_CASE("A deferred mean leaves out the mean over nothing") {
  metrics::DeferredMean mean;
  mean.add_mean(torch::tensor(std::nan("")), 0);
  CHECK(std::isnan(mean.value()));
  mean.add_mean(torch::tensor(2.0), 3);
  mean.add_sum(torch::tensor(4.0), torch::tensor(1, torch::kLong));
  CHECK(mean.value() == 2.5);
}

TEST_CASE("Deferred means, sums and counts ask a device for nothing until they are read") {
  // A tensor of the meta device has no numbers: reading one throws.
  const torch::Tensor number = torch::zeros({}, torch::kMeta);
  metrics::DeferredMean mean;
  metrics::DeferredSums sums;
  metrics::DeferredCounts counts(4);
  for (int i = 0; i < 3; ++i) {
    CHECK_NOTHROW(mean.add_sum(number, number));
    CHECK_NOTHROW(sums.add(number.expand({2})));
    CHECK_NOTHROW(counts.add(number.to(torch::kLong).expand({5}), number.to(torch::kLong).expand({5})));
  }
  CHECK_THROWS(mean.value());
  CHECK_THROWS(sums.sums());
  CHECK_THROWS(counts.sums());
}

TEST_CASE("Deferred sums do not depend on when they are read, and are summed in the order of the batches") {
  metrics::DeferredSums read_often, read_once;
  std::vector<double> expected(2);
  for (std::uint64_t i = 0; i < 600; ++i) {
    const torch::Tensor numbers = formula::tensor(i, {2}, 1e3, 0.1).to(i < 300 ? torch::kFloat : torch::kDouble);
    read_often.add(numbers);
    read_once.add(numbers);
    CHECK(read_often.sums().size() == 2);
    expected[0] += numbers[0].item<double>();
    expected[1] += numbers[1].item<double>();
  }
  CHECK(std::vector<double>(read_once.sums().begin(), read_once.sums().end()) == expected);
  CHECK(std::vector<double>(read_often.sums().begin(), read_often.sums().end()) == expected);
  CHECK_THROWS_WITH(read_once.add(torch::zeros({3})), "a metric has 2 sums, but a batch gave 3");
  read_once.add(torch::ones({2}));
  read_once.load(expected);  // in the place of all it had
  read_once.add(torch::tensor({1., 2.}));
  CHECK(read_once.sums()[0] == expected[0] + 1);
  CHECK(read_once.sums()[1] == expected[1] + 2);
}

TEST_CASE("Deferred counts add amounts at their places") {
  metrics::DeferredCounts counts(3);
  counts.add(torch::tensor({0, 2, 2, 0}), torch::tensor({1, 1, 5, 0}));
  counts.add(torch::tensor({{2}, {1}}), torch::tensor({{1}, {0}}));
  CHECK(std::vector<double>(counts.sums().begin(), counts.sums().end()) == std::vector<double>{1, 0, 7});
  counts.add(torch::tensor({1}), torch::tensor({4}));
  counts.load(std::vector<double>{1, 1, 1});
  counts.add(torch::tensor({1}), torch::tensor({2}));
  CHECK(std::vector<double>(counts.sums().begin(), counts.sums().end()) == std::vector<double>{1, 3, 1});
}

TEST_CASE("Accuracy does not count samples with the ignored label, whatever the model says of them") {
  const torch::Tensor holes = torch::tensor({0, -100, 0, 3, -100}, torch::kLong);
  Accuracy accuracy;
  accuracy.update(logits, holes);  // found, (left out), third, fourth, (left out)
  CHECK(accuracy.value() == 1 / 3.0);
  CHECK(accuracy.sums()[1] == 3);
  Accuracy without_zero{{.top_k = 4, .ignore_index = 0}};  // a class of the model's may be ignored, too
  without_zero.update(logits, targets);
  CHECK(without_zero.value() == 1);
  CHECK(without_zero.sums()[0] == 1);
  CHECK(without_zero.sums()[1] == 1);
  Accuracy nothing;
  nothing.update(logits, torch::full({5}, -100, torch::kLong));
  CHECK(std::isnan(nothing.value()));
}

TEST_CASE("AverageLoss over uneven batches is PyTorch's loss over all samples, ignored and weighted ones included") {
  const auto losses = cross_entropy_cases::losses();
  const torch::Tensor output = cross_entropy_cases::logits();
  const torch::Tensor labels = cross_entropy_cases::labels();
  const auto lines = reference_lines("losses/reference/loss.txt");
  CHECK(lines.size() == losses.size());
  for (const ReferenceLine& line : lines) {
    INFO(line.name);
    AverageLoss average{losses.at(line.name)};
    for (const auto& [begin, end] : std::vector<std::pair<int, int>>{{0, 1}, {1, 2}, {2, 6}}) {  // the second: label 3
      average.update(output.slice(0, begin, end), labels.slice(0, begin, end));
    }
    CHECK(average.value() == Approx(line.numbers.at(0)).epsilon(1e-6));
  }
}

TEST_CASE("The concepts tell metrics and losses from other types") {
  STATIC_REQUIRE(MetricLike<Accuracy>);
  STATIC_REQUIRE(MetricLike<AverageLoss<AbsoluteLoss>>);
  STATIC_REQUIRE_FALSE(MetricLike<metrics::DeferredMean>);
  STATIC_REQUIRE(LossLike<CrossEntropyLoss>);
  STATIC_REQUIRE(LossLike<AbsoluteLoss>);
  STATIC_REQUIRE_FALSE(LossLike<Accuracy>);
}
