/// How many workers a loader uses that chooses by itself.
#pragma once

#include <cstddef>

#include <hearth/core/inline.hpp>

namespace hearth::data {

/// Judges by what it is told of each batch, in seconds, and knows no clock. It looks at a stretch of batches at a time:
///
/// - Where more than a twentieth of it was spent waiting for batches, half as many workers more are tried, and stay if
///   the next stretch was faster by a fiftieth.
/// - Where nothing was waited for and the workers had nothing to do whenever a batch was taken, one fewer is tried, and
///   stays if the next stretch was not slower by more than a hundredth: it leaves the step a core.
///
/// After a trial that did not stay, twice as many stretches pass each time before the same is tried again. What the
/// batches hold does not depend on it.
class AutomaticWorkers {
 public:
  /// Begins with `first` workers, and uses `most` at most; both are at least 1.
  AutomaticWorkers(std::size_t first, std::size_t most);

  /// A batch was waited for `waited` seconds, after the one before had been used for `used`; `was_full`: the workers
  /// had nothing to do when it was asked for. Gives the workers from now on.
  std::size_t taken(double waited, double used, bool was_full);

  /// The next so many batches are not judged: an epoch begins, whose first ones take longer than others, or they were
  /// begun by another number of workers.
  void leave_out(std::size_t batches) noexcept;

  std::size_t workers() const noexcept { return workers_; }
  std::size_t most() const noexcept { return most_; }

 private:
  /// The batches that are judged together.
  struct Stretch {
    std::size_t batches = 0;
    std::size_t full = 0;  // of them, when the workers had nothing to do
    double waited = 0;
    double used = 0;
    double seconds() const noexcept { return waited + used; }
  };

  /// Trials in one direction.
  struct Trials {
    std::size_t pause = 0;  // stretches until the next
    std::size_t in_vain = 0;
  };

  void judge(double seconds_a_batch);
  void begin_trial(std::size_t workers, double seconds_a_batch);
  void end_trial(double seconds_a_batch);

  std::size_t workers_;
  std::size_t most_;
  std::size_t left_out_ = 0;  // batches that are not judged
  Stretch stretch_;
  std::size_t before_ = 0;     // the workers before the trial; 0: there is none
  double before_seconds_ = 0;  // what a batch took with them
  Trials more_;
  Trials fewer_;
};

/// The number to begin with where `cores` may be used and the step's operators use `threads` of them: those that are
/// left, at least one.
std::size_t first_workers(std::size_t cores, std::size_t threads) noexcept;

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/automatic_workers.ipp>
#endif
