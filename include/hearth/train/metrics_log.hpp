/// metrics.jsonl and metrics.csv: the record of a run that other programs read, a line an epoch.
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

/// The same record of all epochs as comma-separated values (RFC 4180, lines end in \n), the names in the first line. A
/// field is empty where an epoch lacks the figure, and where it is not finite.
std::string to_csv(const History& history);

}  // namespace hearth::train

namespace hearth {

/// Writes metrics.jsonl, and the same as metrics.csv, into the run's folder after every epoch, whole each time: all
/// epochs of the run, also those before it was resumed. When one cannot be written, training goes on (see RunFile).
class MetricsLog : public Callback {
 public:
  /// Makes and locks the folder. Throws Error when that is not possible.
  explicit MetricsLog(RunFolder folder) : json_(folder, "metrics.jsonl"), csv_(std::move(folder), "metrics.csv") {}

  void on_epoch_end(const EpochEnd& event);
  void on_fit_end(const FitEnd&);

 private:
  train::RunFile json_;
  train::RunFile csv_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/metrics_log.ipp>
#endif
