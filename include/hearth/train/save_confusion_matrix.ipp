#pragma once

#include <hearth/train/save_confusion_matrix.hpp>

#include <filesystem>

#include <hearth/core/file.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/train/epoch_confusion.hpp>

namespace hearth {

HEARTH_INLINE void SaveConfusionMatrix::on_epoch_end(const EpochEnd& event) {
  const auto counts = train::epoch_confusion(event, classes_);
  if (!counts) {
    return;
  }
  if (const auto picture = train::draw_confusion(*counts, train::confusion_title(event.record().epoch))) {
    picture_.write([&](const std::filesystem::path& path) { write_png(path, picture->view()); });
  }
  table_.write([&](const std::filesystem::path& path) { core::write_file(path, counts->to_csv()); });
}

HEARTH_INLINE void SaveConfusionMatrix::on_fit_end(const FitEnd&) {
  picture_.finish();
  table_.finish();
}

}  // namespace hearth
