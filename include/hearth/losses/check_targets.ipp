#pragma once

#include <hearth/losses/check_targets.hpp>

#include <fmt/ranges.h>

#include <cmath>
#include <span>

#include <hearth/core/error.hpp>

namespace hearth::losses {

namespace detail {

/// Calls `look(sample, numbers)` for each sample of the targets [N, …], whose numbers are on the CPU and of double or
/// single precision.
template <class Look>
void each_sample(const at::Tensor& targets, Look look) {
  const at::Tensor numbers =
      targets.to(targets.scalar_type() == at::kDouble ? at::kDouble : at::kFloat).to(at::kCPU).contiguous();
  const std::int64_t samples = numbers.size(0);
  const auto size = static_cast<std::size_t>(samples > 0 ? numbers.numel() / samples : 0);
  const auto walk = [&](const auto* number) {
    for (std::int64_t sample = 0; sample < samples; ++sample, number += size) {
      look(sample, std::span(number, size));
    }
  };
  if (numbers.scalar_type() == at::kDouble) {
    walk(numbers.const_data_ptr<double>());
  } else {
    walk(numbers.const_data_ptr<float>());
  }
}

HEARTH_INLINE void check_shape(const at::Tensor& outputs, const at::Tensor& targets) {
  const bool one_column = outputs.dim() == 2 && outputs.size(1) == 1 && targets.dim() == 1 &&  //
                          outputs.size(0) == targets.size(0);
  core::require(one_column || (outputs.dim() >= 1 && outputs.sizes() == targets.sizes()),
                "targets: expected the shape of the model's outputs, but got targets [{}] for outputs [{}]. Does the "
                "model have an output for each number of the dataset's targets?",
                fmt::join(targets.sizes(), ", "), fmt::join(outputs.sizes(), ", "));
}

}  // namespace detail

HEARTH_INLINE void check_targets(const at::Tensor& targets, std::int64_t num_classes,
                                 std::optional<std::int64_t> ignore_index) {
  core::require(targets.dim() == 1 && targets.scalar_type() == at::kLong,
                "targets: expected a list of labels (one dimension, int64), but got {} dimensions of the type {}",
                targets.dim(), c10::toString(targets.scalar_type()));
  const at::Tensor labels = targets.to(at::kCPU).contiguous();
  const std::int64_t* const label = labels.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    core::require(
        (label[i] >= 0 && label[i] < num_classes) || label[i] == ignore_index,
        "targets: label {} (sample {} of its batch) is out of range, for the model has {} outputs: labels go from "
        "0 to {}. Does the dataset have more classes than the model's head? Samples without a label may have the "
        "ignore_index of the loss and of the metrics",
        label[i], i, num_classes, num_classes - 1);
  }
}

HEARTH_INLINE void check_real_targets(const at::Tensor& outputs, const at::Tensor& targets) {
  detail::check_shape(outputs, targets);
  detail::each_sample(targets, [](std::int64_t sample, auto numbers) {
    for (const auto number : numbers) {
      core::require(std::isfinite(number), "targets: {} (sample {} of its batch) is not a finite number", number,
                    sample);
    }
  });
}

HEARTH_INLINE void check_multi_label(const at::Tensor& outputs, const at::Tensor& targets) {
  detail::check_shape(outputs, targets);
  detail::each_sample(targets, [](std::int64_t sample, auto numbers) {
    for (const auto number : numbers) {
      core::require(number >= 0 && number <= 1,
                    "targets: {} (sample {} of its batch) is out of range: for several labels a sample, each is a "
                    "number from 0, it does not hold, to 1, it does",
                    number, sample);
    }
  });
}

HEARTH_INLINE void check_probabilities(const at::Tensor& outputs, const at::Tensor& targets) {
  core::require(targets.dim() == 2 && targets.is_floating_point(),
                "targets: expected class probabilities [N, C], but got {} dimensions of the type {}", targets.dim(),
                c10::toString(targets.scalar_type()));
  detail::check_shape(outputs, targets);
  detail::each_sample(targets, [](std::int64_t sample, auto numbers) {
    double sum = 0;
    for (const auto number : numbers) {
      core::require(number >= 0, "targets: {} (sample {} of its batch) is no probability: these are 0 or more", number,
                    sample);
      sum += static_cast<double>(number);
    }
    core::require(std::abs(sum - 1) <= 1e-3,
                  "targets: the probabilities of sample {} of its batch add up to {}, and should to 1", sample, sum);
  });
}

}  // namespace hearth::losses
