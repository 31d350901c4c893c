/// A model evaluated on several crops of each image.
#include <hearth/models/mean_over_crops.hpp>

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

/// Seven images of noise, 9 x 8 pixels, of three classes.
template <class Transform>
struct NoiseImages {
  explicit NoiseImages(Transform its_transform) : transform(its_transform) {}
  std::size_t size() const { return 7; }
  std::size_t num_classes() const { return 3; }
  static Image image(std::size_t index) { return noise(9, 8, 3, static_cast<std::uint32_t>(index)); }
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    transform.write(image(index).view(), random, sink);
    return static_cast<std::int64_t>(index % 3);
  }
  Transform transform;
};

}  // namespace

TEST_CASE("Evaluator takes the mean of the logits of an image's crops", "[crops]") {
  torch::manual_seed(0);
  models::MLP model = models::mlp({.in_features = 3 * 5 * 4, .hidden = {6}, .num_classes = 3});
  // Each crop by itself, cut out of the image here.
  const auto part = [](const torch::Tensor& image, std::int64_t top, std::int64_t left) {
    return image.slice(1, top, top + 5).slice(2, left, left + 4).unsqueeze(0);
  };
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> means;
  for (std::size_t i = 0; i < 7; ++i) {
    Image pixels = NoiseImages<Compose<ToTensor>>::image(i);
    const torch::Tensor bytes = torch::from_blob(pixels.pixels().data(), {9, 8, 3}, torch::kByte);
    const torch::Tensor image = bytes.permute({2, 0, 1}).to(torch::kFloat) / 255;
    torch::Tensor sum = torch::zeros({1, 3});
    for (const torch::Tensor& view : {image, image.flip(2)}) {
      for (const auto& [top, left] :
           {std::pair{0, 0}, std::pair{0, 4}, std::pair{4, 0}, std::pair{4, 4}, std::pair{2, 2}}) {
        sum += model->forward(part(view, top, left));
      }
    }
    means.push_back(sum / 10);
  }
  const torch::Tensor logits = torch::cat(means);
  const torch::Tensor labels = torch::tensor({0, 1, 2, 0, 1, 2, 0}, torch::kLong);

  models::MeanOverCrops averaged(model);
  const Compose crops{TenCrop{image::Size{5, 4}}, ToTensor{}};
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    DataLoader loader{NoiseImages{crops}, {.batch_size = 3, .layout = layout}};
    const Placement placement{.device = torch::kCPU, .channels_last = layout == Layout::channels_last};
    const auto [loss, accuracy] =
        Evaluator{AverageLoss{CrossEntropyLoss{}}, Accuracy{}}.run(averaged, loader, placement);
    CHECK(loss == Approx(torch::nn::functional::cross_entropy(logits, labels).item<double>()).epsilon(1e-5));
    CHECK(accuracy == Approx(logits.argmax(1).eq(labels).to(torch::kDouble).mean().item<double>()));
  }
}

TEST_CASE("MeanOverCrops has the model's own parameters and mode", "[crops]") {
  models::MLP model = models::mlp({.in_features = 12, .hidden = {}, .num_classes = 2});
  models::MeanOverCrops averaged(model);
  CHECK(averaged->parameters().size() == 2);
  CHECK(averaged->parameters()[0].is_same(model->parameters()[0]));
  averaged->eval();
  CHECK_FALSE(model->is_training());
}

TEST_CASE("MeanOverCrops refuses batches without crops", "[crops]") {
  models::MeanOverCrops averaged(models::mlp({.in_features = 12, .hidden = {}, .num_classes = 2}));
  CHECK_THROWS_WITH(
      averaged->forward(torch::zeros({4, 3, 2, 2})),
      "MeanOverCrops: expects crops [N, crops, channels, height, width], as FiveCrop and TenCrop make, but "
      "got a batch [4, 3, 2, 2]");
}
