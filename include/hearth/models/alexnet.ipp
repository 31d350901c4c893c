#pragma once

#include <hearth/models/alexnet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <memory>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE AlexNetModule::AlexNetModule(AlexNetOptions options) : options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "AlexNet: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "AlexNet: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void AlexNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
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

HEARTH_INLINE at::Tensor AlexNetModule::forward(at::Tensor x) {
  check_images("AlexNet", x, {.smallest = 63});
  x = features->forward(x);                                // [N, 256, H', W'], 6 x 6 for 224 x 224 pixels
  x = at::flatten(at::adaptive_avg_pool2d(x, {6, 6}), 1);  // [N, 9216]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t AlexNetModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear AlexNetModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(6);
}

HEARTH_INLINE AlexNet alexnet(AlexNetOptions options) {
  const Pretrained pretrained = options.pretrained.of("alexnet");
  return load_pretrained(AlexNet(std::move(options)), pretrained);
}

}  // namespace hearth::models
