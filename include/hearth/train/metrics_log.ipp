#pragma once

#include <hearth/train/metrics_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include <hearth/core/csv.hpp>
#include <hearth/core/file.hpp>
#include <hearth/train/json_text.hpp>

namespace hearth::train {

namespace detail {

/// The names of all figures of all epochs, in the order in which they first come.
HEARTH_INLINE std::vector<std::string> figure_names(const History& history) {
  std::vector<std::string> names;
  for (const EpochRecord& record : history.epochs) {
    for (const Figure& figure : record.figures) {
      if (std::find(names.begin(), names.end(), figure.name) == names.end()) {
        names.push_back(figure.name);
      }
    }
  }
  return names;
}

}  // namespace detail

HEARTH_INLINE std::string to_json(const EpochRecord& record) {
  std::string line = fmt::format(R"({{"epoch": {})", record.epoch);
  for (const Figure& figure : record.figures) {
    line += fmt::format(R"(, {}: {})", json_text(figure.name), json_number(figure.value));
  }
  return line + fmt::format(R"(, "lr": {}, "seconds": {}, "images_per_second": {}, "data_wait_fraction": {}}})",
                            json_number(record.lr), json_number(record.seconds), json_number(record.images_per_second),
                            json_number(record.data_wait_fraction));
}

HEARTH_INLINE std::string to_csv(const History& history) {
  const std::vector<std::string> names = detail::figure_names(history);
  std::string text = "epoch";
  for (const std::string& name : names) {
    text += "," + core::csv_field(name);
  }
  text += ",lr,seconds,images_per_second,data_wait_fraction\n";
  for (const EpochRecord& record : history.epochs) {
    const auto add = [&](double value) { text += std::isfinite(value) ? fmt::format(",{}", value) : ","; };
    text += fmt::format("{}", record.epoch);
    for (const std::string& name : names) {
      const double* const value = record.figures.find(name);
      add(value == nullptr ? std::numeric_limits<double>::quiet_NaN() : *value);
    }
    for (const double value : {record.lr, record.seconds, record.images_per_second, record.data_wait_fraction}) {
      add(value);
    }
    text += '\n';
  }
  return text;
}

}  // namespace hearth::train

namespace hearth {

HEARTH_INLINE void MetricsLog::config(const LogConfig& event) {
  json_.emplace(event.folder, "metrics.jsonl");
  csv_.emplace(event.folder, "metrics.csv");
}

HEARTH_INLINE void MetricsLog::scalars(const LogScalars& event) {
  if (event.history == nullptr) {
    return;
  }
  std::string lines;
  for (const EpochRecord& record : event.history->epochs) {
    lines += train::to_json(record) + "\n";
  }
  json_->write([&](const std::filesystem::path& path) { core::write_file(path, lines); });
  csv_->write([&](const std::filesystem::path& path) { core::write_file(path, train::to_csv(*event.history)); });
}

HEARTH_INLINE void MetricsLog::end(const LogEnd& event) {
  if (event.state == RunState::complete) {
    json_->finish();
    csv_->finish();
  }
}

}  // namespace hearth
