#pragma once

#include <hearth/train/metrics_log.hpp>

#include <fmt/format.h>

#include <cmath>

#include <hearth/core/file.hpp>

namespace hearth::train {

HEARTH_INLINE std::string to_json(const EpochRecord& record) {
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
  };
  return fmt::format(
      R"({{"epoch": {}, "train_loss": {}, "train_accuracy": {}, "val_loss": {}, "val_accuracy": {}, "lr": {}, )"
      R"("seconds": {}, "images_per_second": {}, "data_wait_fraction": {}}})",
      record.epoch, number(record.train_loss), number(record.train_accuracy), number(record.val_loss),
      number(record.val_accuracy), number(record.lr), number(record.seconds), number(record.images_per_second),
      number(record.data_wait_fraction));
}

}  // namespace hearth::train

namespace hearth {

HEARTH_INLINE void MetricsLog::on_epoch_end(const EpochEnd& event) {
  lines_ += train::to_json(event.record()) + "\n";
  file_.write([&](const std::filesystem::path& path) { core::write_file(path, lines_); });
}

}  // namespace hearth
