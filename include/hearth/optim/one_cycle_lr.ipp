#pragma once

#include <hearth/optim/one_cycle_lr.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <string>

namespace hearth::optim {

namespace detail {

/// From what to what a phase goes, by Python's names.
struct CyclePhase {
  const char* start_lr;
  const char* end_lr;
  double OneCycleEnds::*lr_from;
  double OneCycleEnds::*lr_to;
  double OneCycleEnds::*momentum_from;
  double OneCycleEnds::*momentum_to;

  static const char* name(double OneCycleEnds::*momentum) {
    return momentum == &OneCycleEnds::max_momentum ? "max_momentum" : "base_momentum";
  }
};

/// The phases of a cycle that has this many.
HEARTH_INLINE std::span<const CyclePhase> cycle_phases(std::size_t count) {
  using E = OneCycleEnds;
  static constexpr CyclePhase rise{"initial_lr", "max_lr",         &E::initial_lr,
                                   &E::max_lr,   &E::max_momentum, &E::base_momentum};
  static constexpr std::array<CyclePhase, 2> two{
      rise, {"max_lr", "min_lr", &E::max_lr, &E::min_lr, &E::base_momentum, &E::max_momentum}};
  static constexpr std::array<CyclePhase, 3> three{
      rise,
      {"max_lr", "initial_lr", &E::max_lr, &E::initial_lr, &E::base_momentum, &E::max_momentum},
      {"initial_lr", "min_lr", &E::initial_lr, &E::min_lr, &E::max_momentum, &E::max_momentum}};
  return count == two.size() ? std::span<const CyclePhase>(two) : std::span<const CyclePhase>(three);
}

HEARTH_INLINE int cycle_steps(const OneCycleLROptions& options) {
  const bool by_epochs = options.epochs && options.steps_per_epoch;
  core::require(options.total_steps || by_epochs,
                "OneCycleLR: how long is the run? Give total_steps, or epochs and steps_per_epoch");
  const auto at_least_one = [](const char* option, int value) {
    core::require(value >= 1, "OneCycleLR: {} must be at least 1, but got {}", option, value);
    return value;
  };
  return options.total_steps
             ? at_least_one("total_steps", *options.total_steps)
             : at_least_one("epochs", *options.epochs) * at_least_one("steps_per_epoch", *options.steps_per_epoch);
}

HEARTH_INLINE void check_cycle_options(const OneCycleLROptions& options) {
  core::require(options.pct_start >= 0 && options.pct_start <= 1,
                "OneCycleLR: pct_start must be between 0 and 1, but got {}", options.pct_start);
  const auto positive = [](const char* option, double value) {
    core::require(std::isfinite(value) && value > 0, "OneCycleLR: {} must be above 0, but got {}", option, value);
  };
  positive("div_factor", options.div_factor);
  positive("final_div_factor", options.final_div_factor);
  for (const double rate : options.max_lr.numbers()) {
    positive("max_lr", rate);
  }
  for (const PerGroup* const momentums : {&options.base_momentum, &options.max_momentum}) {
    for (const double momentum : momentums->numbers()) {
      core::require(momentum >= 0 && momentum < 1,
                    "OneCycleLR: base_momentum and max_momentum must be at least 0 and below 1, but got {}", momentum);
    }
  }
}

}  // namespace detail

HEARTH_INLINE OneCycle::OneCycle(const OneCycleLROptions& options, std::size_t groups)
    : total_steps_(detail::cycle_steps(options)),
      anneal_strategy_(options.anneal_strategy),
      cycle_momentum_(options.cycle_momentum) {
  detail::check_cycle_options(options);
  phase_ends_.push_back(options.pct_start * total_steps_ - 1);
  if (options.three_phase) {
    phase_ends_.push_back(2 * options.pct_start * total_steps_ - 2);
  }
  phase_ends_.push_back(total_steps_ - 1);
  const std::vector<double> max_lr = options.max_lr.for_groups("OneCycleLR: max_lr", groups);
  const std::vector<double> max_momentum = options.max_momentum.for_groups("OneCycleLR: max_momentum", groups);
  const std::vector<double> base_momentum = options.base_momentum.for_groups("OneCycleLR: base_momentum", groups);
  for (std::size_t group = 0; group < groups; ++group) {
    const double initial = max_lr[group] / options.div_factor;
    ends_.push_back({.initial_lr = initial,
                     .max_lr = max_lr[group],
                     .min_lr = initial / options.final_div_factor,
                     .max_momentum = max_momentum[group],
                     .base_momentum = base_momentum[group]});
  }
}

HEARTH_INLINE void OneCycle::check_step(int step) const {
  core::require(
      step <= total_steps_,
      "OneCycleLR: this is step {} of a cycle of {} steps; total_steps must count all of the optimizer's steps", step,
      total_steps_);
}

HEARTH_INLINE OneCycle::Point OneCycle::at(int step, const OneCycleEnds& ends) const {
  std::size_t index = 0;
  double start = 0;
  while (step > phase_ends_[index] && index + 1 < phase_ends_.size()) {
    start = phase_ends_[index++];
  }
  const double length = phase_ends_[index] - start;
  const double share = length != 0 ? (step - start) / length : 1.0;  // a phase without steps is at its end
  const auto anneal = [&](double from, double to) {
    return anneal_strategy_ == Anneal::cos ? to + (from - to) / 2.0 * (std::cos(std::numbers::pi * share) + 1)
                                           : (to - from) * share + from;
  };
  const detail::CyclePhase& phase = detail::cycle_phases(phase_ends_.size())[index];
  return {.lr = anneal(ends.*phase.lr_from, ends.*phase.lr_to),
          .momentum = anneal(ends.*phase.momentum_from, ends.*phase.momentum_to)};
}

HEARTH_INLINE void OneCycle::write(Value::Dict& state, bool use_beta1) const {
  Value::List phases;
  for (std::size_t i = 0; i < phase_ends_.size(); ++i) {
    const detail::CyclePhase& phase = detail::cycle_phases(phase_ends_.size())[i];
    const bool is_last = i + 1 == phase_ends_.size();
    phases.push_back(Value::Dict{{"end_step", is_last ? Value(total_steps_ - 1) : Value(phase_ends_[i])},
                                 {"start_lr", phase.start_lr},
                                 {"end_lr", phase.end_lr},
                                 {"start_momentum", detail::CyclePhase::name(phase.momentum_from)},
                                 {"end_momentum", detail::CyclePhase::name(phase.momentum_to)}});
  }
  state.set("total_steps", total_steps_);
  state.set("_schedule_phases", std::move(phases));
  state.set("_anneal_func_type", anneal_strategy_ == Anneal::cos ? "cos" : "linear");
  state.set("cycle_momentum", cycle_momentum_);
  if (cycle_momentum_) {
    state.set("use_beta1", use_beta1);
  }
}

HEARTH_INLINE void OneCycle::read(const Value& state) {
  total_steps_ = state.as<int>("total_steps");
  cycle_momentum_ = state.as<bool>("cycle_momentum");
  const auto& line = state.as<std::string>("_anneal_func_type");
  core::require(line == "cos" || line == "linear", "_anneal_func_type is {}, neither cos nor linear", line);
  anneal_strategy_ = line == "cos" ? Anneal::cos : Anneal::linear;
  const std::size_t count = state["_schedule_phases"].items().size();
  core::require(count == 2 || count == 3, "_schedule_phases has {} phases, not 2 or 3", count);
  phase_ends_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const detail::CyclePhase& phase = detail::cycle_phases(count)[i];
    const auto& from = state.as<std::string>("_schedule_phases", i, "start_lr");
    const auto& to = state.as<std::string>("_schedule_phases", i, "end_lr");
    core::require(from == phase.start_lr && to == phase.end_lr,
                  "_schedule_phases/{} goes from {} to {}, not from {} to {}", i, from, to, phase.start_lr,
                  phase.end_lr);
    phase_ends_.push_back(state.as<double>("_schedule_phases", i, "end_step"));
  }
}

HEARTH_INLINE void keep_ends(Value::Dict& kept, const OneCycleEnds& ends, bool with_momentum) {
  kept.set("max_lr", ends.max_lr);
  kept.set("min_lr", ends.min_lr);
  if (with_momentum) {
    kept.set("max_momentum", ends.max_momentum);
    kept.set("base_momentum", ends.base_momentum);
  }
}

HEARTH_INLINE OneCycleEnds kept_ends(const Value::Dict& kept, OneCycleEnds ends) {
  const auto take = [&](const char* name, double& end) {
    if (const Value* const found = kept.find(name)) {
      end = found->as<double>();
    }
  };
  take("max_lr", ends.max_lr);
  take("min_lr", ends.min_lr);
  take("max_momentum", ends.max_momentum);
  take("base_momentum", ends.base_momentum);
  return ends;
}

}  // namespace hearth::optim
