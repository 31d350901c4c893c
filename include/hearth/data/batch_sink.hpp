/// Where a dataset writes all samples of a batch at once, and what such a dataset is.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/sample.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/target.hpp>

namespace hearth {

/// What `read_batch` of a dataset writes to. `place` and `raw_place` give the place of the first of the samples; the
/// others follow it in their order, each `shape.numel()` numbers behind the one before. They are asked for once, and so
/// are the targets.
class BatchSink : public SampleSink {
 public:
  /// Where the targets go, one beside the other: `shape.numel()` numbers each, float where `type` is float32,
  /// std::int64_t where it is int64.
  virtual void* targets(TargetView::Type type, const Shape& shape) = 0;

  /// The same for labels.
  std::int64_t* labels() { return static_cast<std::int64_t*>(targets(TargetView::Type::int64, {})); }

 protected:
  ~BatchSink() = default;
};

/// A dataset that can write several samples at once: `read_batch(indices, sink)` gives, for those numbers, the samples
/// and the targets that `read` would give one by one, bit for bit. It draws nothing at random. DataLoader calls it
/// where it is there, from several threads at once, hence const. What it throws is not seen: the batch is then read
/// sample by sample, and `read` says which one is bad.
///
///     void read_batch(std::span<const std::size_t> indices, BatchSink& sink) const;
template <class D>
concept BatchReadable = DatasetLike<D> &&
    requires(const D& dataset, std::span<const std::size_t> indices, BatchSink& sink) {
  dataset.read_batch(indices, sink);
};

}  // namespace hearth
