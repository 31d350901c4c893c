#pragma once

#include <hearth/data/mix_up.hpp>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/beta.hpp>
#include <hearth/data/streams.hpp>

namespace hearth {

HEARTH_INLINE MixUp::MixUp(MixUpOptions options) : options_(options) {
  data::check_mix_options("MixUp", options.alpha, options.num_classes, options.p);
}

HEARTH_INLINE double MixUp::lambda(std::uint64_t epoch, std::size_t batch) const {
  RandomStream random = data::batch_stream(options_.seed, epoch, batch, 0);
  return random.bernoulli(options_.p) ? data::symmetric_beta(random, options_.alpha) : 1;
}

HEARTH_INLINE std::pair<at::Tensor, at::Tensor> MixUp::operator()(const at::Tensor& inputs, const at::Tensor& targets,
                                                                  std::uint64_t epoch, std::size_t batch) const {
  return mix(inputs, targets, lambda(epoch, batch));
}

HEARTH_INLINE std::pair<at::Tensor, at::Tensor> MixUp::mix(const at::Tensor& inputs, const at::Tensor& targets,
                                                           double lambda) const {
  data::check_batch("MixUp", inputs, targets);
  core::require(lambda >= 0 && lambda <= 1, "MixUp: lambda must be between 0 and 1, but got {}", lambda);
  const at::Tensor soft = data::soft_targets("MixUp", targets, options_.num_classes);
  if (lambda == 1) {
    return {inputs, soft};
  }
  return {data::mixed_rows(inputs, lambda), data::mixed_rows(soft, lambda)};
}

}  // namespace hearth
