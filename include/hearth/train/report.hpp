/// The page of a run that goes on, and what is said of its beginning.
#pragma once

#include <memory>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

struct ReportOptions {
  std::string title = {};    ///< empty: the folder's name
  std::string command = {};  ///< repeats the run, for command.txt
  std::string summary = {};  ///< of the model, for summary.txt: `summary(model, {1, 3, 224, 224}).to_string()`
};

/// Writes environment.txt, and command.txt and summary.txt where they are given, into the run's folder when training
/// begins, and report.html (see `write_report`) then, after every epoch and at the end, which may be an interruption or
/// an error. Let it be the last of the callbacks: it shows what the others have written. When a file cannot be written,
/// training goes on (see RunFile).
///
///     Trainer trainer{model, optimizer, {.epochs = 25}, RunLog{folder, MetricsLog{}}, Curves{folder}, Report{folder}};
class Report : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit Report(RunFolder folder, ReportOptions options = {});
  Report(Report&& other) noexcept;
  ~Report();

  void on_fit_begin(const FitBegin& event);
  void on_epoch_end(const EpochEnd& event);
  void on_interrupted(const Interrupted& event);
  void on_fit_end(const FitEnd& event);

 private:
  struct Page;
  std::unique_ptr<Page> page_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/report.ipp>
#endif
