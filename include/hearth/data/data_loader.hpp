/// Goes through a dataset in batches: reads, transforms and collates the samples on worker threads, ahead of their use.
#pragma once

#include <torch/cuda.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/batch_memory.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/prefetch.hpp>
#include <hearth/data/sampler.hpp>

namespace hearth {

/// What a DataLoader does with a sample that cannot be read.
enum class BadSamples {
  stop,  ///< the epoch ends with the Error
  skip,  ///< the sample is left out of its batch and counted
};

struct LoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;  ///< a new order each epoch
  int workers = 0;       ///< threads that read samples; 0: the thread that asks for the batches
  int prefetch = 2;      ///< batches ahead, per worker
  bool drop_last = false;  ///< leave out the last batch where it would be smaller
  std::uint64_t seed = 0;  ///< of the order and of the samples' random choices
  Layout layout = Layout::contiguous;
  bool pin_memory = false;  ///< batches in page-locked memory, for CUDA
  BadSamples bad_samples = BadSamples::stop;
};

/// The order of a DataLoader that was given no sampler: 0, 1, … or, shuffled, RandomSampler's.
class DefaultSampler {
 public:
  DefaultSampler(std::size_t size, bool shuffle, std::uint64_t seed) : size_(size), shuffle_(shuffle), seed_(seed) {}

  std::size_t size() const noexcept { return size_; }

  std::vector<std::size_t> indices(std::uint64_t epoch) const {
    return shuffle_ ? permutation(size_, seed_, epoch) : SequentialSampler(size_).indices(epoch);
  }

 private:
  std::size_t size_;
  bool shuffle_;
  std::uint64_t seed_;
};

/// The batches of a dataset, epoch after epoch; torch.utils.data.DataLoader, with threads in the place of processes:
///
///     DataLoader loader{dataset, {.batch_size = 128, .shuffle = true, .workers = 8}};
///     for (Batch& batch : loader) step(batch.inputs, batch.targets);
///
/// What a batch holds is a function of dataset, sampler, options and epoch: neither the number of workers nor chance has
/// a part in it. A sample's random choices are those of RandomStream(seed, epoch, its number in the dataset).
///
/// Each `for` is the next epoch; leaving it early, by `break` or an exception, stops the workers, and so does an error
/// (a sample that cannot be read, samples of different shapes), which is thrown where its batch would have come. Epochs
/// of one loader may overlap, each has its own workers; a loader belongs to one thread, though.
template <class Dataset, class Sampler = DefaultSampler>
class DataLoader {
  static_assert(DatasetLike<Dataset>,
                "DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> label, both const; see "
                "hearth/data/dataset.hpp");
  static_assert(SamplerLike<Sampler>,
                "DataLoader: Sampler must be SamplerLike: size() and indices(epoch) -> std::vector<std::size_t>, both "
                "const; see hearth/data/sampler.hpp");

 public:
  class Epoch;
  class Iterator;

  /// Throws Error when the dataset is empty or an option makes no sense.
  explicit DataLoader(Dataset dataset, LoaderOptions options = {})
    requires std::same_as<Sampler, DefaultSampler>
  {
    DefaultSampler order(dataset.size(), options.shuffle, options.seed);
    parts_ = std::make_shared<Parts>(std::move(dataset), order, options);
  }

  /// As above; the sampler alone decides the order, so `shuffle` with it is an Error, and so is a sampler of no samples.
  DataLoader(Dataset dataset, Sampler sampler, LoaderOptions options = {}) {
    require(!options.shuffle, "DataLoader: shuffle cannot be used with a sampler of one's own, which decides the order");
    parts_ = std::make_shared<Parts>(std::move(dataset), std::move(sampler), options);
  }

  DataLoader(DataLoader&&) noexcept = default;
  DataLoader& operator=(DataLoader&&) noexcept = default;

  /// The batches of an epoch.
  std::size_t size() const { return parts_->batches(parts_->sampler.size()); }

  /// The samples of an epoch, without those that drop_last leaves out.
  std::size_t samples() const {
    return parts_->options.drop_last ? size() * parts_->batch_size() : parts_->sampler.size();
  }

  /// Begins the next epoch, counted from 0, and waits for its first batch.
  Iterator begin() { return epoch(next_epoch_++).begin(); }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// The batches of the given epoch: the same whenever it is asked for. They are gone through once, and are being read
  /// ahead from now on. `begin()` counts on from where it was.
  Epoch epoch(std::uint64_t number) {
    auto run = std::make_shared<Run>(parts_, number);
    skipped_ = run->skipped();
    return Epoch(std::move(run));
  }

  const Dataset& dataset() const noexcept { return parts_->dataset; }
  const Sampler& sampler() const noexcept { return parts_->sampler; }
  const LoaderOptions& options() const noexcept { return parts_->options; }

  /// How many samples the epoch begun last has left out until now (BadSamples::skip).
  std::size_t skipped() const noexcept { return *skipped_; }

 private:
  struct Parts;
  class Run;

  std::shared_ptr<Parts> parts_;
  std::uint64_t next_epoch_ = 0;
  std::shared_ptr<const std::size_t> skipped_ = std::make_shared<std::size_t>(0);
};

/// What the epochs of a loader share.
template <class Dataset, class Sampler>
struct DataLoader<Dataset, Sampler>::Parts {
  Parts(Dataset d, Sampler s, LoaderOptions o) : dataset(std::move(d)), sampler(std::move(s)), options(o) {
    require(dataset.size() > 0, "DataLoader: the dataset is empty");
    require(sampler.size() > 0, "DataLoader: the sampler draws no samples");
    require(options.batch_size >= 1, "DataLoader: batch_size must be at least 1, but got {}", options.batch_size);
    require(options.workers >= 0, "DataLoader: workers must be at least 0, but got {}", options.workers);
    require(options.prefetch >= 1, "DataLoader: prefetch must be at least 1, but got {}", options.prefetch);
    require(batches(sampler.size()) > 0, "DataLoader: with drop_last there is no batch: {} samples, but batch_size is {}",
            sampler.size(), options.batch_size);
    require(!options.pin_memory || torch::cuda::is_available(),
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

/// An epoch while it is gone through.
template <class Dataset, class Sampler>
class DataLoader<Dataset, Sampler>::Run {
 public:
  Run(std::shared_ptr<Parts> parts, std::uint64_t epoch)
      : parts_(std::move(parts)),
        epoch_(epoch),
        order_(checked_order()),
        prefetch_(parts_->batches(order_.size()), static_cast<std::size_t>(parts_->options.workers), ring(),
                  [this](std::size_t index, BatchMemory& memory, const std::atomic<bool>& stop) {
                    fill(index, memory, stop);
                  }) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
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
    require(has_given_ || *skipped_ == 0, "DataLoader: not one of the {} samples could be read; the first: {}", *skipped_,
            first_reason_);
  }

  std::vector<std::size_t> checked_order() const {
    std::vector<std::size_t> order = parts_->sampler.indices(epoch_);
    const std::size_t count = parts_->dataset.size();
    require(order.size() == parts_->sampler.size(), "DataLoader: the sampler promised {} samples, but gave {}",
            parts_->sampler.size(), order.size());
    for (const std::size_t index : order) {
      require(index < count, "DataLoader: the sampler gave sample {}, but the dataset has {}", index, count);
    }
    return order;
  }

  /// One batch in the hands of whoever asks for them, the others ahead.
  std::vector<BatchMemory> ring() const {
    const std::size_t ahead = static_cast<std::size_t>(parts_->options.workers) *
                              static_cast<std::size_t>(parts_->options.prefetch);
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

/// Stands on a batch, which it gives for use and change until it goes on. The workers stop when the last copy goes.
template <class Dataset, class Sampler>
class DataLoader<Dataset, Sampler>::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;

  Batch& operator*() const noexcept { return *run_->batch(); }
  Batch* operator->() const noexcept { return run_->batch(); }
  Iterator& operator++() {
    run_->advance();
    return *this;
  }
  void operator++(int) { run_->advance(); }
  friend bool operator==(const Iterator& iterator, std::default_sentinel_t) noexcept {
    return iterator.run_->batch() == nullptr;
  }

 private:
  friend class Epoch;
  explicit Iterator(std::shared_ptr<Run> run) noexcept : run_(std::move(run)) {}

  std::shared_ptr<Run> run_;
};

/// The batches of one epoch, to be gone through once. The workers stop when it and its iterators are gone.
template <class Dataset, class Sampler>
class DataLoader<Dataset, Sampler>::Epoch {
 public:
  Iterator begin() {
    run_->advance();
    return Iterator(run_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// How many batches it has.
  std::size_t size() const noexcept { return run_->size(); }

  /// How long whoever goes through it has waited for batches so far, in seconds; without workers, their making.
  double wait_seconds() const noexcept { return run_->wait_seconds(); }

 private:
  friend class DataLoader;
  explicit Epoch(std::shared_ptr<Run> run) noexcept : run_(std::move(run)) {}

  std::shared_ptr<Run> run_;
};

}  // namespace hearth
