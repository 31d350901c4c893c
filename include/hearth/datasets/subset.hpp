/// A part of a dataset: samples picked by number, or the first few of each class.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/image_dataset.hpp>

namespace hearth {

/// The samples `indices` of a dataset, in that order; torch.utils.data.Subset. An index may come more than once. It
/// knows classes and labels where the dataset does. Copies share the dataset and the numbers.
template <class Dataset>
class Subset {
  static_assert(DatasetLike<Dataset>,
                "Subset: Dataset must be DatasetLike: size() and read(index, random, sink) -> target, both const; see "
                "hearth/data/dataset.hpp");

 public:
  /// Throws Error when an index is none of the dataset's.
  Subset(Dataset dataset, std::vector<std::size_t> indices)
      : Subset(std::make_shared<const Dataset>(std::move(dataset)), std::move(indices)) {}

  /// The same of a dataset that others hold too.
  Subset(std::shared_ptr<const Dataset> dataset, std::vector<std::size_t> indices)
      : dataset_(std::move(dataset)), indices_(std::make_shared<const std::vector<std::size_t>>(std::move(indices))) {
    const std::size_t count = dataset_->size();
    for (const std::size_t index : *indices_) {
      core::require(index < count, "Subset: index {} is out of range: the dataset has {} samples", index, count);
    }
  }

  std::size_t size() const noexcept { return indices_->size(); }

  decltype(auto) read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    return dataset_->read(original(index), random, sink);
  }

  void read_batch(std::span<const std::size_t> indices, BatchSink& sink) const requires BatchReadable<Dataset> {
    const core::ThreadSpare<std::vector<std::size_t>> originals;
    originals->resize(indices.size());
    std::transform(indices.begin(), indices.end(), originals->begin(), [this](std::size_t i) { return original(i); });
    dataset_->read_batch(*originals, sink);
  }

  std::int64_t label(std::size_t index) const requires KnowsLabels<Dataset> { return dataset_->label(original(index)); }

  const auto& classes() const requires KnowsClasses<Dataset> { return dataset_->classes(); }

  std::size_t num_classes() const requires KnowsClassCount<Dataset> { return dataset_->num_classes(); }

  /// What the dataset has, where it has it: see image_dataset.hpp.
  decltype(auto) image(std::size_t index) const requires HasImages<Dataset> { return dataset_->image(original(index)); }
  decltype(auto) encoded(std::size_t index) const requires HasEncodedImages<Dataset> {
    return dataset_->encoded(original(index));
  }
  decltype(auto) path(std::size_t index) const requires KnowsPaths<Dataset> { return dataset_->path(original(index)); }
  decltype(auto) target(std::size_t index) const requires KnowsTargets<Dataset> {
    return dataset_->target(original(index));
  }
  const auto& class_to_index() const requires KnowsClassFolders<Dataset> { return dataset_->class_to_index(); }
  const auto& transform() const requires KnowsTransform<Dataset> { return dataset_->transform(); }

  const Dataset& dataset() const noexcept { return *dataset_; }
  const std::vector<std::size_t>& indices() const noexcept { return *indices_; }

 private:
  std::size_t original(std::size_t index) const {
    core::require(index < size(), "Subset: index {} is out of range: it has {} samples", index, size());
    return (*indices_)[index];
  }

  std::shared_ptr<const Dataset> dataset_;
  std::shared_ptr<const std::vector<std::size_t>> indices_;
};

/// The first `count` samples of each class in the dataset's order (all of a class that has fewer). Reads no sample.
/// Throws Error when `count` is 0.
template <class Dataset>
Subset<Dataset> first_per_class(Dataset dataset, std::size_t count) {
  static_assert(KnowsLabels<Dataset>, "first_per_class: the dataset must have label(index) const -> std::int64_t");
  core::require(count > 0, "first_per_class: count must be at least 1, but got 0");
  std::map<std::int64_t, std::size_t> taken;
  std::vector<std::size_t> indices;
  const std::size_t size = dataset.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (taken[dataset.label(i)]++ < count) {
      indices.push_back(i);
    }
  }
  return {std::move(dataset), std::move(indices)};
}

}  // namespace hearth
