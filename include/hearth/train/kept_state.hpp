/// A model that is tried out, and then is as it was before.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/nn/module.h>

#include <optional>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/step.hpp>

namespace hearth::train {

/// Keeps what a trial changes: a model's buffers and gradients, the generators of random numbers, and, of a trial that
/// steps an optimizer, the model's weights and the optimizer's state. At the scope's end all is put back into the same
/// tensors, gradients as the very tensors that they were. A model in evaluation mode is in training mode meanwhile.
class KeptState {
 public:
  /// `optimizer`: null where weights do not change. All must outlive the scope, and the model stays on its device.
  KeptState(torch::nn::Module& model, at::Device device, OptimizerPart* optimizer = nullptr);
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;

  /// Puts all back, unless that was done. An error is swallowed: `put_back` throws it.
  ~KeptState();

  void put_back();

 private:
  std::optional<EvaluationMode> modes_;
  at::Device device_;
  OptimizerPart* optimizer_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> gradients_;
  std::vector<at::Tensor> weights_;  // copies
  std::vector<at::Tensor> buffers_;
  ForwardState forward_;
  Value optimizer_state_;
  bool is_put_back_ = false;
};

/// The value with copies of its tensors.
Value deep_copy(const Value& value);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/kept_state.ipp>
#endif
