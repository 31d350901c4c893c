/// The weights of a run on disk: the best so far, and the last.
#pragma once

#include <filesystem>
#include <utility>

#include <hearth/core/file.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/weights/save.hpp>

namespace hearth {

/// Writes best.pth into the run's folder whenever an epoch has the highest validation accuracy so far.
class SaveBest : public Callback {
 public:
  /// Makes the folder. Throws Error when that is not possible.
  explicit SaveBest(std::filesystem::path folder) : folder_(std::move(folder)) { core::make_folder(folder_); }

  void on_epoch_end(const EpochEnd& event) {
    if (event.is_best()) {
      save_weights(event.model, folder_ / "best.pth");
    }
  }

 private:
  std::filesystem::path folder_;
};

/// Writes last.pth into the run's folder after every epoch, and when training is interrupted.
class SaveLast : public Callback {
 public:
  /// Makes the folder. Throws Error when that is not possible.
  explicit SaveLast(std::filesystem::path folder) : folder_(std::move(folder)) { core::make_folder(folder_); }

  void on_epoch_end(const EpochEnd& event) { save_weights(event.model, folder_ / "last.pth"); }
  void on_interrupted(const Interrupted& event) { save_weights(event.model, folder_ / "last.pth"); }

 private:
  std::filesystem::path folder_;
};

}  // namespace hearth
