#pragma once

#include <hearth/train/metrics_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <hearth/core/csv.hpp>
#include <hearth/core/file.hpp>

namespace hearth::train {

namespace detail {

/// A name in quotes, as JSON has it.
HEARTH_INLINE std::string json_text(const std::string& name) {
  std::string text = "\"";
  for (const char byte : name) {
    if (byte == '"' || byte == '\\') {
      text += '\\';
      text += byte;
    } else if (static_cast<unsigned char>(byte) < 0x20) {
      text += fmt::format("\\u{:04x}", static_cast<unsigned char>(byte));
    } else {
      text += byte;
    }
  }
  return text + "\"";
}

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
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
  };
  std::string line = fmt::format(R"({{"epoch": {})", record.epoch);
  for (const Figure& figure : record.figures) {
    line += fmt::format(R"(, {}: {})", detail::json_text(figure.name), number(figure.value));
  }
  return line + fmt::format(R"(, "lr": {}, "seconds": {}, "images_per_second": {}, "data_wait_fraction": {}}})",
                            number(record.lr), number(record.seconds), number(record.images_per_second),
                            number(record.data_wait_fraction));
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

HEARTH_INLINE void MetricsLog::on_epoch_end(const EpochEnd& event) {
  std::string lines;
  for (const EpochRecord& record : event.history.epochs) {
    lines += train::to_json(record) + "\n";
  }
  json_.write([&](const std::filesystem::path& path) { core::write_file(path, lines); });
  csv_.write([&](const std::filesystem::path& path) { core::write_file(path, train::to_csv(event.history)); });
}

HEARTH_INLINE void MetricsLog::on_fit_end(const FitEnd&) {
  json_.finish();
  csv_.finish();
}

}  // namespace hearth
