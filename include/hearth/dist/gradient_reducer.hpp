/// The reduction of gradients over processes: what a training step asks of it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace hearth::dist {

/// What a reducer has done since it was made.
struct ReducerStats {
  std::int64_t reductions = 0;  ///< buckets that were reduced
  std::int64_t bytes = 0;       ///< of gradients, as they travelled
  double communication = 0;     ///< seconds in which a bucket was on its way
  double exposed = 0;           ///< of them, those that followed the end of the local backward pass
};

/// Averages the gradients of a model's parameters over the processes while the backward pass is still computing others.
///
/// Every process calls these in the same order for each batch: `before_forward`, then the forward pass,
/// `before_backward`, `loss.backward()`, `after_backward`. After a batch whose gradients are reduced, every parameter's
/// gradient is the sum over the processes of what each has accumulated since the last reduction, divided by their
/// number: the same tensor on all of them, to the bit.
class GradientReducer {
 public:
  virtual ~GradientReducer() = default;

  virtual void before_forward() = 0;

  /// `reduce`: whether this batch's backward pass ends in a reduction; without it gradients only accumulate (no_sync).
  /// `output`: the loss, from which unused parameters are looked for where that was asked for.
  virtual void before_backward(bool reduce, const at::Tensor& output) = 0;

  /// Waits until the gradients are there. Throws Error, naming the process at fault, when they cannot be.
  virtual void after_backward() = 0;

  /// Reduces what has accumulated without a backward pass: a step that ended earlier than `before_backward` was told.
  virtual void reduce_now() = 0;

  virtual ReducerStats stats() const = 0;  ///< what it has cost so far
};

}  // namespace hearth::dist
