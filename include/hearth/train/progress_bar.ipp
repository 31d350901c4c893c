#pragma once

#include <hearth/train/progress_bar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include <hearth/core/terminal.hpp>

namespace hearth::train {

namespace detail {

/// Of the fields that go first.
inline constexpr int most_rank = 7;

/// A figure, what stands before it, and how soon it goes when the line is too long: the highest first, 0 never.
struct ProgressField {
  std::string text;
  std::string_view separator;
  int rank;
};

HEARTH_INLINE std::vector<ProgressField> progress_fields(const BatchEnd& done) {
  const bool training = done.phase == Phase::train;
  const double rate = done.seconds > 0 ? static_cast<double>(done.samples_done) / done.seconds : 0;
  const double left =
      rate > 0 ? static_cast<double>(done.samples - std::min(done.samples, done.samples_done)) / rate : 0;
  std::vector<ProgressField> fields{
      {fmt::format("epoch {}/{}", done.epoch, done.epochs - 1), "", 2},
      {fmt::format("{} {}/{}", training ? "train" : "val", done.batch + 1, done.batches), " ", 1},
      {fmt::format("{:.0f} img/s", rate), "  ", 5},
      {fmt::format("eta {}", core::format_duration(left)), "  ", 3}};
  for (const Figure& figure : done.figures()) {
    const bool is_loss = figure.name == "loss";
    const std::string_view name = figure.name == "accuracy" ? "acc" : std::string_view(figure.name);
    const int rank = is_loss ? 0 : fields.size() == 5 ? 4 : most_rank;
    fields.push_back({fmt::format("{} {:.4f}", name, figure.value), "  ", rank});
  }
  if (training && done.seconds > 0) {
    fields.push_back({fmt::format("data wait {:.0f}%", 100 * done.wait_seconds / done.seconds), "  ", 6});
  }
  return fields;
}

/// The fields of at most this rank.
HEARTH_INLINE std::string join(const std::vector<ProgressField>& fields, int most) {
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
  return detail::join(detail::progress_fields(done), detail::most_rank);
}

HEARTH_INLINE std::string progress_line(const BatchEnd& done, std::size_t columns) {
  const auto fields = detail::progress_fields(done);
  std::string line = detail::join(fields, detail::most_rank);  // ASCII: a byte is a column
  constexpr std::size_t widest_bar = 20;
  constexpr std::size_t narrowest_bar = 5;
  if (line.size() + 1 + narrowest_bar <= columns) {
    return core::format_bar(done.batch + 1, done.batches, std::min(widest_bar, columns - line.size() - 1)) + " " + line;
  }
  for (int most = detail::most_rank - 1; line.size() > columns && most >= 0; --most) {
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
