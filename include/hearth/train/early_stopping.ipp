#pragma once

#include <hearth/train/early_stopping.hpp>

#include <fmt/format.h>

#include <cmath>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE EarlyStopping::EarlyStopping(EarlyStoppingOptions options) : options_(std::move(options)) {
  core::require(options_.patience >= 1, "EarlyStopping: patience must be at least 1, but got {}", options_.patience);
  core::require(options_.min_delta >= 0, "EarlyStopping: min_delta must be at least 0, but got {}", options_.min_delta);
}

HEARTH_INLINE void EarlyStopping::on_fit_begin(const FitBegin& event) const {
  if (options_.watch) {
    event.require_figure("EarlyStopping", *options_.watch);
  }
}

HEARTH_INLINE void EarlyStopping::on_epoch_end(const EpochEnd& event) const {
  const Watch& watch = options_.watch ? *options_.watch : event.history.watch;
  const double sign = watch.goal == Goal::highest ? 1 : -1;
  std::optional<double> best;
  int best_epoch = 0;
  for (const EpochRecord& record : event.history.epochs) {
    const double value = sign * record[watch.figure];
    if (!best || (std::isnan(*best) ? !std::isnan(value) : value > *best + options_.min_delta)) {
      best = value;
      best_epoch = record.epoch;
    }
  }
  if (event.record().epoch - best_epoch >= options_.patience) {
    event.run.stop_training(fmt::format("{} has not become better than {:.6g} for {} epochs", watch.figure,
                                        sign * best.value_or(0), options_.patience));
  }
}

}  // namespace hearth
