/// How do I ask a model what one image shows? With predict, which gives the classes, their probabilities and names.
#include <fmt/format.h>
#include <torch/nn.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/hearth.hpp>

using namespace hearth;

namespace {

/// In the place of an architecture: ten times the mean of each colour is the logit of its class.
torch::nn::Sequential make_model() {
  torch::nn::Linear linear(3, 3);
  linear->weight.set_data(10 * at::eye(3));
  linear->bias.set_data(at::zeros({3}));
  return torch::nn::Sequential(torch::nn::AdaptiveAvgPool2d(1), torch::nn::Flatten(), linear);
}

}  // namespace

int main() {
  // In the place of a training: SaveBest and SaveLast write the names of the dataset's classes beside the weights, too.
  save_weights(*make_model(), "colours.pth", {.classes = {"red", "green", "blue"}});
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 8 * 8; ++i) {
    pixels.insert(pixels.end(), {102, 204, 51});
  }
  write_png("leaf.png", Image(8, 8, 3, pixels).view());

  auto model = make_model();
  load_weights(*model, "colours.pth");
  const Compose transform{Resize{4}, ToTensor{}};  // that of the validation
  const auto best =
      predict(model, transform, read_image("leaf.png"), {.top_k = 2, .classes = read_classes("colours.pth")});
  for (const Prediction& prediction : best) {
    fmt::print("{}: {:.1f} %\n", prediction.name, 100 * prediction.probability);
  }
}

// Output:
// green: 98.0 %
// red: 1.8 %
