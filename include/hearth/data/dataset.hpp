/// What a dataset is: numbered samples, each written to its place in a batch, and a target for each: its label, mostly.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/target.hpp>

namespace hearth {

/// `size()` counts the samples. `read(index, random, sink)` writes sample `index` to the place that the sink hands out
/// and returns its target: the label, 0 … classes-1, or whatever else is TargetLike; all of one type and one shape.
/// Several threads call it at once, hence const. Its random choices come from `random` alone, which is the sample's own
/// stream of (seed, epoch, index, and how often the epoch has drawn it before). It throws Error, naming what it read,
/// when the sample cannot be read; any other std::exception means the same.
template <class D>
concept DatasetLike = requires(const D& dataset, std::size_t index, RandomStream& random, SampleSink& sink) {
  { dataset.size() } -> std::convertible_to<std::size_t>;
  { dataset.read(index, random, sink) } -> TargetLike;
};

/// What a dataset's `read` returns.
template <class D>
using TargetOf =
    decltype(std::declval<const D&>().read(std::size_t{}, std::declval<RandomStream&>(), std::declval<SampleSink&>()));

/// A dataset that knows how many classes its labels come from, so that a model's head can be checked against it.
template <class D>
concept KnowsClassCount = requires(const D& dataset) {
  { dataset.num_classes() } -> std::convertible_to<std::size_t>;
};

/// A dataset whose labels have names, in their order.
template <class D>
concept KnowsClasses = requires(const D& dataset) {
  { dataset.classes() } -> std::convertible_to<std::vector<std::string>>;
};

/// A dataset that can tell a sample's label without reading the sample.
template <class D>
concept KnowsLabels = requires(const D& dataset, std::size_t index) {
  { dataset.label(index) } -> std::convertible_to<std::int64_t>;
};

/// The labels of all samples, in their order. No sample is read.
template <class Dataset>
std::vector<std::int64_t> labels_of(const Dataset& dataset) {
  static_assert(KnowsLabels<Dataset>, "labels_of: the dataset must have label(index) const -> std::int64_t");
  std::vector<std::int64_t> labels(dataset.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = dataset.label(i);
  }
  return labels;
}

}  // namespace hearth
