/// Densely connected networks: densenet121, 161, 169 and 201, as torchvision has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/cloneable.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options of torchvision.models.DenseNet.
struct DenseNetOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from, torchvision's own files too; see `load_pretrained`
  std::int64_t bn_size = 4;    ///< a layer's 1x1 convolution has bn_size · growth_rate channels
  double drop_rate = 0;        ///< of the dropout after each layer
};

/// The module behind DenseNet.
class DenseNetModule : public torch::nn::Cloneable<DenseNetModule> {
 public:
  /// Builds torchvision's DenseNet(growth_rate, block_config, num_init_features, …): channels that a layer adds, layers
  /// of the four blocks, channels before the first.
  DenseNetModule(std::int64_t growth_rate, std::array<int, 4> block_config, std::int64_t num_init_features,
                 DenseNetOptions options);

  HEARTH_INLINE void reset() override;

  /// Logits [N, classes] of images [N, 3, H, W] of at least 29 x 29 pixels. Throws Error when the input has another
  /// shape.
  at::Tensor forward(at::Tensor x);

  std::int64_t num_classes() const;
  torch::nn::Linear head() const { return classifier; }
  std::string head_name() const { return "classifier"; }

  Chain features{nullptr};
  torch::nn::Linear classifier{nullptr};

 private:
  std::int64_t growth_rate_;
  std::array<int, 4> block_config_;
  std::int64_t num_init_features_;
  DenseNetOptions options_;
};

/// Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks" (2016), in torchvision's version,
/// with its parameter names and initialisation.
TORCH_MODULE_IMPL(DenseNet, DenseNetModule);

/// A name in the weights files that torchvision offers, as the model has it: their "denselayer1.norm.1.weight" is
/// "denselayer1.norm1.weight". Other names stay. For LoadOptions::rename; `pretrained` needs no more.
std::string densenet_name(const std::string& name);

/// torchvision.models.densenet121.
DenseNet densenet121(DenseNetOptions options = {});

/// torchvision.models.densenet161.
DenseNet densenet161(DenseNetOptions options = {});

/// torchvision.models.densenet169.
DenseNet densenet169(DenseNetOptions options = {});

/// torchvision.models.densenet201.
DenseNet densenet201(DenseNetOptions options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/densenet.ipp>
#endif
