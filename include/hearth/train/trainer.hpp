/// The training loop.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <hearth/core/device.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/models/model.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/train/as_task.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/check_optimizer.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/hook_names.hpp>
#include <hearth/train/meter.hpp>
#include <hearth/train/notifier.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/phase_clock.hpp>
#include <hearth/train/placed.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/replicas.hpp>
#include <hearth/train/session.hpp>
#include <hearth/train/task.hpp>
#include <hearth/train/trainer_options.hpp>

namespace hearth::train {

/// What a run must know of a loader: how much it gives, and of which classes.
template <class Loader>
LoaderFacts facts_of(const Loader& loader, const Share& share) {
  LoaderFacts facts{loader.size(), loader.samples(), class_count(loader.dataset())};
  if constexpr (ShareableLoader<Loader>) {
    facts.batches = loader.size(share);
    facts.samples = loader.samples(share);
    facts.batch_size = static_cast<std::size_t>(loader.options().batch_size);
    if constexpr (requires { loader.sampler().indices(std::uint64_t{0}); }) {
      if (share.size > 1) {
        facts.order = describe_order(loader.sampler().indices(0), loader.options());
      }
    }
  }
  if constexpr (KnowsClasses<std::remove_cvref_t<decltype(loader.dataset())>>) {
    facts.classes = loader.dataset().classes();
  }
  return facts;
}

/// What EpochEnd's `skipped` says of a loader.
template <class Loader>
void add_skipped_samples(std::vector<std::string>& lines, const char* name, const Loader& loader) {
  if constexpr (requires { loader.skipped_samples().summary(loader.samples()); }) {
    if (const std::string summary = loader.skipped_samples().summary(loader.samples()); !summary.empty()) {
      lines.push_back(name + summary);
    }
  }
}

/// No loader to validate with.
struct NoLoader {};

/// A scheduler of either kind.
template <class S>
concept AnySchedulerLike = optim::SchedulerLike<S> || optim::PlateauSchedulerLike<S>;

}  // namespace hearth::train

namespace hearth {

/// Trains a model: for every epoch, for every batch: forward, loss, backward, step; then validates and steps the
/// scheduler. Everything else is a callback.
///
///     Trainer trainer{model, optimizer, scheduler, {.epochs = 25}, ProgressBar{}, SaveBest{"runs/tiny"}};
///     const History history = trainer.fit(train, val);
///
/// The optimizer and the scheduler are held by reference and must outlive the trainer. Without a scheduler the learning
/// rate stays as it is: `Trainer trainer{model, optimizer, {.epochs = 5}};`. A scheduler steps after every epoch, or,
/// as `optim::PerBatch{…}`, after every optimizer step (in fp16 after those that are skipped, too, so that its length
/// stays that of the run); ReduceLROnPlateau is given the figure that it names. The model
/// is moved to the device at construction.
///
/// Where several processes train together (TrainerOptions::world), each calls fit() with the same model, loaders and
/// options, as if it were alone: the trainer gives each its share of every batch, averages the gradients, and makes one
/// run of them, whose figures are those of all samples and whose files rank 0 writes. The same samples make a batch at
/// every number of processes, as long as batch_size times that number is the same.
///
/// With `checkpoints` in the options a run survives: what was saved last is where it goes on when it is started again
/// with RunStart::resume, in the middle of an epoch, too, and it ends with the same weights, to the bit, as one that
/// did not stop. Python's checkpoints are resumed by hand: `load_weights`, the optimizer's and the scheduler's
/// `load_state_dict`, and `first_epoch`.
template <class Model, class Optimizer, class Scheduler, class... Callbacks>
class Trainer {
  static_assert(ModelLike<Model>, "Trainer: Model must be a module holder (ModelLike), as models:: functions return");
  static_assert(optim::OptimizerLike<Optimizer>,
                "Trainer: Optimizer must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");
  static_assert(
      train::AnySchedulerLike<Scheduler>,
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
  /// Throws Error when an option makes no sense, when the device is not there, when the optimizer holds a parameter
  /// that is not the model's, or when the model has a parameter that requires a gradient and that the optimizer lacks.
  Trainer(Model model, Optimizer& optimizer, Scheduler& scheduler, TrainerOptions options, Callbacks... callbacks)
      : Trainer(std::move(model), optimizer, std::shared_ptr<Scheduler>(std::shared_ptr<Scheduler>(), &scheduler),
                std::move(options), std::tuple<Callbacks...>(std::move(callbacks)...)) {}

  /// The same, with learning rates that stay as they are.
  Trainer(Model model, Optimizer& optimizer, TrainerOptions options,
          Callbacks... callbacks) requires std::same_as<Scheduler, optim::NoScheduler<Optimizer>>
      : Trainer(std::move(model), optimizer, std::make_shared<Scheduler>(optimizer), std::move(options),
                std::tuple<Callbacks...>(std::move(callbacks)...)) {}

  /// Trains on `train` and validates on `val` after every epoch. `task` says what for: Classification, MultiLabel,
  /// Regression, or a loss alone, which is then that of a classification. A model in evaluation mode is put into
  /// training mode first; parts of a model in training mode that are in evaluation mode, as a frozen BatchNorm is, stay
  /// so. A batch in which every sample has the label that the loss ignores takes no step.
  ///
  /// Throws Error when the datasets have different classes, on targets that the task does not take, a head that
  /// disagrees with the dataset's class count, a loss that is not finite (naming epoch and batch; weights and BatchNorm
  /// statistics are then those before that batch's step, or, on a GPU, of up to 16 batches later), and when the model
  /// or the loss cannot take a batch.
  template <class TrainLoader, class ValLoader, class Task = Classification<CrossEntropyLoss, Accuracy>>
  requires(LoaderLike<ValLoader>) History fit(TrainLoader& train, ValLoader& val, const Task& task = Task()) {
    return run(train, val, train::as_task(task));
  }

  /// The same without validation: the figures are those of training alone.
  template <class TrainLoader, class Task = Classification<CrossEntropyLoss, Accuracy>>
  requires(!LoaderLike<Task>) History fit(TrainLoader& train, const Task& task = Task()) {
    train::NoLoader none;
    return run(train, none, train::as_task(task));
  }

  /// The callbacks, in their order, as the last fit() left them: `std::get<1>(trainer.callbacks())`.
  const std::tuple<Callbacks...>& callbacks() const noexcept { return callbacks_; }

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

  template <class TrainLoader, class ValLoader, class Task>
  History run(TrainLoader& train, ValLoader& val, const Task& task) {
    return options_.world.together([&] { return run_one(train, val, task); });
  }

  Share training_share() const noexcept { return train::share_of(options_.world, options_.data_parallel.remainder); }

  template <class TrainLoader, class ValLoader, class Task>
  History run_one(TrainLoader& train, ValLoader& val, const Task& task) {
    static_assert(LoaderLike<TrainLoader>,
                  "Trainer: fit takes loaders (LoaderLike), as DataLoader is: one to train on, one to validate on");
    constexpr bool validates = !std::same_as<ValLoader, train::NoLoader>;
    if (!model_->is_training()) {
      model_->train();
    }
    train::OptimizerOf optimizer(optimizer_);
    train::SchedulerOf scheduler(*scheduler_);
    train::MeterOf meter(task.metrics());
    train::MeterOf validation(task.metrics());
    train::Notifier notify(callbacks_, options_.world.is_main());
    const train::LoaderFacts facts = train::facts_of(train, training_share());
    std::optional<train::LoaderFacts> val_facts;
    if constexpr (validates) {
      val_facts = train::facts_of(val, train::share_of(options_.world));
    }
    train::Session session(*model_, optimizer, scheduler, options_, meter, facts, val_facts,
                           train::watch_of(options_, task.watch(), validates), notify.of_interruption());
    session.begin();
    notify(FitBegin{session, facts.samples, val_facts ? val_facts->samples : 0, describe(options_.device),
                    facts.classes, session.figures()});
    while (session.has_epochs()) {
      session.begin_epoch();
      notify(EpochBegin{session, session.epoch(), options_.epochs});
      const train::PhaseTime time = train_epoch(session, notify, train, task, meter);
      if constexpr (validates) {
        validate(session, notify, val, task, validation);
      }
      if (session.ends()) {
        break;
      }
      session.record_epoch(time, validates ? &validation : nullptr);
      const train::Meter* const measured = validates ? static_cast<const train::Meter*>(&validation) : &meter;
      notify(EpochEnd{session, session.history(), options_.epochs, skipped(train, val), measured});
      session.end_epoch();
    }
    if (session.finish()) {
      notify(FitEnd{session, session.history()});
      session.check_saved();
    }
    return session.history();
  }

  template <class Loader, class Task>
  train::PhaseTime train_epoch(train::Session& session, train::Notifier<Callbacks...>& notify, Loader& loader,
                               const Task& task, train::Meter& meter) {
    const train::LoaderFacts& facts = session.training();
    train::PhaseClock clock(session, Phase::train, facts.batches, facts.samples, !options_.world.is_alone(),
                            session.position().drawn, session.seconds_before());
    const auto synchronized = session.training_scope();
    const auto tell = [&](const StepEnd& step) { notify(step); };
    const train::BatchWorkOf work(model_, task, train::class_count(loader.dataset()), session.step().autocast_type());
    train::Placer placer(placement_, options_.copy_ahead);
    auto batches = train::epoch_of(loader, static_cast<std::uint64_t>(session.epoch()), session.position().drawn,
                                   training_share());
    for (const Batch& batch : batches) {
      if (!ResumableLoader<Loader> && session.is_done(batch)) {
        continue;
      }
      if (session.ends() || !session.open_step(batch)) {
        break;
      }
      const train::Placed placed = placer.place(batch, options_.mix, static_cast<std::uint64_t>(session.epoch()));
      const train::BatchContext context{"Trainer",      *model_,         batch,           placed.inputs,
                                        placed.targets, session.epoch(), placed.are_mixed};
      const train::Forward done = session.compute(context, work);
      if (batch.counts) {
        meter.collect(done, placed.targets);
      }
      if (session.closes_step(batch)) {
        session.close_step(tell);
      }
      notify(clock.batch_end(meter, batch, batches.wait_seconds()));
      session.save_if_due();
    }
    if (!session.ends()) {  // a loader that skips samples may have fewer batches than it said
      session.close_step(tell);
    }
    return clock.time();
  }

  template <class Loader, class Task>
  void validate(train::Session& session, train::Notifier<Callbacks...>& notify, Loader& loader, const Task& task,
                train::Meter& meter) {
    if (session.ends()) {
      return;
    }
    session.show_averages();
    meter.reset();
    const train::LoaderFacts& facts = session.validation();
    const auto classes = train::class_count(loader.dataset());
    const auto type = options_.evaluate_in_precision ? session.step().autocast_type() : std::nullopt;
    train::PhaseClock clock(session, Phase::validation, facts.batches, facts.samples, !options_.world.is_alone());
    const auto evaluate = [&](const train::BatchContext& context) {
      const train::Forward done = train::forward(context, model_, task, classes, type);
      if (context.batch.counts) {
        meter.collect(done, context.targets);
        meter.count();
      }
      notify(clock.batch_end(meter, context.batch, 0));
      session.end_validation_batch();
      return !session.ends();
    };
    train::for_each_evaluated("Trainer", model_, loader, train::share_of(options_.world), placement_, session.epoch(),
                              evaluate, options_.copy_ahead);
    session.end_validation();
  }

  template <class TrainLoader, class ValLoader>
  static std::vector<std::string> skipped(const TrainLoader& train, const ValLoader& val) {
    std::vector<std::string> lines;
    train::add_skipped_samples(lines, "train: ", train);
    train::add_skipped_samples(lines, "val: ", val);
    return lines;
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
