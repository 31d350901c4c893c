/// AlexNet, as torchvision has it.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/image_input.hpp>

namespace hearth::models {

/// The options of torchvision.models.AlexNet.
struct AlexNetOptions {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
  double dropout = 0.5;                   ///< before the classifier's first two Linears
};

/// The module behind AlexNet.
class AlexNetModule : public torch::nn::Cloneable<AlexNetModule> {
 public:
  explicit AlexNetModule(AlexNetOptions options = {}) : options_(std::move(options)) {
    core::require(options_.num_classes >= 1, "AlexNet: num_classes must be at least 1, but got {}",
                  options_.num_classes);
    core::require(options_.dropout >= 0 && options_.dropout <= 1, "AlexNet: dropout must be from 0 to 1, but got {}",
                  options_.dropout);
    reset();
  }

  void reset() override {
    // One layer after the other, for the order is that in which they draw from the random generator: torchvision's.
    features = Chain();
    const auto convolution = [&](const torch::nn::Conv2dOptions& options) {
      features->push_back(torch::nn::Conv2d(options));
      features->push_back(std::make_shared<ActivationLayer>(Activation::relu));
    };
    const auto pool = [&] { features->push_back(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2))); };
    convolution(torch::nn::Conv2dOptions(3, 64, 11).stride(4).padding(2));
    pool();
    convolution(torch::nn::Conv2dOptions(64, 192, 5).padding(2));
    pool();
    convolution(torch::nn::Conv2dOptions(192, 384, 3).padding(1));
    convolution(torch::nn::Conv2dOptions(384, 256, 3).padding(1));
    convolution(torch::nn::Conv2dOptions(256, 256, 3).padding(1));
    pool();
    register_module("features", features);

    classifier = Chain();
    classifier->push_back(torch::nn::Dropout(options_.dropout));
    classifier->push_back(torch::nn::Linear(256 * 6 * 6, 4096));
    classifier->push_back(std::make_shared<ActivationLayer>(Activation::relu));
    classifier->push_back(torch::nn::Dropout(options_.dropout));
    classifier->push_back(torch::nn::Linear(4096, 4096));
    classifier->push_back(std::make_shared<ActivationLayer>(Activation::relu));
    classifier->push_back(torch::nn::Linear(4096, options_.num_classes));
    register_module("classifier", classifier);
  }

  /// Logits [N, classes] of pictures [N, 3, H, W] of at least 63 x 63 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x) {
    check_images("AlexNet", x, {.smallest = 63});
    x = features->forward(x);                                // [N, 256, H', W'], 6 x 6 for 224 x 224 pixels
    x = at::flatten(at::adaptive_avg_pool2d(x, {6, 6}), 1);  // [N, 9216]
    return classifier->forward(x);
  }

  std::int64_t num_classes() const { return head()->weight.size(0); }
  torch::nn::Linear head() const { return classifier->ptr<torch::nn::LinearImpl>(6); }
  std::string head_name() const { return "classifier.6"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  AlexNetOptions options_;
};

/// Krizhevsky: "One weird trick for parallelizing convolutional neural networks" (2014), in torchvision's version, with
/// its parameter names and initialisation.
TORCH_MODULE_IMPL(AlexNet, AlexNetModule);

/// torchvision.models.alexnet.
inline AlexNet alexnet(AlexNetOptions options = {}) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(AlexNet(std::move(options)), pretrained);
}

}  // namespace hearth::models
