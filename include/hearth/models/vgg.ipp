#pragma once

#include <hearth/models/vgg.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE VGGModule::VGGModule(std::array<int, 5> layers, bool batch_norm, VGGOptions options)
    : layers_(layers), batch_norm_(batch_norm), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "VGG: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "VGG: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void VGGModule::reset() {
  features = register_module("features", make_features());
  classifier = register_module("classifier", make_classifier());
  if (options_.init_weights) {
    init_convolutions(*this);
    init_linears(*this);
  }
}

HEARTH_INLINE at::Tensor VGGModule::forward(at::Tensor x) {
  check_images("VGG", x, {.smallest = 32});
  x = features->forward(x);                                // [N, 512, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {7, 7}), 1);  // [N, 25088]
  return classifier->forward(x);
}

HEARTH_INLINE std::int64_t VGGModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear VGGModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(6);
}

HEARTH_INLINE Chain VGGModule::make_features() const {
  constexpr std::array<std::int64_t, 5> widths = {64, 128, 256, 512, 512};
  Chain result;
  std::int64_t in_channels = 3;
  for (std::size_t stage = 0; stage < layers_.size(); ++stage) {
    for (int i = 0; i < layers_[stage]; ++i) {
      result->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, widths[stage], 3).padding(1)));
      in_channels = widths[stage];
      if (batch_norm_) {
        result->push_back(torch::nn::BatchNorm2d(in_channels));
      }
      result->push_back(std::make_shared<ActivationLayer>(Activation::relu));
    }
    result->push_back(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(2).stride(2)));
  }
  return result;
}

HEARTH_INLINE Chain VGGModule::make_classifier() const {
  Chain result;
  result->push_back(torch::nn::Linear(512 * 7 * 7, 4096));
  result->push_back(std::make_shared<ActivationLayer>(Activation::relu));
  result->push_back(torch::nn::Dropout(options_.dropout));
  result->push_back(torch::nn::Linear(4096, 4096));
  result->push_back(std::make_shared<ActivationLayer>(Activation::relu));
  result->push_back(torch::nn::Dropout(options_.dropout));
  result->push_back(torch::nn::Linear(4096, options_.num_classes));
  return result;
}

namespace detail {

HEARTH_INLINE VGG vgg(std::string_view architecture, std::array<int, 5> layers, bool batch_norm, VGGOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  options.init_weights = options.init_weights && pretrained.empty();  // as torchvision: they would only be overwritten
  return load_pretrained(VGG(layers, batch_norm, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE VGG vgg11(VGGOptions options) {
  return detail::vgg("vgg11", {1, 1, 2, 2, 2}, false, std::move(options));
}

HEARTH_INLINE VGG vgg11_bn(VGGOptions options) {
  return detail::vgg("vgg11_bn", {1, 1, 2, 2, 2}, true, std::move(options));
}

HEARTH_INLINE VGG vgg13(VGGOptions options) {
  return detail::vgg("vgg13", {2, 2, 2, 2, 2}, false, std::move(options));
}

HEARTH_INLINE VGG vgg13_bn(VGGOptions options) {
  return detail::vgg("vgg13_bn", {2, 2, 2, 2, 2}, true, std::move(options));
}

HEARTH_INLINE VGG vgg16(VGGOptions options) {
  return detail::vgg("vgg16", {2, 2, 3, 3, 3}, false, std::move(options));
}

HEARTH_INLINE VGG vgg16_bn(VGGOptions options) {
  return detail::vgg("vgg16_bn", {2, 2, 3, 3, 3}, true, std::move(options));
}

HEARTH_INLINE VGG vgg19(VGGOptions options) {
  return detail::vgg("vgg19", {2, 2, 4, 4, 4}, false, std::move(options));
}

HEARTH_INLINE VGG vgg19_bn(VGGOptions options) {
  return detail::vgg("vgg19_bn", {2, 2, 4, 4, 4}, true, std::move(options));
}

}  // namespace hearth::models
