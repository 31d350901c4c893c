#pragma once

#include <hearth/train/checkpoints.hpp>

#include <filesystem>

#include <hearth/weights/save.hpp>

namespace hearth {

namespace train::detail {

HEARTH_INLINE void save_run_weights(RunFile& file, const Run& run, const std::vector<std::string>& classes) {
  file.write([&](const std::filesystem::path& path) { save_weights(run.weights(), path, {.classes = classes}); });
}

}  // namespace train::detail

HEARTH_INLINE void SaveBest::on_fit_begin(const FitBegin& event) {
  if (watch_) {
    event.require_figure("SaveBest", *watch_);
  }
  classes_ = event.classes;
}

HEARTH_INLINE void SaveBest::on_epoch_end(const EpochEnd& event) {
  if (watch_ ? event.is_best(*watch_) : event.is_best()) {
    train::detail::save_run_weights(file_, event.run, classes_);
  }
}

HEARTH_INLINE void SaveLast::on_epoch_end(const EpochEnd& event) {
  train::detail::save_run_weights(file_, event.run, classes_);
}

HEARTH_INLINE void SaveLast::on_interrupted(const Interrupted& event) {
  if (event.steps > 0) {
    train::detail::save_run_weights(file_, event.run, classes_);
  }
}

}  // namespace hearth
