/// Goes through a dataset in batches: reads, transforms and collates the samples on worker threads, ahead of their use.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/epoch_run.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/sampler.hpp>

namespace hearth::data {

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

}  // namespace hearth::data

namespace hearth {

/// The batches of a dataset, epoch after epoch; torch.utils.data.DataLoader, with threads in the place of processes:
///
///     DataLoader loader{dataset, {.batch_size = 128, .shuffle = true, .workers = 8}};
///     for (Batch& batch : loader) step(batch.inputs, batch.targets);
///
/// What a batch holds is a function of dataset, sampler, options and epoch: neither the number of workers nor chance
/// has a part in it. A sample's random choices are those of RandomStream(seed, epoch, its number in the dataset).
///
/// Each `for` is the next epoch; leaving it early, by `break` or an exception, stops the workers, and so does an error
/// (a sample that cannot be read, samples of different shapes), which is thrown where its batch would have come. Epochs
/// of one loader may overlap, each has its own workers; a loader belongs to one thread, though.
template <class Dataset, class Sampler = data::DefaultSampler>
class DataLoader {
  static_assert(
      DatasetLike<Dataset>,
      "DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> label, both const; see "
      "hearth/data/dataset.hpp");
  static_assert(SamplerLike<Sampler>,
                "DataLoader: Sampler must be SamplerLike: size() and indices(epoch) -> std::vector<std::size_t>, both "
                "const; see hearth/data/sampler.hpp");

 public:
  class Epoch;
  class Iterator;

  /// Throws Error when the dataset is empty or an option makes no sense.
  explicit DataLoader(Dataset dataset,
                      LoaderOptions options = {}) requires std::same_as<Sampler, data::DefaultSampler> {
    data::DefaultSampler order(dataset.size(), options.shuffle, options.seed);
    parts_ = std::make_shared<Parts>(std::move(dataset), order, options);
  }

  /// As above; the sampler alone decides the order, so `shuffle` with it is an Error, and so is a sampler of no
  /// samples.
  DataLoader(Dataset dataset, Sampler sampler, LoaderOptions options = {}) {
    core::require(!options.shuffle,
                  "DataLoader: shuffle cannot be used with a sampler of one's own, which decides the order");
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
  using Parts = data::LoaderParts<Dataset, Sampler>;
  using Run = data::EpochRun<Dataset, Sampler>;

  std::shared_ptr<Parts> parts_;
  std::uint64_t next_epoch_ = 0;
  std::shared_ptr<const std::size_t> skipped_ = std::make_shared<std::size_t>(0);
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
