#pragma once

#include <hearth/train/tensor_board.hpp>

#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/train/epoch_confusion.hpp>

namespace hearth {

HEARTH_INLINE TensorBoard::TensorBoard(RunFolder folder, TensorBoardOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  core::require(options_.every_steps >= 0, "TensorBoard: every_steps must be at least 0, but got {}",
                options_.every_steps);
}

HEARTH_INLINE void TensorBoard::on_fit_begin(const FitBegin& event) {
  folder_.require_held();
  const Position& position = event.run.position();
  classes_ = event.classes;
  epochs_.emplace(folder_ / "tensorboard", EventFileOptions{.purge_step = position.epoch});
  if (options_.every_steps > 0) {
    steps_.emplace(folder_ / "tensorboard" / "steps", EventFileOptions{.purge_step = position.steps + 1});
  }
  flushed_ = std::chrono::steady_clock::now();
}

HEARTH_INLINE void TensorBoard::on_step_end(const StepEnd& event) {
  if (!steps_ || event.skipped || event.step % options_.every_steps != 0) {
    return;
  }
  steps_->scalar("loss/step", event.step, event.live.batch_loss());
  if (std::chrono::steady_clock::now() - flushed_ > std::chrono::seconds(15)) {
    flush();
  }
}

HEARTH_INLINE void TensorBoard::on_epoch_end(const EpochEnd& event) {
  const EpochRecord& record = event.record();
  for (const Figure& figure : record.figures) {
    const std::size_t end = figure.name.find('_');  // of the phase: "val_loss" becomes "loss/val"
    epochs_->scalar(figure.name.substr(end + 1) + "/" + figure.name.substr(0, end), record.epoch, figure.value);
  }
  epochs_->scalar("lr", record.epoch, record.lr);
  epochs_->scalar("seconds", record.epoch, record.seconds);
  epochs_->scalar("images_per_second", record.epoch, record.images_per_second);
  epochs_->scalar("data_wait_fraction", record.epoch, record.data_wait_fraction);
  const auto counts = options_.confusion_matrix ? train::epoch_confusion(event, classes_) : std::nullopt;
  if (const auto picture =
          counts ? train::draw_confusion(*counts, train::confusion_title(record.epoch)) : std::nullopt) {
    epochs_->image("confusion_matrix", record.epoch, picture->view());
  }
  for (const TensorBoardPicture& picture : options_.pictures) {
    epochs_->image(picture.tag, record.epoch, picture.draw(event).view());
  }
  flush();
}

HEARTH_INLINE void TensorBoard::on_fit_end(const FitEnd&) {
  flush();
  attempts_.finish();
}

HEARTH_INLINE void TensorBoard::flush() {
  flushed_ = std::chrono::steady_clock::now();
  attempts_.attempt([&] {
    if (epochs_) {
      epochs_->flush();
    }
    if (steps_) {
      steps_->flush();
    }
  });
}

}  // namespace hearth
