#pragma once

#include <hearth/train/prediction_sheet.hpp>

#include <fmt/format.h>

#include <utility>

#include <hearth/chart/sheet.hpp>
#include <hearth/core/error.hpp>
#include <hearth/transforms/to_image.hpp>

namespace hearth::train {

HEARTH_INLINE Image picture_of(at::Tensor sample, const PredictionSheetOptions& options) {
  if (sample.dim() == 4 && sample.size(0) > 0) {
    sample = sample[0];
  }
  const bool is_normalized =
      options.mean.size() == 1 || (sample.dim() == 3 && std::cmp_equal(options.mean.size(), sample.size(0)));
  return is_normalized ? to_image(sample, options.mean, options.std) : to_image(sample);
}

HEARTH_INLINE Image draw_sheet_of(std::vector<Image> pictures, std::span<const Outcome> outcomes,
                                  const PredictionSheetOptions& options) {
  const auto name_of = [&](std::int64_t label) {
    if (options.classes.empty()) {
      return fmt::format("{}", label);
    }
    core::require(std::cmp_less(label, options.classes.size()),
                  "draw_predictions: there is an outcome of class {}, but the names of {} classes", label,
                  options.classes.size());
    return options.classes[static_cast<std::size_t>(label)];
  };
  std::vector<chart::Tile> tiles;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    core::require(!outcome.predictions.empty(), "draw_predictions: sample {} has no predictions", outcome.sample);
    const Prediction& best = outcome.predictions.front();
    chart::Tile& tile = tiles.emplace_back();
    tile.picture = std::move(pictures[i]);
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
