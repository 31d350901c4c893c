/// The memory of a batch: samples are written straight into it, and it is used again when nobody else holds it.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/sample.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/reusable_tensor.hpp>
#include <hearth/data/skipped_samples.hpp>
#include <hearth/data/target_memory.hpp>

namespace hearth::data {

/// The size and the kind of a batch's memory.
struct BatchMemoryOptions {
  std::size_t capacity = 1;  ///< samples at most
  Layout layout = Layout::contiguous;
  bool pin = false;  ///< page-locked, for copies to a GPU that do not wait
  Dtype dtype = Dtype::float32;
};

/// The same type in LibTorch's words.
constexpr at::ScalarType scalar_type(Dtype dtype) noexcept {
  switch (dtype) {
    case Dtype::bfloat16:
      return at::kBFloat16;
    case Dtype::float16:
      return at::kHalf;
    case Dtype::uint8:
      return at::kByte;
    case Dtype::float32:
      break;
  }
  return at::kFloat;
}

/// Takes the samples of a batch, each at its place (BatchPlaces writes there). The first place that is asked for
/// decides the shape of the batch's inputs, and the first target that is accepted type and shape of its targets: until
/// a sample is accepted one thread alone may write, then several threads may, each to other places.
class BatchMemory {
 public:
  /// Begins batch `index` of an epoch, with which the epoch has drawn `drawn` samples; it has `count` places.
  void begin(const BatchMemoryOptions& options, std::size_t index, std::size_t drawn, std::size_t count) {
    options_ = options;
    batch_.inputs.reset();
    batch_.targets.reset();
    batch_.normalization.reset();
    batch_.index = index;
    batch_.drawn = drawn;
    batch_.counts = true;
    batch_.samples.assign(count, none);
    has_shape_ = false;
    skipped_.clear();
    skipped_.resize(count);
    targets_.begin(options.capacity, options.pin);
  }

  /// The sample of this place cannot be read: there is none there.
  void skip(std::size_t place, std::size_t sample, std::string reason) {
    skipped_[place] = std::make_unique<SkippedSample>(SkippedSample{sample, std::move(reason)});
  }

  /// Has the place a sample?
  bool has_sample(std::size_t place) const noexcept { return batch_.samples[place] != none; }
  bool has_samples() const noexcept {
    return std::any_of(batch_.samples.begin(), batch_.samples.end(), [](std::size_t sample) { return sample != none; });
  }

  /// From here on one place is filled, only to keep the process in step: the batch does not count.
  void begin_filler() {
    batch_.counts = false;
    batch_.samples.assign(1, none);
  }

  /// The samples of this batch that were skipped, in the order of their places.
  SkippedSamples skipped() const {
    SkippedSamples skipped;
    for (const std::unique_ptr<SkippedSample>& sample : skipped_) {
      if (sample != nullptr && ++skipped.count <= SkippedSamples::most_kept) {
        skipped.first.push_back(*sample);
      }
    }
    return skipped;
  }

  /// The batch is whole: what stands behind a place without a sample moves up. Without a sample its tensors stay
  /// undefined.
  void finish() {
    close_gaps();
    if (const auto count = static_cast<std::int64_t>(batch_.samples.size()); count > 0) {
      batch_.inputs = inputs_.first(count);
      batch_.targets = targets_.first(count);
    }
    if (options_.pin) {  // LibTorch's allocator of pinned memory knows when a copy to the GPU has ended, and this
                         // object does not
      inputs_.release();
      targets_.release();
    }
  }

  Batch& batch() noexcept { return batch_; }

 private:
  friend class BatchPlaces;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  Layout layout() const noexcept { return shape_.rank() == 3 ? options_.layout : Layout::contiguous; }

  std::byte* data(std::size_t place) const noexcept { return data_ + place * sample_bytes_; }

  void close_gaps() {
    std::size_t count = 0;
    for (std::size_t place = 0; place < batch_.samples.size(); ++place) {
      if (has_sample(place)) {
        if (place > count) {
          std::memcpy(data(count), data(place), sample_bytes_);
          targets_.move(place, count);
        }
        batch_.samples[count++] = batch_.samples[place];
      }
    }
    batch_.samples.resize(count);
  }

  BatchMemoryOptions options_;
  ReusableTensor inputs_;  // [capacity, ...]
  TargetMemory targets_;
  Batch batch_;  // its tensors are views of these; until it is whole, samples has `none` for places without one
  Shape shape_;  // of a sample
  bool has_shape_ = false;
  std::byte* data_ = nullptr;
  std::size_t sample_bytes_ = 0;
  std::vector<std::unique_ptr<SkippedSample>> skipped_;  // of places without a sample, if it was read
};

}  // namespace hearth::data
