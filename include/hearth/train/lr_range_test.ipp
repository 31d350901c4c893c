#pragma once

#include <hearth/train/lr_range_test.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <hearth/chart/line_chart.hpp>
#include <hearth/core/error.hpp>

namespace hearth::train {

namespace detail {

/// No scheduler: the test sets the rates itself.
class FixedRates final : public SchedulerPart {
 public:
  bool is_per_batch() const noexcept override { return false; }
  std::string figure() const override { return {}; }
  void step(double) override {}
  bool has_state() const noexcept override { return false; }
  Value state() const override { return {}; }
  void load_state(const Value&) override {}
};

HEARTH_INLINE LrRangeTestOptions checked(LrRangeTestOptions options, const OptimizerPart& optimizer) {
  core::require(options.start_lr > 0 && options.start_lr < options.end_lr && std::isfinite(options.end_lr),
                "lr_range_test: start_lr must be above 0 and below end_lr, but got {} and {}", options.start_lr,
                options.end_lr);
  core::require(options.steps >= 2, "lr_range_test: steps must be at least 2, but got {}", options.steps);
  core::require(options.diverge_above == 0 || options.diverge_above > 1,
                "lr_range_test: diverge_above must be above 1, or 0 for never, but got {}", options.diverge_above);
  core::require(options.smoothing > 0 && options.smoothing <= 1,
                "lr_range_test: smoothing must be above 0 and at most 1, but got {}", options.smoothing);
  core::require(optimizer.has_state(),
                "lr_range_test: the optimizer must have state_dict() and load_state_dict(), for it is put back to what "
                "it was");
  check_trainer_options(options.training);
  options.training.average.reset();
  return options;
}

/// Where the slope of the losses is least, numpy.gradient's: over equal steps of the rate's logarithm.
HEARTH_INLINE std::optional<double> steepest(const LrRange& range, std::size_t skip_first, std::size_t skip_last) {
  const std::size_t end = range.rates.size() > skip_last ? range.rates.size() - skip_last : 0;
  if (end < skip_first + 3) {
    return std::nullopt;
  }
  const std::vector<double>& y = range.smoothed;
  std::optional<double> best;
  double least = 0;  // only where the loss falls
  for (std::size_t i = skip_first; i < end; ++i) {
    const double slope = i == skip_first ? y[i + 1] - y[i] : i + 1 == end ? y[i] - y[i - 1] : (y[i + 1] - y[i - 1]) / 2;
    if (slope < least) {
      least = slope;
      best = range.rates[i];
    }
  }
  return best;
}

}  // namespace detail

HEARTH_INLINE LrSweep::LrSweep(torch::nn::Module& model, OptimizerPart& optimizer, LrRangeTestOptions options)
    : options_(detail::checked(std::move(options), optimizer)),
      initial_rates_(optimizer.learning_rates()),
      kept_(model, options_.training.device, &optimizer),
      scheduler_(std::make_unique<detail::FixedRates>()),
      step_(model, optimizer, *scheduler_, options_.training) {}

HEARTH_INLINE double LrSweep::rate_of(std::size_t group) const {
  const double done = static_cast<double>(range_.rates.size()) / (options_.steps - 1);
  const double rate = options_.start_lr * std::pow(options_.end_lr / options_.start_lr, done);
  const double first = initial_rates_.front();
  return group == 0 || first == 0 ? rate : rate * (initial_rates_.at(group) / first);
}

HEARTH_INLINE void LrSweep::end_epoch() const {
  core::require(is_over_ || range_.rates.size() > recorded_before_,
                "lr_range_test: the loader gave no sample that counts in a whole epoch");
}

HEARTH_INLINE void LrSweep::take(const BatchContext& context, const Forward& done, bool is_last) {
  check_loss(done.loss);
  if (done.weight > 0) {
    const double loss = done.loss.item<double>();
    if (!std::isfinite(loss)) {
      step_.roll_back();
      range_.diverged = is_over_ = true;
      return;
    }
    loss_sum_ += loss * done.weight;
    weight_ += done.weight;
    explained(context, "the backward pass", [&] { step_.backward(done.loss, done.weight); });
  }
  if (step_.is_due() || is_last) {
    step_.apply(step_.weight());
    if (weight_ > 0) {
      record(loss_sum_ / weight_);
    }
    loss_sum_ = weight_ = 0;
  }
}

HEARTH_INLINE void LrSweep::record(double loss) {
  range_.rates.push_back(rate_of(0));
  range_.losses.push_back(loss);
  const double share = range_.smoothed.empty() ? 1 : options_.smoothing;
  const double smoothed = share * loss + (1 - share) * (range_.smoothed.empty() ? 0 : range_.smoothed.back());
  range_.smoothed.push_back(smoothed);
  lowest_ = range_.smoothed.size() == 1 ? smoothed : std::min(lowest_, smoothed);
  if (options_.diverge_above > 0 && lowest_ > 0 && smoothed > options_.diverge_above * lowest_) {
    range_.diverged = true;
  }
  is_over_ = range_.diverged || range_.rates.size() == static_cast<std::size_t>(options_.steps);
}

HEARTH_INLINE LrRange LrSweep::finish() {
  kept_.put_back();
  range_.suggestion = detail::steepest(range_, static_cast<std::size_t>(options_.steps) / 10, 5);
  return std::move(range_);
}

}  // namespace hearth::train

namespace hearth {

HEARTH_INLINE std::string LrRange::to_string() const {
  if (rates.empty()) {
    return "the loss was not finite at the first step";
  }
  const auto lowest = std::min_element(smoothed.begin(), smoothed.end()) - smoothed.begin();
  std::string text =
      fmt::format("{} steps with rates from {:.2g} to {:.2g}: ", rates.size(), rates.front(), rates.back());
  text += suggestion ? fmt::format("the loss fell fastest at {:.2g}", *suggestion) : "the loss never fell";
  text += fmt::format(", was lowest at {:.2g}", rates[static_cast<std::size_t>(lowest)]);
  return text + (diverged ? fmt::format(" and diverged at {:.2g}", rates.back()) : " and did not diverge");
}

HEARTH_INLINE Image LrRange::plot(image::Size size) const {
  chart::Axes axes{"Learning-rate range test", "learning rate", "loss, smoothed", {{"loss", rates, smoothed}}, true};
  if (suggestion) {
    const auto place = std::find(rates.begin(), rates.end(), *suggestion) - rates.begin();
    axes.series.push_back({fmt::format("falls fastest at {:.2g}", *suggestion),
                           {*suggestion},
                           {smoothed.at(static_cast<std::size_t>(place))},
                           1.6});
  }
  return chart::draw_charts({&axes, 1}, size);
}

}  // namespace hearth
