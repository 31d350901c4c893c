#pragma once

#include <hearth/train/session.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include <hearth/core/error.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/weights/checkpoint.hpp>

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
      optimizer_(optimizer),
      scheduler_(scheduler),
      options_(options),
      meter_(meter),
      train_(std::move(train)),
      val_(std::move(val)),
      step_(model, optimizer, scheduler, options),
      watch_(options.device),
      stop_(options.stop, [this, tell_interrupted = std::move(tell_interrupted)] {
        const std::int64_t steps = position_.steps - first_step_;
        if (steps > 0) {
          save();
        }
        tell_interrupted({*this, steps});
      }) {
  if (options.deterministic) {
    deterministic_.emplace();
    for (const std::string& limit : deterministic_->limits()) {
      core::show(stderr, limit + "\n");
    }
  }
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
  require_figure("Trainer: the watched figure", watch.figure, figures_);
  if (const std::string figure = scheduler.figure(); !figure.empty()) {
    require_figure("Trainer: the figure of the scheduler", figure, figures_);
  }
  position_.epoch = options.first_epoch;
  history_.watch = std::move(watch);
  if (options.checkpoints && !optimizer.has_state()) {
    core::show(stderr, "the optimizer has no state_dict(): checkpoints are without it, and a resumed run is another\n");
  }
}

HEARTH_INLINE Session::~Session() {
  if (!is_over_ && step_.average() != nullptr && step_.average()->swapped()) {
    step_.average()->swap();
  }
}

HEARTH_INLINE void Session::begin() {
  if (!options_.checkpoints) {
    return;
  }
  const RunFolder& folder = options_.checkpoints->folder;
  const auto files = checkpoint_files(folder.path());
  if (files.empty()) {
    return;
  }
  core::require(folder.start() == RunStart::resume,
                "Trainer: {} has the checkpoints of an earlier fit() of this program: each needs a folder of its own",
                folder.path().string());
  has_checkpoint_ = true;
  const Value saved = read_checkpoint(files.back());
  stop_.exclusively([&] {
    try {
      check_fits(saved);
      show_changed_options(saved);
      restore(saved);
    } catch (const Error& error) {
      core::fail("Trainer: the run cannot go on from {}: {}", files.back().string(), error.what());
    }
  });
}

HEARTH_INLINE bool Session::has_epochs() const {
  return position_.epoch < options_.epochs && !ends();
}

HEARTH_INLINE void Session::begin_epoch() {
  stop_.exclusively([&] { epoch_start_ = Clock::now(); });
}

HEARTH_INLINE bool Session::ends() const {
  return stop_.requested() || !stop_reason().empty() || !history_.stopped.empty();
}

HEARTH_INLINE bool Session::open_step(const Batch& batch) {
  return stop_.exclusively([&] {
    step_.open();
    after_step_ = {position_.epoch, batch.index + 1, batch.drawn, position_.steps};
  });
}

HEARTH_INLINE void Session::backward(const BatchContext& context, const Forward& done) {
  check_loss(done.loss);
  if (done.weight == 0) {
    return;
  }
  if (step_.scaler() == nullptr) {
    try {
      watch_.look(done.loss, context.epoch, context.batch.index);
    } catch (const Error&) {
      stop_.exclusively([&] { step_.roll_back(); });
      throw;
    }
  }
  explained(context, "the backward pass", [&] { step_.backward(done.loss, done.weight); });
}

HEARTH_INLINE void Session::close_step(const std::function<void(const StepEnd&)>& told) {
  if (!step_.is_open()) {
    return;
  }
  Step::Applied applied;
  const bool is_closed = stop_.exclusively([&] {
    applied = step_.apply();
    if (applied.skipped && !meter_.losses_are_finite()) {  // BatchNorm has seen what was not finite
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

HEARTH_INLINE void Session::save_if_due() {
  if (!options_.checkpoints) {
    return;
  }
  const CheckpointOptions& when = *options_.checkpoints;
  const std::int64_t steps = position_.steps - saved_step_;
  const bool is_due = (when.every.count() > 0 && steps > 0 && Clock::now() - saved_ >= when.every) ||
                      (when.every_steps > 0 && steps >= when.every_steps);
  if (when.request.take() || is_due) {
    watch_.settle();
    stop_.exclusively([&] { save(); });
  }
}

HEARTH_INLINE void Session::show_averages() {
  if (step_.average() != nullptr && !step_.average()->swapped()) {
    stop_.exclusively([&] { step_.average()->swap(); });
  }
}

HEARTH_INLINE void Session::hide_averages() {
  if (step_.average() != nullptr && step_.average()->swapped()) {
    stop_.exclusively([&] { step_.average()->swap(); });
  }
}

HEARTH_INLINE void Session::record_epoch(const PhaseTime& training, const Meter* validation) {
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
  watch_.settle();
  stop_.exclusively([&] {
    if (!scheduler_.is_per_batch()) {
      scheduler_.step(scheduler_.figure().empty() ? 0 : history_.epochs.back()[scheduler_.figure()]);
    }
    history_.stopped = stop_reason();
    is_recorded_ = false;
    position_ = {position_.epoch + 1, 0, 0, position_.steps};
    seconds_before_ = 0;
    meter_.reset();
    save();
  });
}

HEARTH_INLINE bool Session::finish() {
  if (stop_.requested() && position_.epoch < options_.epochs) {
    interrupt();
    return false;
  }
  watch_.settle();
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
  stop_.leave();
  if (step_.average() != nullptr && !step_.average()->swapped()) {
    step_.average()->swap();
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
  const std::lock_guard lock(reason_mutex_);
  return reason_.value_or("");
}

}  // namespace hearth::train
