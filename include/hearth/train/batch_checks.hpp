/// What is checked at every batch, and LibTorch's errors in the words of whoever composed model, data and loss.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/data/batch.hpp>

namespace hearth::train {

/// Throws Error unless the loss is one number that has a gradient.
void check_loss(const at::Tensor& loss);

/// A batch on its way: for whom, through which model, and what it is made of.
struct BatchContext {
  std::string_view component;  ///< "Trainer"
  const torch::nn::Module& model;
  const Batch& batch;         ///< as the loader gave it
  const at::Tensor& inputs;   ///< on the device
  const at::Tensor& targets;  ///< on the device
  int epoch = 0;
  bool are_mixed = false;  ///< inputs and targets are mixtures of the batch's
};

/// A batch for which the device, or the computer, has no memory.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

/// Whether LibTorch says that there is no memory left: its own allocators, and those of CUDA's libraries.
bool is_out_of_memory(const c10::Error& error);

/// Throws Error: that `what` ("the model", "the loss") cannot take the batch, with LibTorch's reason and, for the
/// common mistakes, the way out; OutOfMemory where memory is what is lacking.
[[noreturn]] void explain(const BatchContext& context, std::string_view what, const c10::Error& error);

/// Calls `body`, and explains what LibTorch throws.
template <class Body>
decltype(auto) explained(const BatchContext& context, std::string_view what, Body&& body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    explain(context, what, error);
  }
}

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/batch_checks.ipp>
#endif
