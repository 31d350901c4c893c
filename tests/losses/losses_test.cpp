/// Losses against torch.nn.functional and torchvision.ops (reference values by make_reference.py).
#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include <hearth/core/error.hpp>
#include <hearth/losses/bce_with_logits.hpp>
#include <hearth/losses/check_targets.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/focal.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/losses/regression.hpp>

#include "catch.hpp"
#include "losses/cross_entropy_cases.hpp"
#include "models/formula.hpp"
#include "reference_lines.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

const torch::Tensor logits = torch::zeros({5, 4});
const torch::Tensor targets = torch::tensor({0, 0, 0, 3, 0}, torch::kLong);

/// The loss and its gradient by the outputs are the line's numbers.
template <class Loss>
void check(const ReferenceLine& line, torch::Tensor outputs, const Loss& loss_of) {
  INFO(line.name);
  outputs.requires_grad_();
  const torch::Tensor loss = loss_of(outputs);
  loss.backward();
  const torch::Tensor gradient = outputs.grad().flatten();
  REQUIRE(line.numbers.size() == static_cast<std::size_t>(1 + gradient.numel()));
  CHECK(loss.template item<double>() == Approx(line.numbers[0]).epsilon(1e-6));
  for (std::int64_t i = 0; i < gradient.numel(); ++i) {
    const double expected = line.numbers[static_cast<std::size_t>(i + 1)];
    CHECK(gradient[i].template item<double>() == Approx(expected).epsilon(1e-5).margin(1e-7));
  }
}

}  // namespace

TEST_CASE("CrossEntropyLoss gives PyTorch's loss and gradient") {
  const auto losses = cross_entropy_cases::losses();
  const auto lines = reference_lines("losses/reference/loss.txt");
  CHECK(lines.size() == losses.size());
  for (const ReferenceLine& line : lines) {
    check(line, cross_entropy_cases::logits(),
          [&](const torch::Tensor& output) { return losses.at(line.name)(output, cross_entropy_cases::labels()); });
  }
}

TEST_CASE("Losses of other targets than labels give PyTorch's and torchvision's loss and gradient") {
  const torch::Tensor weight = cross_entropy_cases::weight();
  const torch::Tensor pos_weight = torch::tensor({1.0, 4.0, 0.5, 2.0, 10.0});
  const torch::Tensor real = formula::tensor(2, {6, 5}, 8.0);
  const torch::Tensor held = formula::tensor(3, {6, 5}).gt(0).to(torch::kFloat);
  const torch::Tensor shares = formula::tensor(4, {6, 5}, 1.0, 0.5);
  const torch::Tensor wide = shares.to(torch::kDouble);
  const torch::Tensor soft = (wide / wide.sum(1, true)).to(torch::kFloat);
  using Loss = std::function<torch::Tensor(const torch::Tensor&)>;
  const std::map<std::string, Loss> losses{
      {"mse", [&](const auto& x) { return MSELoss()(x, real); }},
      {"l1", [&](const auto& x) { return L1Loss()(x, real); }},
      {"huber", [&](const auto& x) { return HuberLoss()(x, real); }},
      {"huber_delta", [&](const auto& x) { return HuberLoss{{.delta = 2.5}}(x, real); }},
      {"bce", [&](const auto& x) { return BCEWithLogitsLoss()(x, held); }},
      {"bce_shares", [&](const auto& x) { return BCEWithLogitsLoss()(x, shares); }},
      {"bce_weight", [&](const auto& x) { return BCEWithLogitsLoss{{.weight = weight}}(x, held); }},
      {"bce_pos_weight", [&](const auto& x) { return BCEWithLogitsLoss{{.pos_weight = pos_weight}}(x, held); }},
      {"bce_all",
       [&](const auto& x) { return BCEWithLogitsLoss{{.weight = weight, .pos_weight = pos_weight}}(x, shares); }},
      {"focal", [&](const auto& x) { return FocalLoss()(x, held); }},
      {"focal_options", [&](const auto& x) { return FocalLoss{{.alpha = 0.75, .gamma = 1.5}}(x, shares); }},
      {"focal_no_alpha", [&](const auto& x) { return FocalLoss{{.alpha = -1, .gamma = 1}}(x, held); }},
      {"soft", [&](const auto& x) { return CrossEntropyLoss()(x, soft); }},
      {"soft_label_smoothing", [&](const auto& x) { return CrossEntropyLoss{{.label_smoothing = 0.1}}(x, soft); }},
      {"soft_weight", [&](const auto& x) { return CrossEntropyLoss{{.weight = weight}}(x, soft); }},
      {"soft_all",
       [&](const auto& x) { return CrossEntropyLoss{{.label_smoothing = 0.2, .weight = weight}}(x, soft); }},
  };
  const auto lines = reference_lines("losses/reference/losses.txt");
  CHECK(lines.size() == losses.size());
  for (const ReferenceLine& line : lines) {
    check(line, formula::tensor(1, {6, 5}, 8.0), losses.at(line.name));
  }
}

TEST_CASE("Losses of numbers take a model's one output for targets without a second dimension, and broadcast nothing") {
  const torch::Tensor outputs = torch::tensor({{1.f}, {2.f}, {4.f}}, torch::requires_grad());
  const torch::Tensor targets = torch::tensor({0.f, 2.f, 1.f});
  const torch::Tensor loss = MSELoss()(outputs, targets);
  CHECK(loss.item<double>() == Approx((1 + 0 + 9) / 3.0));
  loss.backward();
  CHECK(torch::allclose(outputs.grad(), torch::tensor({{2 / 3.f}, {0.f}, {2.f}})));
  CHECK(L1Loss()(outputs, targets).item<double>() == Approx((1 + 0 + 3) / 3.0));
  CHECK(HuberLoss()(outputs, targets).item<double>() == Approx((0.5 + 0 + 2.5) / 3));
  const torch::Tensor yes = torch::ones({2});
  CHECK(BCEWithLogitsLoss()(torch::zeros({2, 1}), yes).item<double>() == Approx(std::log(2.0)));
  CHECK(FocalLoss()(torch::zeros({2, 1}), yes).item<double>() == Approx(0.25 * 0.25 * std::log(2.0)));

  CHECK_THROWS_WITH(MSELoss()(torch::zeros({3, 2}), targets),
                    "MSELoss: outputs and targets must have the same shape, but got outputs [3, 2] and targets [3]");
  CHECK_THROWS_WITH(L1Loss()(torch::zeros({3}), torch::zeros({3, 1})), ContainsSubstring("[3] and targets [3, 1]"));
  CHECK_THROWS_WITH(HuberLoss()(torch::zeros({2, 1}), targets), ContainsSubstring("[2, 1] and targets [3]"));
  CHECK_THROWS_WITH(BCEWithLogitsLoss()(torch::zeros({1, 3}), torch::zeros({3, 3})), ContainsSubstring("[1, 3]"));
  CHECK_THROWS_WITH(FocalLoss()(torch::zeros({3, 3}), targets), ContainsSubstring("FocalLoss: outputs and targets"));
  CHECK_THROWS_WITH(MSELoss()(torch::zeros({3}, torch::kLong), targets),
                    "MSELoss: outputs must be floating-point numbers, but got the type Long");
}

TEST_CASE("Losses of numbers work in float on outputs of half precision, and take targets of any type") {
  const torch::Tensor outputs = formula::tensor(1, {6, 5}, 8.0).to(torch::kBFloat16);
  const torch::Tensor held = formula::tensor(3, {6, 5}).gt(0);
  const auto same = [&](const auto& loss) {
    const torch::Tensor half = outputs.clone().requires_grad_();
    const torch::Tensor value = loss(half, held.to(torch::kLong));
    CHECK(value.scalar_type() == torch::kFloat);
    CHECK(torch::equal(value, loss(outputs.to(torch::kFloat), held.to(torch::kFloat))));
    value.backward();
    CHECK(half.grad().scalar_type() == torch::kBFloat16);
    CHECK(half.grad().abs().sum().template item<float>() > 0);
  };
  same(MSELoss());
  same(L1Loss());
  same(HuberLoss());
  same(BCEWithLogitsLoss());
  same(FocalLoss());
  const torch::Tensor wide = MSELoss()(torch::ones({2}, torch::kDouble), torch::zeros({2}));
  CHECK(wide.scalar_type() == torch::kDouble);
}

TEST_CASE("The losses refuse options that cannot be") {
  CHECK_THROWS_WITH((HuberLoss{{.delta = 0}}), "HuberLoss: delta must be above 0, but got 0");
  CHECK_THROWS_WITH((FocalLoss{{.alpha = 1.5}}),
                    "FocalLoss: alpha must be between 0 and 1, or -1 for none, but got 1.5");
  CHECK_THROWS_AS((FocalLoss{{.gamma = -1}}), Error);
  CHECK_THROWS_WITH((BCEWithLogitsLoss{{.pos_weight = torch::ones({2, 2})}}),
                    "BCEWithLogitsLoss: pos_weight must be a tensor of floating-point numbers, one for each label");
  CHECK_THROWS_AS((BCEWithLogitsLoss{{.weight = torch::ones({2}, torch::kLong)}}), Error);
  CHECK_THROWS_WITH((BCEWithLogitsLoss{{.weight = torch::ones({3})}}(logits, torch::zeros({5, 4}))),
                    "BCEWithLogitsLoss: weight has 3 numbers, but the logits have 4 labels");
}

TEST_CASE("CrossEntropyLoss refuses targets that are neither labels nor class probabilities, by both shapes") {
  CHECK_THROWS_WITH(CrossEntropyLoss()(logits, torch::zeros({5})),
                    "CrossEntropyLoss: expected logits [N, C] and targets that are labels [N] or class probabilities "
                    "[N, C], but got logits [5, 4] and targets [5] of the type Float");
  CHECK_THROWS_WITH(CrossEntropyLoss()(logits, torch::zeros({5, 3})), ContainsSubstring("[5, 4] and targets [5, 3]"));
  CHECK_THROWS_WITH(CrossEntropyLoss()(logits, torch::zeros({4}, torch::kLong)),
                    ContainsSubstring("[5, 4] and targets [4] of the type Long"));
  CHECK_THROWS_WITH(CrossEntropyLoss()(logits, torch::zeros({5, 4}, torch::kLong)),
                    ContainsSubstring("[5, 4] and targets [5, 4] of the type Long"));
}

TEST_CASE("CrossEntropyLoss takes a target for each place of an image") {
  const torch::Tensor images = formula::tensor(1, {2, 5, 3, 4}, 8.0);
  const torch::Tensor places = torch::arange(24).remainder(5).view({2, 3, 4});
  const CrossEntropyLoss loss{{.weight = cross_entropy_cases::weight(), .ignore_index = 1}};
  const torch::Tensor rows = images.permute({0, 2, 3, 1}).reshape({24, 5});
  CHECK(loss(images, places).item<double>() == Approx(loss(rows, places.flatten()).item<double>()).epsilon(1e-6));
  // 0 stands in 5 places of the 24, 2 and 3 too, 4 in 4
  CHECK(losses::total_weight(loss, places) == 5 * 0.5 + 5 * 2.0 + 5 * 0.25 + 4 * 3.0);
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

TEST_CASE("Targets that are numbers are refused when one is not finite or their shape is not the outputs'") {
  const torch::Tensor outputs = torch::zeros({2, 3});
  CHECK_NOTHROW(losses::check_real_targets(outputs, formula::tensor(0, {2, 3}, 1e30)));
  CHECK_NOTHROW(losses::check_real_targets(outputs, torch::full({2, 3}, 1e300, torch::kDouble)));
  CHECK_NOTHROW(losses::check_real_targets(torch::zeros({4, 1}), torch::zeros({4})));
  CHECK_NOTHROW(losses::check_real_targets(torch::zeros({2, 1, 4, 4}), torch::zeros({2, 1, 4, 4})));
  CHECK_NOTHROW(losses::check_real_targets(torch::zeros({0, 3}), torch::zeros({0, 3})));
  torch::Tensor holes = torch::zeros({2, 3});
  holes[1][2] = std::nan("");
  CHECK_THROWS_WITH(losses::check_real_targets(outputs, holes),
                    "targets: nan (sample 1 of its batch) is not a finite number");
  CHECK_THROWS_WITH(losses::check_real_targets(outputs.t(), torch::zeros({2, 3})),
                    ContainsSubstring("targets [2, 3] for outputs [3, 2]"));
  holes = torch::zeros({4});
  holes[3] = -std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(losses::check_real_targets(torch::zeros({4, 1}), holes), ContainsSubstring("-inf (sample 3"));
  CHECK_THROWS_WITH(losses::check_real_targets(torch::zeros({4, 2}), holes),
                    ContainsSubstring("targets: expected the shape of the model's outputs"));
}

TEST_CASE("Targets of several labels are refused outside of 0 to 1") {
  const torch::Tensor outputs = torch::zeros({2, 3});
  CHECK_NOTHROW(losses::check_multi_label(outputs, torch::tensor({{0., 1., 0.5}, {1., 1., 0.}})));
  CHECK_NOTHROW(losses::check_multi_label(outputs, torch::ones({2, 3}, torch::kLong)));
  CHECK_THROWS_WITH(losses::check_multi_label(outputs, torch::tensor({{0., 1., 0.5}, {1., 2., 0.}})),
                    ContainsSubstring("targets: 2 (sample 1 of its batch) is out of range"));
  CHECK_THROWS_WITH(losses::check_multi_label(outputs, torch::tensor({{0., -0.25, 0.5}, {1., 2., 0.}})),
                    ContainsSubstring("targets: -0.25 (sample 0"));
  CHECK_THROWS_AS(losses::check_multi_label(outputs, torch::full({2, 3}, std::nan(""))), Error);
  CHECK_THROWS_WITH(losses::check_multi_label(outputs, torch::zeros({2})), ContainsSubstring("[2] for outputs [2, 3]"));
}

TEST_CASE("Class probabilities are refused below 0 and where a row's sum is not 1") {
  const torch::Tensor outputs = torch::zeros({2, 3});
  CHECK_NOTHROW(losses::check_probabilities(outputs, torch::tensor({{0., 1., 0.}, {0.3, 0.3, 0.4005}})));
  CHECK_THROWS_WITH(losses::check_probabilities(outputs, torch::tensor({{0., 1., 0.}, {0.3, 0.3, 0.402}})),
                    ContainsSubstring("the probabilities of sample 1 of its batch add up to 1.002"));
  CHECK_THROWS_WITH(losses::check_probabilities(outputs, torch::tensor({{1.5, -0.5, 0.}, {1., 0., 0.}})),
                    ContainsSubstring("targets: -0.5 (sample 0 of its batch) is no probability"));
  CHECK_THROWS_WITH(losses::check_probabilities(outputs, torch::ones({2}, torch::kLong)),
                    "targets: expected class probabilities [N, C], but got 1 dimensions of the type Long");
  CHECK_THROWS_WITH(losses::check_probabilities(outputs, torch::full({2, 4}, 0.25)),
                    ContainsSubstring("targets [2, 4] for outputs [2, 3]"));
  CHECK_THROWS_AS(losses::check_probabilities(outputs, torch::full({2, 3}, std::nan(""))), Error);
}

TEST_CASE("A loss says which label it ignores and what its mean is divided by") {
  const torch::Tensor holes = torch::tensor({0, -100, 3, 3}, torch::kLong);
  CHECK(losses::ignored_label(CrossEntropyLoss{}) == -100);
  CHECK(losses::ignored_label(CrossEntropyLoss{{.ignore_index = 255}}) == 255);
  CHECK(losses::total_weight(CrossEntropyLoss{}, holes) == 3);
  CHECK(losses::total_weight(CrossEntropyLoss{{.weight = torch::tensor({0.5, 7.0, 7.0, 0.25})}}, holes) == 1.0);
  CHECK(losses::total_weight(CrossEntropyLoss{{.ignore_index = 3}}, torch::tensor({3, 3}, torch::kLong)) == 0);
  const CrossEntropyLoss weighted{{.weight = torch::tensor({0.5, 7.0, 7.0, 0.25})}};
  CHECK(losses::total_weight(weighted, torch::full({3, 4}, 0.25)) == 3);  // as torch's mean does
  CHECK(losses::total_weight(MSELoss(), torch::zeros({6, 2})) == 6);
  const auto plain = [](const torch::Tensor& output, const torch::Tensor&) { return output.mean(); };
  CHECK(losses::ignored_label(plain) == std::nullopt);
  CHECK(losses::total_weight(plain, holes) == 4);
}
