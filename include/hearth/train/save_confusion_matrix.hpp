/// The confusion matrix of a run, as a picture and as a table.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

/// Writes confusion_matrix.png and confusion_matrix.csv into the run's folder after every epoch, where the task has a
/// ConfusionMatrix among its metrics; of more than 2000 classes there is no picture. When one cannot be written,
/// training goes on (see RunFile).
///
///     trainer.fit(train, val, Classification{CrossEntropyLoss{}, Accuracy{}, ConfusionMatrix{}});
class SaveConfusionMatrix : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit SaveConfusionMatrix(RunFolder folder)
      : picture_(folder, "confusion_matrix.png"), table_(std::move(folder), "confusion_matrix.csv") {}

  void on_fit_begin(const FitBegin& event) { classes_ = event.classes; }
  void on_epoch_end(const EpochEnd& event);
  void on_fit_end(const FitEnd&);

 private:
  train::RunFile picture_;
  train::RunFile table_;
  std::vector<std::string> classes_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/save_confusion_matrix.ipp>
#endif
