/// Several datasets, of any types, one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/dataset.hpp>

namespace hearth {

/// The samples of the first dataset, then those of the second, and so on; torch.utils.data.ConcatDataset. It knows
/// classes and labels where all of them do.
template <class... Datasets>
class ConcatDataset {
  static_assert(sizeof...(Datasets) > 0, "ConcatDataset: give it at least one dataset");
  static_assert((DatasetLike<Datasets> && ...),
                "ConcatDataset: each Dataset must be DatasetLike: size() and read(index, random, sink) -> label, both "
                "const; see hearth/data/dataset.hpp");

 public:
  /// Throws Error when the datasets disagree about their classes: equal labels must mean the same.
  explicit ConcatDataset(Datasets... datasets) : datasets_(std::move(datasets)...) {
    std::size_t i = 0;
    each([&](const auto& dataset) {
      ends_[i] = (i == 0 ? 0 : ends_[i - 1]) + dataset.size();
      ++i;
    });
    if constexpr ((KnowsClassCount<Datasets> && ...)) {
      each([&](const auto& dataset) {
        core::require(static_cast<std::size_t>(dataset.num_classes()) == num_classes(),
                      "ConcatDataset: the datasets have {} and {} classes; their labels must mean the same",
                      num_classes(), dataset.num_classes());
      });
    }
    if constexpr ((KnowsClasses<Datasets> && ...)) {
      each([&](const auto& dataset) {
        core::require(dataset.classes() == classes(),
                      "ConcatDataset: the datasets name their classes differently; their labels must mean the same");
      });
    }
  }

  std::size_t size() const noexcept { return ends_.back(); }

  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return at(index, [&](const auto& dataset, std::size_t inner) -> std::int64_t {
      return dataset.read(inner, random, sink);
    });
  }

  std::int64_t label(std::size_t index) const requires(KnowsLabels<Datasets>&&...) {
    return at(index, [](const auto& dataset, std::size_t inner) -> std::int64_t { return dataset.label(inner); });
  }

  const auto& classes() const requires(KnowsClasses<Datasets>&&...) { return std::get<0>(datasets_).classes(); }

  std::size_t num_classes() const requires(KnowsClassCount<Datasets>&&...) {
    return std::get<0>(datasets_).num_classes();
  }

  /// Dataset `I` of those it was made of.
  template <std::size_t I>
  const auto& dataset() const noexcept {
    return std::get<I>(datasets_);
  }

 private:
  template <class Visit>
  void each(const Visit& visit) const {
    std::apply([&](const auto&... dataset) { (visit(dataset), ...); }, datasets_);
  }

  /// Calls `visit(dataset, inner)` for the dataset that sample `index` falls into, and its number there.
  template <class Visit>
  std::int64_t at(std::size_t index, const Visit& visit) const {
    core::require(index < size(), "ConcatDataset: index {} is out of range: there are {} samples", index, size());
    std::int64_t result = 0;
    std::size_t i = 0;
    std::size_t begin = 0;
    const auto visit_if_inside = [&](const auto& dataset) {
      const std::size_t end = ends_[i++];
      const bool inside = index < end;
      if (inside) {
        result = visit(dataset, index - begin);
      }
      begin = end;
      return inside;
    };
    std::apply([&](const auto&... dataset) { static_cast<void>((visit_if_inside(dataset) || ...)); }, datasets_);
    return result;
  }

  std::tuple<Datasets...> datasets_;
  std::array<std::size_t, sizeof...(Datasets)> ends_{};
};

}  // namespace hearth
