/// Metrics of a model over a loader, exact however the samples fall into batches.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include <hearth/data/loader_like.hpp>
#include <hearth/dist/world.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/batch_checks.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/meter.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/replicas.hpp>
#include <hearth/train/task.hpp>

namespace hearth {

/// Runs a model over a loader in evaluation mode, without gradients, and gives each metric's value.
///
///     Evaluator evaluate{AverageLoss{CrossEntropyLoss{}}, Accuracy{}, Accuracy{{.top_k = 5}}};
///     const auto [loss, top1, top5] = evaluate.run(model, loader);
template <class... Metrics>
class Evaluator {
  static_assert((MetricLike<Metrics> && ...),
                "Evaluator: every part must be a metric (MetricLike): update(logits, targets), value(), name(), "
                "reset(), sums(), load_sums(sums); value(), name() and sums() const");
  static_assert(sizeof...(Metrics) > 0, "Evaluator: it needs at least one metric");

 public:
  /// What the metrics' `value()` give.
  using Values = std::tuple<decltype(std::declval<const Metrics&>().value())...>;

  explicit Evaluator(Metrics... metrics) : metrics_(std::move(metrics)...) {}

  /// The metrics over epoch 0 of the loader, in the order in which they were given; where several processes evaluate
  /// together, over the samples of all, each of which counts once. The model is moved to `placement`;
  /// each of its parts is left in the mode (training or evaluation) that it was in. Throws Error when the loader gives
  /// no sample, on labels out of range (but for the metrics' ignore_index), and when the model or a metric cannot take
  /// a batch.
  template <class Model, class Loader>
  Values run(Model& model, Loader& loader, const Placement& placement = {}, const dist::World& world = {}) {
    static_assert(ModelLike<Model>,
                  "Evaluator: Model must be a module holder (ModelLike), as models:: functions return");
    static_assert(LoaderLike<Loader>, "Evaluator: Loader must give batches (LoaderLike), as DataLoader does");
    return world.together([&] { return run_one(model, loader, placement, world); });
  }

  /// The metrics over the samples of the last run so far. Reading them waits for the device.
  Values values() const {
    return std::apply([](const auto&... metric) { return Values{metric.value()...}; }, metrics_);
  }

  /// The metrics as the last run left them, for what they know beside their value: `std::get<0>(e.metrics()).areas()`.
  const std::tuple<Metrics...>& metrics() const noexcept { return metrics_; }

 private:
  template <class Model, class Loader>
  Values run_one(Model& model, Loader& loader, const Placement& placement, const dist::World& world) {
    placement.place(*model);
    reset();
    const auto ignored = ignored_label();
    const auto classes = train::class_count(loader.dataset());
    const auto evaluate = [&](const train::BatchContext& context) {
      const at::Tensor outputs = train::outputs_of(context, model, std::nullopt);
      train::check_outputs(outputs, context.batch.targets, classes, ignored);
      if (context.batch.counts) {
        train::explained(context, "a metric", [&] {
          std::apply([&](auto&... metric) { (metric.update(outputs, context.targets), ...); }, metrics_);
        });
      }
      return true;
    };
    train::for_each_evaluated("Evaluator", model, loader, train::share_of(world), placement, 0, evaluate);
    if (!world.is_alone()) {
      sum_over(world);
    }
    return values();
  }

  void reset() {
    std::apply([](auto&... metric) { (metric.reset(), ...); }, metrics_);
  }

  void sum_over(const dist::World& world) {
    train::MeterSums sums;
    const auto add = [&](const auto& metric) {
      const std::span<const double> own = metric.sums();
      sums.emplace_back(own.begin(), own.end());
    };
    std::apply([&](const auto&... metric) { (add(metric), ...); }, metrics_);
    sums = train::sum_over(world, sums);
    std::size_t next = 0;
    std::apply([&](auto&... metric) { (metric.load_sums(sums[next++]), ...); }, metrics_);
  }

  /// The label that every metric leaves out, where they agree on one.
  std::optional<std::int64_t> ignored_label() const {
    return std::apply(
        [](const auto& first, const auto&... others) {
          const std::optional<std::int64_t> label = losses::ignored_label(first);
          return ((losses::ignored_label(others) == label) && ...) ? label : std::nullopt;
        },
        metrics_);
  }

  std::tuple<Metrics...> metrics_;
};

}  // namespace hearth
