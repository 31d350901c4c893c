/// How a DataLoader goes through one epoch, whatever the types of its dataset and sampler are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/batch_cut.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/skipped_samples.hpp>

namespace hearth::data {

class AutomaticWorkers;
class BatchMemory;
class TargetSink;

/// What the epochs of a loader share.
struct EpochSource {
  LoaderOptions options;
  std::size_t dataset_size = 0;
  std::size_t sampler_size = 0;
  std::function<std::vector<std::size_t>(std::uint64_t epoch)> order;  ///< the sampler's
  /// The dataset's; the second is empty where it has none.
  std::function<void(std::size_t index, RandomStream& random, SampleSink& sink, TargetSink& targets)> read;
  std::function<void(std::span<const std::size_t> indices, BatchSink& sink)> read_batch;
  bool is_share = false;                                 ///< the sampler gives one process's part
  std::shared_ptr<std::vector<BatchMemory>> spare = {};  ///< memory of epochs that have ended
  std::shared_ptr<AutomaticWorkers> automatic = {};      ///< where the loader chooses how many workers there are
};

/// Throws Error when the dataset or the sampler is empty, or an option makes no sense.
void check_loader_options(const LoaderOptions& options, std::size_t dataset_size, std::size_t sampler_size);

/// Prepares a loader's first epoch. Called once, after the check.
void begin_workers(EpochSource& source);

/// How many workers an epoch of `batches` uses.
std::size_t workers_in_use(const EpochSource& source, std::size_t batches) noexcept;

/// Throws Error when a loader that is given a sampler is also given `shuffle`.
void refuse_shuffle(const LoaderOptions& options);

/// How the order of an epoch is cut for one of the processes that share it. Throws Error when the share makes no sense,
/// or when the sampler gives a share itself.
BatchCut cut_of(const EpochSource& source, const Share& share, std::size_t first_sample = 0);

/// How many batches `samples` of them make.
std::size_t batch_count(const LoaderOptions& options, std::size_t samples) noexcept;

/// For each entry of an epoch's order, how often the same sample stands before it. Empty when no sample comes twice; to
/// find that out takes one bit a sample. Throws Error when an entry is none of the dataset's `size` samples.
std::vector<std::uint32_t> earlier_draws(const std::vector<std::size_t>& order, std::size_t size);

/// The batches of one epoch, or of its rest, to be gone through once. The workers read ahead from the start, and stop
/// when the epoch and its iterators are gone.
class Epoch {
 public:
  class Iterator;

  /// Starts the workers. The epoch's first `first_sample` draws are left out, and of the others those that are not this
  /// process's share. Throws Error when the sampler gives samples that the dataset has not, or fewer than
  /// `first_sample`, or when the share makes no sense.
  Epoch(std::shared_ptr<EpochSource> source, std::uint64_t number, std::size_t first_sample = 0, Share share = {});

  /// Waits for the first batch.
  Iterator begin();
  std::default_sentinel_t end() const noexcept { return {}; }

  /// How many batches it has, without those that were left out.
  std::size_t size() const noexcept;

  /// How long whoever goes through it has waited for batches so far, in seconds; without workers, their making.
  double wait_seconds() const noexcept;

  /// The samples that it has skipped until now (BadSamples::skip). The pointer may be kept: it counts on.
  std::shared_ptr<const SkippedSamples> skipped_samples() const noexcept;

 private:
  class Run;

  std::shared_ptr<Run> run_;
};

/// Stands on a batch, which it gives for use and change until it goes on. The workers stop when the last copy goes.
class Epoch::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  Iterator() = default;

  Batch& operator*() const noexcept { return *batch_; }
  Batch* operator->() const noexcept { return batch_; }
  Iterator& operator++() {
    advance();
    return *this;
  }
  void operator++(int) { advance(); }
  friend bool operator==(const Iterator& iterator, std::default_sentinel_t) noexcept {
    return iterator.batch_ == nullptr;
  }

 private:
  friend class Epoch;
  explicit Iterator(std::shared_ptr<Run> run) : run_(std::move(run)) { advance(); }

  void advance();

  std::shared_ptr<Run> run_;
  Batch* batch_ = nullptr;  // the run's; none at the end
};

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/epoch.ipp>
#endif
