/// The callback that feeds logs.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/image/image.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/log.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

/// A picture that is drawn after every epoch.
struct LogPicture {
  std::string name;                            ///< its name in the logs
  std::function<Image(const EpochEnd&)> draw;  ///< makes it, at an epoch's end
};

struct RunLogOptions {
  /// The options with which the run was started, as the logs shall show them.
  std::vector<Setting> config = {};
  /// N: also numbers of every N-th optimizer step, beside those of epochs: the loss of its batch ("step_loss", which
  /// waits for the device), the learning rate ("step_lr") and, where TrainerOptions::clip_norm is set, the norm of the
  /// gradients ("step_gradient_norm"). 0: of epochs alone.
  std::int64_t every_steps = 0;
  bool confusion_matrix = true;           ///< the task's ConfusionMatrix, if it has one, as a picture
  std::vector<LogPicture> pictures = {};  ///< drawn after every epoch
  /// Files of the run's folder, such as "best.pth": those that are there when the run ends are given to the logs.
  std::vector<std::string> files = {};
};

}  // namespace hearth

namespace hearth::train {

/// A log of any type.
class AnyLog {
 public:
  virtual ~AnyLog() = default;
  virtual void config(const LogConfig&) = 0;
  virtual void scalars(const LogScalars&) = 0;
  virtual void image(const LogImage&) = 0;
  virtual void file(const LogFile&) = 0;
  virtual void end(const LogEnd&) = 0;
  bool takes_epochs_alone = false;
  bool has_failed = false;  ///< and that was told
};

template <LogLike L>
class LogOf final : public AnyLog {
 public:
  explicit LogOf(L log) : log_(std::move(log)) {
    if constexpr (requires { requires L::takes_epochs_alone; }) {
      takes_epochs_alone = true;
    }
  }
  void config(const LogConfig& event) override { log_.config(event); }
  void scalars(const LogScalars& event) override { log_.scalars(event); }
  void image(const LogImage& event) override { log_.image(event); }
  void file(const LogFile& event) override { log_.file(event); }
  void end(const LogEnd& event) override { log_.end(event); }

 private:
  L log_;
};

/// All of a RunLog but the types of its logs.
class LogFeed {
 public:
  using Logs = std::vector<std::unique_ptr<AnyLog>>;

  LogFeed(RunFolder folder, RunLogOptions options, Logs logs);
  LogFeed(LogFeed&&) = delete;
  LogFeed& operator=(LogFeed&&) = delete;
  ~LogFeed();

  void begin(const FitBegin& event);
  void begin_epoch(const EpochBegin& event);
  void end_step(const StepEnd& event);
  void end_epoch(const EpochEnd& event);
  void end(const LogEnd& how);

 private:
  template <class Tell>
  void tell(bool epochs_alone_too, const Tell& tell);
  void show_pictures(const EpochEnd& event);

  RunFolder folder_;
  RunLogOptions options_;
  Logs logs_;
  std::vector<std::string> classes_;
  bool takes_all_ = false;   // some log wants more than the epochs' numbers
  bool is_running_ = false;  // and when it goes while the run is said to go on, an error has ended that
  bool has_failed_ = false;  // to draw, which was told
  double lr_ = 0;            // of the step that comes
};

template <class L>
struct LogType : std::type_identity<L> {};
template <class L>
struct LogType<std::optional<L>> : std::type_identity<L> {};

/// Adds the log, unless there is none.
template <class L>
void add_log(LogFeed::Logs& logs, L log) {
  logs.push_back(std::make_unique<LogOf<L>>(std::move(log)));
}
template <class L>
void add_log(LogFeed::Logs& logs, std::optional<L> log) {
  if (log) {
    add_log(logs, *std::move(log));
  }
}

}  // namespace hearth::train

namespace hearth {

/// Tells logs of the run: its config, the numbers of every epoch and, on request, of every N-th step, pictures, files,
/// and how it ended.
///
///     RunLog{folder, {.config = {{"lr", 0.1}}, .every_steps = 50, .files = {"best.pth"}},
///            MetricsLog{}, TensorBoard{}, WandbLog{{.project = "flowers"}}}
///
/// A log that may be off is a std::optional of it: one that is empty costs nothing. What a log throws, and what a
/// picture's function does, is told once on stderr, and the run goes on (see LogLike). Of several processes rank 0
/// alone logs. A callback that writes what the logs are given stands before the RunLog; a run may have several.
template <class... Logs>
class RunLog : public Callback {
  static_assert((LogLike<typename train::LogType<Logs>::type> && ...),
                "RunLog: every log must be a LogLike, or a std::optional of one: config, scalars, image, file and end, "
                "as in hearth/train/log.hpp");

 public:
  /// Makes and locks the folder. Throws Error when that is not possible, and when every_steps is below 0.
  RunLog(RunFolder folder, RunLogOptions options, Logs... logs) {
    train::LogFeed::Logs all;
    (train::add_log(all, std::move(logs)), ...);
    feed_ = std::make_unique<train::LogFeed>(std::move(folder), std::move(options), std::move(all));
  }

  /// The same without options.
  RunLog(RunFolder folder, Logs... logs) requires(!std::same_as<Logs, RunLogOptions> && ...)
      : RunLog(std::move(folder), RunLogOptions(), std::move(logs)...) {}

  void on_fit_begin(const FitBegin& event) { feed_->begin(event); }
  void on_epoch_begin(const EpochBegin& event) { feed_->begin_epoch(event); }
  void on_step_end(const StepEnd& event) { feed_->end_step(event); }
  void on_epoch_end(const EpochEnd& event) { feed_->end_epoch(event); }
  void on_interrupted(const Interrupted&) { feed_->end({.state = RunState::interrupted}); }
  void on_fit_end(const FitEnd& event) { feed_->end({RunState::complete, event.history.stopped}); }

 private:
  std::unique_ptr<train::LogFeed> feed_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/run_log.ipp>
#endif
