#pragma once

#include <hearth/transforms/compose.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <hearth/core/error.hpp>

namespace hearth::detail {

HEARTH_INLINE Shape PartsSink::shape_of_all(const Shape& shape) const {
  core::require(shape.rank() < Shape::max_rank,
                "Compose: a sample of several images would have more than {} "
                "dimensions: {} each",
                Shape::max_rank, shape.to_string());
  std::array<std::int64_t, Shape::max_rank> sizes{static_cast<std::int64_t>(count_)};
  std::copy(shape.begin(), shape.end(), sizes.begin() + 1);
  return Shape(std::span(sizes.data(), shape.rank() + 1));
}

HEARTH_INLINE std::ptrdiff_t PartsSink::next(const Shape& shape) {
  const bool equal =
      shape.rank() + 1 == whole_.shape.rank() && std::equal(shape.begin(), shape.end(), whole_.shape.begin() + 1);
  core::require(equal && given_ < count_,
                "Compose: the images that one is made into must become samples of one shape, but image {} has {} and "
                "all of them have {}",
                given_, shape.to_string(), whole_.shape.to_string());
  return static_cast<std::ptrdiff_t>(given_++);
}

HEARTH_INLINE SamplePlace PartsSink::place(const Shape& shape) {
  if (given_ == 0) {
    const SamplePlace whole = sink_.place(shape_of_all(shape));
    whole_ = {whole.data, Dtype::float32, whole.shape, whole.layout};
  }
  return {static_cast<float*>(whole_.data) + next(shape) * shape.numel(), shape, Layout::contiguous};
}

HEARTH_INLINE RawPlace PartsSink::raw_place(const Shape& shape, const std::shared_ptr<const Normalization>& bytes) {
  if (given_ == 0) {
    whole_ = sink_.raw_place(shape_of_all(shape), bytes);
  }
  const std::ptrdiff_t offset = next(shape) * shape.numel() * bytes_of(whole_.dtype);
  return {static_cast<std::byte*>(whole_.data) + offset, whole_.dtype, shape, Layout::contiguous};
}

}  // namespace hearth::detail
