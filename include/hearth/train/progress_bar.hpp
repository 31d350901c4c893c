/// The progress of training on a terminal as a bar that rewrites itself, elsewhere as plain lines.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <hearth/train/callback.hpp>

namespace hearth {

/// "0:07", "12:34" or "3:21:09".
inline std::string format_duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// One line of figures: epoch (counted from 0, as in the history), phase, batches, images a second, the time left in
/// this phase, mean loss, accuracy, and in training the share of the time spent waiting for data.
inline std::string progress_line(const BatchEnd& done) {
  const bool training = done.phase == Phase::train;
  const double rate = done.seconds > 0 ? static_cast<double>(done.samples_done) / done.seconds : 0;
  const double left = rate > 0 ? static_cast<double>(done.samples - done.samples_done) / rate : 0;
  std::string line = fmt::format("epoch {}/{} {} {}/{}  {:.0f} img/s  eta {}  loss {:.4f}  acc {:.4f}", done.epoch,
                                 done.epochs - 1, training ? "train" : "val", done.batch + 1, done.batches, rate,
                                 format_duration(left), done.mean_loss, done.accuracy);
  if (training && done.seconds > 0) {
    line += fmt::format("  data wait {:.0f}%", 100 * done.wait_seconds / done.seconds);
  }
  return line;
}

/// Shows progress on a stream: on a terminal a bar, rewritten ten times a second and taken away when its phase ends;
/// elsewhere (a file, a pipe) a line every `interval` and one at the end of each phase.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::FILE* stream = stderr, std::chrono::milliseconds interval = std::chrono::seconds(10))
      : stream_(stream),
        terminal_(::isatty(::fileno(stream)) == 1),
        interval_(terminal_ ? std::chrono::milliseconds(100) : interval) {}

  void on_epoch_begin(const EpochBegin&) { shown_ = std::chrono::steady_clock::now(); }

  void on_batch_end(const BatchEnd& done) {
    const bool complete = done.batch + 1 == done.batches;
    const auto now = std::chrono::steady_clock::now();
    if (terminal_ && complete) {
      clear();
    } else if (complete || now - shown_ >= interval_) {
      shown_ = now;
      fmt::print(stream_, "{}",
                 terminal_ ? fmt::format("\r{} {}\033[K", bar(done), progress_line(done)) : progress_line(done) + "\n");
      std::fflush(stream_);
    }
  }

  void on_interrupted(const Interrupted&) {
    if (terminal_) {
      clear();
    }
  }

 private:
  void clear() {
    fmt::print(stream_, "\r\033[K");
    std::fflush(stream_);
  }

  static std::string bar(const BatchEnd& done) {
    constexpr std::size_t width = 20;
    const std::size_t filled = width * (done.batch + 1) / done.batches;
    std::string text;
    for (std::size_t i = 0; i < width; ++i) {
      text += i < filled ? std::string_view("\u2501") : std::string_view("\u2500");
    }
    return text;
  }

  std::FILE* stream_;
  bool terminal_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point shown_ = std::chrono::steady_clock::now();
};

}  // namespace hearth
