/// The memory of a batch: samples are written straight into it, and it is used again when nobody else holds it.
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
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/reusable_tensor.hpp>
#include <hearth/data/skipped_samples.hpp>
#include <hearth/data/target.hpp>
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

/// Takes one sample after the other: `begin_sample`, then whoever reads the sample asks for its place, then `accept` or
/// `skip`. The first place that is asked for decides the shape of the batch's inputs, and the first target that is
/// accepted type and shape of its targets. Or it takes all at once: `begin_samples`, then whoever reads them asks for
/// the places of samples and targets, then `accept_samples`.
class BatchMemory final : public BatchSink, public TargetSink {
 public:
  /// Begins batch `index` of an epoch, with which the epoch has drawn `drawn` samples.
  void begin(const BatchMemoryOptions& options, std::size_t index, std::size_t drawn) {
    options_ = options;
    batch_.inputs.reset();
    batch_.targets.reset();
    batch_.normalization.reset();
    batch_.index = index;
    batch_.drawn = drawn;
    batch_.counts = true;
    batch_.samples.clear();
    has_shape_ = false;
    skipped_ = {};
    targets_.begin(options.capacity, options.pin);
  }

  void begin_sample(std::size_t sample) noexcept {
    sample_ = sample;
    at_once_ = 1;
    placed_ = false;
    refused_ = false;
    in_floats_ = false;
  }

  /// The samples of the whole batch are `samples`.
  void begin_samples(std::span<const std::size_t> samples) noexcept {
    begin_sample(samples.front());
    at_once_ = samples.size();
    has_targets_ = false;
  }

  void* targets(TargetView::Type type, const Shape& shape) override {
    has_targets_ = true;
    return targets_.reserve(sample_, type, shape);
  }

  /// The samples that were begun are in their places, and so are their targets. Throws Error when they cannot be.
  void accept_samples(std::span<const std::size_t> samples) {
    core::require(placed_ && has_targets_,
                  "DataLoader: the dataset's read_batch did not ask for the places of its samples and targets");
    if (in_floats_) {
      convert();
    }
    batch_.samples.assign(samples.begin(), samples.end());
  }

  /// The samples that were begun are not in their places: the batch has none.
  void forget() noexcept {
    has_shape_ = false;
    batch_.normalization.reset();
  }

  SamplePlace place(const Shape& shape) override {
    if (options_.dtype == Dtype::uint8) [[unlikely]] {
      refused_ = true;
      core::fail(
          "DataLoader: with dtype uint8 the batches are of images' bytes, but the dataset writes floats: its transform "
          "must be a Compose whose last stages are ToTensor, and Normalize or other maps of single values");
    }
    void* const place = next_place(shape);
    if (options_.dtype == Dtype::float32) {
      return {static_cast<float*>(place), shape_, layout()};
    }
    floats_.resize(at_once_ * static_cast<std::size_t>(shape.numel()));
    in_floats_ = true;
    return {floats_.data(), shape_, layout()};
  }

  RawPlace raw_place(const Shape& shape, const std::shared_ptr<const Normalization>& bytes) override {
    void* const place = next_place(shape);
    if (options_.dtype == Dtype::uint8) {
      check_normalization(bytes);
    }
    return {place, options_.dtype, shape_, layout()};
  }

  /// The sample that was begun is in its place, and this is its target.
  void accept(const TargetView& target) override { accept_any(target); }
  void accept(const at::Tensor& target) override { accept_any(target); }

  /// The sample that was begun cannot be read: the next one takes its place.
  void skip(const std::string& reason) {
    ++skipped_.count;
    if (skipped_.first.size() < SkippedSamples::most_kept) {
      skipped_.first.push_back({sample_, reason});
    }
  }

  /// Has the sample that was begun been refused? Its shape or that of its target is not the batch's, or memory is
  /// short.
  bool refused() const noexcept { return refused_; }

  /// What is accepted from here on is only to keep the process in step: the batch does not count.
  void begin_filler() noexcept { batch_.counts = false; }

  /// Forgets what was skipped since: it is another process's to tell.
  void set_skipped(SkippedSamples skipped) { skipped_ = std::move(skipped); }

  /// The samples of this batch that were skipped.
  const SkippedSamples& skipped() const noexcept { return skipped_; }

  /// The batch is whole; without a sample its tensors stay undefined.
  void finish() {
    const auto count = static_cast<std::int64_t>(batch_.samples.size());
    if (count > 0) {
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
  template <class Target>
  void accept_any(const Target& target) {
    core::require(placed_,
                  "DataLoader: the dataset's read gave a target for sample {}, but never asked for the sample's place",
                  sample_);
    refused_ = true;
    targets_.put(batch_.samples.size(), sample_, target);
    refused_ = false;
    if (in_floats_) {
      convert();
    }
    batch_.samples.push_back(sample_);
  }

  Layout layout() const noexcept { return shape_.rank() == 3 ? options_.layout : Layout::contiguous; }

  /// The first number of the sample that was begun.
  void* next_place(const Shape& shape) {
    if (!has_shape_) {
      reserve(shape);
    }
    if (shape != shape_) [[unlikely]] {
      refused_ = true;
      core::fail(
          "DataLoader: sample {} has the shape {}, but the batch began with {}; bring all to one size, with Resize and "
          "CenterCrop say",
          sample_, shape.to_string(), shape_.to_string());
    }
    placed_ = true;
    return data_ + batch_.samples.size() * sample_bytes_;
  }

  /// A batch of bytes has one meaning of them.
  void check_normalization(const std::shared_ptr<const Normalization>& bytes) {
    if (batch_.normalization == nullptr) {
      batch_.normalization = bytes;
    }
    if (bytes == nullptr || (bytes != batch_.normalization && *bytes != *batch_.normalization)) {
      refused_ = true;
      core::require(bytes != nullptr,
                    "DataLoader: with dtype uint8 the batches are of images' bytes, and what stands after ToTensor is "
                    "done later, on the device: it must be linear in each value, as Normalize is");
      core::fail("DataLoader: with dtype uint8 all samples of a batch must be normalised alike, but sample {} is not",
                 sample_);
    }
  }

  /// Brings the floats that were written to the batch's type.
  void convert() {
    void* const place = data_ + batch_.samples.size() * sample_bytes_;
    if (options_.dtype == Dtype::bfloat16) {
      std::copy(floats_.begin(), floats_.end(), static_cast<c10::BFloat16*>(place));
    } else {
      std::copy(floats_.begin(), floats_.end(), static_cast<c10::Half*>(place));
    }
  }

  void reserve(const Shape& shape) {
    for (const std::int64_t size : shape) {
      core::require(size > 0, "DataLoader: sample {} is empty: its shape is {}", sample_, shape.to_string());
    }
    const double bytes = bytes_of(shape);
    if (bytes > 0x1p50) {  // more than a process can address
      refuse_size(shape, bytes);
    }
    const auto format = shape.rank() == 3 && options_.layout == Layout::channels_last ? at::MemoryFormat::ChannelsLast
                                                                                      : at::MemoryFormat::Contiguous;
    std::array<std::int64_t, Shape::max_rank + 1> sizes{static_cast<std::int64_t>(options_.capacity)};
    std::copy(shape.begin(), shape.end(), sizes.begin() + 1);
    try {
      inputs_.reserve({sizes.data(), shape.rank() + 1}, scalar_type(options_.dtype), options_.pin, format);
    } catch (const std::exception&) {  // LibTorch's, with a back-trace
      refuse_size(shape, bytes);
    }
    data_ = static_cast<std::byte*>(inputs_.data());
    sample_bytes_ = static_cast<std::size_t>(shape.numel() * hearth::bytes_of(options_.dtype));
    shape_ = shape;
    has_shape_ = true;
  }

  /// The memory of a batch; it may be more than an integer can count.
  double bytes_of(const Shape& shape) const noexcept {
    double bytes = static_cast<double>(hearth::bytes_of(options_.dtype)) * static_cast<double>(options_.capacity);
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
        options_.capacity, shape.to_string(), bytes / 1e9);
  }

  BatchMemoryOptions options_;
  ReusableTensor inputs_;  // [capacity, ...]
  TargetMemory targets_;
  Batch batch_;  // its tensors are views of these
  Shape shape_;  // of a sample
  std::byte* data_ = nullptr;
  std::size_t sample_bytes_ = 0;
  std::vector<float> floats_;  // a sample that was written as floats, before it is brought to another type
  std::size_t sample_ = 0;     // the one that was begun, or the first of them
  std::size_t at_once_ = 1;    // how many were
  bool has_targets_ = false;
  SkippedSamples skipped_;
  bool has_shape_ = false;
  bool placed_ = false;
  bool refused_ = false;
  bool in_floats_ = false;
};

}  // namespace hearth::data
