#pragma once

#include <hearth/train/phase_clock.hpp>

namespace hearth::train {

HEARTH_INLINE BatchEnd PhaseClock::batch_end(const LiveFigures& live, const Batch& batch, double wait_seconds) {
  time_.samples += batch.counts ? batch.size() : 0;
  time_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  time_.wait_seconds = wait_seconds;
  return {.run = run_,
          .live = live,
          .phase = phase_,
          .epoch = run_.position().epoch,
          .epochs = run_.epochs(),
          .batch = batch.index,
          .batches = batches_,
          .samples_done = is_shared_ ? batch.drawn : samples_before_ + time_.samples,
          .samples = samples_,
          .seconds = seconds_before_ + time_.seconds,
          .wait_seconds = wait_seconds};
}

}  // namespace hearth::train
