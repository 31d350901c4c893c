/// The memory of a batch: samples are written straight into it, and it is used again when nobody else holds it.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/skipped_samples.hpp>

namespace hearth::data {

namespace detail {

/// Tensors made in its scope are plain ones, whatever mode of autograd the thread is in, for they outlive that mode.
class PlainTensors {
  c10::InferenceMode normal_{false};
  at::AutoDispatchBelowADInplaceOrView untracked_;
};

}  // namespace detail

/// The size and the kind of a batch's memory.
struct BatchMemoryOptions {
  std::size_t capacity = 1;  ///< samples at most
  Layout layout = Layout::contiguous;
  bool pin = false;  ///< page-locked, for copies to a GPU that do not wait
};

/// Takes one sample after the other: `begin_sample`, then whoever reads the sample asks for its place, then `accept` or
/// `skip`. The first place that is asked for decides the shape of the batch.
class BatchMemory final : public SampleSink {
 public:
  /// Begins batch `index` of an epoch, with which the epoch has drawn `drawn` samples.
  void begin(const BatchMemoryOptions& options, std::size_t index, std::size_t drawn) {
    options_ = options;
    batch_.inputs.reset();
    batch_.targets.reset();
    batch_.index = index;
    batch_.drawn = drawn;
    batch_.samples.clear();
    has_shape_ = false;
    skipped_ = {};
    const detail::PlainTensors plain;
    if (!is_reusable(targets_) || targets_.size(0) != capacity()) {
      targets_ = at::empty({capacity()}, at::TensorOptions(at::kLong).pinned_memory(options_.pin));
    }
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

  /// The sample that was begun is in its place, and this is its label.
  void accept(std::int64_t label) {
    core::require(placed_,
                  "DataLoader: the dataset's read gave a label for sample {}, but never asked for the sample's place",
                  sample_);
    targets_.mutable_data_ptr<std::int64_t>()[batch_.samples.size()] = label;
    batch_.samples.push_back(sample_);
  }

  /// The sample that was begun cannot be read: the next one takes its place.
  void skip(const std::string& reason) {
    ++skipped_.count;
    if (skipped_.first.size() < SkippedSamples::most_kept) {
      skipped_.first.push_back({sample_, reason});
    }
  }

  /// Has the place for the sample that was begun been refused? The sample's shape is not the batch's, or memory is
  /// short.
  bool refused() const noexcept { return refused_; }

  /// The samples of this batch that were skipped.
  const SkippedSamples& skipped() const noexcept { return skipped_; }

  /// The batch is whole; without a sample its tensors stay undefined.
  void finish() {
    const auto count = static_cast<std::int64_t>(batch_.samples.size());
    if (count > 0) {
      const detail::PlainTensors plain;
      batch_.inputs = inputs_.narrow(0, 0, count);
      batch_.targets = targets_.narrow(0, 0, count);
    }
    if (options_.pin) {  // LibTorch's allocator of pinned memory knows when a copy to the GPU has ended, and this
                         // object does not
      inputs_.reset();
      targets_.reset();
    }
  }

  Batch& batch() noexcept { return batch_; }

 private:
  std::int64_t capacity() const noexcept { return static_cast<std::int64_t>(options_.capacity); }

  /// Whether nobody else has the tensor, a view of it or its storage.
  static bool is_reusable(const at::Tensor& tensor) {
    return tensor.defined() && tensor.use_count() == 1 && tensor.storage().use_count() == 1;
  }

  void reserve(const Shape& shape) {
    for (const std::int64_t size : shape) {
      core::require(size > 0, "DataLoader: sample {} is empty: its shape is {}", sample_, shape.to_string());
    }
    const double bytes = bytes_of(shape);
    if (bytes > 0x1p50) {  // more than a process can address
      refuse_size(shape, bytes);
    }
    const detail::PlainTensors plain;
    std::vector<std::int64_t> sizes{capacity()};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    const auto format = shape.rank() == 3 && options_.layout == Layout::channels_last ? at::MemoryFormat::ChannelsLast
                                                                                      : at::MemoryFormat::Contiguous;
    if (!is_reusable(inputs_) || inputs_.sizes() != sizes || !inputs_.is_contiguous(format)) {
      inputs_.reset();
      try {
        inputs_ = at::empty(sizes, at::TensorOptions(at::kFloat).pinned_memory(options_.pin).memory_format(format));
      } catch (const std::exception&) {  // LibTorch's, with a back-trace
        refuse_size(shape, bytes);
      }
    }
    data_ = inputs_.mutable_data_ptr<float>();
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
  at::Tensor inputs_;   // [capacity, ...]
  at::Tensor targets_;  // [capacity]
  Batch batch_;         // its tensors are views of these
  Shape shape_;
  float* data_ = nullptr;
  std::size_t sample_ = 0;
  SkippedSamples skipped_;
  bool has_shape_ = false;
  bool placed_ = false;
  bool refused_ = false;
};

}  // namespace hearth::data
