/// Notes how long the training of each epoch takes.
#pragma once

#include <chrono>
#include <vector>

#include <hearth/train/callback.hpp>

struct EpochTimes : hearth::Callback {
  using Clock = std::chrono::steady_clock;

  std::vector<double>* seconds;
  Clock::time_point start = Clock::now();

  explicit EpochTimes(std::vector<double>& times) : seconds(&times) {}
  void on_epoch_begin(const hearth::EpochBegin&) { start = Clock::now(); }
  void on_batch_end(const hearth::BatchEnd& done) {
    if (done.phase == hearth::Phase::train && done.batch + 1 == done.batches) {
      seconds->push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
  }
};
