/// A run as Weights & Biases shows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/log.hpp>

namespace hearth {

/// What wandb.init is given under the same names; what is empty stays as wandb's own variables have it (WANDB_PROJECT,
/// WANDB_ENTITY, WANDB_NAME, …).
struct WandbOptions {
  std::string project = {};            ///< that the run belongs to
  std::string entity = {};             ///< the user or team that the project belongs to
  std::string name = {};               ///< of the run, to be shown
  std::string group = {};              ///< of runs that belong together
  std::string job_type = {};           ///< "train", say
  std::string notes = {};              ///< a longer description
  std::vector<std::string> tags = {};  ///< words to find it by
  std::string mode = {};               ///< "online", "offline" or "disabled"
  /// Of wandb's run. Empty: WANDB_RUN_ID, or that of the run in the folder where it goes on, or a new one.
  std::string id = {};
  /// The Python that has the package. Empty: the one that HEARTH_PYTHON names, or python3.
  std::string python = {};
  std::chrono::milliseconds wait = std::chrono::seconds(60);  ///< for the package, when the run is complete
  std::chrono::milliseconds linger =
      std::chrono::minutes(10);  ///< of the package's process, when nobody waits any more
  std::size_t queue = 10'000;    ///< entries that wait for the package at most
};

/// Logs to Weights & Biases through the user's own Python package (`pip install wandb`), in a process that runs beside
/// this one: config and environment, every epoch's numbers under the names of metrics.jsonl, numbers of steps, pictures
/// and files. wandb's step is the number of optimizer steps. wandb's variables and settings hold, WANDB_MODE=offline
/// among them; without Python or the package, a line on stderr says what to install. A run that goes on is the same one
/// for wandb: its id is kept in the run's folder, as wandb-id.txt.
///
///     RunLog{folder, {.every_steps = 50, .files = {"best.pth"}}, MetricsLog{}, WandbLog{{.project = "flowers"}}}
///
/// The training neither waits for the package nor ends by it: what it does not take in time is lost, the oldest first,
/// and told once. When the run is complete, it waits at most `wait` for the package to send the rest, which goes on by
/// itself after that; interrupted or failed, it waits 5 seconds at most, until the package knows. The process ends with
/// the run, however that ends, and at most `linger` after it.
class WandbLog {
 public:
  /// Throws Error when a time is below 0 or the queue has no place.
  explicit WandbLog(WandbOptions options = {});
  WandbLog(WandbLog&&) noexcept;
  WandbLog& operator=(WandbLog&&) noexcept;
  ~WandbLog();

  void config(const LogConfig& event);
  void scalars(const LogScalars& event);
  void image(const LogImage& event);
  void file(const LogFile& event);
  void end(const LogEnd& event);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/wandb_log.ipp>
#endif
