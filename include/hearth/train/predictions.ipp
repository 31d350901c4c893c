#pragma once

#include <hearth/train/predictions.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE std::vector<Outcome> outcomes(const Predictions& predictions, const PredictOptions& options) {
  const at::Tensor& labels = predictions.labels;
  core::require(labels.dim() == 1 && labels.scalar_type() == at::kLong,
                "outcomes: the targets must be labels, one integer a sample");
  std::vector<std::vector<Prediction>> best = train::most_probable(predictions.logits, options);
  const at::Tensor probabilities = at::softmax(predictions.logits.to(at::kDouble), 1).contiguous();
  const double* probability = probabilities.const_data_ptr<double>();
  const std::int64_t classes = probabilities.size(1);
  const at::Tensor all = labels.contiguous();
  std::vector<Outcome> outcomes(predictions.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i, probability += classes) {
    const std::int64_t label = all.const_data_ptr<std::int64_t>()[i];
    core::require(label < classes, "outcomes: sample {} has the label {}, but the model has {} outputs",
                  predictions.samples[i], label, classes);
    outcomes[i] = {.sample = predictions.samples[i], .label = label, .predictions = std::move(best[i])};
    if (label >= 0) {
      outcomes[i].label_probability = probability[label];
    }
  }
  return outcomes;
}

HEARTH_INLINE std::vector<Outcome> worst_mistakes(const std::vector<Outcome>& outcomes, std::size_t how_many) {
  std::vector<Outcome> mistakes;
  std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(mistakes),
               [](const Outcome& outcome) { return outcome.has_label() && !outcome.is_right(); });
  const auto given = [](const Outcome& outcome) {  // no number comes first
    return std::isnan(outcome.label_probability) ? -1.0 : outcome.label_probability;
  };
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [&](const Outcome& a, const Outcome& b) { return given(a) < given(b); });
  mistakes.resize(std::min(mistakes.size(), how_many));
  return mistakes;
}

}  // namespace hearth

namespace hearth::train {

HEARTH_INLINE void PredictionList::add(const at::Tensor& outputs, const Batch& batch) {
  core::require(outputs.dim() == 2 && outputs.size(0) == static_cast<std::int64_t>(batch.size()),
                "predict: the model must return logits of shape [N, classes], but returned {} dimensions",
                outputs.dim());
  outputs_.push_back(outputs.detach());
  targets_.push_back(batch.targets.clone());  // the batch's memory is used again
  samples_.insert(samples_.end(), batch.samples.begin(), batch.samples.end());
}

HEARTH_INLINE Predictions PredictionList::take() {
  return {at::cat(outputs_).to(at::kCPU).to(at::kFloat), at::cat(targets_), std::move(samples_)};
}

}  // namespace hearth::train
