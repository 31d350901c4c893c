#pragma once

#include <hearth/train/checkpoints.hpp>

#include <filesystem>

#include <hearth/weights/save.hpp>

namespace hearth {

namespace train::detail {

HEARTH_INLINE void save_run_weights(RunFile& file, const torch::nn::Module& model,
                                    const std::vector<std::string>& classes) {
  file.write([&](const std::filesystem::path& path) { save_weights(model, path, {.classes = classes}); });
}

}  // namespace train::detail

HEARTH_INLINE void SaveBest::on_epoch_end(const EpochEnd& event) {
  if (event.is_best()) {
    train::detail::save_run_weights(file_, event.model, classes_);
  }
}

HEARTH_INLINE void SaveLast::on_epoch_end(const EpochEnd& event) {
  train::detail::save_run_weights(file_, event.model, classes_);
}

HEARTH_INLINE void SaveLast::on_interrupted(const Interrupted& event) {
  train::detail::save_run_weights(file_, event.model, classes_);
}

}  // namespace hearth
