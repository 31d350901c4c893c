/// The learning curves of a run as an image.
#pragma once

#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

/// Draws curves.png into the run's folder after every epoch: the loss on the left, beside it what else the task
/// measures, of training and validation. When it cannot be written, training goes on (see RunFile).
class Curves : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit Curves(RunFolder folder) : file_(std::move(folder), "curves.png") {}

  void on_epoch_end(const EpochEnd& event);
  void on_fit_end(const FitEnd&) { file_.finish(); }

  /// The image, 480 pixels high and 600 wide for each figure; epochs are counted from 1.
  static Image draw_curves(const History& history);

 private:
  train::RunFile file_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/curves.ipp>
#endif
