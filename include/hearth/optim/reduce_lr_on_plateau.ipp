#pragma once

#include <hearth/optim/reduce_lr_on_plateau.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <hearth/core/error.hpp>

namespace hearth::optim {

namespace detail {

/// What no figure is worse than.
HEARTH_INLINE double worst_figure(PlateauMode mode) {
  return mode == PlateauMode::min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
}

HEARTH_INLINE void check_plateau_options(const ReduceLROnPlateauOptions& options) {
  constexpr const char* name = "ReduceLROnPlateau";
  const auto check = [&](const char* option, auto value) {
    core::require(std::isfinite(static_cast<double>(value)) && value >= 0, "{}: {} must be at least 0, but got {}",
                  name, option, value);
  };
  core::require(!options.figure.empty(), "{}: figure is empty; name a figure of the run's history, such as val_loss",
                name);
  core::require(options.factor > 0 && options.factor < 1, "{}: factor must be above 0 and below 1, but got {}", name,
                options.factor);
  check("patience", options.patience);
  check("threshold", options.threshold);
  check("cooldown", options.cooldown);
  check("eps", options.eps);
  for (const double lowest : options.min_lr.numbers()) {
    check("min_lr", lowest);
  }
}

/// The place of the text under this key among the names. Throws Error when it is none of them.
HEARTH_INLINE int read_choice(const Value& state, const char* key, const char* first, const char* second) {
  const auto& text = state.as<std::string>(key);
  core::require(text == first || text == second, "{} is {}, neither {} nor {}", key, text, first, second);
  return text == first ? 0 : 1;
}

}  // namespace detail

HEARTH_INLINE Plateau::Plateau(ReduceLROnPlateauOptions options, std::vector<double> rates)
    : options_(std::move(options)), last_(std::move(rates)), best_(detail::worst_figure(options_.mode)) {
  detail::check_plateau_options(options_);
  lowest_ = options_.min_lr.for_groups("ReduceLROnPlateau: min_lr", last_.size());
}

HEARTH_INLINE bool Plateau::is_better(double metric) const {
  const bool relative = options_.threshold_mode == ThresholdMode::rel;
  if (options_.mode == PlateauMode::min) {
    return metric < (relative ? best_ * (1.0 - options_.threshold) : best_ - options_.threshold);
  }
  return metric > (relative ? best_ * (options_.threshold + 1.0) : best_ + options_.threshold);
}

HEARTH_INLINE const std::vector<double>& Plateau::step(double metric, std::vector<double> rates) {
  check_groups("ReduceLROnPlateau", rates.size(), lowest_.size());
  ++epoch_;
  if (is_better(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ > options_.patience) {
    for (std::size_t group = 0; group < rates.size(); ++group) {
      const double lower = std::max(rates[group] * options_.factor, lowest_[group]);
      if (rates[group] - lower > options_.eps) {
        rates[group] = lower;
      }
    }
    cooldown_left_ = options_.cooldown;
    bad_epochs_ = 0;
  }
  last_ = std::move(rates);
  return last_;
}

HEARTH_INLINE Value Plateau::state_dict() const {
  const auto list = [](const std::vector<double>& numbers) { return Value::List(numbers.begin(), numbers.end()); };
  return Value::Dict{{"factor", options_.factor},
                     {"default_min_lr", options_.min_lr.is_list() ? Value() : Value(options_.min_lr.numbers().front())},
                     {"min_lrs", list(lowest_)},
                     {"patience", options_.patience},
                     {"cooldown", options_.cooldown},
                     {"eps", options_.eps},
                     {"last_epoch", epoch_},
                     {"_last_lr", list(last_)},
                     {"mode_worse", detail::worst_figure(options_.mode)},
                     {"mode", options_.mode == PlateauMode::min ? "min" : "max"},
                     {"threshold", options_.threshold},
                     {"threshold_mode", options_.threshold_mode == ThresholdMode::rel ? "rel" : "abs"},
                     {"best", best_},
                     {"cooldown_counter", cooldown_left_},
                     {"num_bad_epochs", bad_epochs_}};
}

HEARTH_INLINE void Plateau::load_state_dict(const Value& state) {
  try {
    Plateau read = *this;
    read.read_state(state);
    *this = std::move(read);
  } catch (const Error& error) {
    core::fail("ReduceLROnPlateau: cannot load this state: {}", error.what());
  }
}

HEARTH_INLINE void Plateau::read_state(const Value& state) {
  const std::size_t groups = last_.size();
  lowest_ = read_rates(state, "min_lrs", groups);
  options_.min_lr =
      state["default_min_lr"].is<Value::None>() ? PerGroup(lowest_) : PerGroup(state.as<double>("default_min_lr"));
  options_.factor = state.as<double>("factor");
  options_.patience = state.as<int>("patience");
  options_.cooldown = state.as<int>("cooldown");
  options_.eps = state.as<double>("eps");
  options_.threshold = state.as<double>("threshold");
  options_.mode = detail::read_choice(state, "mode", "min", "max") == 0 ? PlateauMode::min : PlateauMode::max;
  options_.threshold_mode =
      detail::read_choice(state, "threshold_mode", "rel", "abs") == 0 ? ThresholdMode::rel : ThresholdMode::abs;
  detail::check_plateau_options(options_);
  epoch_ = read_last_epoch(state, 0);
  last_ = read_rates(state, "_last_lr", groups);
  best_ = state.as<double>("best");
  cooldown_left_ = state.as<int>("cooldown_counter");
  bad_epochs_ = state.as<int>("num_bad_epochs");
}

}  // namespace hearth::optim
