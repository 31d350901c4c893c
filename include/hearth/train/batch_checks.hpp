/// What is checked at every batch, and LibTorch's errors in the words of whoever composed model, data and loss.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/data/dataset.hpp>

namespace hearth::train {

/// Throws Error unless the model's outputs fit the dataset and the batch: logits [N, C] with C the dataset's number of
/// classes, where it knows that, and every target in 0 … C-1 or the ignored label.
void check_outputs(std::optional<std::size_t> dataset_classes, std::optional<std::int64_t> ignored_label,
                   const at::Tensor& logits, const at::Tensor& targets);

/// The number of a dataset's classes, where it knows that.
template <class Dataset>
std::optional<std::size_t> class_count(const Dataset& dataset) {
  if constexpr (KnowsClassCount<Dataset>) {
    return static_cast<std::size_t>(dataset.num_classes());
  } else {
    return std::nullopt;
  }
}

/// Throws Error unless the loss is one number that has a gradient.
void check_loss(const at::Tensor& loss);

/// Throws Error when the loss is infinite or not a number.
void check_finite(double loss, int epoch, std::size_t batch);

/// Where something has gone wrong: in whose name to say so, in which batch, and what it was made of.
struct BatchContext {
  std::string_view component;  ///< "Trainer"
  const torch::nn::Module& model;
  const at::Tensor& inputs;
  const at::Tensor& targets;
  int epoch = 0;
  std::size_t batch = 0;
};

/// Throws Error: that `what` ("the model", "the loss") cannot take the batch, with LibTorch's reason and, for the
/// common mistakes, the way out.
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
