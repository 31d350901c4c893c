#pragma once

#include <hearth/datasets/image_cache.hpp>

#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include <hearth/core/background_thread.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/free_memory.hpp>
#include <hearth/datasets/in_threads.hpp>

namespace hearth {

HEARTH_INLINE std::string CacheUse::to_string() const {
  constexpr double gigabyte = 1e9;
  std::string text = fmt::format("{} of {} images are in memory ({:.1f} of {:.1f} GB)", images, size,
                                 static_cast<double>(bytes) / gigabyte, static_cast<double>(max_bytes) / gigabyte);
  return refused == 0 ? text : text + fmt::format("; {} do not fit and are read each time", refused);
}

}  // namespace hearth

namespace hearth::datasets {

HEARTH_INLINE ImageCache::ImageCache(std::size_t size, std::optional<std::uint64_t> max_bytes)
    : size_(size),
      max_bytes_(max_bytes ? *max_bytes : core::free_memory() / 2 / core::processes_of_machine()),
      slots_(std::make_unique<std::atomic<const Image*>[]>(size)) {}

HEARTH_INLINE ImageCache::~ImageCache() {
  for (std::size_t i = 0; i < size_; ++i) {
    if (const Image* const image = slots_[i].load(); image != &refused_) {
      delete image;
    }
  }
}

HEARTH_INLINE const Image* ImageCache::keep(std::size_t index, Image& image) {
  check(index);
  constexpr std::size_t beside = sizeof(Image) + 4 * sizeof(void*);  // and what the allocator takes for two blocks
  const std::uint64_t bytes = image.pixels().capacity() + beside;
  const Image* expected = nullptr;
  std::uint64_t taken = bytes_;
  do {
    if (bytes > max_bytes_ || taken > max_bytes_ - bytes) {
      refusals_ += slots_[index].compare_exchange_strong(expected, &refused_, std::memory_order_acq_rel) ? 1 : 0;
      return nullptr;
    }
  } while (!bytes_.compare_exchange_weak(taken, taken + bytes));
  auto kept = std::make_unique<const Image>(std::move(image));
  if (slots_[index].compare_exchange_strong(expected, kept.get(), std::memory_order_acq_rel)) {
    ++images_;
    return kept.release();
  }
  bytes_.fetch_sub(bytes);
  if (expected == &refused_) {  // another thread read it when more was taken
    image = Image(*kept);
    return nullptr;
  }
  return expected;
}

HEARTH_INLINE void ImageCache::fill(int workers, const StopToken& stop, core::FunctionRef<void(std::size_t)> load) {
  core::require(workers >= 0, "CachedImages: workers must be at least 0, but got {}", workers);
  const std::size_t refused = refusals_;
  in_threads(size_, threads_for(workers), [&](std::size_t index) {
    if (stop.stop_requested() || refusals_ != refused) {
      return false;
    }
    if (slots_[index].load(std::memory_order_acquire) == nullptr) {
      try {
        load(index);
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception&) {  // whoever reads the image gets its error
      }
    }
    return true;
  });
}

HEARTH_INLINE CacheUse ImageCache::use() const noexcept {
  return {images_, refusals_, size_, bytes_, max_bytes_};
}

HEARTH_INLINE void ImageCache::fail_index(std::size_t index) const {
  core::fail("CachedImages: index {} is out of range: there are {} images", index, size_);
}

}  // namespace hearth::datasets
