/// A dataset whose targets are others than those of the one it is made of.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/target.hpp>
#include <hearth/datasets/image_dataset.hpp>

namespace hearth::datasets {

/// A function that makes labels of labels.
template <class F>
concept MakesLabels = requires(const F& function, std::int64_t label) {
  { function(label) } -> std::convertible_to<std::int64_t>;
  requires !std::floating_point<decltype(function(label))>;
};

}  // namespace hearth::datasets

namespace hearth {

/// The samples of a dataset, with `function(target)` as their targets, what torchvision calls a target_transform:
///
///     MapTargets animals{pets, [](std::int64_t breed) { return is_cat(breed) ? 0 : 1; }, {"cat", "dog"}};
///     MapTargets one_hot{dataset, [](std::int64_t label) { std::array<float, 10> t{}; t[label] = 1; return t; }};
///
/// Several threads call the function at once. What the old classes are called says nothing of the new targets: it knows
/// classes only where it is given their names (`dataset.classes()`, where they stay). It knows labels where the dataset
/// does and the function makes integers of integers.
template <class Dataset, class Function, bool HasClasses = false>
class MapTargets {
  static_assert(DatasetLike<Dataset>,
                "MapTargets: Dataset must be DatasetLike: size() and read(index, random, sink) -> target, both const; "
                "see hearth/data/dataset.hpp");
  static_assert(
      !DatasetLike<Dataset> ||
          requires(const Dataset& dataset, const Function& function, RandomStream& random, SampleSink& sink) {
            { function(dataset.read(0, random, sink)) } -> TargetLike;
          },
      "MapTargets: Function must take a target of the dataset's, be callable when const, and give a target "
      "(TargetLike); see hearth/data/target.hpp");

 public:
  MapTargets(Dataset dataset, Function function) requires(!HasClasses)
      : dataset_(std::move(dataset)), function_(std::move(function)) {}

  /// `classes` are the names of the new labels, in their order.
  MapTargets(Dataset dataset, Function function, std::vector<std::string> classes) requires HasClasses
      : dataset_(std::move(dataset)),
        function_(std::move(function)),
        classes_(std::make_shared<const std::vector<std::string>>(std::move(classes))) {}

  std::size_t size() const { return dataset_.size(); }

  auto read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return function_(dataset_.read(index, random, sink));
  }

  std::int64_t label(std::size_t index) const requires KnowsLabels<Dataset> && datasets::MakesLabels<Function> {
    return function_(static_cast<std::int64_t>(dataset_.label(index)));
  }

  const std::vector<std::string>& classes() const noexcept requires HasClasses { return *classes_; }
  std::size_t num_classes() const noexcept requires HasClasses { return classes_->size(); }

  /// What the dataset has, where it has it: see image_dataset.hpp.
  decltype(auto) image(std::size_t index) const requires HasImages<Dataset> { return dataset_.image(index); }
  decltype(auto) encoded(std::size_t index) const requires HasEncodedImages<Dataset> { return dataset_.encoded(index); }
  decltype(auto) path(std::size_t index) const requires KnowsPaths<Dataset> { return dataset_.path(index); }
  auto target(std::size_t index) const requires datasets::TellsTargets<Dataset> {
    return function_(datasets::target_of(dataset_, index));
  }
  const auto& transform() const requires KnowsTransform<Dataset> { return dataset_.transform(); }

  const Dataset& dataset() const noexcept { return dataset_; }

 private:
  Dataset dataset_;
  [[no_unique_address]] Function function_;
  std::shared_ptr<const std::vector<std::string>> classes_;
};

template <class Dataset, class Function>
MapTargets(Dataset, Function) -> MapTargets<Dataset, Function>;
template <class Dataset, class Function>
MapTargets(Dataset, Function, std::vector<std::string>) -> MapTargets<Dataset, Function, true>;

}  // namespace hearth
