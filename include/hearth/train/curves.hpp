/// The learning curves of a run as a picture.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/core/file.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/train/callback.hpp>

namespace hearth {

/// Draws curves.png into the run's folder after every epoch: loss on the left, accuracy on the right, of training and
/// validation.
class Curves : public Callback {
 public:
  /// Makes the folder. Throws Error when that is not possible.
  explicit Curves(std::filesystem::path folder) : folder_(std::move(folder)) { core::make_folder(folder_); }

  void on_epoch_end(const EpochEnd& event) { write_png(folder_ / "curves.png", draw_curves(event.history).view()); }

  /// The picture, 1200 by 480 pixels; epochs are counted from 1.
  static Image draw_curves(const History& history) {
    std::vector<double> epochs;
    for (const EpochRecord& record : history.epochs) {
      epochs.push_back(record.epoch + 1);
    }
    const auto series = [&](std::string name, double EpochRecord::*field) {
      std::vector<double> values;
      for (const EpochRecord& record : history.epochs) {
        values.push_back(record.*field);
      }
      return chart::Series{std::move(name), epochs, std::move(values)};
    };
    const std::vector<chart::Axes> panels{
        {"Loss", "epoch", "loss", {series("train", &EpochRecord::train_loss), series("val", &EpochRecord::val_loss)}},
        {"Accuracy",
         "epoch",
         "accuracy",
         {series("train", &EpochRecord::train_accuracy), series("val", &EpochRecord::val_accuracy)}}};
    return chart::draw_charts(panels, {.height = 480, .width = 1200});
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace hearth
