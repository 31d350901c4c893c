/// Metrics and losses: counts by hand, losses against torch.nn.functional (reference values by make_reference.py).
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/losses/loss.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/deferred_mean.hpp>
#include <hearth/metrics/metric.hpp>

#include "catch.hpp"
#include "models/formula.hpp"

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
    for (std::size_t i = 0; i < to.sums().size(); ++i) {
      to.sums()[i] += from.sums()[i];
    }
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
  CHECK_THROWS_WITH(top5.update(logits, targets.slice(0, 0, 2)), ContainsSubstring("expects logits [N, C]"));
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
    read_often.add(number, static_cast<double>(i % 7), 1);
    read_once.add(number, static_cast<double>(i % 7), 1);
    read_often.value();
  }
  CHECK(read_often.value() == read_once.value());
  double sum = 0;
  for (std::uint64_t i = 0; i < 600; ++i) {
    sum += static_cast<double>(i % 7) * static_cast<double>(static_cast<float>(0.1 + 1e3 * formula::number(i, 0)));
  }
  CHECK(read_once.value() == Approx(sum / 600).epsilon(1e-12));
}

TEST_CASE("CrossEntropyLoss gives PyTorch's loss and gradient") {
  const torch::Tensor weight = torch::tensor({0.5, 1.0, 2.0, 0.25, 3.0});  // double: taken to the logits' type
  const std::map<std::string, CrossEntropyLoss> losses{
      {"plain", {}},
      {"label_smoothing", {{.label_smoothing = 0.1}}},
      {"weight", {{.weight = weight}}},
      {"ignore_index", {{.ignore_index = 3}}},
      {"all", {{.label_smoothing = 0.2, .weight = weight, .ignore_index = 3}}},
  };
  std::ifstream file(HEARTH_TEST_DIR "/metrics/reference/loss.txt");
  REQUIRE(file.is_open());
  std::size_t checked = 0;
  for (std::string line; std::getline(file, line); ++checked) {
    std::istringstream words(line);
    std::string name;
    double expected = 0;
    words >> name >> expected;
    INFO(name);
    const torch::Tensor output = formula::tensor(1, {6, 5}, 8.0).requires_grad_();
    const torch::Tensor loss = losses.at(name)(output, torch::tensor({0, 3, 4, 1, 3, 2}));
    loss.backward();
    CHECK(loss.item<double>() == Approx(expected).epsilon(1e-6));
    const torch::Tensor gradient = output.grad().flatten();
    for (std::int64_t i = 0; i < gradient.numel(); ++i) {
      words >> expected;
      CHECK(gradient[i].item<double>() == Approx(expected).epsilon(1e-5).margin(1e-7));
    }
    CHECK(words);
  }
  CHECK(checked == losses.size());
}

TEST_CASE("CrossEntropyLoss refuses options that cannot be") {
  CHECK_THROWS_WITH((CrossEntropyLoss{{.label_smoothing = 1.5}}),
                    "CrossEntropyLoss: label_smoothing must be between 0 and 1, but got 1.5");
  CHECK_THROWS_AS((CrossEntropyLoss{{.weight = torch::ones({2, 2})}}), Error);
  CHECK_THROWS_WITH((CrossEntropyLoss{{.weight = torch::ones({3})}}(logits, targets)),
                    "CrossEntropyLoss: weight has 3 numbers, but the logits have 4 classes");
}

TEST_CASE("Labels out of range are refused by value, place and number of outputs") {
  CHECK_NOTHROW(losses::check_targets(targets, 4));
  CHECK_THROWS_WITH(losses::check_targets(targets, 3),
                    ContainsSubstring("label 3 (sample 3 of its batch) is out of range") &&
                        ContainsSubstring("the model has 3 outputs"));
  const torch::Tensor holes = torch::tensor({0, -100, 1}, torch::kLong);
  CHECK_THROWS_WITH(losses::check_targets(holes, 4), ContainsSubstring("label -100"));
  CHECK_NOTHROW(losses::check_targets(holes, 4, -100));
  CHECK_NOTHROW(losses::check_targets(torch::tensor({0, 9, 1, 9}, torch::kLong).slice(0, 0, 4, 2), 2));
  CHECK_THROWS_AS(losses::check_targets(targets.to(torch::kFloat), 4), Error);
  CHECK_THROWS_AS(losses::check_targets(logits, 4), Error);
}

TEST_CASE("The concepts tell metrics and losses from other types") {
  STATIC_REQUIRE(MetricLike<Accuracy>);
  STATIC_REQUIRE(MetricLike<AverageLoss<AbsoluteLoss>>);
  STATIC_REQUIRE_FALSE(MetricLike<metrics::DeferredMean>);
  STATIC_REQUIRE(LossLike<CrossEntropyLoss>);
  STATIC_REQUIRE(LossLike<AbsoluteLoss>);
  STATIC_REQUIRE_FALSE(LossLike<Accuracy>);
}
