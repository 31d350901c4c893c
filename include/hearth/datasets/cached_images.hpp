/// A dataset's images, decoded once and kept in memory.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/image_cache.hpp>
#include <hearth/datasets/image_dataset.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

struct CachedImagesOptions {
  /// The most bytes of memory that images may take, three for each pixel; left out: half of what is free when the cache
  /// is made, in the machine and in the container that the process runs in, shared out among the processes of the job
  /// on this machine. Memory is taken as images are read: of several caches, say each one's own budget.
  std::optional<std::uint64_t> max_bytes = std::nullopt;
};

/// The samples of a dataset of images, which decodes each image when it is read first and then has it in memory:
///
///     CachedImages train{ImageFolder{"train", augment}, {.max_bytes = 20'000'000'000}};
///
/// The transform goes over the image each time, with the same random choices, so that batches are those of the dataset
/// itself, bit for bit. What does not fit into `max_bytes` is read from the dataset each time; `use()` tells how much
/// that is. An image that cannot be decoded is not kept: it is an Error each time it is read. Copies share the images,
/// and threads read them without locks.
template <class Dataset>
class CachedImages {
  static_assert(DatasetLike<Dataset> && HasImages<Dataset> && KnowsTransform<Dataset> &&
                    datasets::TellsTargets<Dataset>,
                "CachedImages: Dataset must have image(index), transform() and label(index) or target(index) beside "
                "size() and read(index, random, sink); see hearth/datasets/image_dataset.hpp");

 public:
  /// Throws Error when the dataset does not decode exactly (DecodeOptions::exact is off).
  explicit CachedImages(Dataset dataset, CachedImagesOptions options = {})
      : dataset_(std::move(dataset)),
        cache_(std::make_shared<datasets::ImageCache>(dataset_.size(), options.max_bytes)) {
    static_assert(std::same_as<std::remove_cvref_t<decltype(dataset_.image(0))>, Image>,
                  "CachedImages: the dataset has its images in memory already: it gives views of them");
    core::require(
        datasets::decodes_exactly(dataset_),
        "CachedImages: the dataset decodes an image at the size that a sample needs (exact is off), so there is "
        "no one image to keep: leave exact on");
  }

  std::size_t size() const { return dataset_.size(); }

  TargetOf<Dataset> read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    const Image* image = cache_->find(index);
    if (image == nullptr && cache_->was_refused(index)) {
      return dataset_.read(index, random, sink);
    }
    Image decoded;
    if (image == nullptr) {
      try {
        decoded = dataset_.image(index);
      } catch (const std::exception&) {  // of a damaged image, the part that a sample needs may be sound
        return dataset_.read(index, random, sink);
      }
      image = cache_->keep(index, decoded);
    }
    try {
      dataset_.transform().write(image != nullptr ? image->view() : decoded.view(), random, sink);
    } catch (const std::exception&) {
      if constexpr (KnowsPaths<Dataset>) {
        datasets::fail_transform([&]() -> std::filesystem::path { return dataset_.path(index); });
      } else {
        throw;
      }
    }
    return datasets::target_of(dataset_, index);
  }

  /// Decodes images ahead, in as many threads as `workers` (0: as there are cores), until all are in memory, one does
  /// not fit, or `stop` is requested. Images that cannot be decoded are left for their Error when they are read.
  /// Returns what is in memory then.
  CacheUse fill(int workers = 0, const StopToken& stop = {}) const {
    cache_->fill(workers, stop, [this](std::size_t index) {
      Image decoded = dataset_.image(index);
      cache_->keep(index, decoded);
    });
    return use();
  }

  /// What is in memory now.
  CacheUse use() const noexcept { return cache_->use(); }

  /// Image `index`, before the transform: a copy.
  Image image(std::size_t index) const {
    const Image* const image = cache_->find(index);
    return image != nullptr ? *image : dataset_.image(index);
  }

  /// What the dataset has, where it has it: see image_dataset.hpp.
  std::int64_t label(std::size_t index) const requires KnowsLabels<Dataset> { return dataset_.label(index); }
  decltype(auto) target(std::size_t index) const { return datasets::target_of(dataset_, index); }
  decltype(auto) encoded(std::size_t index) const requires HasEncodedImages<Dataset> { return dataset_.encoded(index); }
  decltype(auto) path(std::size_t index) const requires KnowsPaths<Dataset> { return dataset_.path(index); }
  const auto& classes() const requires KnowsClasses<Dataset> { return dataset_.classes(); }
  std::size_t num_classes() const requires KnowsClassCount<Dataset> { return dataset_.num_classes(); }
  const auto& class_to_index() const requires KnowsClassFolders<Dataset> { return dataset_.class_to_index(); }
  const auto& transform() const { return dataset_.transform(); }

  const Dataset& dataset() const noexcept { return dataset_; }

 private:
  Dataset dataset_;
  std::shared_ptr<datasets::ImageCache> cache_;
};

}  // namespace hearth
