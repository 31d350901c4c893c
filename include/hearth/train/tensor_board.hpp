/// A run as TensorBoard shows it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/event_file.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

/// A picture that is drawn after every epoch.
struct TensorBoardPicture {
  std::string tag;                             ///< its name in TensorBoard
  std::function<Image(const EpochEnd&)> draw;  ///< makes it, at an epoch's end
};

struct TensorBoardOptions {
  /// N: also the training loss of the batch of every N-th optimizer step, as "loss/step" over the steps of the run; it
  /// waits for the device. These stand in a folder of their own, tensorboard/steps, since a reader knows one kind of
  /// step for each folder. 0: of epochs alone.
  std::int64_t every_steps = 0;
  bool confusion_matrix = true;                   ///< the task's ConfusionMatrix, if it has one, as a picture
  std::vector<TensorBoardPicture> pictures = {};  ///< drawn after every epoch
};

/// Writes event files into the folder "tensorboard" of the run's folder, which `tensorboard --logdir runs` shows: after
/// every epoch its figures ("loss/train", "loss/val", "accuracy/train", …), "lr", "seconds", "images_per_second",
/// "data_wait_fraction", and pictures. Their step is the epoch, counted from 0 as in metrics.jsonl. A run that is
/// resumed goes on in a new file, and what it does again takes the place of what was there. When a file cannot be
/// written, training goes on, and its events are kept for the next attempt (see RunFile).
///
///     TensorBoard{folder, {.every_steps = 50}}
class TensorBoard : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible, and when every_steps is below 0.
  explicit TensorBoard(RunFolder folder, TensorBoardOptions options = {});

  void on_fit_begin(const FitBegin& event);
  void on_step_end(const StepEnd& event);
  void on_epoch_end(const EpochEnd& event);
  void on_interrupted(const Interrupted&) { flush(); }
  void on_fit_end(const FitEnd&);

 private:
  void flush();

  RunFolder folder_;
  TensorBoardOptions options_;
  std::vector<std::string> classes_;
  std::optional<EventFile> epochs_;
  std::optional<EventFile> steps_;
  train::WriteAttempts attempts_;
  std::chrono::steady_clock::time_point flushed_ = {};
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/tensor_board.ipp>
#endif
