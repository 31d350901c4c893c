#pragma once

#include <hearth/transforms/compose.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <hearth/core/error.hpp>

namespace hearth::detail {

HEARTH_INLINE SamplePlace PartsSink::place(const Shape& shape) {
  if (given_ == 0) {
    core::require(shape.rank() < Shape::max_rank,
                  "Compose: a sample of several images would have more than {} "
                  "dimensions: {} each",
                  Shape::max_rank, shape.to_string());
    std::array<std::int64_t, Shape::max_rank> sizes{static_cast<std::int64_t>(count_)};
    std::copy(shape.begin(), shape.end(), sizes.begin() + 1);
    whole_ = sink_.place(Shape(std::span(sizes.data(), shape.rank() + 1)));
  }
  const bool equal =
      shape.rank() + 1 == whole_.shape.rank() && std::equal(shape.begin(), shape.end(), whole_.shape.begin() + 1);
  core::require(equal && given_ < count_,
                "Compose: the images that one is made into must become samples of one shape, but image {} has {} and "
                "all of them have {}",
                given_, shape.to_string(), whole_.shape.to_string());
  const auto place = static_cast<std::ptrdiff_t>(given_++) * shape.numel();
  return {whole_.data + place, shape, Layout::contiguous};
}

}  // namespace hearth::detail
