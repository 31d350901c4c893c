#pragma once

#include <hearth/train/tensor_board.hpp>

#include <cstddef>
#include <string>

namespace hearth {

namespace train::detail {

/// "val_loss" becomes "loss/val": what stands before the slash groups the charts.
HEARTH_INLINE std::string event_tag(const std::string& figure) {
  const std::size_t end = figure.find('_');
  return figure.substr(end + 1) + "/" + figure.substr(0, end);
}

}  // namespace train::detail

HEARTH_INLINE void TensorBoard::config(const LogConfig& event) {
  const Position& position = event.position;
  epochs_.emplace(event.folder / "tensorboard", EventFileOptions{.purge_step = position.epoch});
  steps_.emplace(event.folder / "tensorboard" / "steps", EventFileOptions{.purge_step = position.steps + 1});
  flushed_ = std::chrono::steady_clock::now();
}

HEARTH_INLINE void TensorBoard::scalars(const LogScalars& event) {
  if (event.history == nullptr) {
    for (const Figure& figure : event.values) {
      steps_->scalar(train::detail::event_tag(figure.name), event.step, figure.value);
    }
    if (std::chrono::steady_clock::now() - flushed_ > std::chrono::seconds(15)) {
      flush();
    }
    return;
  }
  const EpochRecord& record = event.history->epochs.back();
  for (const Figure& figure : event.values) {
    const bool is_of_phase = record.figures.find(figure.name) != nullptr;
    epochs_->scalar(is_of_phase ? train::detail::event_tag(figure.name) : figure.name, event.epoch, figure.value);
  }
  flush();
}

HEARTH_INLINE void TensorBoard::image(const LogImage& event) {
  epochs_->image(event.name, event.epoch, event.image);
}

HEARTH_INLINE void TensorBoard::end(const LogEnd& event) {
  flush();
  if (event.state == RunState::complete) {
    attempts_.finish();
  }
}

HEARTH_INLINE void TensorBoard::flush() {
  flushed_ = std::chrono::steady_clock::now();
  attempts_.attempt([&] {
    epochs_->flush();
    steps_->flush();
  });
}

}  // namespace hearth
