#pragma once

#include <hearth/core/sample.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE Shape::Shape(std::span<const std::int64_t> sizes) : rank_(sizes.size()) {
  core::require(rank_ <= max_rank, "Shape: a sample has at most {} dimensions, but got {}", max_rank, rank_);
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
}

HEARTH_INLINE std::string Shape::to_string() const {
  return fmt::format("[{}]", fmt::join(begin(), end(), ", "));
}

HEARTH_INLINE RawPlace SampleSink::raw_place(const Shape& shape, const std::shared_ptr<const Normalization>&) {
  const SamplePlace floats = place(shape);
  return {floats.data, Dtype::float32, floats.shape, floats.layout};
}

}  // namespace hearth
