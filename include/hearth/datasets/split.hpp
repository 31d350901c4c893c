/// A dataset divided into parts: at random, or so that each part has the classes' shares.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/subset.hpp>

namespace hearth::datasets {

/// The sample numbers of each part.
using Parts = std::vector<std::vector<std::size_t>>;

Parts random_parts(std::size_t size, std::span<const std::int64_t> lengths, std::uint64_t seed);
Parts random_parts(std::size_t size, std::span<const double> fractions, std::uint64_t seed);
Parts stratified_parts(std::span<const std::int64_t> labels, std::span<const double> fractions, std::uint64_t seed);

/// The parts as subsets of one dataset, which they share.
template <std::size_t N, class Dataset>
std::array<Subset<Dataset>, N> subsets(Dataset dataset, Parts parts) {
  const auto shared = std::make_shared<const Dataset>(std::move(dataset));
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Subset<Dataset>, N>{Subset<Dataset>(shared, std::move(parts[I]))...};
  }
  (std::make_index_sequence<N>());
}

}  // namespace hearth::datasets

namespace hearth {

/// The dataset in random parts of the given fractions, which sum to 1, or lengths, which sum to its size; the parts
/// share it, and are a function of its size, the fractions and the seed. torch.utils.data.random_split, whose rule for
/// fractions it keeps: every part has floor(fraction * size) samples, and what is left is dealt to the parts in turn,
/// one each. Throws Error when a fraction or length is negative, or when they sum to something else.
///
///     auto [train, val] = random_split(dataset, {0.9, 0.1}, 42);
///     auto [one, other] = random_split(dataset, {50000, 10000}, 42);
template <class Dataset, class Number, std::size_t N>
std::array<Subset<Dataset>, N> random_split(Dataset dataset, const Number (&parts)[N], std::uint64_t seed = 0) {
  static_assert(std::floating_point<Number> || std::integral<Number>,
                "random_split: give the parts as fractions, {0.9, 0.1}, or as lengths, {900, 100}");
  using Size = std::conditional_t<std::floating_point<Number>, double, std::int64_t>;
  std::array<Size, N> sizes{};
  for (std::size_t i = 0; i < N; ++i) {
    sizes[i] = static_cast<Size>(parts[i]);
  }
  const std::size_t size = dataset.size();
  return datasets::subsets<N>(std::move(dataset), datasets::random_parts(size, std::span<const Size>(sizes), seed));
}

/// The dataset in parts of the given fractions, which sum to 1, each of which has the same share of every class: its
/// fraction of the class's samples, rounded up or down. What is rounded in one class is made up for in the next, so
/// that the parts themselves have their fractions too. Which samples a part has is a function of the labels, the
/// fractions and the seed; they are in the dataset's order. No sample is read. Throws Error as random_split.
///
///     auto [train, val] = stratified_split(ImageFolder{"train"}, {0.9, 0.1}, 42);
template <class Dataset, std::size_t N>
std::array<Subset<Dataset>, N> stratified_split(Dataset dataset, const double (&fractions)[N], std::uint64_t seed = 0) {
  static_assert(KnowsLabels<Dataset>, "stratified_split: the dataset must have label(index) const -> std::int64_t");
  const std::vector<std::int64_t> labels = labels_of(dataset);
  return datasets::subsets<N>(std::move(dataset), datasets::stratified_parts(labels, fractions, seed));
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/split.ipp>
#endif
