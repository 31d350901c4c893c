#pragma once

#include <hearth/models/googlenet.hpp>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/flatten.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include <array>
#include <memory>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/inception_block.hpp>

namespace hearth::models {

namespace detail {

/// The channels of a block: its input's, then torchvision's ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj.
using GoogLeNetChannels = std::array<std::int64_t, 7>;

HEARTH_INLINE std::shared_ptr<InceptionBlock> googlenet_block(const GoogLeNetChannels& channels) {
  const auto [in, one, reduced3, three, reduced5, five, pooled] = channels;
  const auto pointwise = [](std::int64_t from, std::int64_t to) {
    return basic_conv(torch::nn::Conv2dOptions(from, to, 1));
  };
  const auto wide = [](std::int64_t from, std::int64_t to) {
    return basic_conv(torch::nn::Conv2dOptions(from, to, 3).padding(1));
  };
  const auto branch = [](const char* name, const Chain& layer) { return InceptionBranch{.layers = {{name, layer}}}; };
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  std::vector<InceptionBranch> branches;
  branches.push_back(branch("branch1", pointwise(in, one)));
  Chain narrow = pointwise(in, reduced3);
  branches.push_back(branch("branch2", Chain(narrow, wide(reduced3, three))));
  narrow = pointwise(in, reduced5);
  branches.push_back(branch("branch3", Chain(narrow, wide(reduced5, five))));
  const torch::nn::MaxPool2d pool(torch::nn::MaxPool2dOptions(3).stride(1).padding(1).ceil_mode(true));
  branches.push_back(branch("branch4", Chain(pool, pointwise(in, pooled))));
  return std::make_shared<InceptionBlock>(std::move(branches));
}

}  // namespace detail

HEARTH_INLINE GoogLeNetModule::GoogLeNetModule(GoogLeNetOptions options) : options_(std::move(options)) {
  core::require(options_.num_classes >= 1, "GoogLeNet: num_classes must be at least 1, but got {}",
                options_.num_classes);
  core::require(options_.dropout >= 0 && options_.dropout <= 1, "GoogLeNet: dropout must be from 0 to 1, but got {}",
                options_.dropout);
  core::require(options_.dropout_aux >= 0 && options_.dropout_aux <= 1,
                "GoogLeNet: dropout_aux must be from 0 to 1, but got {}", options_.dropout_aux);
  core::require(options_.aux_weight >= 0, "GoogLeNet: aux_weight must be at least 0, but got {}", options_.aux_weight);
  reset();
}

HEARTH_INLINE void GoogLeNetModule::reset() {
  // Layers draw from the random generator in the order in which they are made here, which is torchvision's.
  parts_ = {Chain(), Chain(), Chain()};
  const auto add = [&](std::size_t part, const std::string& name, const auto& layer) {
    parts_[part]->push_back(name, register_module(name, layer));
  };
  const auto pool = [](std::int64_t size) {
    return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(size).stride(2).ceil_mode(true));
  };
  add(0, "conv1", basic_conv(torch::nn::Conv2dOptions(3, 64, 7).stride(2).padding(3)));
  add(0, "maxpool1", pool(3));
  add(0, "conv2", basic_conv(torch::nn::Conv2dOptions(64, 64, 1)));
  add(0, "conv3", basic_conv(torch::nn::Conv2dOptions(64, 192, 3).padding(1)));
  add(0, "maxpool2", pool(3));
  add(0, "inception3a", detail::googlenet_block({192, 64, 96, 128, 16, 32, 32}));
  add(0, "inception3b", detail::googlenet_block({256, 128, 128, 192, 32, 96, 64}));
  add(0, "maxpool3", pool(3));
  add(0, "inception4a", detail::googlenet_block({480, 192, 96, 208, 16, 48, 64}));
  add(1, "inception4b", detail::googlenet_block({512, 160, 112, 224, 24, 64, 64}));
  add(1, "inception4c", detail::googlenet_block({512, 128, 128, 256, 24, 64, 64}));
  add(1, "inception4d", detail::googlenet_block({512, 112, 144, 288, 32, 64, 64}));
  add(2, "inception4e", detail::googlenet_block({528, 256, 160, 320, 32, 128, 128}));
  add(2, "maxpool4", pool(2));
  add(2, "inception5a", detail::googlenet_block({832, 256, 160, 320, 32, 128, 128}));
  add(2, "inception5b", detail::googlenet_block({832, 384, 192, 384, 48, 128, 128}));
  aux1 = nullptr;
  aux2 = nullptr;
  if (has_auxiliary()) {
    aux1 = register_module("aux1", make_auxiliary(512));
    aux2 = register_module("aux2", make_auxiliary(528));
  }
  dropout = register_module("dropout", torch::nn::Dropout(options_.dropout));
  fc = register_module("fc", torch::nn::Linear(1024, options_.num_classes));
  if (options_.init_weights.value_or(options_.pretrained.empty())) {
    init_truncated(*this, 0.01);
  }
}

HEARTH_INLINE at::Tensor GoogLeNetModule::forward(at::Tensor x) {
  return compute(std::move(x), nullptr);
}

HEARTH_INLINE LogitsWithAuxiliary GoogLeNetModule::forward_with_auxiliary(at::Tensor x) {
  LogitsWithAuxiliary result;
  result.logits = compute(std::move(x), &result.auxiliary);
  return result;
}

HEARTH_INLINE std::int64_t GoogLeNetModule::num_classes() const {
  return fc->weight.size(0);
}

HEARTH_INLINE std::vector<NamedHead> GoogLeNetModule::auxiliary_heads() const {
  if (!has_auxiliary()) {
    return {};
  }
  const auto last = [](const Chain& head) { return torch::nn::Linear(head->ptr<torch::nn::LinearImpl>(6)); };
  return {{"aux1.fc2", last(aux1)}, {"aux2.fc2", last(aux2)}};
}

HEARTH_INLINE Chain GoogLeNetModule::make_auxiliary(std::int64_t channels) const {
  Chain result;
  result->push_back("avgpool", torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({4, 4})));
  result->push_back("conv", basic_conv(torch::nn::Conv2dOptions(channels, 128, 1)));
  result->push_back("flatten", torch::nn::Flatten());
  result->push_back("fc1", torch::nn::Linear(2048, 1024));
  result->push_back("relu", std::make_shared<ActivationLayer>(Activation::relu));
  result->push_back("dropout", torch::nn::Dropout(options_.dropout_aux));
  result->push_back("fc2", torch::nn::Linear(1024, options_.num_classes));
  return result;
}

HEARTH_INLINE at::Tensor GoogLeNetModule::compute(at::Tensor x, std::vector<AuxiliaryLogits>* auxiliary) {
  check_images("GoogLeNet", x, {.smallest = 15});
  if (options_.transform_input.value_or(false)) {
    x = normalized_by_halves(x);
  }
  const auto look = [&](Chain& head) {
    if (auxiliary != nullptr && head) {
      auxiliary->push_back({head->forward(x), options_.aux_weight});
    }
  };
  x = parts_[0]->forward(x);  // [N, 512, H/16, W/16]
  look(aux1);
  x = parts_[1]->forward(x);
  look(aux2);
  x = parts_[2]->forward(x);                               // [N, 1024, H/32, W/32]
  x = at::flatten(at::adaptive_avg_pool2d(x, {1, 1}), 1);  // [N, 1024]
  return fc->forward(dropout->forward(x));
}

HEARTH_INLINE GoogLeNet googlenet(GoogLeNetOptions options) {
  const Pretrained pretrained = options.pretrained = options.pretrained.of("googlenet");
  const bool is_entry = pretrained.entry() != nullptr;
  options.aux_logits = options.aux_logits.value_or(!is_entry);
  options.transform_input = options.transform_input.value_or(is_entry);
  const auto without_auxiliary = [](const std::string& name) { return name.starts_with("aux") ? "" : name; };
  const bool keeps_all = *options.aux_logits;
  GoogLeNet model(std::move(options));
  return keeps_all ? load_pretrained(model, pretrained) : load_pretrained(model, pretrained, without_auxiliary);
}

}  // namespace hearth::models
