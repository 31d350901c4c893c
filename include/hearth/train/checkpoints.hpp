/// The weights of a run on disk: the best so far, and the last.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

/// Writes best.pth into the run's folder whenever an epoch is the best so far: by the run's own watch (the task's, or
/// that of TrainerOptions), or by another figure. The file has the names of the classes where the training dataset
/// knows them. When it cannot be written, training goes on (see RunFile).
///
///     SaveBest{"runs/tiny", {"val_loss", Goal::lowest}}
class SaveBest : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit SaveBest(RunFolder folder, std::optional<Watch> watch = {})
      : file_(std::move(folder), "best.pth"), watch_(std::move(watch)) {}

  /// Throws Error when the run has no such figure.
  void on_fit_begin(const FitBegin& event);
  void on_epoch_end(const EpochEnd& event);
  void on_fit_end(const FitEnd&) { file_.finish(); }

 private:
  train::RunFile file_;
  std::optional<Watch> watch_;
  std::vector<std::string> classes_;
};

/// Writes last.pth into the run's folder after every epoch, and when training is interrupted after a step; the rest is
/// as for SaveBest.
class SaveLast : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit SaveLast(RunFolder folder) : file_(std::move(folder), "last.pth") {}

  void on_fit_begin(const FitBegin& event) { classes_ = event.classes; }
  void on_epoch_end(const EpochEnd& event);
  void on_interrupted(const Interrupted& event);
  void on_fit_end(const FitEnd&) { file_.finish(); }

 private:
  train::RunFile file_;
  std::vector<std::string> classes_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/checkpoints.ipp>
#endif
