/// What a model is to the rest of the library, and how many parameters one has.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstdint>
#include <vector>

namespace hearth {

/// A handle on a module: `model->forward(images)` gives logits; the rest is torch::nn::Module's. The types of
/// hearth::models satisfy it. So do any torch ModuleHolder with such a forward and a std::shared_ptr to a module.
template <class M>
concept ModelLike = requires(M& model, at::Tensor images, at::Device device) {
  { model->forward(images) } -> std::convertible_to<at::Tensor>;
  { *model->parameters().begin() } -> std::convertible_to<at::Tensor>;
  { model->named_parameters().begin()->value() } -> std::convertible_to<at::Tensor>;
  { model->named_buffers().begin()->value() } -> std::convertible_to<at::Tensor>;
  { model->is_training() } -> std::convertible_to<bool>;
  model->train();
  model->eval();
  model->to(device);
};

/// What an auxiliary head gives, and how much that counts in training.
struct AuxiliaryLogits {
  at::Tensor logits;  ///< [N, classes]
  double weight = 1;  ///< of their loss; the main ones' is 1
};

/// What a model with auxiliary heads gives in training. There may be none: options leave them out.
struct LogitsWithAuxiliary {
  at::Tensor logits;                            ///< the main ones
  std::vector<AuxiliaryLogits> auxiliary = {};  ///< the others
};

/// A model with auxiliary heads, which stand in the middle of a deep network and help its first layers to learn:
/// `model->forward_with_auxiliary(images)` gives the logits of them all, and Trainer minimises the loss of the main
/// ones plus weight times the loss of each of the others. `forward` gives the main ones alone, and so does evaluation.
template <class M>
concept HasAuxiliaryHeads = ModelLike<M> && requires(M& model, at::Tensor images) {
  { model->forward_with_auxiliary(images) } -> std::convertible_to<LogitsWithAuxiliary>;
};

/// How many numbers a model's parameters hold.
struct ParameterCount {
  std::int64_t total = 0;      ///< numbers in all parameters
  std::int64_t trainable = 0;  ///< of those that require a gradient
  friend constexpr bool operator==(const ParameterCount&, const ParameterCount&) = default;
};

/// Counts the numbers in a model's parameters (not in its buffers).
template <class Model>
ParameterCount count_parameters(const Model& model) {
  ParameterCount count;
  for (const at::Tensor& parameter : model->parameters()) {
    count.total += parameter.numel();
    count.trainable += parameter.requires_grad() ? parameter.numel() : 0;
  }
  return count;
}

}  // namespace hearth
