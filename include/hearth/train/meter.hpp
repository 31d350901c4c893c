/// The loss and the metrics of one pass over a loader.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/deferred_mean.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/history.hpp>

namespace hearth::train {

/// What a meter has added up; loaded into a fresh one, it goes on from there.
using MeterSums = std::vector<std::vector<double>>;

/// Batches are collected when they are computed, and counted when the optimizer step that they belong to is complete:
/// so that at any time between two steps the sums are those of whole steps. Sums and figures may be read in any thread.
class Meter : public LiveFigures {
 public:
  virtual ~Meter() = default;

  /// A batch that is to be counted. A weight of 0 counts nothing in the loss.
  void collect(const Forward& done, const at::Tensor& targets);

  /// Counts what was collected. Throws Error when a metric cannot take it.
  void count();

  /// Whether the losses that were collected are finite numbers. Waits for the device.
  bool losses_are_finite() const;

  /// Forgets what was collected.
  void drop() { collected_.clear(); }

  /// Of the batch that was collected last.
  double batch_loss() const override;
  Figures figures() const override;
  double gradient_norm() const override;
  void set_gradient_norm(at::Tensor norm) { gradient_norm_ = std::move(norm); }

  MeterSums sums() const;
  void load(const MeterSums& sums);
  void reset();

 private:
  struct Collected {
    Forward done;
    at::Tensor targets;
  };

  virtual void update_metrics(const at::Tensor& outputs, const at::Tensor& targets) = 0;
  virtual void add_figures(Figures& figures) const = 0;
  virtual void add_sums(MeterSums& sums) const = 0;
  virtual void load_metrics(std::span<const std::vector<double>> sums) = 0;
  virtual void reset_metrics() = 0;

  mutable std::mutex mutex_;  // of the loss and the metrics
  metrics::DeferredMean loss_;
  at::Tensor batch_loss_;
  at::Tensor gradient_norm_;
  double batch_weight_ = 0;
  std::vector<Collected> collected_;
};

template <class... Metrics>
class MeterOf final : public Meter {
 public:
  explicit MeterOf(std::tuple<Metrics...> metrics) : metrics_(std::move(metrics)) {}

  const void* find_metric(const std::type_info& type) const noexcept override {
    const void* found = nullptr;
    const auto look = [&](const auto& metric) {
      if (found == nullptr && typeid(metric) == type) {
        found = &metric;
      }
    };
    std::apply([&](const auto&... metric) { (look(metric), ...); }, metrics_);
    return found;
  }

 private:
  void update_metrics([[maybe_unused]] const at::Tensor& outputs, [[maybe_unused]] const at::Tensor& targets) override {
    std::apply([&](auto&... metric) { (metric.update(outputs, targets), ...); }, metrics_);
  }
  void add_figures(Figures& figures) const override {
    const auto add = [&](const auto& metric) {
      for (const Figure& figure : metrics::figures(metric)) {
        figures.set(figure.name, figure.value);
      }
    };
    std::apply([&](const auto&... metric) { (add(metric), ...); }, metrics_);
  }
  void add_sums(MeterSums& sums) const override {
    const auto add = [&](const auto& metric) {
      const std::span<const double> all = metric.sums();
      sums.emplace_back(all.begin(), all.end());
    };
    std::apply([&](const auto&... metric) { (add(metric), ...); }, metrics_);
  }
  void load_metrics(std::span<const std::vector<double>> sums) override {
    std::size_t next = 0;
    std::apply([&](auto&... metric) { (metric.load_sums(sums[next++]), ...); }, metrics_);
  }
  void reset_metrics() override {
    std::apply([](auto&... metric) { (metric.reset(), ...); }, metrics_);
  }

  std::tuple<Metrics...> metrics_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/meter.ipp>
#endif
