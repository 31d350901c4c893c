/// A convolution, its BatchNorm and its activation: the layers of which many networks are made.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>
#include <optional>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/batch_norm_settings.hpp>
#include <hearth/models/layers/chain.hpp>

namespace hearth::models {

/// The BatchNorm2d of that many channels.
inline torch::nn::BatchNorm2d batch_norm(std::int64_t channels, const BatchNormSettings& settings = {}) {
  return torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(channels).eps(settings.eps).momentum(settings.momentum));
}

/// The parameters of torchvision.ops.Conv2dNormActivation.
struct ConvNormActivationOptions {
  std::int64_t in_channels = 3;
  std::int64_t out_channels = 3;
  std::int64_t kernel_size = 3;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  std::int64_t dilation = 1;
  BatchNormSettings norm = {};
  std::optional<Activation> activation = Activation::relu;  ///< std::nullopt: none
};

/// Appends three layers: the convolution, without a bias and padded by (kernel_size - 1) / 2 * dilation, the
/// BatchNorm2d, and the activation, in place, where there is one. An odd kernel makes [N, out_channels, H/stride,
/// W/stride], rounded up, of [N, in_channels, H, W]. Throws Error when kernel_size, stride or another of these numbers
/// is below 1 or groups does not divide the channels.
inline void append_conv_norm_activation(Chain layers, const ConvNormActivationOptions& options) {
  const auto [in, out, kernel_size, stride, groups, dilation, norm, activation] = options;
  for (const std::int64_t number : {in, out, kernel_size, stride, groups, dilation}) {
    core::require(number >= 1,
                  "conv_norm_activation: channels, kernel_size, stride, groups and dilation must be at least 1, "
                  "but got {}",
                  number);
  }
  core::require(in % groups == 0 && out % groups == 0,
                "conv_norm_activation: groups must divide in_channels and out_channels, but got {} for {} and {}",
                groups, in, out);
  layers->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel_size)
                                          .stride(stride)
                                          .padding((kernel_size - 1) / 2 * dilation)
                                          .groups(groups)
                                          .dilation(dilation)
                                          .bias(false)));
  layers->push_back(batch_norm(out, norm));
  if (activation) {
    layers->push_back(std::make_shared<ActivationLayer>(*activation));
  }
}

/// torchvision.ops.Conv2dNormActivation: these layers, "0", "1" and "2", in a chain of their own.
inline Chain conv_norm_activation(const ConvNormActivationOptions& options) {
  Chain layers;
  append_conv_norm_activation(layers, options);
  return layers;
}

}  // namespace hearth::models
