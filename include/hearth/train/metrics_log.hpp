/// metrics.jsonl: the record of a run that other programs read, one JSON object an epoch.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

#include <hearth/core/file.hpp>
#include <hearth/train/callback.hpp>

namespace hearth::train {

/// The record as a JSON object on one line, numbers in the shortest form that reads back as the same double.
inline std::string to_json(const EpochRecord& record) {
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

/// Writes metrics.jsonl into the run's folder after every epoch, whole each time.
class MetricsLog : public Callback {
 public:
  /// Makes the folder. Throws Error when that is not possible.
  explicit MetricsLog(std::filesystem::path folder) : folder_(std::move(folder)) { core::make_folder(folder_); }

  void on_epoch_end(const EpochEnd& event) {
    lines_ += train::to_json(event.record()) + "\n";
    core::write_file(folder_ / "metrics.jsonl", lines_);
  }

 private:
  std::filesystem::path folder_;
  std::string lines_;
};

}  // namespace hearth
