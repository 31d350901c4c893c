#pragma once

#include <hearth/train/progress_bar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <hearth/core/terminal.hpp>

namespace hearth::train {

namespace detail {

/// A figure, what stands before it, and how soon it goes when the line is too long: the highest first, 0 never.
struct ProgressField {
  std::string text;
  std::string_view separator;
  int rank;
};

HEARTH_INLINE std::array<ProgressField, 7> progress_fields(const BatchEnd& done) {
  const bool training = done.phase == Phase::train;
  const double rate = done.seconds > 0 ? static_cast<double>(done.samples_done) / done.seconds : 0;
  const double left = rate > 0 ? static_cast<double>(done.samples - done.samples_done) / rate : 0;
  return {{{fmt::format("epoch {}/{}", done.epoch, done.epochs - 1), "", 2},
           {fmt::format("{} {}/{}", training ? "train" : "val", done.batch + 1, done.batches), " ", 1},
           {fmt::format("{:.0f} img/s", rate), "  ", 5},
           {fmt::format("eta {}", core::format_duration(left)), "  ", 3},
           {fmt::format("loss {:.4f}", done.mean_loss), "  ", 0},
           {fmt::format("acc {:.4f}", done.accuracy), "  ", 4},
           {training && done.seconds > 0 ? fmt::format("data wait {:.0f}%", 100 * done.wait_seconds / done.seconds)
                                         : std::string(),
            "  ", 6}}};
}

/// The fields of at most this rank.
HEARTH_INLINE std::string join(const std::array<ProgressField, 7>& fields, int most) {
  std::string line;
  for (const ProgressField& field : fields) {
    if (field.rank <= most && !field.text.empty()) {
      line += line.empty() ? "" : field.separator;
      line += field.text;
    }
  }
  return line;
}

}  // namespace detail

HEARTH_INLINE std::string progress_line(const BatchEnd& done) {
  return detail::join(detail::progress_fields(done), 6);
}

HEARTH_INLINE std::string progress_line(const BatchEnd& done, std::size_t columns) {
  const auto fields = detail::progress_fields(done);
  std::string line = detail::join(fields, 6);  // ASCII: a byte is a column
  constexpr std::size_t widest_bar = 20;
  constexpr std::size_t narrowest_bar = 5;
  if (line.size() + 1 + narrowest_bar <= columns) {
    return core::format_bar(done.batch + 1, done.batches, std::min(widest_bar, columns - line.size() - 1)) + " " + line;
  }
  for (int most = 5; line.size() > columns && most >= 0; --most) {
    line = detail::join(fields, most);
  }
  return line.substr(0, columns);
}

}  // namespace hearth::train

namespace hearth {

HEARTH_INLINE ProgressBar::ProgressBar(std::FILE* stream, std::chrono::milliseconds interval)
    : stream_(stream),
      terminal_(core::is_terminal(stream)),
      interval_(terminal_ ? std::chrono::milliseconds(100) : interval) {}

HEARTH_INLINE void ProgressBar::on_batch_end(const BatchEnd& done) {
  const bool complete = done.batch + 1 == done.batches;
  const auto now = std::chrono::steady_clock::now();
  if (terminal_ && complete) {
    core::rewrite_line(stream_, "");
  } else if (complete || now - shown_ >= interval_) {
    shown_ = now;
    show(done);
  }
}

HEARTH_INLINE void ProgressBar::on_epoch_end(const EpochEnd& event) {
  if (event.skipped != skipped_) {
    for (const std::string& line : event.skipped) {
      core::show(stream_, line + "\n");
    }
    skipped_ = event.skipped;
  }
}

HEARTH_INLINE void ProgressBar::on_interrupted(const Interrupted&) {
  if (terminal_) {
    core::rewrite_line(stream_, "");
  }
}

HEARTH_INLINE void ProgressBar::show(const BatchEnd& done) {
  if (terminal_) {
    core::rewrite_line(stream_,
                       train::progress_line(done, static_cast<std::size_t>(core::terminal_width(stream_)) - 1));
  } else {
    core::show(stream_, train::progress_line(done) + "\n");
  }
}

}  // namespace hearth
