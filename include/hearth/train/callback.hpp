/// Callbacks: what else happens while a Trainer trains. A callback derives from `Callback` and hides the hooks it
/// wants.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include <hearth/train/history.hpp>
#include <hearth/train/run.hpp>

namespace hearth {

namespace train {

/// Figures that a device may still be computing: reading them waits for it.
class LiveFigures {
 public:
  virtual double batch_loss() const = 0;
  virtual Figures figures() const = 0;
  virtual double gradient_norm() const = 0;

  /// The first metric of this type, or null.
  virtual const void* find_metric(const std::type_info& type) const noexcept = 0;

 protected:
  ~LiveFigures() = default;
};

}  // namespace train

/// Training is about to start, or to go on: then the run's history has epochs already.
struct FitBegin {
  const Run& run;
  std::size_t train_samples = 0;          ///< in an epoch
  std::size_t val_samples = 0;            ///< 0 where there is no validation
  std::string device = {};                ///< in words: "cpu (2 threads)"
  std::vector<std::string> classes = {};  ///< the names of the training dataset's classes; empty where it has none
  std::vector<std::string> figures = {};  ///< the names of those that every epoch's record has: "train_loss", …

  /// Throws Error, in the name of `who`, unless every epoch has the figure that is watched.
  void require_figure(std::string_view who, const Watch& watch) const {
    train::require_figure(who, watch.figure, figures);
  }
};

/// An epoch is about to start, or to go on in its middle.
struct EpochBegin {
  const Run& run;
  int epoch = 0;  ///< counted from 0
  int epochs = 0;
};

/// What an epoch consists of: `train`, then `validation`.
enum class Phase { train, validation };

/// A batch is done.
struct BatchEnd {
  const Run& run;
  const train::LiveFigures& live;
  Phase phase = Phase::train;  ///< whether it was trained on, or validated
  int epoch = 0;
  int epochs = 0;
  std::size_t batch = 0;         ///< counted from 0
  std::size_t batches = 0;       ///< in the whole phase
  std::size_t samples_done = 0;  ///< in this phase of this epoch, this batch included
  std::size_t samples = 0;       ///< in the whole phase
  double seconds = 0;            ///< since the phase began
  double wait_seconds = 0;       ///< of them, waiting for data

  /// The loss of this batch alone; not a number when every sample has the ignored label. Waits for the device.
  double batch_loss() const { return live.batch_loss(); }

  /// The figures of the phase up to the last optimizer step: "loss", "accuracy" and what else the task measures. Waits
  /// for the device: look at them now and then, rather than at every batch.
  Figures figures() const { return live.figures(); }
};

/// An optimizer step is done: one for each batch, or for TrainerOptions::accumulate of them.
struct StepEnd {
  const Run& run;
  const train::LiveFigures& live;
  std::int64_t step = 0;  ///< how many the whole run has done, this one included unless it was skipped
  bool skipped = false;   ///< the gradients of a step in fp16 were not finite: the weights stayed as they were

  /// The norm of all gradients before they were clipped; not a number unless TrainerOptions::clip_norm is set. Waits
  /// for the device.
  double gradient_norm() const { return live.gradient_norm(); }
};

/// An epoch is complete: trained, validated, recorded as the last one of `history`.
struct EpochEnd {
  const Run& run;
  const History& history;
  int epochs = 0;
  /// Which samples the loaders had to skip in this epoch (BadSamples::skip), in words: a line for each loader that did.
  std::vector<std::string> skipped = {};
  const train::LiveFigures* live = nullptr;

  const EpochRecord& record() const { return history.epochs.back(); }  ///< what was measured in this epoch

  /// The task's metric of this type over the validation, or over the training where there is no validation, for what it
  /// knows beside its figures: `event.metric<ConfusionMatrix>()`. Null when the task measures no such thing.
  template <class Metric>
  const Metric* metric() const noexcept {
    return live == nullptr ? nullptr : static_cast<const Metric*>(live->find_metric(typeid(Metric)));
  }

  /// Whether no epoch so far was better, by the run's figure or by another one.
  bool is_best() const { return is_best(history.watch); }
  bool is_best(const Watch& watch) const { return history.best(watch).epoch == record().epoch; }
};

/// A stop was requested, and `run.weights()` are those of the last complete step. Called once: in the thread of fit()
/// between two batches, or, when a batch takes too long, in the thread that requested the stop. Never while another
/// hook of the same callback runs; a hook that does not return keeps only its own callback from being told.
struct Interrupted {
  const Run& run;
  std::int64_t steps = 0;  ///< that this fit() has done: with 0 there is nothing to save
};

/// Training has ended: all its epochs are done, or a callback ended it.
struct FitEnd {
  const Run& run;
  const History& history;
};

/// The hooks, all of which do nothing. Not virtual: Trainer knows each callback's own type and calls the function that
/// it declares under the hook's name, so a wrong parameter is an error of the compiler.
///
///     on_fit_begin
///       on_epoch_begin
///         training: on_step_end after every optimizer step, on_batch_end after every batch (after its step)
///         validation: on_batch_end after every batch
///       on_epoch_end
///     on_fit_end, or on_interrupted
///
/// Where several processes train together, rank 0 alone tells its callbacks; one that has `static constexpr bool
/// on_every_rank = true` is told everywhere. What a batch or a step shows is of this process, what an epoch's end
/// shows, of all. When one asks to stop the training, all processes end it after the same step.
struct Callback {
  void on_fit_begin(const FitBegin&) {}
  void on_epoch_begin(const EpochBegin&) {}
  void on_step_end(const StepEnd&) {}
  void on_batch_end(const BatchEnd&) {}
  void on_epoch_end(const EpochEnd&) {}
  void on_interrupted(const Interrupted&) {}
  void on_fit_end(const FitEnd&) {}
};

/// A callback that hides nothing: it would silently never be called.
template <class C>
concept InheritsEveryHook = requires {
  { &C::on_fit_begin } -> std::same_as<void (Callback::*)(const FitBegin&)>;
  { &C::on_epoch_begin } -> std::same_as<void (Callback::*)(const EpochBegin&)>;
  { &C::on_step_end } -> std::same_as<void (Callback::*)(const StepEnd&)>;
  { &C::on_batch_end } -> std::same_as<void (Callback::*)(const BatchEnd&)>;
  { &C::on_epoch_end } -> std::same_as<void (Callback::*)(const EpochEnd&)>;
  { &C::on_interrupted } -> std::same_as<void (Callback::*)(const Interrupted&)>;
  { &C::on_fit_end } -> std::same_as<void (Callback::*)(const FitEnd&)>;
};

/// Every hook can be called with its event.
template <class C>
concept HooksTakeTheirEvents = requires(C& callback, const FitBegin& fit_begin, const EpochBegin& epoch_begin,
                                        const StepEnd& step_end, const BatchEnd& batch_end, const EpochEnd& epoch_end,
                                        const Interrupted& interrupted, const FitEnd& fit_end) {
  callback.on_fit_begin(fit_begin);
  callback.on_epoch_begin(epoch_begin);
  callback.on_step_end(step_end);
  callback.on_batch_end(batch_end);
  callback.on_epoch_end(epoch_end);
  callback.on_interrupted(interrupted);
  callback.on_fit_end(fit_end);
};

}  // namespace hearth
