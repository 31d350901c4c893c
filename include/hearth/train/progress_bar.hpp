/// The progress of training on a terminal as a bar that rewrites itself, elsewhere as plain lines.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>

#include <hearth/core/terminal.hpp>
#include <hearth/train/callback.hpp>

namespace hearth::train {

/// One line of figures: epoch (counted from 0, as in the history), phase, batches, images a second, the time left in
/// this phase, mean loss, accuracy, and in training the share of the time spent waiting for data.
inline std::string progress_line(const BatchEnd& done) {
  const bool training = done.phase == Phase::train;
  const double rate = done.seconds > 0 ? static_cast<double>(done.samples_done) / done.seconds : 0;
  const double left = rate > 0 ? static_cast<double>(done.samples - done.samples_done) / rate : 0;
  std::string line = fmt::format("epoch {}/{} {} {}/{}  {:.0f} img/s  eta {}  loss {:.4f}  acc {:.4f}", done.epoch,
                                 done.epochs - 1, training ? "train" : "val", done.batch + 1, done.batches, rate,
                                 core::format_duration(left), done.mean_loss, done.accuracy);
  if (training && done.seconds > 0) {
    line += fmt::format("  data wait {:.0f}%", 100 * done.wait_seconds / done.seconds);
  }
  return line;
}

}  // namespace hearth::train

namespace hearth {

/// Shows progress on a stream: on a terminal a bar, rewritten ten times a second and taken away when its phase ends;
/// elsewhere (a file, a pipe) a line every `interval` and one at the end of each phase.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::FILE* stream = stderr, std::chrono::milliseconds interval = std::chrono::seconds(10))
      : stream_(stream),
        terminal_(core::is_terminal(stream)),
        interval_(terminal_ ? std::chrono::milliseconds(100) : interval) {}

  void on_epoch_begin(const EpochBegin&) { shown_ = std::chrono::steady_clock::now(); }

  void on_batch_end(const BatchEnd& done) {
    const bool complete = done.batch + 1 == done.batches;
    const auto now = std::chrono::steady_clock::now();
    if (terminal_ && complete) {
      core::rewrite_line(stream_, "");
    } else if (complete || now - shown_ >= interval_) {
      shown_ = now;
      show(done);
    }
  }

  void on_interrupted(const Interrupted&) {
    if (terminal_) {
      core::rewrite_line(stream_, "");
    }
  }

 private:
  void show(const BatchEnd& done) {
    if (terminal_) {
      core::rewrite_line(stream_, core::format_bar(done.batch + 1, done.batches) + " " + train::progress_line(done));
    } else {
      fmt::print(stream_, "{}\n", train::progress_line(done));
      std::fflush(stream_);
    }
  }

  std::FILE* stream_;
  bool terminal_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

}  // namespace hearth
