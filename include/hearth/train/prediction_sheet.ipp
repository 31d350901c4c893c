#pragma once

#include <hearth/train/prediction_sheet.hpp>

#include <fmt/format.h>

#include <hearth/chart/sheet.hpp>
#include <hearth/core/error.hpp>
#include <hearth/transforms/to_image.hpp>

namespace hearth::train {

HEARTH_INLINE Image draw_sheet_of(std::span<const at::Tensor> samples, std::span<const Outcome> outcomes,
                                  const PredictionSheetOptions& options) {
  const auto name_of = [&](std::int64_t label) {
    return options.classes.empty() ? fmt::format("{}", label) : options.classes.at(static_cast<std::size_t>(label));
  };
  std::vector<chart::Tile> tiles;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    const Prediction& best = outcome.predictions.at(0);
    chart::Tile& tile = tiles.emplace_back();
    tile.picture = to_image(samples[i], options.mean, options.std);
    tile.lines.push_back(fmt::format("{} {:.0f}%", name_of(best.index), 100 * best.probability));
    if (outcome.has_label()) {
      tile.mark = outcome.is_right() ? chart::Mark::right : chart::Mark::wrong;
      tile.lines.push_back(outcome.is_right()
                               ? std::string()
                               : fmt::format("is {} {:.0f}%", name_of(outcome.label), 100 * outcome.label_probability));
    }
  }
  return chart::draw_sheet(tiles, {.title = options.title, .columns = options.columns, .tile = options.tile});
}

}  // namespace hearth::train
