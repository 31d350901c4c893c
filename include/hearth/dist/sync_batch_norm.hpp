/// Batch normalization over the samples of all processes.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/dist/world.hpp>

namespace hearth::dist {

/// While it lives, every BatchNorm in training mode that its thread calls normalises by mean and variance of all
/// processes' samples, as torch.nn.SyncBatchNorm does: a model of torch::nn's modules needs no change.
///
///     {
///       const dist::SyncBatchNorm scope(world);
///       loss = criterion(model->forward(inputs), targets);
///     }
///     loss.backward();  // outside the scope or in it
///
/// The processes call the same modules in the same order. Each brings its own number of samples, at least one; one that
/// is there only to keep a process in step (Batch::counts) is a sample like others here. Weights' gradients are those
/// of the process's own samples, to be reduced like all others'. A BatchNorm in evaluation mode, frozen say, uses its
/// running statistics and says nothing to others; one without any (track_running_stats false) normalises by its batch
/// in evaluation too, so evaluate outside the scope. Gradients of gradients cannot be had. A world that is alone
/// changes nothing.
///
/// The way in is LibTorch's dispatcher: the first scope of a program puts an implementation of aten::batch_norm in
/// front of LibTorch's own, to which it leads wherever no scope is.
class SyncBatchNorm {
 public:
  explicit SyncBatchNorm(World world);
  SyncBatchNorm(const SyncBatchNorm&) = delete;
  SyncBatchNorm& operator=(const SyncBatchNorm&) = delete;
  ~SyncBatchNorm();

 private:
  World world_;
  const World* outer_;
};

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/sync_batch_norm.ipp>
#endif
