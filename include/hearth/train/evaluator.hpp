/// Metrics of a model over a loader, exact however the samples fall into batches.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/models/model.hpp>
#include <hearth/train/evaluation_mode.hpp>
#include <hearth/train/placement.hpp>

namespace hearth::train {

/// Throws Error unless the model's outputs fit the dataset and the batch: logits [N, C] with C the dataset's number of
/// classes, where it knows that, and every target in 0 … C-1.
template <class Dataset>
void check_outputs(const Dataset& dataset, const at::Tensor& logits, const at::Tensor& targets) {
  core::require(logits.dim() == 2 && logits.size(0) == targets.size(0),
                "the model must return logits of shape [batch, classes], but returned {} for {} samples",
                Shape(std::span(logits.sizes().data(), logits.sizes().size())).to_string(), targets.size(0));
  if constexpr (KnowsClassCount<Dataset>) {
    core::require(
        static_cast<std::size_t>(logits.size(1)) == dataset.num_classes(),
        "the dataset has {} classes, but the model's head has {} outputs; make the model with .num_classes = {}",
        dataset.num_classes(), logits.size(1), dataset.num_classes());
  }
  losses::check_targets(targets, logits.size(1));
}

}  // namespace hearth::train

namespace hearth {

/// Runs a model over a loader in evaluation mode, without gradients, and gives each metric's value.
///
///     Evaluator evaluate{AverageLoss{CrossEntropyLoss{}}, Accuracy{}, Accuracy{{.top_k = 5}}};
///     const auto [loss, top1, top5] = evaluate.run(model, loader);
template <class... Metrics>
class Evaluator {
  static_assert(
      (MetricLike<Metrics> && ...),
      "Evaluator: every part must be a metric (MetricLike): update(logits, targets), value(), reset(), sums()");
  static_assert(sizeof...(Metrics) > 0, "Evaluator: it needs at least one metric");

 public:
  using Values = std::array<double, sizeof...(Metrics)>;

  explicit Evaluator(Metrics... metrics) : metrics_(std::move(metrics)...) {}

  /// The metrics over epoch 0 of the loader, in the order in which they were given. The model is moved to `placement`;
  /// each of its parts is left in the mode (training or evaluation) that it was in. `after_batch(batch)`, which may
  /// look at values(), may return false to end early. Throws Error when the loader gives no sample, or as check_outputs
  /// does.
  template <class Model, class Loader, class AfterBatch>
  Values run(Model& model, Loader& loader, const Placement& placement, AfterBatch&& after_batch) {
    static_assert(ModelLike<Model>,
                  "Evaluator: Model must be a module holder (ModelLike), as models:: functions return");
    static_assert(LoaderLike<Loader>, "Evaluator: Loader must give batches (LoaderLike), as DataLoader does");
    const at::NoGradGuard no_grad;
    placement.place(*model);
    const EvaluationMode evaluation(*model);
    reset();
    std::size_t samples = 0;
    for (const Batch& batch : loader.epoch(0)) {
      const at::Tensor targets = placement.targets(batch.targets);
      const at::Tensor logits = model->forward(placement.inputs(batch.inputs));
      train::check_outputs(loader.dataset(), logits, batch.targets);
      std::apply([&](auto&... metric) { (metric.update(logits, targets), ...); }, metrics_);
      samples += batch.size();
      if (!after_batch(batch)) {
        break;
      }
    }
    core::require(samples > 0, "Evaluator: the loader gave no sample");
    return values();
  }

  template <class Model, class Loader>
  Values run(Model& model, Loader& loader, const Placement& placement = {}) {
    return run(model, loader, placement, [](const Batch&) { return true; });
  }

  /// The metrics over the samples of the last run so far. Reading them waits for the device.
  Values values() const {
    return std::apply([](const auto&... metric) { return Values{metric.value()...}; }, metrics_);
  }

 private:
  void reset() {
    std::apply([](auto&... metric) { (metric.reset(), ...); }, metrics_);
  }

  std::tuple<Metrics...> metrics_;
};

}  // namespace hearth
