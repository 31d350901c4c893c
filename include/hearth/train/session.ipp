#pragma once

#include <hearth/train/session.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <hearth/core/error.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/sharded_optimizer.hpp>

namespace hearth::train {

HEARTH_INLINE Watch watch_of(const TrainerOptions& options, const Watch& of_task, bool validates) {
  return options.watch.value_or(Watch{(validates ? "val_" : "train_") + of_task.figure, of_task.goal});
}

HEARTH_INLINE void check_same_classes(const LoaderFacts& train, const LoaderFacts& val) {
  const bool same_count = !train.class_count || !val.class_count || *train.class_count == *val.class_count;
  core::require(same_count,
                "Trainer: the training dataset has {} classes, but the validation dataset has {}: both must have the "
                "same ones, in the same order",
                train.class_count.value_or(0), val.class_count.value_or(0));
  if (train.classes.empty() || val.classes.empty()) {
    return;
  }
  const auto [ours, theirs] =
      std::mismatch(train.classes.begin(), train.classes.end(), val.classes.begin(), val.classes.end());
  core::require(ours == train.classes.end() && theirs == val.classes.end(),
                "Trainer: the training and the validation dataset must have the same classes in the same order, but "
                "class {} is '{}' in training and '{}' in validation",
                ours - train.classes.begin(), ours == train.classes.end() ? "(none)" : *ours,
                theirs == val.classes.end() ? "(none)" : *theirs);
}

HEARTH_INLINE Session::Session(torch::nn::Module& model, OptimizerPart& optimizer, SchedulerPart& scheduler,
                               const TrainerOptions& options, Meter& meter, LoaderFacts train,
                               std::optional<LoaderFacts> val, Watch watch,
                               std::function<void(const Interrupted&)> tell_interrupted)
    : model_(model),
      sharded_(!options.world.is_alone() && options.data_parallel.shard_optimizer
                   ? std::make_unique<ShardedOptimizer>(optimizer, options.world)
                   : nullptr),
      optimizer_(sharded_ ? *sharded_ : optimizer),
      scheduler_(scheduler),
      options_(options),
      meter_(meter),
      train_(std::move(train)),
      val_(std::move(val)),
      graph_(options.cuda_graph ? std::make_unique<StepGraph>(model, optimizer_, recorder_maker()(options.device))
                                : nullptr),
      step_(model, optimizer_, scheduler, options,
            options.world.is_alone() ? 0 : static_cast<double>(train_.batch_size), graph_.get()),
      watch_(options.device),
      stop_(
          options.stop,
          [this, tell_interrupted = std::move(tell_interrupted)] {
            const std::int64_t steps = position_.steps - first_step_;
            if (steps > 0) {
              save();
            }
            tell_interrupted({*this, steps});
          },
          // Several processes save together, between two steps: no other thread answers in the place of this one.
          options.world.is_alone() ? std::chrono::milliseconds(300) : std::chrono::hours(24)) {
  if (!options.world.is_alone()) {
    replicas_.emplace(model, options.world, options.data_parallel);
  }
  if (options.deterministic) {
    deterministic_.emplace();
    for (const std::string& limit : deterministic_->limits()) {
      core::show(stderr, limit + "\n");
    }
  }
  position_.epoch = options.first_epoch;
  history_.watch = std::move(watch);
  if (options.checkpoints && options.world.is_main() && !optimizer.has_state()) {
    core::show(stderr, "the optimizer has no state_dict(): checkpoints are without it, and a resumed run is another\n");
  }
}

HEARTH_INLINE void Session::check() {
  if (val_) {
    check_same_classes(train_, *val_);
  }
  const Figures measured = meter_.figures();
  for (const char* const phase : {"train_", "val_"}) {
    for (const Figure& figure : measured) {
      if (val_ || phase == std::string_view("train_")) {
        figures_.push_back(phase + figure.name);
      }
    }
  }
  require_figure("Trainer: the watched figure", history_.watch.figure, figures_);
  if (const std::string figure = scheduler_.figure(); !figure.empty()) {
    require_figure("Trainer: the figure of the scheduler", figure, figures_);
  }
}

HEARTH_INLINE Session::~Session() {
  if (replicas_) {
    static_cast<void>(stop_.complete());  // an error may end the run while a stop waits for an answer
  }
  if (!is_over_ && step_.average() != nullptr && step_.average()->swapped()) {
    step_.average()->swap();
  }
}

HEARTH_INLINE bool Session::has_epochs() const {
  return position_.epoch < options_.epochs && !ends();
}

HEARTH_INLINE void Session::begin_epoch() {
  stop_.exclusively([&] { epoch_start_ = Clock::now(); });
}

HEARTH_INLINE bool Session::ends() const {
  return stop_is_due() || !stop_reason().empty() || !history_.stopped.empty();
}

HEARTH_INLINE bool Session::open_step(const Batch& batch) {
  return stop_.exclusively([&] {
    step_.open();
    if (replicas_) {
      replicas_->communicator().set_activity(fmt::format("epoch {}, batch {}", position_.epoch, batch.index));
      replicas_->before_forward(step_.is_first());
    }
    after_step_ = {position_.epoch, batch.index + 1, batch.drawn, position_.steps};
  });
}

HEARTH_INLINE Forward Session::compute(const BatchContext& context, const BatchWork& work) {
  Forward done;
  const auto compute = [&] {
    done = work.compute(context, /*checks=*/true);
    done.weight = work.weight(context);
    backward(context, done);
  };
  if (graph_ == nullptr) {
    compute();
    return done;
  }
  if (!graph_->takes(context)) {
    graph_->rehearse(compute);
    return done;
  }
  const auto replay = [&] { return graph_->replay(context, work); };
  if (const std::optional<Forward> replayed = explained(context, "the recorded step", replay)) {
    look(context, *replayed);
    step_.count(replayed->weight);
    return *replayed;
  }
  compute();
  return done;
}

HEARTH_INLINE void Session::look(const BatchContext& context, const Forward& done) {
  try {
    watch_.look(done.loss, context.epoch, context.batch.index);
  } catch (const Error& error) {
    if (!replicas_) {
      stop_.exclusively([&] { step_.roll_back(); });
      throw;
    }
    own_failure_ = error.what();  // the others are told with this step's wishes: this one goes on until then
  }
}

HEARTH_INLINE void Session::backward(const BatchContext& context, const Forward& done) {
  check_loss(done.loss);
  if (done.weight == 0 && !replicas_) {
    return;
  }
  if (done.weight != 0 && step_.scaler() == nullptr) {
    look(context, done);
  }
  if (replicas_) {
    replicas_->before_backward(closes_step(context.batch), done.loss);
    if (closes_step(context.batch)) {
      replicas_->ask(own_wish(step_.weight() + done.weight));
    }
  }
  const auto backward = [&] {
    if (done.weight != 0) {
      step_.backward(done.loss, done.weight);
    } else {
      step_.backward_nothing(done.outputs);
    }
  };
  explained(context, "the backward pass", backward);
  if (replicas_) {
    replicas_->after_backward();
  }
}

HEARTH_INLINE bool Session::losses_are_finite() {
  const bool is_finite = meter_.losses_are_finite();
  return replicas_ ? replicas_->communicator().begin_sum({is_finite ? 0.0 : 1.0})->wait().front() == 0 : is_finite;
}

HEARTH_INLINE void Session::close_step(const std::function<void(const StepEnd&)>& told) {
  if (!step_.is_open()) {
    return;
  }
  double weight = step_.weight();
  if (replicas_) {
    if (!replicas_->has_asked()) {  // the loader gave fewer batches than it said
      replicas_->reduce_now();
      replicas_->ask(own_wish(weight));
    }
    const Wish agreed = replicas_->answer();
    heed(agreed);
    weight = agreed.weight;
  }
  Step::Applied applied;
  const bool is_closed = stop_.exclusively([&] {
    applied = step_.apply(weight);
    if (applied.skipped && !losses_are_finite()) {  // BatchNorm has seen what was not finite
      step_.put_back_buffers();
      meter_.drop();
    }
    meter_.set_gradient_norm(applied.gradient_norm);
    meter_.count();
    position_ = after_step_;
    position_.steps += applied.stepped ? 1 : 0;
  });
  if (!is_closed) {
    return;
  }
  skipped_in_a_row_ = applied.skipped ? skipped_in_a_row_ + 1 : 0;
  constexpr int most_skipped = 64;
  core::require(skipped_in_a_row_ < most_skipped,
                "Trainer: in epoch {}, up to batch {}, the gradients were not finite for {} steps in a row: try a "
                "smaller learning rate or bf16, and look at the inputs",
                position_.epoch, position_.batch - 1, most_skipped);
  if (applied.stepped || applied.skipped) {
    told({*this, meter_, position_.steps, applied.skipped});
  }
}

HEARTH_INLINE bool Session::is_save_due() {
  if (!options_.checkpoints) {
    return false;
  }
  const CheckpointOptions& when = *options_.checkpoints;
  const std::int64_t steps = position_.steps - saved_step_;
  const bool is_late =
      options_.world.is_main() && when.every.count() > 0 && steps > 0 && Clock::now() - saved_ >= when.every;
  return when.request.take() || is_late || (when.every_steps > 0 && steps >= when.every_steps);
}

HEARTH_INLINE void Session::save_if_due() {
  if (replicas_ ? std::exchange(saves_together_, false) : is_save_due()) {
    settle_losses();
    stop_.exclusively([&] { save(); });
  }
}

HEARTH_INLINE void Session::end_validation_batch() {
  end_validation();
  if (replicas_) {
    replicas_->communicator().set_activity(fmt::format("the validation of epoch {}", position_.epoch));
    replicas_->ask(own_wish());
  }
}

HEARTH_INLINE void Session::end_validation() {
  if (replicas_ && replicas_->has_asked()) {
    heed(replicas_->answer());
  }
  save_if_due();  // a notice of pre-emption waits for no validation
}

HEARTH_INLINE void Session::show_averages() {
  if (step_.average() != nullptr && !step_.average()->swapped()) {
    stop_.exclusively([&] { step_.average()->swap(); });
  }
  if (replicas_) {
    replicas_->broadcast_buffers();
  }
}

HEARTH_INLINE void Session::hide_averages() {
  if (step_.average() != nullptr && step_.average()->swapped()) {
    stop_.exclusively([&] { step_.average()->swap(); });
  }
}

HEARTH_INLINE void Session::record_epoch(PhaseTime training, Meter* validation) {
  if (replicas_) {
    replicas_->communicator().set_activity(fmt::format("the end of epoch {}", position_.epoch));
    training.samples = static_cast<std::size_t>(
        replicas_->communicator().begin_sum({static_cast<double>(training.samples)})->wait().front());
    stop_.exclusively([&] {
      meter_.load(sum_over(options_.world, meter_.sums()));
      is_summed_ = true;
    });
    if (validation != nullptr) {
      validation->load(sum_over(options_.world, validation->sums()));
    }
  }
  core::require(position_.batch > 0, "Trainer: the training loader gave no sample in epoch {}", position_.epoch);
  EpochRecord record{.epoch = position_.epoch, .lr = optimizer_.learning_rates().front()};
  const auto add = [&](std::string_view phase, const Figures& figures) {
    for (const Figure& figure : figures) {
      record.figures.set(std::string(phase).append(figure.name), figure.value);
    }
  };
  add("train_", meter_.figures());
  if (validation != nullptr) {
    add("val_", validation->figures());
  }
  record.seconds = seconds_of_epoch();
  if (training.seconds > 0) {
    record.images_per_second = static_cast<double>(training.samples) / training.seconds;
    record.data_wait_fraction = training.wait_seconds / training.seconds;
  }
  if (!has_checkpoint_) {
    settle_losses();
  }
  stop_.exclusively([&] {
    history_.epochs.push_back(std::move(record));
    is_recorded_ = true;
    if (!has_checkpoint_) {
      save();  // ahead of the files of the epoch's hooks: without a checkpoint they could not be resumed
    }
  });
}

HEARTH_INLINE void Session::end_epoch() {
  hide_averages();
  settle_losses();
  if (replicas_) {
    replicas_->keep_same_weights(fmt::format("after epoch {}", position_.epoch));
    replicas_->ask(own_wish());
    heed(replicas_->answer());
    saves_together_ = false;  // it saves anyway
  }
  stop_.exclusively([&] {
    if (!scheduler_.is_per_batch()) {
      scheduler_.step(scheduler_.figure().empty() ? 0 : history_.epochs.back()[scheduler_.figure()]);
    }
    history_.stopped = stop_reason();
    is_recorded_ = false;
    position_ = {position_.epoch + 1, 0, 0, position_.steps};
    seconds_before_ = 0;
    meter_.reset();
    is_summed_ = false;
    save(/*is_epoch_end=*/true);
  });
}

HEARTH_INLINE bool Session::finish() {
  if (stop_is_due() && position_.epoch < options_.epochs) {
    interrupt();
    return false;
  }
  settle_losses();
  if (history_.stopped.empty() && !stop_reason().empty()) {  // in the middle of an epoch
    stop_.exclusively([&] {
      step_.roll_back();
      meter_.drop();
      history_.stopped = stop_reason();
      save();
    });
  }
  show_averages();
  if (!stop_.complete()) {  // another thread has answered a stop just now
    interrupt();
    return false;
  }
  is_over_ = true;
  return true;
}

HEARTH_INLINE void Session::interrupt() {
  const auto undo = [&] {
    step_.roll_back();
    meter_.drop();
  };
  if (!stop_.exclusively(undo)) {  // answered: nobody else is at work any more
    undo();
  }
  settle_losses();
  stop_.leave();
  if (step_.average() != nullptr && !step_.average()->swapped()) {
    step_.average()->swap();
  }
  if (replicas_) {
    replicas_->broadcast_buffers();
  }
  history_.interrupted = true;
  is_over_ = true;
}

HEARTH_INLINE double Session::seconds_of_epoch() const {
  return seconds_before_ + std::chrono::duration<double>(Clock::now() - epoch_start_).count();
}

HEARTH_INLINE void Session::stop_training(const std::string& reason) const {
  const std::lock_guard lock(reason_mutex_);
  if (!reason_) {
    reason_ = reason.empty() ? "a callback asked for it" : reason;
  }
}

HEARTH_INLINE std::string Session::stop_reason() const {
  return replicas_ ? ends_together_ : own_reason();
}

HEARTH_INLINE std::string Session::own_reason() const {
  const std::lock_guard lock(reason_mutex_);
  return reason_.value_or("");
}

}  // namespace hearth::train
