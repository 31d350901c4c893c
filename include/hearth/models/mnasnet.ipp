#pragma once

#include <hearth/models/mnasnet.hpp>

#include <torch/nn/init.h>
#include <torch/nn/modules/dropout.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/init.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/mnasnet_block.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

HEARTH_INLINE MNASNetModule::MNASNetModule(double alpha, MNASNetOptions options)
    : alpha_(alpha), options_(std::move(options)) {
  core::require(alpha > 0 && alpha <= 100, "MNASNet: alpha must be above 0 and at most 100, but got {}", alpha);
  core::require(options_.num_classes >= 1, "MNASNet: num_classes must be at least 1, but got {}", options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "MNASNet: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  reset();
}

HEARTH_INLINE void MNASNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  struct Stage {
    std::int64_t kernel_size, stride, expand_ratio, blocks;
  };
  constexpr std::array<Stage, 6> stages{
      {{3, 2, 3, 3}, {5, 2, 3, 3}, {5, 2, 6, 3}, {3, 1, 6, 2}, {5, 2, 6, 4}, {3, 1, 6, 1}}};
  std::array<std::int64_t, 8> channels{32, 16, 24, 40, 80, 96, 192, 320};
  for (std::int64_t& number : channels) {
    number = make_divisible(static_cast<double>(number) * alpha_);
  }
  constexpr std::int64_t last = 1280;
  layers = Chain();
  append_conv_norm_activation(layers,
                              {.in_channels = 3, .out_channels = channels[0], .stride = 2, .norm = mnasnet_norm});
  append_conv_norm_activation(
      layers, {.in_channels = channels[0], .out_channels = channels[0], .groups = channels[0], .norm = mnasnet_norm});
  append_conv_norm_activation(layers, {.in_channels = channels[0],
                                       .out_channels = channels[1],
                                       .kernel_size = 1,
                                       .norm = mnasnet_norm,
                                       .activation = std::nullopt});
  for (std::size_t i = 0; i < stages.size(); ++i) {
    Chain stage;
    for (std::int64_t j = 0; j < stages[i].blocks; ++j) {
      stage->push_back(
          std::make_shared<MNASNetBlock>(MNASNetBlockOptions{.in_channels = channels[j == 0 ? i + 1 : i + 2],
                                                             .out_channels = channels[i + 2],
                                                             .kernel_size = stages[i].kernel_size,
                                                             .stride = j == 0 ? stages[i].stride : 1,
                                                             .expand_ratio = stages[i].expand_ratio}));
    }
    layers->push_back(stage);
  }
  append_conv_norm_activation(
      layers, {.in_channels = channels[7], .out_channels = last, .kernel_size = 1, .norm = mnasnet_norm});
  register_module("layers", layers);
  classifier = Chain();
  classifier->push_back(torch::nn::Dropout(torch::nn::DropoutOptions(options_.dropout).inplace(true)));
  classifier->push_back(torch::nn::Linear(last, options_.num_classes));
  register_module("classifier", classifier);
  init_convolutions(*this);
  torch::nn::init::kaiming_uniform_(head()->weight, 0, torch::kFanOut, torch::kSigmoid);
  torch::nn::init::zeros_(head()->bias);
}

HEARTH_INLINE at::Tensor MNASNetModule::forward(at::Tensor x) {
  check_images("MNASNet", x);
  return classifier->forward(layers->forward(x).mean({2, 3}));  // of the mean of [N, 1280, H/32, W/32]
}

HEARTH_INLINE std::int64_t MNASNetModule::num_classes() const {
  return head()->weight.size(0);
}

HEARTH_INLINE torch::nn::Linear MNASNetModule::head() const {
  return classifier->ptr<torch::nn::LinearImpl>(1);
}

HEARTH_INLINE std::int64_t MNASNetModule::state_version() const {
  return 2;
}

namespace detail {

HEARTH_INLINE MNASNet mnasnet(std::string_view architecture, double alpha, MNASNetOptions options) {
  const Pretrained pretrained = options.pretrained.of(architecture);
  return load_pretrained(MNASNet(alpha, std::move(options)), pretrained);
}

}  // namespace detail

HEARTH_INLINE MNASNet mnasnet0_5(MNASNetOptions options) {
  return detail::mnasnet("mnasnet0_5", 0.5, std::move(options));
}

HEARTH_INLINE MNASNet mnasnet0_75(MNASNetOptions options) {
  return detail::mnasnet("mnasnet0_75", 0.75, std::move(options));
}

HEARTH_INLINE MNASNet mnasnet1_0(MNASNetOptions options) {
  return detail::mnasnet("mnasnet1_0", 1, std::move(options));
}

HEARTH_INLINE MNASNet mnasnet1_3(MNASNetOptions options) {
  return detail::mnasnet("mnasnet1_3", 1.3, std::move(options));
}

}  // namespace hearth::models
