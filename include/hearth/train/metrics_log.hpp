/// metrics.jsonl and metrics.csv: the record of a run that other programs read, a line an epoch.
#pragma once

#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/log.hpp>
#include <hearth/train/run_file.hpp>

namespace hearth::train {

/// The record as a JSON object on one line, numbers in the shortest form that reads back as the same double.
std::string to_json(const EpochRecord& record);

/// The same record of all epochs as comma-separated values (RFC 4180, lines end in \n), the names in the first line. A
/// field is empty where an epoch lacks the figure, and where it is not finite.
std::string to_csv(const History& history);

}  // namespace hearth::train

namespace hearth {

/// The log that others read as files: metrics.jsonl, and the same as metrics.csv, in the run's folder after every
/// epoch, whole each time: all epochs of the run, also those before it was resumed. When one cannot be written,
/// training goes on (see RunFile).
///
///     RunLog{folder, MetricsLog{}}
class MetricsLog {
 public:
  static constexpr bool takes_epochs_alone = true;

  void config(const LogConfig& event);
  void scalars(const LogScalars& event);
  void image(const LogImage&) {}
  void file(const LogFile&) {}
  void end(const LogEnd& event);

 private:
  std::optional<train::RunFile> json_;
  std::optional<train::RunFile> csv_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/metrics_log.ipp>
#endif
