/// The confusion matrix of an epoch or of an evaluation, for those who show it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <hearth/chart/matrix.hpp>
#include <hearth/image/image.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/train/callback.hpp>

namespace hearth::train {

/// The counts of the task's ConfusionMatrix; none where it measures none, and before the first batch. Where that knows
/// the classes' numbers alone, they get the names given, those of the dataset, if there are as many.
inline std::optional<ConfusionCounts> epoch_confusion(const EpochEnd& event, const std::vector<std::string>& names) {
  const auto* const metric = event.metric<ConfusionMatrix>();
  if (metric == nullptr) {
    return std::nullopt;
  }
  ConfusionCounts counts = metric->value();
  if (counts.size() == 0) {
    return std::nullopt;
  }
  bool are_numbers = names.size() == counts.size();
  for (std::size_t i = 0; are_numbers && i < counts.size(); ++i) {
    are_numbers = counts.classes()[i] == std::to_string(i);
  }
  return are_numbers ? ConfusionCounts(names, {counts.counts().begin(), counts.counts().end()}) : counts;
}

/// The picture; none of more classes than one can show.
inline std::optional<Image> draw_confusion(const ConfusionCounts& counts, const std::string& title) {
  if (counts.size() > chart::most_matrix_classes) {
    return std::nullopt;
  }
  return chart::draw_matrix(
      {.title = title, .names = counts.classes(), .counts = {counts.counts().begin(), counts.counts().end()}});
}

/// The title of an epoch's; epochs are counted from 1, as in the curves.
inline std::string confusion_title(int epoch) {
  return fmt::format("Confusion matrix, epoch {}", epoch + 1);
}

}  // namespace hearth::train
