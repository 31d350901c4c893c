/// Decoded images in memory, within a budget: what CachedImages shares between its copies and threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/image/image.hpp>

namespace hearth {

/// What a cache of images holds.
struct CacheUse {
  std::size_t images = 0;       ///< in memory
  std::size_t refused = 0;      ///< did not fit, so they are read from below each time
  std::size_t size = 0;         ///< of the dataset; what is neither in memory nor refused was not read yet
  std::uint64_t bytes = 0;      ///< that the images take
  std::uint64_t max_bytes = 0;  ///< that they may take

  /// "812 of 1,000 images are in memory (2.0 of 2.0 GB); 188 do not fit and are read each time"
  std::string to_string() const;
};

}  // namespace hearth

namespace hearth::datasets {

/// Several threads call it at once. An image that is there is found without a lock, and stays.
class ImageCache {
 public:
  /// For images 0 to `size` - 1. `max_bytes`: left out, half of the memory that is free now.
  ImageCache(std::size_t size, std::optional<std::uint64_t> max_bytes);
  ~ImageCache();
  ImageCache(const ImageCache&) = delete;
  ImageCache& operator=(const ImageCache&) = delete;

  /// The image, if it is in memory. Throws Error when there is no image `index`.
  const Image* find(std::size_t index) const {
    check(index);
    const Image* const image = slots_[index].load(std::memory_order_acquire);
    return image == &refused_ ? nullptr : image;
  }

  /// Was the image found to be more than what is left?
  bool was_refused(std::size_t index) const {
    check(index);
    return slots_[index].load(std::memory_order_acquire) == &refused_;
  }

  /// Takes the image, unless it does not fit: then there is none, and `image` is as it was. Where another thread has
  /// brought it meanwhile, that one counts.
  const Image* keep(std::size_t index, Image& image);

  /// Calls `load(index)`, which calls `keep`, for each image, in as many threads as `workers` (0: as there are cores),
  /// until all were called or one did not fit. An image that cannot be loaded is left out.
  void fill(int workers, const StopToken& stop, core::FunctionRef<void(std::size_t)> load);

  CacheUse use() const noexcept;

 private:
  void check(std::size_t index) const {
    if (index >= size_) [[unlikely]] {
      fail_index(index);
    }
  }
  [[noreturn]] void fail_index(std::size_t index) const;

  std::size_t size_;
  std::uint64_t max_bytes_;
  const Image refused_;
  std::unique_ptr<std::atomic<const Image*>[]> slots_;  // null: not read yet
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::size_t> images_ = 0;
  std::atomic<std::size_t> refusals_ = 0;
};

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/image_cache.ipp>
#endif
