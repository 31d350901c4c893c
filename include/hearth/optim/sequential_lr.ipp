#pragma once

#include <hearth/optim/sequential_lr.hpp>

namespace hearth::optim {

HEARTH_INLINE void check_milestones(std::span<const int> milestones, std::size_t schedulers) {
  core::require(milestones.size() + 1 == schedulers,
                "SequentialLR: {} schedulers need {} milestones between them, but got {}", schedulers, schedulers - 1,
                milestones.size());
  int previous = 0;
  for (const int milestone : milestones) {
    core::require(milestone >= previous, "SequentialLR: milestones must ascend from 0, but {} follows {}", milestone,
                  previous);
    previous = milestone;
  }
}

HEARTH_INLINE Value sequence_state(const std::vector<int>& milestones, int epoch, const std::vector<double>& rates,
                                   Value::List schedulers) {
  return Value::Dict{{"_milestones", Value::List(milestones.begin(), milestones.end())},
                     {"last_epoch", epoch},
                     {"_last_lr", Value::List(rates.begin(), rates.end())},
                     {"_schedulers", std::move(schedulers)}};
}

HEARTH_INLINE std::vector<int> read_milestones(const Value& state, std::size_t schedulers) {
  std::vector<int> milestones;
  for (std::size_t i = 0; i < state["_milestones"].items().size(); ++i) {
    milestones.push_back(state.as<int>("_milestones", i));
  }
  check_milestones(milestones, schedulers);
  const std::size_t states = state["_schedulers"].items().size();
  core::require(states == schedulers, "_schedulers has {} states, but there are {} schedulers", states, schedulers);
  return milestones;
}

}  // namespace hearth::optim
