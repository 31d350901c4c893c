#pragma once

#include <hearth/models/squeezenet.hpp>

#include <ATen/ops/flatten.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/pooling.h>

#include <memory>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/fire.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE SqueezeNetModule::SqueezeNetModule(SqueezeNetVersion version, SqueezeNetOptions options)
    : version_(version), options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "SqueezeNet: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "SqueezeNet: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void SqueezeNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  features = register_module("features", make_features());
  classifier = Chain();
  classifier->push_back(torch::nn::Dropout(options_.dropout));
  classifier->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(512, options_.num_classes, 1)));
  classifier->push_back(std::make_shared<ActivationLayer>(Activation::relu));
  classifier->push_back(torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({1, 1})));
  register_module("classifier", classifier);
  const auto last = head();
  for (const auto& module : modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      if (convolution == last.get()) {
        torch::nn::init::normal_(convolution->weight, 0, 0.01);
      } else {
        torch::nn::init::kaiming_uniform_(convolution->weight);
      }
      torch::nn::init::zeros_(convolution->bias);
    }
  }
}

HEARTH_INLINE at::Tensor SqueezeNetModule::forward(at::Tensor x) {
  check_images("SqueezeNet", x, {.smallest = version_ == SqueezeNetVersion::v1_0 ? 21 : 17});
  x = features->forward(x);                       // [N, 512, H', W'], 13 x 13 for 224 x 224 pixels
  return at::flatten(classifier->forward(x), 1);  // of [N, classes, 1, 1]
}

HEARTH_INLINE std::int64_t SqueezeNetModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Conv2d SqueezeNetModule::head() const {
  return classifier->ptr<torch::nn::Conv2dImpl>(1);
}

HEARTH_INLINE Chain SqueezeNetModule::make_features() const {
  Chain result;
  const auto stem = [&](std::int64_t channels, std::int64_t size) {
    result->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, channels, size).stride(2)));
    result->push_back(std::make_shared<ActivationLayer>(Activation::relu));
  };
  const auto pool = [&] {
    result->push_back(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).ceil_mode(true)));
  };
  const auto fire = [&](std::int64_t in, std::int64_t squeeze, std::int64_t expand) {
    result->push_back(std::make_shared<Fire>(
        FireOptions{.in_channels = in, .squeeze = squeeze, .expand1x1 = expand, .expand3x3 = expand}));
  };
  const bool pools_late = version_ == SqueezeNetVersion::v1_0;
  const auto pool_if = [&](bool condition) {
    if (condition) {
      pool();
    }
  };
  if (pools_late) {
    stem(96, 7);
  } else {
    stem(64, 3);
  }
  pool();
  fire(pools_late ? 96 : 64, 16, 64);
  fire(128, 16, 64);
  pool_if(!pools_late);
  fire(128, 32, 128);
  pool_if(pools_late);
  fire(256, 32, 128);
  pool_if(!pools_late);
  fire(256, 48, 192);
  fire(384, 48, 192);
  fire(384, 64, 256);
  pool_if(pools_late);
  fire(512, 64, 256);
  return result;
}

namespace detail {

HEARTH_INLINE SqueezeNet squeezenet(std::string_view architecture, SqueezeNetVersion version,
                                    SqueezeNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(SqueezeNet(version, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE SqueezeNet squeezenet1_0(SqueezeNetOptions options) {
  return detail::squeezenet("squeezenet1_0", SqueezeNetVersion::v1_0, std::move(options));
}

HEARTH_INLINE SqueezeNet squeezenet1_1(SqueezeNetOptions options) {
  return detail::squeezenet("squeezenet1_1", SqueezeNetVersion::v1_1, std::move(options));
}

}  // namespace hearth::models
