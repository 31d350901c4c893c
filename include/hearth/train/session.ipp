#pragma once

#include <hearth/train/session.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <tuple>

#include <hearth/core/error.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/run_state.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/module_state.hpp>

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

HEARTH_INLINE void Session::begin() {
  if (!options_.checkpoints || options_.checkpoints->folder.start() != RunStart::resume) {
    return;
  }
  const auto files = checkpoint_files(options_.checkpoints->folder.path());
  if (files.empty()) {
    return;
  }
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

HEARTH_INLINE Placed Session::place(const Batch& batch, const Placement& placement) const {
  Placed placed{placement.inputs(batch.inputs), placement.targets(batch.targets)};
  if (options_.mix) {
    std::tie(placed.inputs, placed.targets) =
        options_.mix(placed.inputs, placed.targets, static_cast<std::uint64_t>(position_.epoch), batch.index);
    placed.are_mixed = true;
  }
  return placed;
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
    if (options_.checkpoints && !has_checkpoint_) {
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
    if (options_.checkpoints) {
      save();
    }
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
  return true;
}

HEARTH_INLINE void Session::check_saved() const {
  core::require(failure_.empty(), "{}; training is complete, and the model has its last weights", failure_);
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
}

HEARTH_INLINE StateDict Session::training_weights() const {
  const optim::WeightAverage* const average = step_.average();
  StateDict weights;
  if (average != nullptr && average->swapped()) {
    for (auto& [name, tensor] : average->training_weights()) {
      weights.add(name, tensor.detach());
    }
    return weights;
  }
  for (const auto& [name, tensor] : state_dict(model_)) {
    weights.add(name, step_.between_steps(tensor));
  }
  return weights;
}

HEARTH_INLINE StateDict Session::weights() const {
  if (step_.average() == nullptr) {
    return training_weights();
  }
  StateDict weights;
  for (auto& [name, tensor] : step_.average()->averaged_weights()) {
    weights.add(name, tensor.detach());
  }
  return weights;
}

HEARTH_INLINE Value Session::checkpoint() const {
  History history = history_;
  if (is_recorded_) {  // it is recorded again when the run goes on
    history.epochs.pop_back();
  }
  const ForwardState state = step_.state_between_steps();
  Value::Dict generators{{"cpu", state.cpu_generator}};
  if (state.device_generator.defined()) {
    generators.set("device", state.device_generator);
  }
  Value::Dict options;
  for (const RunOption& option : all_options()) {
    options.set(option.name, option.value);
  }
  Value::List classes(train_.classes.begin(), train_.classes.end());
  return Value::Dict{
      {"hearth_run", 1},
      {"model", training_weights()},
      {"average", step_.average() != nullptr ? step_.average()->state_dict() : Value()},
      {"optimizer", optimizer_.state()},
      {"scheduler", scheduler_.state()},
      {"scaler", step_.scaler() != nullptr ? step_.scaler()->state_dict() : Value()},
      {"generators", std::move(generators)},
      {"position", to_value(position_)},
      {"sums", to_value(meter_.sums())},
      {"epoch_seconds", seconds_of_epoch()},
      {"history", to_value(history)},
      {"best", history.epochs.empty() ? Value() : Value(history.best().epoch)},
      {"classes", std::move(classes)},
      {"figures", Value::List(figures_.begin(), figures_.end())},
      {"options", std::move(options)},
  };
}

HEARTH_INLINE void Session::check_fits(const Value& saved) const {
  core::require(saved.contains("hearth_run"), "it is no checkpoint of a run");
  core::require(saved.as<int>("hearth_run") == 1, "it was written by a later version of hearth");
  const std::vector<std::string> classes = texts_from(saved["classes"]);
  core::require(classes.empty() || train_.classes.empty() || classes == train_.classes,
                "it was trained on other classes than the training dataset has");
  const std::vector<std::string> figures = texts_from(saved["figures"]);
  core::require(
      figures == figures_,
      "its epochs have the figures {}, but those of this run {}: task, metrics and validation must be the same",
      fmt::join(figures, ", "), fmt::join(figures_, ", "));
  const std::size_t sums = meter_.sums().size();
  core::require(saved["sums"].items().size() == sums,
                "it has the sums of {} metrics, but the task has {}: they must be the same",
                static_cast<std::int64_t>(saved["sums"].items().size()) - 1, sums - 1);
  const Position position = position_from(saved["position"]);
  core::require(position.drawn <= train_.samples, "its epoch {} has done {} samples, but the training loader has {}",
                position.epoch, position.drawn, train_.samples);
}

HEARTH_INLINE void Session::restore(const Value& saved) {
  if (step_.average() != nullptr && !saved["average"].is<Value::None>()) {
    step_.average()->load_state_dict(saved["average"]);
  }
  if (optimizer_.has_state() && !saved["optimizer"].is<Value::None>()) {
    optimizer_.load_state(saved["optimizer"]);
  }
  if (scheduler_.has_state() && !saved["scheduler"].is<Value::None>()) {
    scheduler_.load_state(saved["scheduler"]);
  }
  if (step_.scaler() != nullptr && !saved["scaler"].is<Value::None>()) {
    step_.scaler()->load_state_dict(saved["scaler"]);
  }
  load_weights(model_, StateDict(saved["model"]));
  set_generator_state(at::kCPU, saved.as<at::Tensor>("generators", "cpu").clone());
  if (const Value* const device = saved["generators"].find("device"); device != nullptr && !options_.device.is_cpu()) {
    set_generator_state(options_.device, device->as<at::Tensor>().clone());
  }
  position_ = position_from(saved["position"]);
  if (position_.batch > 0) {
    meter_.load(sums_from(saved["sums"]));
    seconds_before_ = saved.as<double>("epoch_seconds");
  }
  history_.epochs = epochs_from(saved["history"]);
  history_.stopped = saved.as<std::string>("history", "stopped");
  first_step_ = saved_step_ = position_.steps;
}

HEARTH_INLINE std::vector<RunOption> Session::all_options() const {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto optional = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "none"; };
  constexpr std::array precisions{"fp32", "bf16", "fp16"};
  using Effect = RunOption::Effect;
  std::vector<RunOption> options{
      {"epochs", text(options_.epochs)},
      {"device", options_.device.str()},
      {"channels_last", text(options_.channels_last)},
      {"precision", precisions[static_cast<std::size_t>(options_.precision)]},
      {"accumulate", text(options_.accumulate)},
      {"clip_norm", optional(options_.clip_norm)},
      {"clip_value", optional(options_.clip_value)},
      {"average", options_.average ? optional(options_.average->decay ? options_.average->decay : 1.0) : "none"},
      {"mix", options_.mix ? "yes" : "no"},
      {"deterministic", text(options_.deterministic)},
      {"training samples", text(train_.samples)},
      {"training batches", text(train_.batches)},
      {"validation samples", text(val_ ? val_->samples : 0)},
      {"threads", text(at::get_num_threads())},
      {"checkpoints", text(options_.checkpoints ? options_.checkpoints->keep : 0), Effect::none},
  };
  if (options_.checkpoints) {
    const auto& own = options_.checkpoints->options;
    options.insert(options.end(), own.begin(), own.end());
  }
  return options;
}

HEARTH_INLINE void Session::show_changed_options(const Value& saved) const {
  for (const RunOption& option : all_options()) {
    const Value* const before = saved["options"].find(option.name);
    if (before == nullptr || before->as<std::string>() == option.value) {
      continue;
    }
    const auto& was = before->as<std::string>();
    std::string line;
    switch (option.effect) {
      case RunOption::Effect::none:
        line = fmt::format("{} is {} now and was {}: the result stays the same", option.name, option.value, was);
        break;
      case RunOption::Effect::restored:
        line = fmt::format("{} is {} now and was {}: the checkpoint's stays in force", option.name, option.value, was);
        break;
      case RunOption::Effect::changes:
        line = fmt::format("{} is {} now and was {}: from here on it is another run than the one that was begun",
                           option.name, option.value, was);
        break;
    }
    core::show(stderr, "resumed: " + line + "\n");
  }
}

HEARTH_INLINE void Session::save() {
  if (!options_.checkpoints) {
    return;
  }
  saved_ = Clock::now();
  saved_step_ = position_.steps;
  const std::filesystem::path folder = options_.checkpoints->folder.path();
  try {
    watch_.settle();
    const Value whole = checkpoint();
    replace_oldest_checkpoint(folder, checkpoint_file(folder, position_.epoch, position_.steps),
                              options_.checkpoints->keep,
                              [&](const std::filesystem::path& path) { save_checkpoint(whole, path); });
    has_checkpoint_ = true;
    failure_.clear();
  } catch (const Error& error) {
    if (failure_.empty()) {
      core::show(stderr, std::string(error.what()) + "; training goes on, and it is tried again\n");
    }
    failure_ = error.what();
  }
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
