/// ConvNeXt: convnext_tiny, small and base, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/models/build.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/convnext_block.hpp>
#include <hearth/models/layers/image_input.hpp>
#include <hearth/models/layers/trunc_normal.hpp>

namespace hearth::models {

/// What tells one ConvNeXt from another.
struct ConvNeXtShape {
  std::array<std::int64_t, 4> channels = {96, 192, 384, 768};  ///< of the four stages
  std::array<int, 4> blocks = {3, 3, 9, 3};                    ///< in each
  double stochastic_depth_prob = 0.1;                          ///< where the options give none
};

/// The options of torchvision.models.ConvNeXt.
struct ConvNeXtOptions {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
  /// Of the last block: the probability rises evenly from 0 in the first. Unless given it is the architecture's own:
  /// 0.1 for tiny, 0.4 for small, 0.5 for base.
  std::optional<double> stochastic_depth_prob = {};
  double layer_scale = 1e-6;  ///< what each block's branch is multiplied by at first; learned, for each channel
};

/// The module behind ConvNeXt.
class ConvNeXtModule : public torch::nn::Cloneable<ConvNeXtModule> {
 public:
  ConvNeXtModule(const ConvNeXtShape& shape, ConvNeXtOptions options) : shape_(shape), options_(std::move(options)) {
    core::require(options_.num_classes >= 1, "ConvNeXt: num_classes must be at least 1, but got {}",
                  options_.num_classes);
    for (const int number : shape_.blocks) {
      core::require(number >= 1, "ConvNeXt: every stage must have at least 1 block, but got {}", number);
    }
    const double probability = stochastic_depth_prob();
    core::require(probability >= 0 && probability <= 1,
                  "ConvNeXt: stochastic_depth_prob must be between 0 and 1, but got {}", probability);
    reset();
  }

  void reset() override {
    // The order in which layers are made is the order in which they draw from the random generator: torchvision's.
    const auto convolution = [](std::int64_t in, std::int64_t out, std::int64_t size) {
      return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, size).stride(size));
    };
    const std::array<std::int64_t, 4>& channels = shape_.channels;
    const int blocks = std::accumulate(shape_.blocks.begin(), shape_.blocks.end(), 0);
    features = Chain();
    features->push_back(Chain(convolution(3, channels[0], 4), LayerNorm2d(channels[0])));
    int block = 0;
    for (std::size_t i = 0; i < channels.size(); ++i) {
      Chain stage;
      for (int j = 0; j < shape_.blocks[i]; ++j, ++block) {
        stage->push_back(std::make_shared<CNBlock>(
            CNBlockOptions{.channels = channels[i],
                           .layer_scale = options_.layer_scale,
                           .stochastic_depth_prob = stochastic_depth_prob() * block / (blocks - 1.0)}));
      }
      features->push_back(stage);
      if (i + 1 < channels.size()) {
        features->push_back(Chain(LayerNorm2d(channels[i]), convolution(channels[i], channels[i + 1], 2)));
      }
    }
    register_module("features", features);
    classifier = register_module("classifier", Chain(LayerNorm2d(channels[3]), torch::nn::Flatten(),
                                                     torch::nn::Linear(channels[3], options_.num_classes)));
    initialise();
  }

  /// Logits [N, classes] of pictures [N, 3, H, W] of at least 32 x 32 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x) {
    check_images("ConvNeXt", x, {.smallest = 32});
    x = features->forward(x);  // [N, channels, H/32, W/32]
    return classifier->forward(at::adaptive_avg_pool2d(x, {1, 1}));
  }

  std::int64_t num_classes() const { return head()->weight.size(0); }
  torch::nn::Linear head() const { return classifier->ptr<torch::nn::LinearImpl>(2); }
  std::string head_name() const { return "classifier.2"; }

  Chain features{nullptr}, classifier{nullptr};

 private:
  double stochastic_depth_prob() const { return options_.stochastic_depth_prob.value_or(shape_.stochastic_depth_prob); }

  /// torchvision's initialisation.
  void initialise() {
    const auto renew = [](const auto& layer) {
      trunc_normal_(layer.weight, 0, 0.02);
      torch::nn::init::zeros_(layer.bias);
    };
    for (const auto& module : modules(/*include_self=*/false)) {
      if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
        renew(*convolution);
      } else if (const auto* linear = module->as<torch::nn::Linear>()) {
        renew(*linear);
      }
    }
  }

  ConvNeXtShape shape_;
  ConvNeXtOptions options_;
};

/// Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: "A ConvNet for the 2020s" (2022), in torchvision's version, with its
/// parameter names and initialisation.
TORCH_MODULE_IMPL(ConvNeXt, ConvNeXtModule);

namespace detail {

inline ConvNeXt convnext(const ConvNeXtShape& shape, ConvNeXtOptions options) {
  const std::filesystem::path pretrained = options.pretrained;
  return build(ConvNeXt(shape, std::move(options)), pretrained);
}

}  // namespace detail

/// torchvision.models.convnext_tiny.
inline ConvNeXt convnext_tiny(ConvNeXtOptions options = {}) {
  return detail::convnext({.channels = {96, 192, 384, 768}, .blocks = {3, 3, 9, 3}, .stochastic_depth_prob = 0.1},
                          std::move(options));
}

/// torchvision.models.convnext_small.
inline ConvNeXt convnext_small(ConvNeXtOptions options = {}) {
  return detail::convnext({.channels = {96, 192, 384, 768}, .blocks = {3, 3, 27, 3}, .stochastic_depth_prob = 0.4},
                          std::move(options));
}

/// torchvision.models.convnext_base.
inline ConvNeXt convnext_base(ConvNeXtOptions options = {}) {
  return detail::convnext({.channels = {128, 256, 512, 1024}, .blocks = {3, 3, 27, 3}, .stochastic_depth_prob = 0.5},
                          std::move(options));
}

}  // namespace hearth::models
