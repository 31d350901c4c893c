/// How a DataLoader goes through one epoch: what its workers do, and what comes of it.
#pragma once

#include <torch/cuda.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/batch_memory.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/prefetch.hpp>

namespace hearth::data {

/// What the epochs of a loader share.
template <class Dataset, class Sampler>
struct LoaderParts {
  /// Throws Error when the dataset or the sampler is empty, or an option makes no sense.
  LoaderParts(Dataset d, Sampler s, LoaderOptions o) : dataset(std::move(d)), sampler(std::move(s)), options(o) {
    core::require(dataset.size() > 0, "DataLoader: the dataset is empty");
    core::require(sampler.size() > 0, "DataLoader: the sampler draws no samples");
    core::require(options.batch_size >= 1, "DataLoader: batch_size must be at least 1, but got {}", options.batch_size);
    core::require(options.workers >= 0, "DataLoader: workers must be at least 0, but got {}", options.workers);
    core::require(options.prefetch >= 1, "DataLoader: prefetch must be at least 1, but got {}", options.prefetch);
    core::require(batches(sampler.size()) > 0,
                  "DataLoader: with drop_last there is no batch: {} samples, but batch_size is {}", sampler.size(),
                  options.batch_size);
    core::require(!options.pin_memory || torch::cuda::is_available(),
                  "DataLoader: pin_memory needs CUDA, which is not available here; leave it out");
  }

  std::size_t batch_size() const noexcept { return static_cast<std::size_t>(options.batch_size); }

  std::size_t batches(std::size_t samples) const noexcept {
    return samples / batch_size() + (samples % batch_size() != 0 && !options.drop_last ? 1 : 0);
  }

  const Dataset dataset;
  const Sampler sampler;
  const LoaderOptions options;
  std::vector<BatchMemory> spare;  // of epochs that have ended
};

/// An epoch while it is gone through: the order, the workers, and the batch that is in use.
template <class Dataset, class Sampler>
class EpochRun {
 public:
  using Parts = LoaderParts<Dataset, Sampler>;

  /// Starts the workers. Throws Error when the sampler gives samples that the dataset has not.
  EpochRun(std::shared_ptr<Parts> parts, std::uint64_t epoch)
      : parts_(std::move(parts)),
        epoch_(epoch),
        order_(checked_order()),
        prefetch_(parts_->batches(order_.size()), static_cast<std::size_t>(parts_->options.workers), ring(),
                  [this](std::size_t index, BatchMemory& memory, const std::atomic<bool>& stop) {
                    fill(index, memory, stop);
                  }) {}
  EpochRun(const EpochRun&) = delete;
  EpochRun& operator=(const EpochRun&) = delete;
  ~EpochRun() {
    if (std::vector<BatchMemory> ring = prefetch_.take_ring(); ring.size() > parts_->spare.size()) {
      parts_->spare = std::move(ring);
    }
  }

  std::shared_ptr<const std::size_t> skipped() const noexcept { return skipped_; }
  std::size_t size() const noexcept { return parts_->batches(order_.size()); }

  /// The batch that `advance` came to; nullptr after the last.
  Batch* batch() const noexcept { return batch_; }

  double wait_seconds() const noexcept { return waited_.count(); }

  /// Goes to the next batch that has a sample in it.
  void advance() {
    const auto start = std::chrono::steady_clock::now();
    find_next();
    waited_ += std::chrono::steady_clock::now() - start;
  }

 private:
  void find_next() {
    batch_ = nullptr;
    while (BatchMemory* const memory = prefetch_.next()) {
      if (*skipped_ == 0) {
        first_reason_ = memory->first_reason();
      }
      *skipped_ += memory->skipped();
      if (memory->batch().size() > 0) {
        batch_ = &memory->batch();
        has_given_ = true;
        return;
      }
    }
    core::require(has_given_ || *skipped_ == 0, "DataLoader: not one of the {} samples could be read; the first: {}",
                  *skipped_, first_reason_);
  }

  std::vector<std::size_t> checked_order() const {
    std::vector<std::size_t> order = parts_->sampler.indices(epoch_);
    const std::size_t count = parts_->dataset.size();
    core::require(order.size() == parts_->sampler.size(), "DataLoader: the sampler promised {} samples, but gave {}",
                  parts_->sampler.size(), order.size());
    for (const std::size_t index : order) {
      core::require(index < count, "DataLoader: the sampler gave sample {}, but the dataset has {}", index, count);
    }
    return order;
  }

  /// One batch in the hands of whoever asks for them, the others ahead.
  std::vector<BatchMemory> ring() const {
    const std::size_t ahead =
        static_cast<std::size_t>(parts_->options.workers) * static_cast<std::size_t>(parts_->options.prefetch);
    std::vector<BatchMemory> memory = std::exchange(parts_->spare, {});
    memory.resize(std::min(1 + ahead, size()));
    return memory;
  }

  /// On a worker thread.
  void fill(std::size_t index, BatchMemory& memory, const std::atomic<bool>& stop) const {
    const LoaderOptions& options = parts_->options;
    const std::size_t first = index * parts_->batch_size();
    const std::size_t last = std::min(first + parts_->batch_size(), order_.size());
    memory.begin({std::min(parts_->batch_size(), order_.size()), options.layout, options.pin_memory}, index);
    for (std::size_t i = first; i < last && !stop.load(std::memory_order_relaxed); ++i) {
      const std::size_t sample = order_[i];
      RandomStream random(options.seed, epoch_, sample);
      memory.begin_sample(sample);
      try {
        memory.accept(parts_->dataset.read(sample, random, memory));
      } catch (const Error& error) {
        if (options.bad_samples == BadSamples::stop || memory.refused()) {
          throw;
        }
        memory.skip(error.what());
      }
    }
    memory.finish();
  }

  std::shared_ptr<Parts> parts_;
  std::uint64_t epoch_;
  std::vector<std::size_t> order_;
  std::shared_ptr<std::size_t> skipped_ = std::make_shared<std::size_t>(0);
  std::string first_reason_;
  bool has_given_ = false;
  Batch* batch_ = nullptr;
  std::chrono::duration<double> waited_{0};
  Prefetch<BatchMemory> prefetch_;
};

}  // namespace hearth::data
