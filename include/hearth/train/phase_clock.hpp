/// How far a phase of an epoch has come, and how long it took.
#pragma once

#include <chrono>
#include <cstddef>

#include <hearth/core/inline.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/train/callback.hpp>

namespace hearth::train {

/// Samples and seconds of a phase.
struct PhaseTime {
  std::size_t samples = 0;
  double seconds = 0;
  double wait_seconds = 0;  ///< of them, waiting for data
};

/// The phase begins when the object is made.
class PhaseClock {
 public:
  /// A phase of `batches` with `samples` in all, of which `samples_before` were done before the run was resumed, in
  /// `seconds_before`.
  /// `is_shared`: other processes do the rest of each batch.
  PhaseClock(const Run& run, Phase phase, std::size_t batches, std::size_t samples, bool is_shared,
             std::size_t samples_before = 0, double seconds_before = 0)
      : run_(run),
        phase_(phase),
        batches_(batches),
        samples_(samples),
        is_shared_(is_shared),
        samples_before_(samples_before),
        seconds_before_(seconds_before) {}

  /// The batch is done.
  BatchEnd batch_end(const LiveFigures& live, const Batch& batch, double wait_seconds);

  /// Of this process's part alone.
  const PhaseTime& time() const noexcept { return time_; }

 private:
  using Clock = std::chrono::steady_clock;

  const Run& run_;
  Phase phase_;
  std::size_t batches_;
  std::size_t samples_;
  bool is_shared_;
  std::size_t samples_before_;
  double seconds_before_;
  PhaseTime time_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/phase_clock.ipp>
#endif
