#pragma once

#include <hearth/train/epoch_lines.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

#include <hearth/core/console.hpp>

namespace hearth {

namespace train::detail {

/// "train Loss: 0.6312 Acc: 0.6680"; empty when there is no figure of that phase.
HEARTH_INLINE std::string pytorch_line(const EpochRecord& record, const std::string& phase) {
  std::string line;
  for (const auto& [name, value] : figures_of(record, phase)) {
    line += fmt::format(" {}: {:.4f}", name == "loss" ? "Loss" : name == "accuracy" ? "Acc" : name, value);
  }
  return line.empty() ? line : fmt::format("{}{}\n", phase, line);
}

/// "Train loss: 0.631204, Train accuracy: 0.6680"; empty when there is no figure of that phase.
HEARTH_INLINE std::string info_line(const EpochRecord& record, const std::string& phase, std::string_view title) {
  std::string line;
  for (const auto& [name, value] : figures_of(record, phase)) {
    line += fmt::format("{}{} {}: {:.{}f}", line.empty() ? "" : ", ", title, name, value, name == "loss" ? 6 : 4);
  }
  return line.empty() ? line : line + '\n';
}

}  // namespace train::detail

HEARTH_INLINE void EpochLines::on_epoch_begin(const EpochBegin& event) const {
  if (style_ == EpochStyle::pytorch) {
    Console::print("Epoch {}/{}\n----------\n", event.epoch, event.epochs - 1);
  } else if (style_ == EpochStyle::pytorch_from_one) {
    Console::print("Epoch {}/{}\n----------\n", event.epoch + 1, event.epochs);
  } else {
    Console::print("[INFO] EPOCH: {}/{}\n", event.epoch + 1, event.epochs);
  }
}

HEARTH_INLINE void EpochLines::on_epoch_end(const EpochEnd& event) const {
  const EpochRecord& record = event.record();
  using namespace train::detail;
  if (style_ == EpochStyle::info) {
    Console::print("{}{}\n", info_line(record, "train", "Train"), info_line(record, "val", "Val"));
  } else {
    Console::print("{}{}\n", pytorch_line(record, "train"), pytorch_line(record, "val"));
  }
}

}  // namespace hearth
