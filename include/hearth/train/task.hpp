/// What a model is trained for: what targets are, what is minimised, what is measured, and what is best.
#pragma once

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/losses/bce_with_logits.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/losses/loss.hpp>
#include <hearth/losses/regression.hpp>
#include <hearth/metrics/accuracy.hpp>
#include <hearth/metrics/mean_error.hpp>
#include <hearth/metrics/metric.hpp>
#include <hearth/metrics/multi_label_accuracy.hpp>
#include <hearth/train/history.hpp>

namespace hearth {

/// What Trainer asks of a task. `check(outputs, targets, classes)` throws Error unless the model's outputs fit the
/// targets (on the CPU) and the dataset's number of classes, where that is known. `loss(outputs, targets)` is the mean
/// over a batch; `total_weight(targets)` what that mean is divided by. `metrics()` gives fresh metrics as a std::tuple.
/// `watch()` is the figure, "loss" or one of the metrics', that says which epoch is best.
template <class T>
concept TaskLike = requires(const T& task, const at::Tensor& outputs, const at::Tensor& targets,
                            std::optional<std::size_t> classes) {
  task.check(outputs, targets, classes);
  { task.loss(outputs, targets) } -> std::convertible_to<at::Tensor>;
  { task.total_weight(targets) } -> std::convertible_to<double>;
  { std::tuple_size<decltype(task.metrics())>::value } -> std::convertible_to<std::size_t>;
  { task.watch() } -> std::convertible_to<Watch>;
};

}  // namespace hearth

namespace hearth::train {

/// Throws Error unless outputs are logits [N, C], with C the dataset's number of classes where that is known, and the
/// targets labels [N], 0 … C-1 or the ignored one, or probabilities [N, C].
void check_classification(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t> classes,
                          std::optional<std::int64_t> ignored_label);

/// Throws Error unless outputs and targets are [N, C], with C as above, and the targets between 0 and 1.
void check_multi_label(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t> classes);

/// Throws Error unless outputs and targets have one shape, or are [N, 1] and [N], and the targets are finite.
void check_regression(const at::Tensor& outputs, const at::Tensor& targets);

/// Throws Error unless the outputs fit targets of this kind: labels as in a classification, or at least as many
/// samples.
void check_outputs(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t> classes,
                   std::optional<std::int64_t> ignored_label);

/// What tasks have in common: a loss and metrics.
template <class Loss, class... Metrics>
class TaskParts {
  static_assert(LossLike<Loss>,
                "Trainer: Loss must be a loss (LossLike): loss(outputs, targets) gives a scalar tensor");
  static_assert((MetricLike<Metrics> && ...),
                "Trainer: every metric of a task must be a metric (MetricLike): update(outputs, targets), value(), "
                "name(), reset(), sums(), load_sums(sums); value(), name() and sums() const");

 public:
  TaskParts(Loss loss, Metrics... metrics) : loss_(std::move(loss)), metrics_(std::move(metrics)...) {}

  at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const { return loss_(outputs, targets); }
  double total_weight(const at::Tensor& targets) const { return losses::total_weight(loss_, targets); }
  std::tuple<Metrics...> metrics() const { return metrics_; }

 protected:
  std::optional<std::int64_t> ignored_label() const { return losses::ignored_label(loss_); }

  bool measures(std::string_view name) const {
    return std::apply([&](const auto&... metric) { return ((metric.name() == name) || ...); }, metrics_);
  }

 private:
  Loss loss_;
  std::tuple<Metrics...> metrics_;
};

/// Accuracy that leaves out the label that the loss leaves out.
template <class Loss>
Accuracy accuracy_for(const Loss& loss) {
  const auto ignored = losses::ignored_label(loss);
  return Accuracy{ignored ? AccuracyOptions{.ignore_index = *ignored} : AccuracyOptions{}};
}

}  // namespace hearth::train

namespace hearth {

/// One class for each sample: logits [N, C] against labels [N], or against probabilities [N, C] as MixUp makes them.
/// The best epoch has the highest accuracy, or, where that is not measured, the lowest loss.
///
///     trainer.fit(train, val, Classification{CrossEntropyLoss{{.label_smoothing = 0.1}}, Accuracy{},
///                                            Accuracy{{.top_k = 5}}});
template <class Loss = CrossEntropyLoss, class... Metrics>
class Classification : public train::TaskParts<Loss, Metrics...> {
 public:
  using train::TaskParts<Loss, Metrics...>::TaskParts;
  explicit Classification(Loss loss = {}) requires std::same_as<std::tuple<Metrics...>, std::tuple<Accuracy>>
      : train::TaskParts<Loss, Metrics...>(loss, train::accuracy_for(loss)) {}

  void check(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t> classes) const {
    train::check_classification(outputs, targets, classes, this->ignored_label());
  }
  Watch watch() const {
    return this->measures("accuracy") ? Watch{"accuracy", Goal::highest} : Watch{"loss", Goal::lowest};
  }
};
Classification()->Classification<CrossEntropyLoss, Accuracy>;
template <class Loss>
Classification(Loss) -> Classification<Loss, Accuracy>;
template <class Loss, class... Metrics>
Classification(Loss, Metrics...) -> Classification<Loss, Metrics...>;

/// Any number of classes for each sample: logits [N, C] against targets [N, C] between 0 and 1. The best epoch has the
/// lowest loss.
///
///     trainer.fit(train, val, MultiLabel{});
template <class Loss = BCEWithLogitsLoss, class... Metrics>
class MultiLabel : public train::TaskParts<Loss, Metrics...> {
 public:
  using train::TaskParts<Loss, Metrics...>::TaskParts;
  explicit MultiLabel(Loss loss = {}) requires std::same_as<std::tuple<Metrics...>, std::tuple<MultiLabelAccuracy>>
      : train::TaskParts<Loss, Metrics...>(std::move(loss), MultiLabelAccuracy{}) {}

  void check(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t> classes) const {
    train::check_multi_label(outputs, targets, classes);
  }
  Watch watch() const { return {"loss", Goal::lowest}; }
};
MultiLabel()->MultiLabel<BCEWithLogitsLoss, MultiLabelAccuracy>;
template <class Loss>
MultiLabel(Loss) -> MultiLabel<Loss, MultiLabelAccuracy>;
template <class Loss, class... Metrics>
MultiLabel(Loss, Metrics...) -> MultiLabel<Loss, Metrics...>;

/// Numbers: outputs and targets of one shape, [N], [N, K] or image-sized; outputs [N, 1] go with targets [N]. The best
/// epoch has the lowest loss.
///
///     trainer.fit(train, val, Regression{HuberLoss{}, MeanAbsoluteError{}, R2Score{}});
template <class Loss = MSELoss, class... Metrics>
class Regression : public train::TaskParts<Loss, Metrics...> {
 public:
  using train::TaskParts<Loss, Metrics...>::TaskParts;
  explicit Regression(Loss loss = {}) requires std::same_as<std::tuple<Metrics...>, std::tuple<MeanAbsoluteError>>
      : train::TaskParts<Loss, Metrics...>(std::move(loss), MeanAbsoluteError{}) {}

  void check(const at::Tensor& outputs, const at::Tensor& targets, std::optional<std::size_t>) const {
    train::check_regression(outputs, targets);
  }
  Watch watch() const { return {"loss", Goal::lowest}; }
};
Regression()->Regression<MSELoss, MeanAbsoluteError>;
template <class Loss>
Regression(Loss) -> Regression<Loss, MeanAbsoluteError>;
template <class Loss, class... Metrics>
Regression(Loss, Metrics...) -> Regression<Loss, Metrics...>;

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/task.ipp>
#endif
