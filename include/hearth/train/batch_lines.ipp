#pragma once

#include <hearth/train/batch_lines.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include <hearth/core/console.hpp>
#include <hearth/core/error.hpp>

namespace hearth {

namespace train::detail {

/// The k of "accuracy" (1) and "top5_accuracy"; none for other figures.
HEARTH_INLINE std::optional<std::string> top_k_of(std::string_view name) {
  if (name == "accuracy") {
    return "1";
  }
  constexpr std::string_view start = "top", end = "_accuracy";
  if (!name.starts_with(start) || !name.ends_with(end)) {
    return std::nullopt;
  }
  return std::string(name.substr(start.size(), name.size() - start.size() - end.size()));
}

/// A figure as a meter of the example's shows it: now, and on average.
HEARTH_INLINE std::string meter_text(std::string_view name, double now, double average) {
  if (const std::optional<std::string> k = top_k_of(name)) {
    return fmt::format("\tAcc@{} {:6.2f} ({:6.2f})", *k, 100 * now, 100 * average);
  }
  return fmt::format("\t{} {:.4e} ({:.4e})", name == "loss" ? "Loss" : name, now, average);
}

}  // namespace train::detail

namespace train {

HEARTH_INLINE std::string accuracy_line(const Figures& figures) {
  std::string line = " *";
  for (const Figure& figure : figures) {
    if (const std::optional<std::string> k = detail::top_k_of(figure.name)) {
      line += fmt::format(" Acc@{} {:.3f}", *k, 100 * figure.value);
    }
  }
  return line;
}

}  // namespace train

HEARTH_INLINE BatchLines::BatchLines(BatchLinesOptions options) : options_(options) {
  core::require(options.every >= 1, "BatchLines: every must be at least 1, but got {}", options.every);
}

HEARTH_INLINE void BatchLines::on_batch_end(const BatchEnd& event) {
  const std::size_t done = event.batch + 1;
  if (mark_.batches >= done) {  // another phase
    mark_ = {};
  }
  if (done % static_cast<std::size_t>(options_.every) != 0 && done != event.batches) {
    return;
  }
  Mark now{done, event.samples_done, event.seconds, event.wait_seconds, event.figures()};
  const double batches = static_cast<double>(done - mark_.batches);
  const double samples = static_cast<double>(now.samples - mark_.samples);
  const std::string total = std::to_string(event.batches);
  std::string line = event.phase == Phase::train ? fmt::format("Epoch: [{}]", event.epoch) : std::string("Test: ");
  line += fmt::format("[{:{}}/{}]\tTime {:6.3f} ({:6.3f})", done, total.size(), total,
                      (now.seconds - mark_.seconds) / batches, now.seconds / static_cast<double>(done));
  if (event.phase == Phase::train) {
    line += fmt::format("\tData {:6.3f} ({:6.3f})", (now.wait_seconds - mark_.wait_seconds) / batches,
                        now.wait_seconds / static_cast<double>(done));
  }
  for (const auto& [name, average] : now.figures) {
    const double* const before = mark_.figures.find(name);
    const double sum_before = before != nullptr ? *before * static_cast<double>(mark_.samples) : 0;
    const double since = samples > 0 ? (average * static_cast<double>(now.samples) - sum_before) / samples : average;
    line += train::detail::meter_text(name, since, average);
  }
  Console::print("{}\n", line);
  mark_ = done == event.batches ? Mark{} : std::move(now);
}

HEARTH_INLINE void BatchLines::on_epoch_end(const EpochEnd& event) const {
  Figures figures = train::figures_of(event.record(), "val");
  if (figures.empty()) {
    figures = train::figures_of(event.record(), "train");
  }
  Console::print("{}\n", train::accuracy_line(figures));
}

}  // namespace hearth
