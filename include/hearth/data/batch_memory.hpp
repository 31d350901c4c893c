/// The memory of a batch: samples are written straight into it, and it is used again when nobody else holds it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch.hpp>
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
};

/// Takes one sample after the other: `begin_sample`, then whoever reads the sample asks for its place, then `accept` or
/// `skip`. The first place that is asked for decides the shape of the batch's inputs, and the first target that is
/// accepted type and shape of its targets.
class BatchMemory final : public SampleSink, public TargetSink {
 public:
  /// Begins batch `index` of an epoch, with which the epoch has drawn `drawn` samples.
  void begin(const BatchMemoryOptions& options, std::size_t index, std::size_t drawn) {
    options_ = options;
    batch_.inputs.reset();
    batch_.targets.reset();
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
    placed_ = false;
    refused_ = false;
  }

  SamplePlace place(const Shape& shape) override {
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
    const auto filled = static_cast<std::int64_t>(batch_.samples.size());
    return {data_ + filled * shape_.numel(), shape_, shape_.rank() == 3 ? options_.layout : Layout::contiguous};
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
    batch_.samples.push_back(sample_);
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
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(options_.capacity)};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    try {
      inputs_.reserve(sizes, at::kFloat, options_.pin, format);
    } catch (const std::exception&) {  // LibTorch's, with a back-trace
      refuse_size(shape, bytes);
    }
    data_ = static_cast<float*>(inputs_.data());
    shape_ = shape;
    has_shape_ = true;
  }

  /// The memory of a batch; it may be more than an integer can count.
  double bytes_of(const Shape& shape) const noexcept {
    double bytes = sizeof(float) * static_cast<double>(options_.capacity);
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
  float* data_ = nullptr;
  std::size_t sample_ = 0;
  SkippedSamples skipped_;
  bool has_shape_ = false;
  bool placed_ = false;
  bool refused_ = false;
};

}  // namespace hearth::data
