/// Losses against torch.nn.functional (reference values by make_reference.py).
#include <torch/torch.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <hearth/core/error.hpp>
#include <hearth/losses/check_targets.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/loss.hpp>

#include "catch.hpp"
#include "models/formula.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

const torch::Tensor logits = torch::zeros({5, 4});
const torch::Tensor targets = torch::tensor({0, 0, 0, 3, 0}, torch::kLong);

}  // namespace

TEST_CASE("CrossEntropyLoss gives PyTorch's loss and gradient") {
  const torch::Tensor weight = torch::tensor({0.5, 1.0, 2.0, 0.25, 3.0});  // double: taken to the logits' type
  const std::map<std::string, CrossEntropyLoss> losses{
      {"plain", {}},
      {"label_smoothing", {{.label_smoothing = 0.1}}},
      {"weight", {{.weight = weight}}},
      {"ignore_index", {{.ignore_index = 3}}},
      {"all", {{.label_smoothing = 0.2, .weight = weight, .ignore_index = 3}}},
  };
  std::ifstream file(HEARTH_TEST_DIR "/losses/reference/loss.txt");
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

TEST_CASE("A loss says which label it ignores and what its mean is divided by") {
  const torch::Tensor holes = torch::tensor({0, -100, 3, 3}, torch::kLong);
  CHECK(losses::ignored_label(CrossEntropyLoss{}) == -100);
  CHECK(losses::ignored_label(CrossEntropyLoss{{.ignore_index = 255}}) == 255);
  CHECK(losses::total_weight(CrossEntropyLoss{}, holes) == 3);
  CHECK(losses::total_weight(CrossEntropyLoss{{.weight = torch::tensor({0.5, 7.0, 7.0, 0.25})}}, holes) == 1.0);
  CHECK(losses::total_weight(CrossEntropyLoss{{.ignore_index = 3}}, torch::tensor({3, 3}, torch::kLong)) == 0);
  const auto plain = [](const torch::Tensor& output, const torch::Tensor&) { return output.mean(); };
  CHECK(losses::ignored_label(plain) == std::nullopt);
  CHECK(losses::total_weight(plain, holes) == 4);
}
