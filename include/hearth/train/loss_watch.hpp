/// The check that losses are finite, which does not wait for a GPU.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// Whether losses are finite, for any thread. On a CUDA device a loss is looked at when its value has arrived, which is
/// at most `most_late` batches later; elsewhere at once, so that the batch can be undone.
class LossWatch {
 public:
  static constexpr std::size_t most_late = 16;

  explicit LossWatch(at::Device device) : device_(device) {}

  /// Throws Error naming epoch and batch when this loss, or one of before that has arrived now, is infinite or not a
  /// number.
  void look(const at::Tensor& loss, int epoch, std::size_t batch);

  /// Waits for all that have not arrived, and looks at them.
  void settle();

 private:
  struct OnItsWay {
    std::shared_ptr<void> event;
    at::Tensor loss;  ///< on the CPU
    int epoch = 0;
    std::size_t batch = 0;
  };

  void look_at_first();

  at::Device device_;
  std::mutex mutex_;  // who saves the run settles, maybe in another thread
  std::deque<OnItsWay> on_their_way_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/loss_watch.ipp>
#endif
