/// Several datasets, of any types, one after the other.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/target.hpp>

namespace hearth::datasets {

template <class T>
concept IntegerLike = std::convertible_to<T, std::int64_t> && !std::floating_point<T>;

/// The type that holds targets of all these types, in a std::type_identity; void, where there is none.
template <class First, class... Others>
constexpr auto common_target() {
  if constexpr ((std::same_as<First, Others> && ...)) {
    return std::type_identity<First>();
  } else if constexpr (IntegerLike<First> && (IntegerLike<Others> && ...)) {
    return std::type_identity<std::int64_t>();
  } else if constexpr (std::constructible_from<TargetView, First> &&
                       (std::constructible_from<TargetView, Others> && ...)) {
    return std::type_identity<TargetView>();
  } else {
    return std::type_identity<void>();
  }
}

/// The same for the targets of datasets; void, too, where one is no dataset.
template <class... Datasets>
constexpr auto common_target_of() {
  if constexpr ((DatasetLike<Datasets> && ...)) {
    return common_target<std::remove_cvref_t<TargetOf<Datasets>>...>();
  } else {
    return std::type_identity<void>();
  }
}

}  // namespace hearth::datasets

namespace hearth {

/// The samples of the first dataset, then those of the second, and so on; torch.utils.data.ConcatDataset. It knows
/// classes and labels where all of them do.
template <class... Datasets>
class ConcatDataset {
  static_assert(sizeof...(Datasets) > 0, "ConcatDataset: give it at least one dataset");
  static_assert((DatasetLike<Datasets> && ...),
                "ConcatDataset: each Dataset must be DatasetLike: size() and read(index, random, sink) -> target, both "
                "const; see hearth/data/dataset.hpp");

  using Target = typename decltype(datasets::common_target_of<Datasets...>())::type;
  static_assert(!std::same_as<Target, void> || !(DatasetLike<Datasets> && ...),
                "ConcatDataset: the datasets give targets of different kinds, which cannot be in one batch");

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

  /// The target is the datasets' where all give the same kind; int64, where all are integers; a TargetView, where some
  /// give floats and some integers. In a batch the targets must agree all the same.
  Target read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return at<Target>(index, [&](const auto& dataset, std::size_t inner) { return dataset.read(inner, random, sink); });
  }

  std::int64_t label(std::size_t index) const requires(KnowsLabels<Datasets>&&...) {
    return at<std::int64_t>(index, [](const auto& dataset, std::size_t inner) { return dataset.label(inner); });
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

  /// `visit(dataset, inner)` for the dataset, `I` or a later one, that sample `index` falls into, and its number there.
  template <class Result, std::size_t I = 0, class Visit>
  Result at(std::size_t index, const Visit& visit) const {
    if (index < ends_[I]) {
      return static_cast<Result>(visit(dataset<I>(), index - (I == 0 ? 0 : ends_[I - 1])));
    }
    if constexpr (I + 1 < sizeof...(Datasets)) {
      return at<Result, I + 1>(index, visit);
    } else {
      core::fail("ConcatDataset: index {} is out of range: there are {} samples", index, size());
    }
  }

  std::tuple<Datasets...> datasets_;
  std::array<std::size_t, sizeof...(Datasets)> ends_{};
};

}  // namespace hearth
