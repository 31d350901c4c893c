/// A run while it goes on: where it is, what it has measured, and how it is saved and resumed.
#pragma once

#include <torch/nn/module.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/train/deterministic.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/loss_watch.hpp>
#include <hearth/train/meter.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/phase_clock.hpp>
#include <hearth/train/run.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/step.hpp>
#include <hearth/train/trainer_options.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth::train {

/// What a run must know of a loader.
struct LoaderFacts {
  std::size_t batches = 0;
  std::size_t samples = 0;
  std::optional<std::size_t> class_count = {};
  std::vector<std::string> classes = {};
};

/// The figure that says which epoch is best: the options', or else the task's, of validation where there is one.
Watch watch_of(const TrainerOptions& options, const Watch& of_task, bool validates);

/// Throws Error when both datasets know their classes and they are not the same.
void check_same_classes(const LoaderFacts& train, const LoaderFacts& val);

/// All of a run but the model's type and the loaders': Trainer's loop calls it in the order of its functions.
class Session final : public Run {
 public:
  /// `tell_interrupted` tells the callbacks of an interruption. The arguments outlive the session.
  Session(torch::nn::Module& model, OptimizerPart& optimizer, SchedulerPart& scheduler, const TrainerOptions& options,
          Meter& meter, LoaderFacts train, std::optional<LoaderFacts> val, Watch watch,
          std::function<void(const Interrupted&)> tell_interrupted);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A run that an error ended leaves the weights in training in the model.
  ~Session();

  /// Goes on from the last checkpoint, where the run's folder is to be resumed and has one.
  void begin();

  /// The names of the figures that each epoch's record has.
  const std::vector<std::string>& figures() const noexcept { return figures_; }

  /// Whether there is another epoch to do.
  bool has_epochs() const;
  int epoch() const noexcept { return position_.epoch; }
  double seconds_before() const noexcept { return seconds_before_; }  ///< of this epoch, before it was resumed
  void begin_epoch();

  /// Whether the loop is to end here: a stop was requested, or a callback ended the run.
  bool ends() const;

  /// Whether the batch was done before the run was resumed.
  bool is_done(const Batch& batch) const noexcept { return batch.index < position_.batch; }

  /// Opens an optimizer step, unless one is open, for this batch. False when a stop was answered meanwhile.
  bool open_step(const Batch& batch);
  Step& step() noexcept { return step_; }

  /// Looks at the loss and takes the gradients of a batch, unless its loss is not finite: Error, and buffers and
  /// generators are those of before (fp16: the step is skipped).
  void backward(const BatchContext& context, const Forward& done);

  /// Completes the open step, counts its batches, moves on to the end of the last of them and calls `told` with it.
  /// Does nothing when no step is open, or when a stop was answered meanwhile.
  void close_step(const std::function<void(const StepEnd&)>& told);

  /// Saves where that is due.
  void save_if_due();

  /// Puts the averaged weights into the model, and those in training back.
  void show_averages();
  void hide_averages();

  /// The epoch's record joins the history.
  void record_epoch(const PhaseTime& training, const Meter* validation);

  /// The epoch is complete, hooks and all: steps the scheduler, moves on and saves.
  void end_epoch();

  /// The run ends: what was asked for is left in the model. False when a stop ends it before its time: what no step has
  /// completed is undone then, and the stop is answered.
  bool finish();

  /// Throws Error when the last checkpoint could not be written.
  void check_saved() const { attempts_.finish(); }

  const torch::nn::Module& model() const override { return model_; }
  StateDict weights() const override;
  Value optimizer_state() const override { return optimizer_.state(); }
  Value scheduler_state() const override { return scheduler_.state(); }
  std::vector<double> learning_rates() const override { return optimizer_.learning_rates(); }
  const Position& position() const noexcept override { return position_; }
  const History& history() const noexcept override { return history_; }
  int epochs() const noexcept override { return options_.epochs; }
  Value checkpoint() const override;
  void stop_training(const std::string& reason) const override;

 private:
  using Clock = std::chrono::steady_clock;

  void interrupt();
  StateDict training_weights() const;
  void check_fits(const Value& saved) const;
  void restore(const Value& saved);
  std::vector<RunOption> all_options() const;
  void show_changed_options(const Value& saved) const;
  void save();
  double seconds_of_epoch() const;
  std::string stop_reason() const;

  std::optional<DeterministicMode> deterministic_;  // first: it is there as long as anything is computed
  torch::nn::Module& model_;
  OptimizerPart& optimizer_;
  SchedulerPart& scheduler_;
  const TrainerOptions& options_;
  Meter& meter_;
  LoaderFacts train_;
  std::optional<LoaderFacts> val_;
  Step step_;
  LossWatch watch_;
  Position position_;
  Position after_step_;  // where the open step leads to
  History history_;
  std::vector<std::string> figures_;
  bool is_over_ = false;      // complete or interrupted: the averages stay in the model
  bool is_recorded_ = false;  // the history's last epoch is not complete yet: its hooks are running
  std::int64_t first_step_ = 0;
  std::int64_t saved_step_ = 0;
  bool has_checkpoint_ = false;
  Clock::time_point epoch_start_ = Clock::now();
  double seconds_before_ = 0;  // of this epoch, before the run was resumed
  Clock::time_point saved_ = Clock::now();
  WriteAttempts attempts_;  // to save
  int skipped_in_a_row_ = 0;
  mutable std::mutex reason_mutex_;
  mutable std::optional<std::string> reason_;  // why a callback ended the run
  GracefulStop stop_;                          // last: its request may come from now on
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/session.ipp>
#include <hearth/train/session_checkpoint.ipp>
#endif
