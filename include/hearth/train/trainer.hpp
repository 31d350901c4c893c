/// The training loop.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <tuple>
#include <utility>

#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/models/model.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/check_optimizer.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/graceful_stop.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/placement.hpp>

namespace hearth {

struct TrainerOptions {
  int epochs = 1;       ///< of the whole run
  int first_epoch = 0;  ///< where fit() begins, counted from 0: the epochs that are done when a run is resumed
  at::Device device = default_device();
  bool channels_last = false;  ///< see Placement
  std::stop_token stop = {};   ///< ends fit() early: the token of an InterruptSignal, say
};

/// Trains a model: for every epoch, for every batch: forward, loss, backward, step; then validates and steps the
/// scheduler. Everything else is a callback.
///
///     Trainer trainer{model, optimizer, scheduler, {.epochs = 25}, ProgressBar{}, SaveBest{"runs/tiny"}};
///     const History history = trainer.fit(train, val);
///
/// The optimizer and the scheduler are held by reference and must outlive the trainer. The model is moved to the device
/// at construction.
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
  static_assert((!InheritsEveryHook<Callbacks> && ...),
                "Trainer: a callback hides none of Callback's hooks; is the name of its hook misspelt?");
  static_assert(
      (HooksTakeTheirEvents<Callbacks> && ...),
      "Trainer: a hook of a callback must take its event as in hearth::Callback: on_epoch_end(const EpochEnd&)");

 public:
  /// Throws Error when the epochs are below 1 or first_epoch is not one of them, when the optimizer holds a parameter
  /// that is not the model's, or when the model has a parameter that requires a gradient and that the optimizer lacks.
  Trainer(Model model, Optimizer& optimizer, Scheduler& scheduler, TrainerOptions options, Callbacks... callbacks)
      : model_(std::move(model)),
        optimizer_(optimizer),
        scheduler_(scheduler),
        options_(std::move(options)),
        placement_{options_.device, options_.channels_last},
        callbacks_(std::move(callbacks)...) {
    core::require(options_.epochs >= 1, "Trainer: epochs must be at least 1, but got {}", options_.epochs);
    core::require(options_.first_epoch >= 0 && options_.first_epoch < options_.epochs,
                  "Trainer: first_epoch must be at least 0 and below epochs, which is {}, but got {}", options_.epochs,
                  options_.first_epoch);
    train::check_optimizer(*model_, optimizer_);
    placement_.place(*model_);
  }

  /// Trains on `train` and validates on `val` after every epoch from first_epoch on; `loss(logits, targets)` gives the
  /// mean over a batch. A model in evaluation mode is put into training mode first; parts of a model in training mode
  /// that are in evaluation mode, as a frozen BatchNorm is, stay so. Throws Error on labels out of range, a head that
  /// disagrees with the dataset's class count, or a loss that is not finite (naming epoch and batch; the weights are
  /// then those before that batch).
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
    notify(FitBegin{*model_, options_.epochs, train.samples(), val.samples(), describe(options_.device)});
    for (int epoch = options_.first_epoch; epoch < options_.epochs; ++epoch) {
      notify(EpochBegin{epoch, options_.epochs});
      const auto start = Clock::now();
      EpochRecord record{.epoch = epoch, .lr = current_lr()};
      train_epoch(train, loss, record, stop);
      validate(val, loss, record, stop);
      record.seconds = seconds_since(start);
      if (stop.requested()) {
        stop.leave();
        history.interrupted = true;
        return history;
      }
      scheduler_.step();
      history.epochs.push_back(record);
      stop.exclusively([&] { notify(EpochEnd{*model_, history, options_.epochs}); });
    }
    notify(FitEnd{*model_, history});
    return history;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  template <class Loader, class Loss>
  void train_epoch(Loader& loader, const Loss& criterion, EpochRecord& record, train::GracefulStop& stop) {
    BatchEnd done{.phase = Phase::train,
                  .epoch = record.epoch,
                  .epochs = options_.epochs,
                  .batches = loader.size(),
                  .samples = loader.samples()};
    Accuracy accuracy;
    double loss_sum = 0;
    const auto start = Clock::now();
    auto batches = loader.epoch(static_cast<std::uint64_t>(record.epoch));
    for (const Batch& batch : batches) {
      if (stop.requested()) {
        return;
      }
      const at::Tensor targets = placement_.targets(batch.targets);
      optimizer_.zero_grad();
      const at::Tensor logits = model_->forward(placement_.inputs(batch.inputs));  // [N, C]
      train::check_outputs(loader.dataset(), logits, batch.targets);
      const at::Tensor loss = criterion(logits, targets);
      done.batch_loss = loss.template item<double>();
      core::require(
          std::isfinite(done.batch_loss),
          "Trainer: the loss is {} in epoch {}, batch {}; the weights are those before that batch. Try a smaller "
          "learning rate, and look at the inputs",
          done.batch_loss, record.epoch, batch.index);
      loss.backward();
      stop.exclusively([&] { optimizer_.step(); });

      accuracy.update(logits.detach(), targets);
      loss_sum += done.batch_loss * static_cast<double>(batch.size());
      done.batch = batch.index;
      done.samples_done += batch.size();
      done.mean_loss = loss_sum / static_cast<double>(done.samples_done);
      done.accuracy = accuracy.value();
      done.seconds = seconds_since(start);
      done.wait_seconds = batches.wait_seconds();
      stop.exclusively([&] { notify(done); });
    }
    core::require(done.samples_done > 0, "Trainer: the training loader gave no sample in epoch {}", record.epoch);
    record.train_loss = done.mean_loss;
    record.train_accuracy = done.accuracy;
    record.images_per_second = static_cast<double>(done.samples_done) / done.seconds;
    record.data_wait_fraction = done.wait_seconds / done.seconds;
  }

  template <class Loader, class Loss>
  void validate(Loader& loader, const Loss& criterion, EpochRecord& record, train::GracefulStop& stop) {
    if (stop.requested()) {
      return;
    }
    BatchEnd done{.phase = Phase::validation,
                  .epoch = record.epoch,
                  .epochs = options_.epochs,
                  .batches = loader.size(),
                  .samples = loader.samples()};
    const auto start = Clock::now();
    Evaluator evaluate{AverageLoss{criterion}, Accuracy{}};
    const auto after_batch = [&](const Batch& batch) {
      const auto values = evaluate.values();
      done.batch_loss = done.mean_loss = values[0];
      done.accuracy = values[1];
      done.batch = batch.index;
      done.samples_done += batch.size();
      done.seconds = seconds_since(start);
      stop.exclusively([&] { notify(done); });
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
  Scheduler& scheduler_;
  TrainerOptions options_;
  Placement placement_;
  std::tuple<Callbacks...> callbacks_;
};

}  // namespace hearth
