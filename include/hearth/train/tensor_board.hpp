/// A run as TensorBoard shows it.
#pragma once

#include <chrono>
#include <optional>

#include <hearth/core/inline.hpp>
#include <hearth/train/event_file.hpp>
#include <hearth/train/log.hpp>
#include <hearth/train/run_file.hpp>

namespace hearth {

/// The log that `tensorboard --logdir runs` shows: event files in the folder "tensorboard" of the run's folder, with
/// every epoch's figures ("loss/train", "loss/val", "accuracy/train", …), "lr", "seconds", "images_per_second",
/// "data_wait_fraction", and pictures. Their step is the epoch, counted from 0 as in metrics.jsonl. The numbers of
/// optimizer steps ("loss/step", "lr/step") stand in a folder of their own, tensorboard/steps, since a reader knows one
/// kind of step for each folder. A run that is resumed goes on in a new file, and what it does again takes the place of
/// what was there. When a file cannot be written, training goes on, and its events are kept for the next attempt (see
/// RunFile).
///
///     RunLog{folder, {.every_steps = 50}, MetricsLog{}, TensorBoard{}}
class TensorBoard {
 public:
  void config(const LogConfig& event);
  void scalars(const LogScalars& event);
  void image(const LogImage& event);
  void file(const LogFile&) {}
  void end(const LogEnd& event);

 private:
  void flush();

  std::optional<EventFile> epochs_;
  std::optional<EventFile> steps_;
  train::WriteAttempts attempts_;
  std::chrono::steady_clock::time_point flushed_ = {};
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/tensor_board.ipp>
#endif
