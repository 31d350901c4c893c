/// Where samples are written in a batch's memory: a place for one sample, or those for all.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/data/batch_memory.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/target.hpp>

namespace hearth::data {

/// Where one sample is written, or all samples of a batch at once.
class BatchPlaces final : public BatchSink, public TargetSink {
 public:
  /// For one sample, at place number `place`.
  BatchPlaces(BatchMemory& memory, std::size_t place, std::size_t sample) noexcept
      : memory_(memory), place_(place), sample_(sample) {}

  /// For all of the batch, from its first place on.
  BatchPlaces(BatchMemory& memory, std::span<const std::size_t> samples) noexcept
      : memory_(memory), sample_(samples.front()), samples_(samples), count_(samples.size()) {}

  SamplePlace place(const Shape& shape) override {
    const Dtype dtype = memory_.options_.dtype;
    if (dtype == Dtype::uint8) [[unlikely]] {
      refused_ = true;
      core::fail(
          "DataLoader: with dtype uint8 the batches are of images' bytes, but the dataset writes floats: its transform "
          "must be a Compose whose last stages are ToTensor, and Normalize or other maps of single values");
    }
    void* const place = next_place(shape);
    if (dtype == Dtype::float32) {
      return {static_cast<float*>(place), shape, memory_.layout()};
    }
    floats_.emplace();
    (*floats_)->resize(count_ * static_cast<std::size_t>(shape.numel()));
    return {(*floats_)->data(), shape, memory_.layout()};
  }

  RawPlace raw_place(const Shape& shape, const std::shared_ptr<const Normalization>& bytes) override {
    void* const place = next_place(shape);
    if (memory_.options_.dtype == Dtype::uint8) {
      check_normalization(bytes);
    }
    return {place, memory_.options_.dtype, shape, memory_.layout()};
  }

  /// The sample is in its place, and this is its target.
  void accept(const TargetView& target) override { accept_any(target); }
  void accept(const at::Tensor& target) override { accept_any(target); }

  void* targets(TargetView::Type type, const Shape& shape) override {
    has_targets_ = true;
    return memory_.targets_.reserve(sample_, type, shape);
  }

  /// All samples are in their places, and so are their targets. Throws Error when they cannot be.
  void accept_all() {
    core::require(placed_ && has_targets_,
                  "DataLoader: the dataset's read_batch did not ask for the places of its samples and targets");
    convert();
    std::copy(samples_.begin(), samples_.end(), memory_.batch_.samples.begin());
  }

  /// The samples are not in their places after all: the batch is as it was begun.
  void forget_all() noexcept {
    memory_.has_shape_ = false;
    memory_.batch_.normalization.reset();
    memory_.targets_.begin(memory_.options_.capacity, memory_.options_.pin);
  }

  /// Has the sample been refused? Its shape or that of its target is not the batch's, or memory is short.
  bool refused() const noexcept { return refused_; }

 private:
  template <class Target>
  void accept_any(const Target& target) {
    core::require(placed_,
                  "DataLoader: the dataset's read gave a target for sample {}, but never asked for the sample's place",
                  sample_);
    refused_ = true;
    memory_.targets_.put(place_, sample_, target);
    refused_ = false;
    convert();
    memory_.batch_.samples[place_] = sample_;
  }

  /// The first number of the sample.
  void* next_place(const Shape& shape) {
    if (!memory_.has_shape_) {
      reserve(shape);
    }
    if (shape != memory_.shape_) [[unlikely]] {
      refused_ = true;
      core::fail(
          "DataLoader: sample {} has the shape {}, but the batch began with {}; bring all to one size, with Resize and "
          "CenterCrop say",
          sample_, shape.to_string(), memory_.shape_.to_string());
    }
    placed_ = true;
    return memory_.data(place_);
  }

  /// A batch of bytes has one meaning of them.
  void check_normalization(const std::shared_ptr<const Normalization>& bytes) {
    std::shared_ptr<const Normalization>& ours = memory_.batch_.normalization;
    if (ours == nullptr) {
      ours = bytes;
    }
    if (bytes == nullptr || (bytes != ours && *bytes != *ours)) {
      refused_ = true;
      core::require(bytes != nullptr,
                    "DataLoader: with dtype uint8 the batches are of images' bytes, and what stands after ToTensor is "
                    "done later, on the device: it must be linear in each value, as Normalize is");
      core::fail("DataLoader: with dtype uint8 all samples of a batch must be normalised alike, but sample {} is not",
                 sample_);
    }
  }

  /// Brings floats that were written to the batch's type.
  void convert() {
    if (!floats_) {
      return;
    }
    const std::vector<float>& floats = **floats_;
    void* const place = memory_.data(place_);
    if (memory_.options_.dtype == Dtype::bfloat16) {
      std::copy(floats.begin(), floats.end(), static_cast<c10::BFloat16*>(place));
    } else {
      std::copy(floats.begin(), floats.end(), static_cast<c10::Half*>(place));
    }
  }

  void reserve(const Shape& shape) {
    const BatchMemoryOptions& options = memory_.options_;
    for (const std::int64_t size : shape) {
      core::require(size > 0, "DataLoader: sample {} is empty: its shape is {}", sample_, shape.to_string());
    }
    const double bytes = bytes_of(shape);
    if (bytes > 0x1p50) {  // more than a process can address
      refuse_size(shape, bytes);
    }
    const auto format = shape.rank() == 3 && options.layout == Layout::channels_last ? at::MemoryFormat::ChannelsLast
                                                                                     : at::MemoryFormat::Contiguous;
    std::array<std::int64_t, Shape::max_rank + 1> sizes{static_cast<std::int64_t>(options.capacity)};
    std::copy(shape.begin(), shape.end(), sizes.begin() + 1);
    try {
      memory_.inputs_.reserve({sizes.data(), shape.rank() + 1}, scalar_type(options.dtype), options.pin, format);
    } catch (const std::exception&) {  // LibTorch's, with a back-trace
      refuse_size(shape, bytes);
    }
    memory_.data_ = static_cast<std::byte*>(memory_.inputs_.data());
    memory_.sample_bytes_ = static_cast<std::size_t>(shape.numel() * hearth::bytes_of(options.dtype));
    memory_.shape_ = shape;
    memory_.has_shape_ = true;
  }

  /// The memory of a batch; it may be more than an integer can count.
  double bytes_of(const Shape& shape) const noexcept {
    const BatchMemoryOptions& options = memory_.options_;
    double bytes = static_cast<double>(hearth::bytes_of(options.dtype)) * static_cast<double>(options.capacity);
    for (const std::int64_t size : shape) {
      bytes *= static_cast<double>(size);
    }
    return bytes;
  }

  [[noreturn]] void refuse_size(const Shape& shape, double bytes) {
    refused_ = true;
    core::fail(
        "DataLoader: no memory for a batch of {} samples of the shape {}, which takes {:.3g} GB; use a smaller "
        "batch_size or smaller samples",
        memory_.options_.capacity, shape.to_string(), bytes / 1e9);
  }

  BatchMemory& memory_;
  std::size_t place_ = 0;                                        // the first that is written
  std::size_t sample_ = 0;                                       // the one there
  std::span<const std::size_t> samples_;                         // all, where there are several
  std::size_t count_ = 1;                                        // how many are written
  std::optional<core::ThreadSpare<std::vector<float>>> floats_;  // written before they are brought to another type
  bool placed_ = false;
  bool has_targets_ = false;
  bool refused_ = false;
};

}  // namespace hearth::data
