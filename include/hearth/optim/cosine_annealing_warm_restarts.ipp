#pragma once

#include <hearth/optim/cosine_annealing_warm_restarts.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <hearth/core/error.hpp>

namespace hearth::optim {

namespace detail {

struct WavePosition {
  std::int64_t at;      ///< steps since the restart
  std::int64_t length;  ///< steps from this restart to the next
};

HEARTH_INLINE WavePosition wave_position(const CosineAnnealingWarmRestartsOptions& options, int epoch) {
  WavePosition wave{.at = std::max(epoch, 0), .length = options.T_0};
  if (options.T_mult == 1) {
    wave.at %= wave.length;
  }
  while (wave.at >= wave.length) {
    wave.at -= wave.length;
    wave.length *= options.T_mult;
  }
  return wave;
}

HEARTH_INLINE WavePosition wave_position(const Value& state) {
  return wave_position({.T_0 = state.as<int>("T_0"), .T_mult = state.as<int>("T_mult")}, state.as<int>("last_epoch"));
}

}  // namespace detail

HEARTH_INLINE void CosineAnnealingWarmRestartsRule::check_options(const Options& options) {
  core::require(options.T_0 >= 1, "CosineAnnealingWarmRestarts: T_0 must be at least 1, but got {}", options.T_0);
  core::require(options.T_mult >= 1, "CosineAnnealingWarmRestarts: T_mult must be at least 1, but got {}",
                options.T_mult);
  core::require(std::isfinite(options.eta_min) && options.eta_min >= 0,
                "CosineAnnealingWarmRestarts: eta_min must be at least 0, but got {}", options.eta_min);
}

HEARTH_INLINE double CosineAnnealingWarmRestartsRule::next_rate(const Options& options, int epoch, double,
                                                                double initial) {
  const auto [at, length] = detail::wave_position(options, epoch);
  const double angle = std::numbers::pi * static_cast<double>(at) / static_cast<double>(length);
  return options.eta_min + (initial - options.eta_min) * (1 + std::cos(angle)) / 2;
}

HEARTH_INLINE Value warm_restarts_state(const Value& state) {
  const auto [at, length] = detail::wave_position(state);
  Value::Dict result{{"T_0", state["T_0"]},
                     {"T_i", length},
                     {"T_mult", state["T_mult"]},
                     {"eta_min", state["eta_min"]},
                     {"T_cur", at}};
  for (const auto& [key, value] : state.as<Value::Dict>()) {
    result.set(key, value);
  }
  result.set("_step_count", 0);  // Python's step() does not count here
  return result;
}

HEARTH_INLINE void check_warm_restarts_state(const Value& state) {
  const auto [at, length] = detail::wave_position(state);
  const auto found = state.as<double>("T_cur");
  const auto found_length = state.as<double>("T_i");
  core::require(
      found == static_cast<double>(at) && found_length == static_cast<double>(length),
      "CosineAnnealingWarmRestarts: cannot load this state: it stands at T_cur {} of T_i {}, but epoch {} is {} "
      "of {}; a schedule that was stepped by fractions of epochs cannot go on by whole steps",
      found, found_length, state.as<int>("last_epoch"), at, length);
}

}  // namespace hearth::optim
