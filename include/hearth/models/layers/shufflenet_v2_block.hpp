/// The block that ShuffleNetV2 is made of.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <torch/nn/cloneable.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>

namespace hearth::models {

/// One block: torchvision's parameters (inp, oup, stride).
struct ShuffleNetV2BlockOptions {
  std::int64_t in_channels = 24;
  std::int64_t out_channels = 116;
  std::int64_t stride = 2;
};

/// The channels of x in another order: those of the first half and those of the second take turns.
inline at::Tensor shuffle_channels(const at::Tensor& x) {
  const std::int64_t half = x.size(1) / 2;
  return x.view({x.size(0), 2, half, x.size(2), x.size(3)})
      .transpose(1, 2)
      .contiguous()
      .view({x.size(0), 2 * half, x.size(2), x.size(3)});
}

/// Two branches of half the output's channels each, which are then shuffled. With a stride both are convolutions of the
/// whole input; without, the first is one half of the input as it is, and the second takes the other half.
class ShuffleNetV2Block : public torch::nn::Cloneable<ShuffleNetV2Block> {
 public:
  /// Throws Error when out_channels is odd, or differs from in_channels without a stride.
  explicit ShuffleNetV2Block(const ShuffleNetV2BlockOptions& options) : options_(options) {
    core::require(options.out_channels % 2 == 0, "ShuffleNetV2: the channels of a stage must be even, but got {}",
                  options.out_channels);
    core::require(
        options.stride > 1 || options.in_channels == options.out_channels,
        "ShuffleNetV2: a block of stride 1 must have as many channels at its end as at its beginning, but got "
        "{} and {}",
        options.in_channels, options.out_channels);
    reset();
  }

  void reset() override {
    const auto [in, out, stride] = options_;
    const std::int64_t half = out / 2;
    const auto pointwise = [&](Chain layers, std::int64_t channels) {
      append_conv_norm_activation(layers, {.in_channels = channels, .out_channels = half, .kernel_size = 1});
    };
    const auto depthwise = [&, stride = stride](Chain layers, std::int64_t channels) {
      append_conv_norm_activation(layers, {.in_channels = channels,
                                           .out_channels = channels,
                                           .stride = stride,
                                           .groups = channels,
                                           .activation = std::nullopt});
    };
    branch1 = Chain();
    if (stride > 1) {
      depthwise(branch1, in);
      pointwise(branch1, in);
    }
    register_module("branch1", branch1);
    branch2 = Chain();
    pointwise(branch2, stride > 1 ? in : half);
    depthwise(branch2, half);
    pointwise(branch2, half);
    register_module("branch2", branch2);
  }

  /// [N, in_channels, H, W] to [N, out_channels, H/stride, W/stride]
  at::Tensor forward(const at::Tensor& x) {
    if (options_.stride == 1) {
      const std::vector<at::Tensor> halves = x.chunk(2, 1);
      return shuffle_channels(at::cat({halves[0], branch2->forward(halves[1])}, 1));
    }
    return shuffle_channels(at::cat({branch1->forward(x), branch2->forward(x)}, 1));
  }

  Chain branch1{nullptr}, branch2{nullptr};

 private:
  ShuffleNetV2BlockOptions options_;
};

}  // namespace hearth::models
