#pragma once

#include <hearth/train/curves.hpp>

#include <string>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/image/encode.hpp>

namespace hearth {

HEARTH_INLINE void Curves::on_epoch_end(const EpochEnd& event) {
  file_.write([&](const std::filesystem::path& path) { write_png(path, draw_curves(event.history).view()); });
}

HEARTH_INLINE Image Curves::draw_curves(const History& history) {
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

}  // namespace hearth
