/// The training loop.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/device.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/models/model.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/train/batch_checks.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/check_optimizer.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/hook_names.hpp>
#include <hearth/train/phase_figures.hpp>
#include <hearth/train/placement.hpp>

namespace hearth {

/// The options of a Trainer. A name that is misspelt in `{.epoch = 5}` is an error that does not name it, on any
/// compiler; `TrainerOptions{.epoch = 5}` is one that does.
struct TrainerOptions {
  int epochs = 1;       ///< of the whole run
  int first_epoch = 0;  ///< where fit() begins, counted from 0: the epochs that are done when a run is resumed
  at::Device device = default_device();
  bool channels_last = false;  ///< see Placement
  StopToken stop = {};         ///< ends fit() early: the token of an InterruptSignal, say
};

}  // namespace hearth

namespace hearth::train {

/// Throws Error when the epochs are below 1 or first_epoch is not one of them.
void check_trainer_options(const TrainerOptions& options);

/// What FitBegin's `classes` is: the names of the dataset's classes, where it knows them.
template <class Dataset>
std::vector<std::string> class_names(const Dataset& dataset) {
  if constexpr (KnowsClasses<Dataset>) {
    return dataset.classes();
  } else {
    return {};
  }
}

/// What EpochEnd's `skipped` is.
template <class TrainLoader, class ValLoader>
std::vector<std::string> skipped_samples(const TrainLoader& train, const ValLoader& val) {
  std::vector<std::string> lines;
  const auto add = [&](const char* name, const auto& loader) {
    if constexpr (requires { loader.skipped_samples().summary(loader.samples()); }) {
      if (const std::string summary = loader.skipped_samples().summary(loader.samples()); !summary.empty()) {
        lines.push_back(name + summary);
      }
    }
  };
  add("train: ", train);
  add("val: ", val);
  return lines;
}

}  // namespace hearth::train

namespace hearth {

/// Trains a model: for every epoch, for every batch: forward, loss, backward, step; then validates and steps the
/// scheduler. Everything else is a callback.
///
///     Trainer trainer{model, optimizer, scheduler, {.epochs = 25}, ProgressBar{}, SaveBest{"runs/tiny"}};
///     const History history = trainer.fit(train, val);
///
/// The optimizer and the scheduler are held by reference and must outlive the trainer. Without a scheduler the learning
/// rate stays as it is: `Trainer trainer{model, optimizer, {.epochs = 5}};`. The model is moved to the device at
/// construction.
///
/// A run that has been saved, by hearth or by Python, goes on as if it had not stopped. The scheduler is made before
/// states are loaded, for schedulers set rates when they are made:
///
///     save_checkpoint(Value::Dict{{"model", state_dict(*model)}, {"optimizer", optimizer.state_dict()},
///                                 {"scheduler", scheduler.state_dict()}, {"epochs_done", 5}}, "run.pth");
///     // then, in another program:
///     optim::StepLR scheduler{optimizer, {.step_size = 7}};
///     const Value saved = read_checkpoint("run.pth");
///     load_weights(*model, StateDict(saved["model"]));
///     optimizer.load_state_dict(saved["optimizer"]);
///     scheduler.load_state_dict(saved["scheduler"]);
///     Trainer trainer{model, optimizer, scheduler, {.epochs = 25, .first_epoch = saved.as<int>("epochs_done")}};
///
/// The loader's order, the records and what callbacks are told are then those of the whole run; the History has the
/// epochs of this fit() alone, and so has what callbacks make of it (SaveBest, MetricsLog, Curves).
template <class Model, class Optimizer, class Scheduler, class... Callbacks>
class Trainer {
  static_assert(ModelLike<Model>, "Trainer: Model must be a module holder (ModelLike), as models:: functions return");
  static_assert(optim::OptimizerLike<Optimizer>,
                "Trainer: Optimizer must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");
  static_assert(
      optim::SchedulerLike<Scheduler>,
      "Trainer: Scheduler must be a scheduler (SchedulerLike): step(), last_lr(); optim::NoScheduler keeps the rate");
  static_assert((std::derived_from<Callbacks, Callback> && ...),
                "Trainer: every callback must derive from hearth::Callback");
  static_assert((train::HooksAreSpeltRight<Callbacks>::value && ...));
  static_assert((!InheritsEveryHook<Callbacks> && ...),
                "Trainer: a callback hides none of Callback's hooks; is the name of its hook misspelt?");
  static_assert(
      (HooksTakeTheirEvents<Callbacks> && ...),
      "Trainer: a hook of a callback must take its event as in hearth::Callback: on_epoch_end(const EpochEnd&)");

 public:
  /// Throws Error when the epochs are below 1 or first_epoch is not one of them, when the device is not there, when the
  /// optimizer holds a parameter that is not the model's, or when the model has a parameter that requires a gradient
  /// and that the optimizer lacks.
  Trainer(Model model, Optimizer& optimizer, Scheduler& scheduler, TrainerOptions options, Callbacks... callbacks)
      : Trainer(std::move(model), optimizer, std::shared_ptr<Scheduler>(std::shared_ptr<Scheduler>(), &scheduler),
                std::move(options), std::tuple<Callbacks...>(std::move(callbacks)...)) {}

  /// The same, with learning rates that stay as they are.
  Trainer(Model model, Optimizer& optimizer, TrainerOptions options,
          Callbacks... callbacks) requires std::same_as<Scheduler, optim::NoScheduler<Optimizer>>
      : Trainer(std::move(model), optimizer, std::make_shared<Scheduler>(optimizer), std::move(options),
                std::tuple<Callbacks...>(std::move(callbacks)...)) {}

  /// Trains on `train` and validates on `val` after every epoch from first_epoch on; `loss(logits, targets)` gives the
  /// mean over a batch. A model in evaluation mode is put into training mode first; parts of a model in training mode
  /// that are in evaluation mode, as a frozen BatchNorm is, stay so. A batch in which every sample has the label that
  /// the loss ignores takes no step.
  ///
  /// Throws Error on labels out of range, a head that disagrees with the dataset's class count, a loss that is not
  /// finite (naming epoch and batch; the weights are then those before that batch), and when the model or the loss
  /// cannot take a batch.
  template <class TrainLoader, class ValLoader, class Loss = CrossEntropyLoss>
  History fit(TrainLoader& train, ValLoader& val, const Loss& loss = {}) {
    static_assert(LoaderLike<TrainLoader> && LoaderLike<ValLoader>,
                  "Trainer: fit takes two loaders (LoaderLike), as DataLoader is: one to train on, one to validate on");
    static_assert(LossLike<Loss>,
                  "Trainer: Loss must be a loss (LossLike): loss(logits, targets) gives a scalar tensor");
    History history;
    if (!model_->is_training()) {
      model_->train();
    }
    train::GracefulStop stop(options_.stop, [&] { notify(Interrupted{*model_, history}); });
    notify(FitBegin{*model_, options_.epochs, train.samples(), val.samples(), describe(options_.device),
                    train::class_names(train.dataset())});
    for (int epoch = options_.first_epoch; epoch < options_.epochs; ++epoch) {
      notify(EpochBegin{epoch, options_.epochs});
      const auto start = train::PhaseFigures::Clock::now();
      EpochRecord record{.epoch = epoch, .lr = current_lr()};
      train_epoch(train, loss, record, stop);
      validate(val, loss, record, stop);
      record.seconds = std::chrono::duration<double>(train::PhaseFigures::Clock::now() - start).count();
      if (stop.requested()) {
        stop.leave();
        history.interrupted = true;
        return history;
      }
      scheduler_->step();
      history.epochs.push_back(record);
      stop.exclusively([&] {
        notify(EpochEnd{*model_, history, options_.epochs, train::skipped_samples(train, val)});
      });
    }
    notify(FitEnd{*model_, history});
    return history;
  }

 private:
  Trainer(Model model, Optimizer& optimizer, std::shared_ptr<Scheduler> scheduler, TrainerOptions options,
          std::tuple<Callbacks...> callbacks)
      : model_(std::move(model)),
        optimizer_(optimizer),
        scheduler_(std::move(scheduler)),
        options_(std::move(options)),
        placement_{options_.device, options_.channels_last},
        callbacks_(std::move(callbacks)) {
    train::check_trainer_options(options_);
    train::check_optimizer(*model_, optimizer_);
    placement_.place(*model_);
  }

  template <class Loader, class Loss>
  void train_epoch(Loader& loader, const Loss& criterion, EpochRecord& record, train::GracefulStop& stop) {
    const auto ignored = losses::ignored_label(criterion);
    const auto classes = train::class_count(loader.dataset());
    Accuracy accuracy{ignored ? AccuracyOptions{.ignore_index = *ignored} : AccuracyOptions{}};
    train::PhaseFigures figures({.phase = Phase::train,
                                 .epoch = record.epoch,
                                 .epochs = options_.epochs,
                                 .batches = loader.size(),
                                 .samples = loader.samples()});
    auto batches = loader.epoch(static_cast<std::uint64_t>(record.epoch));
    for (const Batch& batch : batches) {
      if (stop.requested()) {
        return;
      }
      const at::Tensor inputs = placement_.inputs(batch.inputs);
      const at::Tensor targets = placement_.targets(batch.targets);
      const train::BatchContext context{"Trainer", *model_, inputs, targets, record.epoch, batch.index};
      optimizer_.zero_grad();
      const at::Tensor logits = train::explained(context, "the model", [&] { return model_->forward(inputs); });
      train::check_outputs(classes, ignored, logits, batch.targets);  // logits: [N, C]
      const at::Tensor loss = train::explained(context, "the loss", [&] { return criterion(logits, targets); });
      train::check_loss(loss);
      const double batch_loss = loss.template item<double>();
      const double weight = losses::total_weight(criterion, batch.targets);
      if (weight != 0) {
        train::check_finite(batch_loss, record.epoch, batch.index);
        train::explained(context, "the backward pass", [&] { loss.backward(); });
        stop.exclusively([&] { optimizer_.step(); });
      }
      accuracy.update(logits.detach(), targets);
      figures.set_accuracy(accuracy.value());
      figures.set_wait(batches.wait_seconds());
      figures.add(batch.index, batch.size(), batch_loss, weight);
      stop.exclusively([&] { notify(figures.done()); });
    }
    figures.write_training(record);
  }

  template <class Loader, class Loss>
  void validate(Loader& loader, const Loss& criterion, EpochRecord& record, train::GracefulStop& stop) {
    if (stop.requested()) {
      return;
    }
    const auto ignored = losses::ignored_label(criterion);
    train::PhaseFigures figures({.phase = Phase::validation,
                                 .epoch = record.epoch,
                                 .epochs = options_.epochs,
                                 .batches = loader.size(),
                                 .samples = loader.samples()});
    Evaluator evaluate{AverageLoss{criterion},
                       Accuracy{ignored ? AccuracyOptions{.ignore_index = *ignored} : AccuracyOptions{}}};
    const auto after_batch = [&](const Batch& batch) {
      const auto [mean_loss, accuracy] = evaluate.values();
      figures.add_with_means(batch.index, batch.size(), mean_loss, accuracy);
      stop.exclusively([&] { notify(figures.done()); });
      return !stop.requested();
    };
    const auto [loss, accuracy] = evaluate.run(model_, loader, placement_, after_batch);
    record.val_loss = loss;
    record.val_accuracy = accuracy;
  }

  double current_lr() const { return optim::learning_rate(*optimizer_.param_groups().begin()); }

  template <class Call>
  void each(Call call) {
    std::apply([&](auto&... callback) { (call(callback), ...); }, callbacks_);
  }
  void notify(const FitBegin& event) {
    each([&](auto& callback) { callback.on_fit_begin(event); });
  }
  void notify(const EpochBegin& event) {
    each([&](auto& callback) { callback.on_epoch_begin(event); });
  }
  void notify(const BatchEnd& event) {
    each([&](auto& callback) { callback.on_batch_end(event); });
  }
  void notify(const EpochEnd& event) {
    each([&](auto& callback) { callback.on_epoch_end(event); });
  }
  void notify(const Interrupted& event) {
    each([&](auto& callback) { callback.on_interrupted(event); });
  }
  void notify(const FitEnd& event) {
    each([&](auto& callback) { callback.on_fit_end(event); });
  }

  Model model_;
  Optimizer& optimizer_;
  std::shared_ptr<Scheduler> scheduler_;  // owns nothing where the caller has it
  TrainerOptions options_;
  Placement placement_;
  std::tuple<Callbacks...> callbacks_;
};

template <class Model, class Optimizer, class... Callbacks>
Trainer(Model, Optimizer&, TrainerOptions, Callbacks...)
    -> Trainer<Model, Optimizer, optim::NoScheduler<Optimizer>, Callbacks...>;

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/trainer.ipp>
#endif
