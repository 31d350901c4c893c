/// A run while it goes on: where it is, what it has measured, and how it is saved and resumed.
#pragma once

#include <torch/nn/module.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/train/deterministic.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/loss_watch.hpp>
#include <hearth/train/meter.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/phase_clock.hpp>
#include <hearth/train/replicas.hpp>
#include <hearth/train/run.hpp>
#include <hearth/train/run_file.hpp>
#include <hearth/train/step.hpp>
#include <hearth/train/step_graph.hpp>
#include <hearth/train/trainer_options.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth::train {

/// What a run must know of a loader.
struct LoaderFacts {
  std::size_t batches = 0;
  std::size_t samples = 0;
  std::optional<std::size_t> class_count = {};
  std::vector<std::string> classes = {};
  std::size_t batch_size = 0;  ///< of each process, where several share the loader
  std::string order = {};      ///< what tells orders apart, where several share it
};

/// What tells an epoch's order, and the random choices of its samples, from others.
std::string describe_order(const std::vector<std::size_t>& order, const LoaderOptions& options);

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

  /// Goes on from the last checkpoint, where the run's folder is to be resumed and has one. Of several processes, all
  /// have the same then.
  void begin();

  /// What is known of the loaders that the run trains on and, where there is one, validates on.
  const LoaderFacts& training() const noexcept { return train_; }
  const LoaderFacts& validation() const { return val_.value(); }

  /// Holds, while the model trains, what the options ask for of its BatchNorms.
  std::shared_ptr<void> training_scope() const { return replicas_ ? replicas_->training_scope() : nullptr; }

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

  /// Whether this batch is the last of the open step.
  bool closes_step(const Batch& batch) const noexcept { return step_.is_due() || batch.index + 1 == train_.batches; }

  /// Outputs, loss and gradients of a batch, unless its loss is not finite: Error, and buffers and generators are those
  /// of before (fp16: the step is skipped). Of several processes, all throw it in `close_step`.
  Forward compute(const BatchContext& context, const BatchWork& work);

  /// Completes the open step, counts its batches, moves on to the end of the last of them and calls `told` with it.
  /// Does nothing when no step is open, or when a stop was answered meanwhile.
  void close_step(const std::function<void(const StepEnd&)>& told);

  /// Saves where that is due.
  void save_if_due();

  /// After a batch of the validation, and at its end: saves where that is due, and asks the other processes.
  void end_validation_batch();
  void end_validation();

  /// Puts the averaged weights into the model, and those in training back. Of several processes, all have rank 0's
  /// buffers then.
  void show_averages();
  void hide_averages();

  /// The epoch's record joins the history. Of several processes, the meters have the sums of all from then on.
  void record_epoch(PhaseTime training, Meter* validation);

  /// The epoch is complete, hooks and all: steps the scheduler, moves on and saves.
  void end_epoch();

  /// The run ends: what was asked for is left in the model. False when a stop ends it before its time: what no step has
  /// completed is undone then, and the stop is answered.
  bool finish();

  /// Throws Error when the last checkpoint could not be written.
  void check_saved() const { attempts_.finish(); }

  const torch::nn::Module& model() const override { return model_; }
  StateDict weights() const override;
  Value optimizer_state() const override;
  Value scheduler_state() const override { return scheduler_.state(); }
  std::vector<double> learning_rates() const override { return optimizer_.learning_rates(); }
  const Position& position() const noexcept override { return position_; }
  const History& history() const noexcept override { return history_; }
  int epochs() const noexcept override { return options_.epochs; }
  Value checkpoint() const override;
  void stop_training(const std::string& reason) const override;

 private:
  using Clock = std::chrono::steady_clock;

  void backward(const BatchContext& context, const Forward& done);
  void look(const BatchContext& context, const Forward& done);
  void interrupt();
  void check();
  void begin_replicas();
  bool losses_are_finite();
  std::filesystem::path checkpoint_to_resume() const;
  void resume_from(const std::filesystem::path& file, const std::string& name);
  bool stop_is_due() const;
  Wish own_wish(double weight = 0);
  void heed(const Wish& agreed);
  void settle_losses();
  StateDict training_weights() const;
  void check_fits(const Value& saved) const;
  Value with_rates_of_schedule(const Value& saved);
  void restore(const Value& saved);
  void restore_generators(const Value& saved);
  Value whole(Value optimizer, const MeterSums& sums, const Value::List& generators) const;
  Value::List generators_of_all() const;
  std::vector<RunOption> all_options() const;
  void show_changed_options(const Value& saved) const;
  bool is_save_due();
  void save(bool is_epoch_end = false);
  double seconds_of_epoch() const;
  std::string stop_reason() const;
  std::string own_reason() const;

  std::optional<DeterministicMode> deterministic_;  // first: it is there as long as anything is computed
  torch::nn::Module& model_;
  std::unique_ptr<OptimizerPart> sharded_;  // around the caller's, where its state is shared out
  OptimizerPart& optimizer_;
  SchedulerPart& scheduler_;
  const TrainerOptions& options_;
  Meter& meter_;
  LoaderFacts train_;
  std::optional<LoaderFacts> val_;
  std::optional<Replicas> replicas_;  // where there are several
  bool stops_together_ = false;       // they have agreed to answer a stop,
  bool saves_together_ = false;       // to save,
  std::string ends_together_;         // to end, for this reason
  std::string own_failure_;           // which all are to throw
  bool is_summed_ = false;            // the meter has the sums of all processes
  std::unique_ptr<StepGraph> graph_;  // where steps are recorded
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
#include <hearth/train/session_start.ipp>
#endif
