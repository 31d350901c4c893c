#pragma once

#include <hearth/data/cut_mix.hpp>

#include <algorithm>
#include <cmath>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/beta.hpp>
#include <hearth/data/streams.hpp>

namespace hearth {

namespace detail {

inline void check_pictures(const at::Tensor& inputs, const at::Tensor& targets) {
  data::check_batch("CutMix", inputs, targets);
  core::require(inputs.dim() >= 4 && inputs.size(-1) > 0 && inputs.size(-2) > 0,
                "CutMix: inputs must be pictures [N, C, H, W], but have {} dimensions{}", inputs.dim(),
                inputs.dim() >= 4 ? ", and one of them is 0" : "");
}

}  // namespace detail

HEARTH_INLINE CutMix::CutMix(CutMixOptions options) : options_(options) {
  data::check_mix_options("CutMix", options.alpha, options.num_classes, options.p);
}

HEARTH_INLINE CutMixBox CutMix::box_around(std::int64_t x, std::int64_t y, double lambda, std::int64_t height,
                                           std::int64_t width) {
  core::require(lambda >= 0 && lambda <= 1, "CutMix: lambda must be between 0 and 1, but got {}", lambda);
  const double half = 0.5 * std::sqrt(1.0 - lambda);
  const auto half_width = static_cast<std::int64_t>(half * static_cast<double>(width));
  const auto half_height = static_cast<std::int64_t>(half * static_cast<double>(height));
  return {std::max<std::int64_t>(x - half_width, 0), std::max<std::int64_t>(y - half_height, 0),
          std::min(x + half_width, width), std::min(y + half_height, height)};
}

HEARTH_INLINE CutMixBox CutMix::box(std::uint64_t epoch, std::size_t batch, std::int64_t height,
                                    std::int64_t width) const {
  core::require(height >= 1 && width >= 1, "CutMix: a picture must be at least 1 x 1, but got {} x {}", height, width);
  RandomStream random = data::batch_stream(options_.seed, epoch, batch, 0);
  if (!random.bernoulli(options_.p)) {
    return {};
  }
  const double lambda = data::symmetric_beta(random, options_.alpha);
  const auto x = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(width)));
  const auto y = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(height)));
  return box_around(x, y, lambda, height, width);
}

HEARTH_INLINE std::pair<at::Tensor, at::Tensor> CutMix::operator()(const at::Tensor& inputs, const at::Tensor& targets,
                                                                   std::uint64_t epoch, std::size_t batch) const {
  detail::check_pictures(inputs, targets);
  return mix(inputs, targets, box(epoch, batch, inputs.size(-2), inputs.size(-1)));
}

HEARTH_INLINE std::pair<at::Tensor, at::Tensor> CutMix::mix(const at::Tensor& inputs, const at::Tensor& targets,
                                                            const CutMixBox& box) const {
  detail::check_pictures(inputs, targets);
  const at::Tensor soft = data::soft_targets("CutMix", targets, options_.num_classes);
  if (box.is_empty()) {
    return {inputs, soft};
  }
  const std::int64_t height = inputs.size(-2);
  const std::int64_t width = inputs.size(-1);
  core::require(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= width && box.y2 <= height,
                "CutMix: the rectangle from ({}, {}) to ({}, {}) is not within {} x {} pixels", box.x1, box.y1, box.x2,
                box.y2, width, height);
  const auto inside = [&](const at::Tensor& pictures) {
    return pictures.slice(-2, box.y1, box.y2).slice(-1, box.x1, box.x2);
  };
  at::Tensor mixed = inputs.clone();
  inside(mixed).copy_(data::rolled_rows(inside(inputs)));
  const auto area = static_cast<double>((box.x2 - box.x1) * (box.y2 - box.y1));
  const double lambda = 1.0 - area / static_cast<double>(width * height);
  return {mixed, data::mixed_rows(soft, lambda)};
}

}  // namespace hearth
