#pragma once

#include <hearth/optim/rule_scheduler.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace hearth::optim {

HEARTH_INLINE void ScheduleWriter::operator()(std::string_view name, const std::vector<int>& steps) {
  if (schedule_.epoch < 0) {
    return;
  }
  Value::Dict counts;
  for (const int step : steps) {
    counts.set(step, std::count(steps.begin(), steps.end(), step));
  }
  state_.set(name, std::move(counts));
}

HEARTH_INLINE Value ScheduleWriter::state() && {
  write_schedule(state_, schedule_);
  return std::move(state_);
}

HEARTH_INLINE void write_schedule(Value::Dict& state, const ScheduleState& schedule) {
  state.set("base_lrs", Value::List(schedule.initial.begin(), schedule.initial.end()));
  state.set("last_epoch", schedule.epoch);
  state.set("_step_count", std::max(schedule.epoch, 0) + 1);
  state.set("_is_initial", false);
  state.set("_get_lr_called_within_step", false);
  state.set("_last_lr", Value::List(schedule.last.begin(), schedule.last.end()));
}

HEARTH_INLINE void ScheduleReader::operator()(std::string_view name, double& option) {
  option = state_.as<double>(name);
}

HEARTH_INLINE void ScheduleReader::operator()(std::string_view name, int& option) {
  option = state_.as<int>(name);
}

HEARTH_INLINE void ScheduleReader::operator()(std::string_view name, std::vector<int>& steps) {
  const Value* const found = state_.find(name);
  if (found == nullptr || found->is<Value::Unread>()) {
    return;
  }
  steps.clear();
  for (const auto& [step, count] : state_.as<Value::Dict>(name)) {
    constexpr int most = 1000;
    const int times = state_.as<int>(name, step);
    core::require(step.number() != nullptr && times >= 0 && times <= most,
                  "{}/{} is {}, not a step that is named 0 to {} times", name, to_string(step), times, most);
    steps.insert(steps.end(), static_cast<std::size_t>(times), Value(*step.number()).as<int>());
  }
}

HEARTH_INLINE ScheduleState ScheduleReader::schedule(std::size_t groups) const {
  return read_schedule(state_, groups);
}

HEARTH_INLINE ScheduleState read_schedule(const Value& state, std::size_t groups) {
  const int epoch = read_last_epoch(state, -1);
  return {
      .initial = read_rates(state, "base_lrs", groups), .last = read_rates(state, "_last_lr", groups), .epoch = epoch};
}

HEARTH_INLINE std::vector<double> read_rates(const Value& state, std::string_view key, std::size_t groups) {
  const auto& entries = state.as<Value::List>(key);
  core::require(entries.size() == groups, "{} has {} rates, but the optimizer has {} parameter groups", key,
                entries.size(), groups);
  std::vector<double> rates;
  for (std::size_t i = 0; i < groups; ++i) {
    const auto is_number = [](const at::Tensor& tensor) { return tensor.numel() == 1 && tensor.is_floating_point(); };
    const Value& entry = entries[i];
    rates.push_back(entry.is<at::Tensor>() && is_number(entry.as<at::Tensor>())
                        ? entry.as<at::Tensor>().item().toDouble()
                        : state.as<double>(key, i));
  }
  return rates;
}

HEARTH_INLINE int read_last_epoch(const Value& state, int lowest) {
  const int epoch = state.as<int>("last_epoch");
  core::require(epoch >= lowest, "last_epoch must be at least {}, but is {}", lowest, epoch);
  return epoch;
}

HEARTH_INLINE void check_groups(std::string_view scheduler, std::size_t groups, std::size_t expected) {
  core::require(groups == expected, "{}: the optimizer has {} parameter groups, but had {}", scheduler, groups,
                expected);
}

}  // namespace hearth::optim
