/// Logs: who else is told of a run, as TensorBoard, Weights & Biases or a file is. `RunLog` is the callback that feeds
/// them.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/image/image.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/how_far.hpp>
#include <hearth/train/run.hpp>
#include <hearth/train/run_folder.hpp>
#include <hearth/train/setting.hpp>

namespace hearth {

/// The run begins, or goes on.
struct LogConfig {
  const RunFolder& folder;                  ///< a log that needs the folder later copies this
  const std::vector<Setting>& settings;     ///< the user's, and what the run says of itself: "epochs", …
  const std::vector<Setting>& environment;  ///< what it runs on: versions, device, processor, system
  Position position = {};                   ///< where it goes on

  /// Whether the run was begun before, and resumed.
  bool goes_on() const noexcept { return position.steps > 0 || position.epoch > 0; }
};

/// Named numbers: those of an epoch that is complete, or those of an optimizer step.
struct LogScalars {
  const Figures& values;  ///< of an epoch: all of its record but its number. Of a step: "step_loss", "step_lr", …
  std::int64_t step = 0;  ///< optimizer steps that the whole run has done
  int epoch = 0;          ///< that they belong to, counted from 0
  const History* history = nullptr;  ///< all epochs so far, this one the last; null where they are a step's
};

/// A picture that was drawn when an epoch was complete. It comes before the epoch's numbers.
struct LogImage {
  std::string_view name;  ///< "confusion_matrix"
  ImageView image;        ///< its pixels, for as long as the call lasts
  std::int64_t step = 0;  ///< optimizer steps that the whole run has done
  int epoch = 0;          ///< that is complete, counted from 0
};

/// A file of the run's folder that the run has written and writes no more.
struct LogFile {
  std::filesystem::path path;  ///< where it lies
  std::string name;            ///< within the folder: "best.pth"
};

/// The run has ended.
struct LogEnd {
  RunState state = RunState::complete;  ///< complete, interrupted or failed
  std::string reason = {};              ///< why a callback ended it; empty when none did
};

/// What RunLog feeds: first `config`, then the others in the order in which things happen, and `end` as the last. What
/// a log throws is told on stderr, once, and the run goes on; but Error thrown from `end` of a run that is complete
/// ends fit() with it, for files that the user counts on. A log that takes long has a thread of its own.
///
/// A log that wants the epochs' numbers alone says so by `static constexpr bool takes_epochs_alone = true;`: for such
/// ones no loss of a step is waited for, and nothing is drawn.
template <class L>
concept LogLike = std::move_constructible<L> &&
    requires(L& log, const LogConfig& config, const LogScalars& scalars, const LogImage& image, const LogFile& file,
             const LogEnd& end) {
  log.config(config);
  log.scalars(scalars);
  log.image(image);
  log.file(file);
  log.end(end);
};

}  // namespace hearth
