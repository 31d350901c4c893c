/// How a session becomes a checkpoint, and goes on from one.
#pragma once

#include <hearth/train/session.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/train/checkpoint_files.hpp>
#include <hearth/train/python_checkpoint.hpp>
#include <hearth/train/run_state.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/module_state.hpp>

namespace hearth::train {

HEARTH_INLINE StateDict Session::training_weights() const {
  const optim::WeightAverage* const average = step_.average();
  StateDict weights;
  weights.set_version(state_version(model_));
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
  weights.set_version(state_version(model_));
  for (auto& [name, tensor] : step_.average()->averaged_weights()) {
    weights.add(name, tensor.detach());
  }
  return weights;
}

HEARTH_INLINE Value Session::optimizer_state() const {
  core::require(
      sharded_ == nullptr,
      "Run::optimizer_state: the processes share it out (shard_optimizer); the trainer's checkpoints have it");
  return optimizer_.state();
}

HEARTH_INLINE Value Session::checkpoint() const {
  core::require(!replicas_,
                "Run::checkpoint: one of several processes has only its part of it; the trainer saves it whole");
  return whole(optimizer_.state(), meter_.sums(), generators_of_all());
}

/// The states of the generators, of all processes in their order.
HEARTH_INLINE Value::List Session::generators_of_all() const {
  const ForwardState state = step_.state_between_steps();
  const auto of_one = [](const at::Tensor& cpu, const at::Tensor& device) {
    Value::Dict generators{{"cpu", cpu}};
    if (device.defined()) {
      generators.set("device", device);
    }
    return Value(std::move(generators));
  };
  if (!replicas_) {
    return Value::List{of_one(state.cpu_generator, state.device_generator)};
  }
  const auto all_of = [&](const at::Tensor& own) {
    return own.defined() ? replicas_->communicator().all_gather(own.contiguous()) : std::vector<at::Tensor>();
  };
  const std::vector<at::Tensor> cpu = all_of(state.cpu_generator);
  const std::vector<at::Tensor> device = all_of(state.device_generator);
  Value::List generators;
  for (std::size_t rank = 0; rank < cpu.size(); ++rank) {
    generators.push_back(of_one(cpu[rank], device.empty() ? at::Tensor() : device[rank]));
  }
  return generators;
}

HEARTH_INLINE Value Session::whole(Value optimizer, const MeterSums& sums, const Value::List& generators) const {
  History history = history_;
  if (is_recorded_) {  // it is recorded again when the run goes on
    history.epochs.pop_back();
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
      {"optimizer", std::move(optimizer)},
      {"scheduler", scheduler_.state()},
      {"scaler", step_.scaler() != nullptr ? step_.scaler()->state_dict() : Value()},
      {"generators", generators.front()},
      {"generators_of_others", Value::List(generators.begin() + 1, generators.end())},
      {"position", to_value(position_)},
      {"sums", to_value(sums)},
      {"epoch_seconds", seconds_of_epoch()},
      {"history", to_value(history)},
      {"best", history.epochs.empty() ? Value() : Value(history.best().epoch)},
      {"classes", std::move(classes)},
      {"figures", Value::List(figures_.begin(), figures_.end())},
      {"options", std::move(options)},
  };
}

HEARTH_INLINE void Session::check_fits(const Value& saved) const {
  core::require(saved.as<int>("hearth_run") == 1, "it was written by a later version of hearth");
  if (is_of_python(saved)) {
    return;  // what it has shows when it is loaded
  }
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

/// The optimizer's state for a checkpoint without one of its schedule: the scheduler goes to its epoch, and the rates
/// are those that it has there.
HEARTH_INLINE Value Session::with_rates_of_schedule(const Value& saved) {
  Value optimizer = saved["optimizer"];
  if (scheduler_.is_per_batch() || !scheduler_.figure().empty()) {
    return optimizer;
  }
  for (int epoch = 0; epoch < position_from(saved["position"]).epoch; ++epoch) {
    scheduler_.step(0);
  }
  const std::vector<double> rates = optimizer_.learning_rates();
  for (std::size_t group = 0; group < rates.size() && optimizer.contains("param_groups"); ++group) {
    if (optimizer["param_groups"].contains(group)) {
      optimizer["param_groups"][group]["lr"] = rates[group];
    }
  }
  return optimizer;
}

HEARTH_INLINE void Session::restore(const Value& saved) {
  if (step_.average() != nullptr && !saved["average"].is<Value::None>()) {
    step_.average()->load_state_dict(saved["average"]);
  }
  const bool has_schedule = !saved["scheduler"].is<Value::None>();
  if (optimizer_.has_state() && !saved["optimizer"].is<Value::None>()) {
    optimizer_.load_state(is_of_python(saved) && !has_schedule ? with_rates_of_schedule(saved) : saved["optimizer"]);
  }
  if (scheduler_.has_state() && has_schedule) {
    scheduler_.load_state(saved["scheduler"]);
  }
  if (step_.scaler() != nullptr && !saved["scaler"].is<Value::None>()) {
    step_.scaler()->load_state_dict(saved["scaler"]);
  }
  load_weights(model_, StateDict(saved["model"]));
  position_ = position_from(saved["position"]);
  first_step_ = saved_step_ = position_.steps;
  if (is_of_python(saved)) {
    return;
  }
  if (position_.batch > 0) {
    if (options_.world.is_main()) {  // the others add theirs to it
      meter_.load(sums_from(saved["sums"]));
    }
    seconds_before_ = saved.as<double>("epoch_seconds");
  }
  history_.epochs = epochs_from(saved["history"]);
  history_.stopped = saved.as<std::string>("history", "stopped");
  restore_generators(saved);
}

HEARTH_INLINE void Session::restore_generators(const Value& saved) {
  const auto rank = static_cast<std::size_t>(options_.world.rank());
  const Value* const others = saved.find("generators_of_others");
  const std::size_t known = 1 + (others != nullptr ? others->items().size() : 0);
  if (rank >= known) {  // there were fewer processes: a sequence of its own
    RandomStream seeds(known, static_cast<std::uint64_t>(position_.steps), rank);
    for (const at::Device device : {at::Device(at::kCPU), options_.device}) {
      at::Generator generator = at::globalContext().defaultGenerator(device);
      const std::lock_guard lock(generator.mutex());
      generator.set_current_seed(seeds.bits64());
    }
    return;
  }
  const Value& own = rank == 0 ? saved["generators"] : others->items()[rank - 1];
  set_generator_state(at::kCPU, own.as<at::Tensor>("cpu").clone());
  if (const Value* const device = own.find("device"); device != nullptr && !options_.device.is_cpu()) {
    set_generator_state(options_.device, device->as<at::Tensor>().clone());
  }
}

HEARTH_INLINE std::vector<RunOption> Session::all_options() const {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto optional = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "none"; };
  constexpr std::array precisions{"fp32", "bf16", "fp16"};
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
      {"processes", text(options_.world.size()), RunOption::Effect::none},
      {"batch size of all processes", text(train_.batch_size * static_cast<std::size_t>(options_.world.size()))},
      {"training samples", text(train_.samples)},
      {"training batches", text(train_.batches)},
      {"validation samples", text(val_ ? val_->samples : 0)},
      {"threads", text(at::get_num_threads()),
       options_.world.is_alone() ? RunOption::Effect::changes : RunOption::Effect::none},
  };
  if (options_.checkpoints) {
    const auto& own = options_.checkpoints->options;
    options.insert(options.end(), own.begin(), own.end());
  }
  return options;
}

HEARTH_INLINE void Session::show_changed_options(const Value& saved) const {
  if (is_of_python(saved)) {
    return;
  }
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

HEARTH_INLINE void Session::save(bool is_epoch_end) {
  if (!options_.checkpoints) {
    return;
  }
  saved_ = Clock::now();
  saved_step_ = position_.steps;
  const std::filesystem::path folder = options_.checkpoints->folder.path();
  Value of_all;
  if (replicas_) {  // each of these needs all processes, in this order
    replicas_->communicator().set_activity("saving a checkpoint");
    Value optimizer = optimizer_.state();
    const MeterSums sums = is_summed_ ? meter_.sums() : sum_over(options_.world, meter_.sums());
    const Value::List generators = generators_of_all();
    has_checkpoint_ = true;  // everywhere alike, also where rank 0 cannot write it
    if (!options_.world.is_main()) {
      return;
    }
    of_all = whole(std::move(optimizer), sums, generators);
  }
  attempts_.attempt([&] {
    watch_.settle();
    const Value whole = replicas_ ? std::move(of_all) : checkpoint();
    replace_oldest_checkpoint(folder, checkpoint_file(folder, position_.epoch, position_.steps),
                              options_.checkpoints->keep,
                              [&](const std::filesystem::path& path) { save_checkpoint(whole, path); });
    has_checkpoint_ = true;
    if (is_epoch_end && options_.checkpoints->epoch_saved) {
      options_.checkpoints->epoch_saved(whole);
    }
  });
}

}  // namespace hearth::train
