/// metrics.jsonl: the record of a run that other programs read, one JSON object an epoch.
#pragma once

#include <string>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth::train {

/// The record as a JSON object on one line, numbers in the shortest form that reads back as the same double.
std::string to_json(const EpochRecord& record);

}  // namespace hearth::train

namespace hearth {

/// Writes metrics.jsonl into the run's folder after every epoch, whole each time: all epochs of the run, also those
/// before it was resumed. When it cannot be written, training goes on (see RunFile).
class MetricsLog : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit MetricsLog(RunFolder folder) : file_(std::move(folder), "metrics.jsonl") {}

  void on_epoch_end(const EpochEnd& event);
  void on_fit_end(const FitEnd&) { file_.finish(); }

 private:
  train::RunFile file_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/metrics_log.ipp>
#endif
