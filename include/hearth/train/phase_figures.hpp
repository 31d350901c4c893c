/// The figures of one pass over a loader.
#pragma once

#include <chrono>
#include <cstddef>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/history.hpp>

namespace hearth::train {

/// Adds up what the batches of a phase bring, and keeps the time: the event that callbacks get after each batch.
class PhaseFigures {
 public:
  using Clock = std::chrono::steady_clock;

  /// The phase begins now.
  explicit PhaseFigures(const BatchEnd& begin) : done_(begin) {}

  /// Takes in a batch of this place and size. `loss` is a mean over samples that weigh `weight` together; a weight of 0
  /// counts nothing.
  void add(std::size_t batch, std::size_t samples, double loss, double weight);

  /// Takes in a batch whose means over the phase are known.
  void add_with_means(std::size_t batch, std::size_t samples, double mean_loss, double accuracy);

  void set_accuracy(double accuracy) { done_.accuracy = accuracy; }
  void set_wait(double seconds) { done_.wait_seconds = seconds; }

  const BatchEnd& done() const noexcept { return done_; }

  /// Writes the training figures into the record. Throws Error when there was no sample.
  void write_training(EpochRecord& record) const;

 private:
  BatchEnd done_;
  double loss_sum_ = 0;
  double weight_sum_ = 0;
  Clock::time_point start_ = Clock::now();
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/phase_figures.ipp>
#endif
