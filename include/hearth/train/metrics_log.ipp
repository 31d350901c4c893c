#pragma once

#include <hearth/train/metrics_log.hpp>

#include <fmt/format.h>

#include <cmath>

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

}  // namespace hearth::train

namespace hearth {

HEARTH_INLINE void MetricsLog::on_epoch_end(const EpochEnd& event) {
  std::string lines;
  for (const EpochRecord& record : event.history.epochs) {
    lines += train::to_json(record) + "\n";
  }
  file_.write([&](const std::filesystem::path& path) { core::write_file(path, lines); });
}

}  // namespace hearth
