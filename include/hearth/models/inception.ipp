#pragma once

#include <hearth/models/inception.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/inception_block.hpp>

namespace hearth::models {

namespace detail {

/// One of the convolutions that a branch has, by its name in torchvision. It keeps the size, but with a stride, and
/// then it has no padding.
struct InceptionConv {
  const char* name;
  std::int64_t channels;
  std::array<std::int64_t, 2> kernel_size;
  std::int64_t stride = 1;
};

/// A branch of convolutions one after another, and then `ends` side by side. Layers draw from the random generator in
/// this order, which is torchvision's.
HEARTH_INLINE InceptionBranch inception_branch(std::int64_t channels, std::initializer_list<InceptionConv> layers,
                                               std::initializer_list<InceptionConv> ends = {}) {
  const auto make = [&](const InceptionConv& layer) {
    const auto [height, width] = layer.kernel_size;
    torch::nn::Conv2dOptions options(channels, layer.channels, {height, width});
    options.stride(layer.stride);
    if (layer.stride == 1) {
      options.padding({height / 2, width / 2});
    }
    return std::pair<std::string, Chain>{layer.name, basic_conv(options)};
  };
  InceptionBranch branch;
  for (const InceptionConv& layer : layers) {
    branch.layers.push_back(make(layer));
    channels = layer.channels;
  }
  for (const InceptionConv& end : ends) {
    branch.ends.push_back(make(end));
  }
  return branch;
}

/// A mean of 3x3 pixels and a 1x1 convolution.
HEARTH_INLINE InceptionBranch inception_mean(std::int64_t channels, std::int64_t out) {
  const torch::nn::AnyModule pool(torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(3).stride(1).padding(1)));
  return {.layers = {{"branch_pool", basic_conv(torch::nn::Conv2dOptions(channels, out, 1), pool)}}};
}

/// A maximum of 3x3 pixels, at every second one.
HEARTH_INLINE InceptionBranch inception_maximum() {
  return {.layers = {{"branch_pool", Chain(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2)))}}};
}

HEARTH_INLINE std::shared_ptr<InceptionBlock> inception_a(std::int64_t in, std::int64_t pool_features) {
  return std::make_shared<InceptionBlock>(std::vector<InceptionBranch>{
      inception_branch(in, {{"branch1x1", 64, {1, 1}}}),
      inception_branch(in, {{"branch5x5_1", 48, {1, 1}}, {"branch5x5_2", 64, {5, 5}}}),
      inception_branch(
          in, {{"branch3x3dbl_1", 64, {1, 1}}, {"branch3x3dbl_2", 96, {3, 3}}, {"branch3x3dbl_3", 96, {3, 3}}}),
      inception_mean(in, pool_features)});
}

HEARTH_INLINE std::shared_ptr<InceptionBlock> inception_b(std::int64_t in) {
  return std::make_shared<InceptionBlock>(std::vector<InceptionBranch>{
      inception_branch(in, {{"branch3x3", 384, {3, 3}, 2}}),
      inception_branch(
          in, {{"branch3x3dbl_1", 64, {1, 1}}, {"branch3x3dbl_2", 96, {3, 3}}, {"branch3x3dbl_3", 96, {3, 3}, 2}}),
      inception_maximum()});
}

/// `inner`: torchvision's channels_7x7.
HEARTH_INLINE std::shared_ptr<InceptionBlock> inception_c(std::int64_t in, std::int64_t inner) {
  return std::make_shared<InceptionBlock>(std::vector<InceptionBranch>{
      inception_branch(in, {{"branch1x1", 192, {1, 1}}}),
      inception_branch(in,
                       {{"branch7x7_1", inner, {1, 1}}, {"branch7x7_2", inner, {1, 7}}, {"branch7x7_3", 192, {7, 1}}}),
      inception_branch(in, {{"branch7x7dbl_1", inner, {1, 1}},
                            {"branch7x7dbl_2", inner, {7, 1}},
                            {"branch7x7dbl_3", inner, {1, 7}},
                            {"branch7x7dbl_4", inner, {7, 1}},
                            {"branch7x7dbl_5", 192, {1, 7}}}),
      inception_mean(in, 192)});
}

HEARTH_INLINE std::shared_ptr<InceptionBlock> inception_d(std::int64_t in) {
  return std::make_shared<InceptionBlock>(std::vector<InceptionBranch>{
      inception_branch(in, {{"branch3x3_1", 192, {1, 1}}, {"branch3x3_2", 320, {3, 3}, 2}}),
      inception_branch(in, {{"branch7x7x3_1", 192, {1, 1}},
                            {"branch7x7x3_2", 192, {1, 7}},
                            {"branch7x7x3_3", 192, {7, 1}},
                            {"branch7x7x3_4", 192, {3, 3}, 2}}),
      inception_maximum()});
}

HEARTH_INLINE std::shared_ptr<InceptionBlock> inception_e(std::int64_t in) {
  return std::make_shared<InceptionBlock>(std::vector<InceptionBranch>{
      inception_branch(in, {{"branch1x1", 320, {1, 1}}}),
      inception_branch(in, {{"branch3x3_1", 384, {1, 1}}},
                       {{"branch3x3_2a", 384, {1, 3}}, {"branch3x3_2b", 384, {3, 1}}}),
      inception_branch(in, {{"branch3x3dbl_1", 448, {1, 1}}, {"branch3x3dbl_2", 384, {3, 3}}},
                       {{"branch3x3dbl_3a", 384, {1, 3}}, {"branch3x3dbl_3b", 384, {3, 1}}}),
      inception_mean(in, 192)});
}

}  // namespace detail

HEARTH_INLINE Inception3Module::Inception3Module(Inception3Options options) : options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "Inception3: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "Inception3: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  core::require(options_.aux_weight >= 0, "Inception3: aux_weight must be at least 0, but got {}", options_.aux_weight);
  reset();
}

HEARTH_INLINE void Inception3Module::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  parts_ = {Chain(), Chain()};
  const auto add = [&](std::size_t part, const std::string& name, const auto& layer) {
    parts_[part]->push_back(name, register_module(name, layer));
  };
  const auto pool = [] { return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2)); };
  add(0, "Conv2d_1a_3x3", basic_conv(torch::nn::Conv2dOptions(3, 32, 3).stride(2)));
  add(0, "Conv2d_2a_3x3", basic_conv(torch::nn::Conv2dOptions(32, 32, 3)));
  add(0, "Conv2d_2b_3x3", basic_conv(torch::nn::Conv2dOptions(32, 64, 3).padding(1)));
  add(0, "maxpool1", pool());
  add(0, "Conv2d_3b_1x1", basic_conv(torch::nn::Conv2dOptions(64, 80, 1)));
  add(0, "Conv2d_4a_3x3", basic_conv(torch::nn::Conv2dOptions(80, 192, 3)));
  add(0, "maxpool2", pool());
  add(0, "Mixed_5b", detail::inception_a(192, 32));
  add(0, "Mixed_5c", detail::inception_a(256, 64));
  add(0, "Mixed_5d", detail::inception_a(288, 64));
  add(0, "Mixed_6a", detail::inception_b(288));
  add(0, "Mixed_6b", detail::inception_c(768, 128));
  add(0, "Mixed_6c", detail::inception_c(768, 160));
  add(0, "Mixed_6d", detail::inception_c(768, 160));
  add(0, "Mixed_6e", detail::inception_c(768, 192));
  aux_logits = nullptr;
  if (options_.aux_logits) {
    aux_logits = Chain();
    aux_logits->push_back("pool", torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(5).stride(3)));
    aux_logits->push_back("conv0", basic_conv(torch::nn::Conv2dOptions(768, 128, 1)));
    aux_logits->push_back("conv1", basic_conv(torch::nn::Conv2dOptions(128, 768, 5)));
    aux_logits->push_back("avgpool", torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({1, 1})));
    aux_logits->push_back("flatten", torch::nn::Flatten());
    aux_logits->push_back("fc", torch::nn::Linear(768, options_.num_classes));
    register_module("AuxLogits", aux_logits);
  }
  add(1, "Mixed_7a", detail::inception_d(768));
  add(1, "Mixed_7b", detail::inception_e(1280));
  add(1, "Mixed_7c", detail::inception_e(2048));
  dropout = register_module("dropout", torch::nn::Dropout(options_.dropout));
  fc = register_module("fc", torch::nn::Linear(2048, options_.num_classes));
  if (options_.init_weights.value_or(options_.pretrained.empty())) {
    init_truncated(*this, 0.1, aux_logits ? aux_logits->ptr<torch::nn::LinearImpl>(5).get() : nullptr, 0.001);
  }
}

HEARTH_INLINE at::Tensor Inception3Module::forward(at::Tensor x) {
  return compute(std::move(x), nullptr);
}

HEARTH_INLINE LogitsWithAuxiliary Inception3Module::forward_with_auxiliary(at::Tensor x) {
  LogitsWithAuxiliary result;
  result.logits = compute(std::move(x), &result.auxiliary);
  return result;
}

HEARTH_INLINE std::int64_t Inception3Module::num_classes() const {
  return fc->weight.size(0);
}

HEARTH_INLINE std::vector<NamedHead> Inception3Module::auxiliary_heads() const {
  if (!options_.aux_logits) {
    return {};
  }
  return {{"AuxLogits.fc", torch::nn::Linear(aux_logits->ptr<torch::nn::LinearImpl>(5))}};
}

HEARTH_INLINE at::Tensor Inception3Module::compute(at::Tensor x, std::vector<AuxiliaryLogits>* auxiliary) {
  check_images("Inception3", x, {.smallest = 75});
  const bool needs_auxiliary = auxiliary != nullptr && options_.aux_logits;
  if (needs_auxiliary) {
    core::require(x.size(2) >= 299 && x.size(3) >= 299,
                  "Inception3: its auxiliary head, which training needs, expects images of at least 299 x 299 pixels, "
                  "but got a batch {}; with .aux_logits = false 75 x 75 are enough",
                  c10::str(x.sizes()));
  }
  if (options_.transform_input.value_or(false)) {
    x = normalized_by_halves(x);
  }
  x = parts_[0]->forward(x);  // [N, 768, H', W'], 17 x 17 for 299 x 299 pixels
  if (needs_auxiliary) {
    auxiliary->push_back({aux_logits->forward(x), options_.aux_weight});
  }
  x = parts_[1]->forward(x);  // [N, 2048, H', W'], 8 x 8 for 299 x 299 pixels
  return fc->forward(at::flatten(dropout->forward(at::adaptive_avg_pool2d(x, {1, 1})), 1));
}

HEARTH_INLINE Inception3 inception_v3(Inception3Options options) {
  const Pretrained pretrained = options.pretrained = options.pretrained.of("inception_v3");
  options.transform_input = options.transform_input.value_or(pretrained.entry() != nullptr);
  const auto without_auxiliary = [](const std::string& name) { return name.starts_with("AuxLogits.") ? "" : name; };
  const bool keeps_all = options.aux_logits;
  Inception3 model(std::move(options));
  return keeps_all ? load_pretrained(model, pretrained) : load_pretrained(model, pretrained, without_auxiliary);
}

}  // namespace hearth::models
