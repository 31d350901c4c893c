#pragma once

#include <hearth/data/automatic_workers.hpp>

#include <algorithm>
#include <utility>

namespace hearth::data {

HEARTH_INLINE AutomaticWorkers::AutomaticWorkers(std::size_t first, std::size_t most)
    : workers_(std::clamp(first, std::size_t{1}, std::max(most, std::size_t{1}))),
      most_(std::max(most, std::size_t{1})) {}

HEARTH_INLINE void AutomaticWorkers::leave_out(std::size_t batches) noexcept {
  stretch_ = {};
  left_out_ = batches;
}

HEARTH_INLINE std::size_t AutomaticWorkers::taken(double waited, double used, bool was_full) {
  if (left_out_ > 0) {
    --left_out_;
    return workers_;
  }
  ++stretch_.batches;
  stretch_.full += was_full ? 1 : 0;
  stretch_.waited += waited;
  stretch_.used += used;
  // Long enough for what other programs do to even out: a quarter of a second, and a few batches of each worker.
  constexpr double least_seconds = 0.25;
  if (stretch_.seconds() >= least_seconds && stretch_.batches >= std::max(std::size_t{8}, 2 * workers_)) {
    judge(stretch_.seconds() / static_cast<double>(stretch_.batches));
    stretch_ = {};
  }
  return workers_;
}

HEARTH_INLINE void AutomaticWorkers::judge(double seconds_a_batch) {
  if (before_ != 0) {
    end_trial(seconds_a_batch);
    return;
  }
  more_.pause -= std::min(more_.pause, std::size_t{1});
  fewer_.pause -= std::min(fewer_.pause, std::size_t{1});
  const double share = stretch_.waited / stretch_.seconds();
  if (share > 0.05 && workers_ < most_ && more_.pause == 0) {
    begin_trial(std::min(most_, workers_ + std::max(workers_ / 2, std::size_t{1})), seconds_a_batch);
  } else if (share < 0.01 && stretch_.full == stretch_.batches && workers_ > 1 && fewer_.pause == 0) {
    begin_trial(workers_ - 1, seconds_a_batch);
  }
}

HEARTH_INLINE void AutomaticWorkers::begin_trial(std::size_t workers, double seconds_a_batch) {
  before_seconds_ = seconds_a_batch;
  before_ = std::exchange(workers_, workers);
}

HEARTH_INLINE void AutomaticWorkers::end_trial(double seconds_a_batch) {
  const bool was_more = workers_ > before_;
  const bool stays = seconds_a_batch <= before_seconds_ * (was_more ? 0.98 : 1.01);
  Trials& trials = was_more ? more_ : fewer_;
  if (stays) {
    trials = {};
  } else {
    constexpr std::size_t most_doublings = 6;
    trials.in_vain = std::min(trials.in_vain + 1, most_doublings);
    trials.pause = std::size_t{2} << trials.in_vain;
    workers_ = before_;
  }
  before_ = 0;
}

HEARTH_INLINE std::size_t first_workers(std::size_t cores, std::size_t threads) noexcept {
  return cores > threads + 1 ? cores - threads : 1;
}

}  // namespace hearth::data
