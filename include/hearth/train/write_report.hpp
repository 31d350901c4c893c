/// report.html: all that lies in a run's folder, on one page.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/how_far.hpp>

namespace hearth {

/// What `write_report` says of a run.
struct WriteReportOptions {
  std::string title = {};              ///< empty: the folder's name
  RunState state = RunState::unknown;  ///< unknown: nothing is said of it
  int epochs = 0;                      ///< of the whole run; 0: not known
  std::string remark = {};             ///< a sentence beside the state, such as why training was stopped
  /// Which epoch is the best; unset: that of the highest val_accuracy, or of the lowest val_loss, or of training's.
  std::optional<Watch> watch = {};
};

/// Writes report.html into a run's folder: one file that opens anywhere, without scripts and with its pictures in it.
/// It has what the folder has: metrics.csv as a table, curves.png, confusion_matrix.png, report.txt, reliability.png,
/// predictions.png, worst.png, command.txt, config.json, summary.txt and environment.txt. The page of a run that goes
/// on loads itself anew every 15 seconds. Throws Error when it cannot be written; a file that cannot be read is named
/// on the page.
///
/// Call it again when something is added to the folder; `Report` does while a run goes on.
void write_report(const std::filesystem::path& folder, const WriteReportOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/write_report.ipp>
#endif
