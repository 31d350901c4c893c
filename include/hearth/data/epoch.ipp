#pragma once

#include <hearth/data/epoch.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>

#include <hearth/core/background_thread.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/data/automatic_workers.hpp>
#include <hearth/data/batch_memory.hpp>
#include <hearth/data/batch_places.hpp>
#include <hearth/data/prefetch.hpp>

namespace hearth::data {

/// An epoch while it is gone through: the order, the workers, and the batch that is in use.
class Epoch::Run {
 public:
  Run(std::shared_ptr<EpochSource> source, std::uint64_t epoch, std::size_t first_sample, const Share& share)
      : source_(std::move(source)),
        epoch_(epoch),
        first_sample_(checked(first_sample)),
        cut_(cut_of(*source_, share, first_sample)),
        order_(drawn_order()),
        earlier_draws_(earlier_draws(order_, source_->dataset_size)),
        prefetch_(size(), workers(), ring(), places(workers()),
                  {.begin = [this](std::size_t index, BatchMemory& memory,
                                   const std::atomic<bool>& stop) { return begin(index, memory, stop); },
                   .make = [this](std::size_t index, std::size_t place, BatchMemory& memory,
                                  const std::atomic<bool>&) { read(entry(index, place), place, memory); },
                   .end = [this](std::size_t index, BatchMemory& memory,
                                 const std::atomic<bool>& stop) { end(index, memory, stop); }},
                  [this](std::size_t worker) {
                    core::enter_background({.name = fmt::format("hearth-load-{}", worker),
                                            .nice = source_->options.nice,
                                            .cores = source_->options.worker_cores});
                  }) {
    if (source_->automatic != nullptr) {
      source_->automatic->leave_out(places(workers()));
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (std::vector<BatchMemory> ring = prefetch_.take_ring(); ring.size() > source_->spare->size()) {
      *source_->spare = std::move(ring);
    }
  }

  const std::shared_ptr<SkippedSamples>& skipped() const noexcept { return skipped_; }
  std::size_t size() const noexcept { return cut_.size(); }
  double wait_seconds() const noexcept { return waited_.count(); }

  /// The next batch that has a sample in it; nullptr after the last.
  Batch* next() {
    const auto start = std::chrono::steady_clock::now();
    const bool was_full = source_->automatic != nullptr && prefetch_.is_full();
    Batch* const batch = find_next();
    const auto end = std::chrono::steady_clock::now();
    waited_ += end - start;
    if (batch != nullptr && batch_bytes_ == 0 && workers() > 0) {
      batch_bytes_ = batch->inputs.nbytes();
      prefetch_.set_workers(workers(), places(workers()));
    }
    if (source_->automatic != nullptr && batch != nullptr) {
      using Seconds = std::chrono::duration<double>;
      const std::size_t before = source_->automatic->workers();
      const Seconds used = has_ended_.time_since_epoch().count() == 0 ? Seconds(0) : Seconds(start - has_ended_);
      if (source_->automatic->taken(Seconds(end - start).count(), used.count(), was_full) != before) {
        source_->automatic->leave_out(places(workers()));
        prefetch_.set_workers(workers(), places(workers()));
      }
    }
    has_ended_ = end;
    return batch;
  }

 private:
  std::size_t workers() const noexcept { return workers_in_use(*source_, size()); }

  Batch* find_next() {
    while (BatchMemory* const memory = prefetch_.next()) {
      const SkippedSamples skipped = memory->skipped();
      const std::size_t room = SkippedSamples::most_kept - skipped_->first.size();
      const auto kept = static_cast<std::ptrdiff_t>(std::min(room, skipped.first.size()));
      skipped_->first.insert(skipped_->first.end(), skipped.first.begin(), skipped.first.begin() + kept);
      skipped_->count += skipped.count;
      if (memory->batch().size() > 0) {
        has_given_ = true;
        return &memory->batch();
      }
    }
    core::require(has_given_ || first_sample_ > 0 || skipped_->count == 0,
                  "DataLoader: not one of the {} samples could be read; the first: {}", skipped_->count,
                  skipped_->first.empty() ? "" : skipped_->first.front().reason);
    return nullptr;
  }

  /// With its padding, if any.
  std::vector<std::size_t> drawn_order() const {
    std::vector<std::size_t> order = source_->order(epoch_);
    core::require(order.size() == source_->sampler_size, "DataLoader: the sampler promised {} samples, but gave {}",
                  source_->sampler_size, order.size());
    for (std::size_t i = 0; order.size() < cut_.end(); ++i) {
      order.push_back(order[i]);
    }
    return order;
  }

  std::size_t checked(std::size_t first_sample) const {
    core::require(first_sample <= source_->sampler_size,
                  "DataLoader: epoch {} cannot go on at sample {}: it draws {} samples; was it begun with another "
                  "dataset or sampler?",
                  epoch_, first_sample, source_->sampler_size);
    return first_sample;
  }

  /// How many batches may be there at a time: one is in use, and the others are made ahead. There are `prefetch` for
  /// each worker as long as they are small, and fewer where they are not, but always so many that each worker has
  /// `prefetch` things to do, which are samples or, where the dataset reads whole batches, batches.
  std::size_t places(std::size_t workers) const noexcept {
    const auto prefetch = static_cast<std::size_t>(source_->options.prefetch);
    const std::size_t things = source_->read_batch ? 1 : static_cast<std::size_t>(source_->options.batch_size);
    const std::size_t needed = workers * (things > 1 ? std::max(prefetch, std::size_t{2}) : prefetch);  // one is first
    const std::size_t least = workers > 0 ? std::max(prefetch, (needed + things - 1) / things) : 0;
    constexpr std::size_t small = 16'000'000;  // bytes, of all together
    const std::size_t fit = batch_bytes_ > 0 ? small / batch_bytes_ : 0;
    const std::size_t ahead = std::clamp(fit, least, std::max(least, workers * prefetch));
    return std::max(std::min(1 + ahead, size()), std::size_t{1});
  }

  /// As many places as there may ever be.
  std::vector<BatchMemory> ring() const {
    const std::size_t workers = source_->automatic != nullptr ? source_->automatic->most() : this->workers();
    const std::size_t most = 1 + workers * static_cast<std::size_t>(source_->options.prefetch);
    std::vector<BatchMemory> memory = std::exchange(*source_->spare, {});
    memory.resize(std::max({std::min(most, size()), places(workers), std::size_t{1}}));
    return memory;
  }

  /// How many samples of the batch are this process's.
  std::size_t count(const BatchCut::Entries& all) const noexcept {
    const Share& share = cut_.share();
    const std::size_t samples = all.end - all.begin;
    return samples > share.rank ? (samples - share.rank + share.size - 1) / share.size : 0;
  }

  /// The entry of the order that stands at a place of a batch.
  std::size_t entry(std::size_t index, std::size_t place) const noexcept {
    const Share& share = cut_.share();
    return cut_.entries(cut_.first_batch() + index).begin + share.rank + place * share.size;
  }

  /// Begins a batch, with its first sample or, where the dataset can read them at once, with all; the workers do the
  /// rest together.
  Parts begin(std::size_t index, BatchMemory& memory, const std::atomic<bool>& stop) const {
    const LoaderOptions& options = source_->options;
    const std::size_t capacity = std::min(static_cast<std::size_t>(options.batch_size), order_.size());
    const std::size_t batch = cut_.first_batch() + index;
    const BatchCut::Entries all = cut_.entries(batch);
    const std::size_t samples = count(all);
    memory.begin({capacity, options.layout, options.pin_memory, options.dtype}, batch,
                 std::min(all.end, source_->sampler_size), samples);
    if (read_at_once(all, memory)) {
      return {};
    }
    std::size_t place = 0;
    while (place < samples && !stop.load(std::memory_order_relaxed)) {
      read(entry(index, place), place, memory);
      if (memory.has_sample(place++)) {
        break;
      }
    }
    return {place, samples};
  }

  void end(std::size_t index, BatchMemory& memory, const std::atomic<bool>& stop) const {
    if (cut_.share().size > 1 && !memory.has_samples()) {
      keep_in_step(cut_.entries(cut_.first_batch() + index), memory, stop);
    }
    memory.finish();
  }

  /// Whether the dataset could read all samples of the batch at once. Where it could not the memory is as before: what
  /// is wrong, and with which sample, is found when they are read one by one.
  bool read_at_once(const BatchCut::Entries& all, BatchMemory& memory) const {
    const Share& share = cut_.share();
    if (!source_->read_batch || count(all) == 0) {
      return false;
    }
    const std::span<const std::size_t> samples(order_.data() + all.begin, all.end - all.begin);
    if (share.size <= 1) {
      return read_at_once(samples, memory);
    }
    const core::ThreadSpare<std::vector<std::size_t>> own;
    own->clear();
    for (std::size_t i = share.rank; i < samples.size(); i += share.size) {
      own->push_back(samples[i]);
    }
    return read_at_once(*own, memory);
  }

  bool read_at_once(std::span<const std::size_t> samples, BatchMemory& memory) const {
    BatchPlaces places(memory, samples);
    try {
      source_->read_batch(samples, places);
      places.accept_all();
      return true;
    } catch (...) {
      places.forget_all();
      return false;
    }
  }

  /// Reads the first sample of the batch that can be read: this process has none of its own.
  void keep_in_step(const BatchCut::Entries& all, BatchMemory& memory, const std::atomic<bool>& stop) const {
    std::string reason;  // why the first could not be read
    memory.begin_filler();
    for (std::size_t i = all.begin; i < all.end && !memory.has_sample(0); ++i) {
      if (stop.load(std::memory_order_relaxed)) {
        return;
      }
      if (const std::optional<std::string> bad = read_or_tell(i, 0, memory); bad && i == all.begin) {
        reason = *bad;
      }
    }
    if (!memory.has_sample(0)) {
      core::fail(
          "DataLoader: not one of the {} samples of batch {} in epoch {} could be read, so the processes that share it "
          "cannot keep in step; the first: {}",
          all.end - all.begin, memory.batch().index, epoch_, reason);
    }
  }

  void read(std::size_t i, std::size_t place, BatchMemory& memory) const {
    if (std::optional<std::string> bad = read_or_tell(i, place, memory)) {
      memory.skip(place, order_[i], std::move(*bad));
    }
  }

  /// Reads entry `i` of the order to a place of the batch, or says why a sample is to be skipped. Every exception of a
  /// dataset's says that the sample is bad, except two that are no sample's fault: memory is short, or shape or type of
  /// sample or target are not the batch's.
  std::optional<std::string> read_or_tell(std::size_t i, std::size_t place, BatchMemory& memory) const {
    const std::size_t sample = order_[i];
    RandomStream random(source_->options.seed, epoch_, sample, earlier_draws_.empty() ? 0 : earlier_draws_[i]);
    BatchPlaces places(memory, place, sample);
    try {
      source_->read(sample, random, places, places);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (source_->options.bad_samples == BadSamples::stop || places.refused()) {
        throw;
      }
      return error.what();
    }
    return std::nullopt;
  }

  std::shared_ptr<EpochSource> source_;
  std::uint64_t epoch_;
  std::size_t first_sample_;  // the entries before it are left out
  BatchCut cut_;
  std::vector<std::size_t> order_;
  std::vector<std::uint32_t> earlier_draws_;  // of the order's entries; empty: no sample comes twice
  std::shared_ptr<SkippedSamples> skipped_ = std::make_shared<SkippedSamples>();
  bool has_given_ = false;
  std::size_t batch_bytes_ = 0;                      // of the first batch; 0: it was not taken yet
  std::chrono::steady_clock::time_point has_ended_;  // the wait for the batch that is in use
  std::chrono::duration<double> waited_{0};
  Prefetch<BatchMemory> prefetch_;
};

HEARTH_INLINE void check_loader_options(const LoaderOptions& options, std::size_t dataset_size,
                                        std::size_t sampler_size) {
  constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  core::require(dataset_size > 0, "DataLoader: the dataset is empty");
  core::require(sampler_size > 0, "DataLoader: the sampler draws no samples");
  core::require(options.batch_size >= 1, "DataLoader: batch_size must be at least 1, but got {}", options.batch_size);
  core::require(options.batch_size <= largest, "DataLoader: batch_size must be at most {}, but got {}", largest,
                options.batch_size);
  core::require(options.workers >= 0 || options.workers == LoaderOptions::automatic,
                "DataLoader: workers must be at least 0, or LoaderOptions::automatic, but got {}", options.workers);
  core::require(options.prefetch >= 1, "DataLoader: prefetch must be at least 1, but got {}", options.prefetch);
  core::check_background("DataLoader", options.nice, options.worker_cores);
  core::require(batch_count(options, sampler_size) > 0,
                "DataLoader: with drop_last there is no batch: {} samples, but batch_size is {}", sampler_size,
                options.batch_size);
  core::require(!options.pin_memory || torch::cuda::is_available(),
                "DataLoader: pin_memory needs CUDA, which is not available here; leave it out");
}

HEARTH_INLINE void begin_workers(EpochSource& source) {
  source.spare = std::make_shared<std::vector<BatchMemory>>();
  if (source.options.workers == LoaderOptions::automatic) {
    const std::size_t cores = core::usable_cores() / core::processes_of_machine();  // each process has its share
    const std::size_t usable =
        source.options.worker_cores.empty() ? std::max<std::size_t>(cores, 1) : source.options.worker_cores.size();
    source.automatic = std::make_shared<AutomaticWorkers>(
        first_workers(usable, static_cast<std::size_t>(at::get_num_threads())), usable);
  }
}

HEARTH_INLINE std::size_t workers_in_use(const EpochSource& source, std::size_t batches) noexcept {
  const auto batch_size = static_cast<std::size_t>(source.options.batch_size);
  const std::size_t most = source.read_batch ? batches : std::min(batches * batch_size, source.sampler_size);
  return std::min(
      source.automatic != nullptr ? source.automatic->workers() : static_cast<std::size_t>(source.options.workers),
      most);
}

HEARTH_INLINE void refuse_shuffle(const LoaderOptions& options) {
  core::require(!options.shuffle,
                "DataLoader: shuffle cannot be used with a sampler of one's own, which decides the order");
}

HEARTH_INLINE BatchCut cut_of(const EpochSource& source, const Share& share, std::size_t first_sample) {
  core::require(share.size <= 1 || !source.is_share,
                "DataLoader: its sampler gives one process's part of an epoch already (DistributedSampler), so the "
                "epoch cannot be shared by {} processes; leave the sampler out, with `shuffle` in the options",
                share.size);
  return {source.options, source.sampler_size, share, first_sample};
}

HEARTH_INLINE std::size_t batch_count(const LoaderOptions& options, std::size_t samples) noexcept {
  const auto size = static_cast<std::size_t>(options.batch_size);
  return samples / size + (samples % size != 0 && !options.drop_last ? 1 : 0);
}

HEARTH_INLINE std::vector<std::uint32_t> earlier_draws(const std::vector<std::size_t>& order, std::size_t size) {
  std::vector<bool> is_drawn(size);
  std::unordered_map<std::size_t, std::uint32_t> counts;  // of the samples that come again
  std::vector<std::uint32_t> earlier;
  for (std::size_t i = 0; i < order.size(); ++i) {
    core::require(order[i] < size, "DataLoader: the sampler gave sample {}, but the dataset has {}", order[i], size);
    if (is_drawn[order[i]]) {
      earlier.resize(order.size());
      earlier[i] = ++counts[order[i]];
    }
    is_drawn[order[i]] = true;
  }
  return earlier;
}

HEARTH_INLINE Epoch::Epoch(std::shared_ptr<EpochSource> source, std::uint64_t number, std::size_t first_sample,
                           Share share) {
  run_ = std::make_shared<Run>(std::move(source), number, first_sample, share);
}

HEARTH_INLINE Epoch::Iterator Epoch::begin() {
  return Iterator(run_);
}

HEARTH_INLINE std::size_t Epoch::size() const noexcept {
  return run_->size();
}

HEARTH_INLINE double Epoch::wait_seconds() const noexcept {
  return run_->wait_seconds();
}

HEARTH_INLINE std::shared_ptr<const SkippedSamples> Epoch::skipped_samples() const noexcept {
  return run_->skipped();
}

HEARTH_INLINE void Epoch::Iterator::advance() {
  batch_ = nullptr;
  batch_ = run_->next();
}

}  // namespace hearth::data
