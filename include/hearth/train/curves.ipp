#pragma once

#include <hearth/train/curves.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/image/encode.hpp>

namespace hearth {

HEARTH_INLINE void Curves::on_epoch_end(const EpochEnd& event) {
  file_.write([&](const std::filesystem::path& path) { write_png(path, draw_curves(event.history).view()); });
}

HEARTH_INLINE Image Curves::draw_curves(const History& history) {
  std::vector<chart::Axes> panels;
  const auto panel_of = [&](std::string_view figure) -> chart::Axes& {
    const std::string label(figure);
    for (chart::Axes& panel : panels) {
      if (panel.y_label == label) {
        return panel;
      }
    }
    std::string title = label;
    title.front() =
        title.front() >= 'a' && title.front() <= 'z' ? static_cast<char>(title.front() - 'a' + 'A') : title.front();
    return panels.emplace_back(chart::Axes{title, "epoch", label, {}});
  };
  const auto names = history.epochs.empty() ? Figures{{"train_loss", 0}} : history.epochs.front().figures;
  for (const Figure& figure : names) {
    const std::size_t end = figure.name.find('_');  // of the phase
    chart::Series series{figure.name.substr(0, end), {}, {}};
    for (const EpochRecord& record : history.epochs) {
      if (const double* const value = record.figures.find(figure.name); value != nullptr) {
        series.x.push_back(record.epoch + 1);
        series.y.push_back(*value);
      }
    }
    panel_of(std::string_view(figure.name).substr(end + 1)).series.push_back(std::move(series));
  }
  return chart::draw_charts(panels, {.height = 480, .width = 600 * static_cast<int>(panels.size())});
}

}  // namespace hearth
