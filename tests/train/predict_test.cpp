#include <hearth/train/predict.hpp>

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <hearth/core/error.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <memory>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Gives the three channels' means as logits, in evaluation mode: in training mode something else.
struct MeansModule : torch::nn::Module {
  MeansModule() { scale = register_parameter("scale", torch::tensor({2.0F, 2.0F, 2.0F})); }
  torch::Tensor forward(const torch::Tensor& images) {
    return is_training() ? torch::zeros({images.size(0), 3}) : images.mean({2, 3}) * scale;
  }
  torch::Tensor scale;
};
struct Means : torch::nn::ModuleHolder<MeansModule> {
  Means() : ModuleHolder(std::make_shared<MeansModule>()) {}
};

/// One colour everywhere: red 0, green 255, blue 51.
Image greenish() {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 4; ++i) {
    pixels.insert(pixels.end(), {0, 255, 51});
  }
  return {2, 2, 3, pixels};
}

}  // namespace

TEST_CASE("predict gives the most probable classes of one image, with softmax's probabilities and names", "[predict]") {
  Means model;
  const Compose transform{ToTensor{}};
  const auto predictions = predict(model, transform, greenish(), {.top_k = 2, .classes = {"red", "green", "blue"}});
  // logits 2 · (0, 1, 0.2)
  const double sum = std::exp(0.0) + std::exp(2.0) + std::exp(0.4);
  REQUIRE(predictions.size() == 2);
  CHECK(predictions[0].index == 1);
  CHECK(predictions[0].name == "green");
  CHECK(predictions[0].probability == Approx(std::exp(2.0) / sum).epsilon(1e-6));
  CHECK(predictions[1].index == 2);
  CHECK(predictions[1].name == "blue");
  CHECK(predictions[1].probability == Approx(std::exp(0.4) / sum).epsilon(1e-6));
  CHECK(model->is_training());
  CHECK_FALSE(model->scale.grad().defined());

  const auto nameless = predict(model, transform, greenish());
  REQUIRE(nameless.size() == 1);
  CHECK(nameless[0].index == 1);
  CHECK(nameless[0].name.empty());
  model->to(torch::kBFloat16);
  CHECK(predict(model, transform, greenish())[0].index == 1);
}

TEST_CASE("predict refuses what cannot be predicted", "[predict]") {
  Means model;
  const Compose transform{ToTensor{}};
  CHECK_THROWS_WITH(predict(model, transform, greenish(), {.top_k = 4}),
                    ContainsSubstring("top_k must be between 1 and the number of classes, 3, but got 4"));
  CHECK_THROWS_WITH(predict(model, transform, greenish(), {.classes = {"cat"}}),
                    ContainsSubstring("the names of 1 classes, but the model has 3 outputs"));
  torch::nn::Sequential wrong(torch::nn::Flatten(), torch::nn::Linear(5, 2));
  try {
    predict(wrong, transform, greenish());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("predict: the model cannot take an image of shape [3, 2, 2]: mat1"));
  }
}
