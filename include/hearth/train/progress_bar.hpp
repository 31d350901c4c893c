/// The progress of training on a terminal as a bar that rewrites itself, elsewhere as plain lines.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>

namespace hearth::train {

/// One line of figures: epoch (counted from 0, as in the history), phase, batches, images a second, the time left in
/// this phase, loss, what else the task measures, and in training the share of the time spent waiting for data.
std::string progress_line(const BatchEnd& done);

/// A bar and the same figures in at most `columns` columns: where they don't fit, the bar becomes shorter and then
/// goes, and after it the waiting, the speed, the accuracy, the time left and the epoch; the last to go is the loss.
std::string progress_line(const BatchEnd& done, std::size_t columns);

}  // namespace hearth::train

namespace hearth {

/// Shows progress on a stream: on a terminal a bar as wide as the terminal, rewritten ten times a second and taken away
/// when its phase ends; elsewhere (a file, a pipe) a line every `interval` and one at the end of each phase. It says
/// which samples an epoch had to skip, when they are others than the epoch before. Training goes on when the stream
/// takes nothing any more.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::FILE* stream = stderr, std::chrono::milliseconds interval = std::chrono::seconds(10));

  void on_epoch_begin(const EpochBegin&) { shown_ = std::chrono::steady_clock::now(); }
  void on_batch_end(const BatchEnd& done);
  void on_epoch_end(const EpochEnd& event);
  void on_interrupted(const Interrupted&);

 private:
  void show(const BatchEnd& done);

  std::FILE* stream_;
  bool terminal_;
  std::chrono::milliseconds interval_;
  std::vector<std::string> skipped_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/progress_bar.ipp>
#endif
