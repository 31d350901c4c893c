/// Which gradients travel together: the buckets of c10d's Reducer.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/data_parallel_options.hpp>

namespace hearth::dist::detail {

using Indices = std::vector<std::size_t>;

/// The sizes of buckets in bytes, as torch/nn/parallel/distributed.py chooses them.
struct BucketSizes {
  std::size_t first;               ///< the bucket whose gradients come first
  std::size_t cap;                 ///< the others
  std::vector<std::size_t> start;  ///< until the order is known in which gradients come

  std::vector<std::size_t> rebuilt() const { return {first, cap}; }
};

/// Like Python's: a cap that the user has not chosen, 25 MiB, has a first bucket of 1 MiB, so that something travels
/// early; and where buckets are made anew after the first step, that step puts all parameters into one.
inline BucketSizes bucket_sizes(const DataParallelOptions& options) {
  constexpr double mebibyte = 1024. * 1024;
  core::require(options.bucket_cap_mb > 0 && options.bucket_cap_mb <= 1 << 20,
                "DataParallelOptions: bucket_cap_mb must be above 0 and at most {}, but is {}", 1 << 20,
                options.bucket_cap_mb);
  const auto cap = static_cast<std::size_t>(options.bucket_cap_mb * mebibyte);
  const std::size_t first = options.bucket_cap_mb == DataParallelOptions().bucket_cap_mb ? 1024 * 1024 : cap;
  if (options.rebuild_buckets && (options.static_graph || !options.find_unused_parameters)) {
    return {first, cap, {static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max())}};
  }
  return {first, cap, first < cap ? std::vector<std::size_t>{first, cap} : std::vector<std::size_t>{cap}};
}

/// Fills buckets with the tensors in the given order, each type and device for itself; a bucket is full when it has
/// reached its size, and the last size is for all that follow. c10d::compute_bucket_assignment_by_size does the same.
inline std::vector<Indices> assign_buckets(const std::vector<at::Tensor>& tensors, const Indices& order,
                                           const std::vector<std::size_t>& sizes) {
  struct Open {
    at::ScalarType type;
    at::Device device;
    Indices indices;
    std::size_t bytes;
    std::size_t filled;  // how many buckets of this kind are full
  };
  std::vector<Open> open;
  std::vector<Indices> buckets;
  for (const std::size_t index : order) {
    const at::Tensor& tensor = tensors[index];
    auto place = std::find_if(open.begin(), open.end(), [&](const Open& kind) {
      return kind.type == tensor.scalar_type() && kind.device == tensor.device();
    });
    if (place == open.end()) {
      place = open.insert(open.end(), {tensor.scalar_type(), tensor.device(), {}, 0, 0});
    }
    place->indices.push_back(index);
    place->bytes += static_cast<std::size_t>(tensor.numel()) * tensor.element_size();
    if (place->bytes >= sizes[std::min(place->filled, sizes.size() - 1)]) {
      buckets.push_back(std::exchange(place->indices, {}));
      place->bytes = 0;
      ++place->filled;
    }
  }
  for (Open& kind : open) {
    if (!kind.indices.empty()) {
      buckets.push_back(std::move(kind.indices));
    }
  }
  return buckets;
}

/// The buckets to start with: filled in the order of the parameters, and reduced in the reverse of it, which is about
/// the order in which their gradients come.
inline std::vector<Indices> first_buckets(const std::vector<at::Tensor>& parameters, const BucketSizes& sizes) {
  Indices order(parameters.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::vector<Indices> buckets = assign_buckets(parameters, order, sizes.start);
  std::sort(buckets.begin(), buckets.end(),
            [](const Indices& left, const Indices& right) { return left.front() > right.front(); });
  return buckets;
}

}  // namespace hearth::dist::detail
