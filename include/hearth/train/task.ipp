#pragma once

#include <hearth/train/task.hpp>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/losses/check_targets.hpp>

namespace hearth::train {

namespace detail {

HEARTH_INLINE void check_class_count(const at::Tensor& outputs, std::optional<std::size_t> classes) {
  core::require(
      !classes || static_cast<std::size_t>(outputs.size(1)) == *classes,
      "the dataset has {} classes, but the model's head has {} outputs; make the model with .num_classes = {}",
      classes.value_or(0), outputs.size(1), classes.value_or(0));
}

HEARTH_INLINE void check_logits(const at::Tensor& outputs, const at::Tensor& targets) {
  core::require(outputs.dim() == 2 && outputs.size(0) == targets.size(0),
                "the model must return logits of shape [batch, classes], but returned {} for {} samples",
                Shape(outputs.sizes()).to_string(), targets.size(0));
}

}  // namespace detail

HEARTH_INLINE void check_classification(const at::Tensor& outputs, const at::Tensor& targets,
                                        std::optional<std::size_t> classes, std::optional<std::int64_t> ignored_label) {
  detail::check_logits(outputs, targets);
  detail::check_class_count(outputs, classes);
  if (targets.dim() == 1 && !targets.is_floating_point()) {
    losses::check_targets(targets, outputs.size(1), ignored_label);
  } else {
    losses::check_probabilities(outputs, targets);
  }
}

HEARTH_INLINE void check_outputs(const at::Tensor& outputs, const at::Tensor& targets,
                                 std::optional<std::size_t> classes, std::optional<std::int64_t> ignored_label) {
  if (targets.dim() == 1 && !targets.is_floating_point()) {
    check_classification(outputs, targets, classes, ignored_label);
  } else {
    core::require(outputs.dim() > 0 && outputs.size(0) == targets.size(0),
                  "the model must return outputs of shape [batch, ...], but returned {} for {} samples",
                  Shape(outputs.sizes()).to_string(), targets.size(0));
  }
}

HEARTH_INLINE void check_multi_label(const at::Tensor& outputs, const at::Tensor& targets,
                                     std::optional<std::size_t> classes) {
  detail::check_logits(outputs, targets);
  detail::check_class_count(outputs, classes);
  losses::check_multi_label(outputs, targets);
}

HEARTH_INLINE void check_regression(const at::Tensor& outputs, const at::Tensor& targets) {
  losses::check_real_targets(outputs, targets);
}

}  // namespace hearth::train
