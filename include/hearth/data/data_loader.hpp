/// Goes through a dataset in batches: reads, transforms and collates the samples on worker threads, ahead of their use.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/batch.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/data/epoch.hpp>
#include <hearth/data/loader_options.hpp>
#include <hearth/data/sampler.hpp>
#include <hearth/data/skipped_samples.hpp>
#include <hearth/data/target.hpp>

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
/// has a part in it. A sample's random choices are those of RandomStream(seed, epoch, its number in the dataset, how
/// often the epoch has drawn it before).
///
/// Each `for` is the next epoch; leaving it early, by `break` or an exception, stops the workers, and so does an error
/// (a sample that cannot be read, samples of different shapes), which is thrown where its batch would have come. Epochs
/// of one loader may overlap, each has its own workers; a loader belongs to one thread, though.
template <class Dataset, class Sampler = data::DefaultSampler>
class DataLoader {
  static_assert(
      DatasetLike<Dataset>,
      "DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> target, both const; see "
      "hearth/data/dataset.hpp");
  static_assert(SamplerLike<Sampler>,
                "DataLoader: Sampler must be SamplerLike: size() and indices(epoch) -> std::vector<std::size_t>, both "
                "const; see hearth/data/sampler.hpp");

 public:
  /// What `epoch` gives: the batches of an epoch, for one loop.
  using Epoch = data::Epoch;
  /// Stands at a batch of an epoch.
  using Iterator = data::Epoch::Iterator;

  /// Throws Error when the dataset is empty or an option makes no sense.
  explicit DataLoader(Dataset dataset,
                      LoaderOptions options = {}) requires std::same_as<Sampler, data::DefaultSampler> {
    data::DefaultSampler order(dataset.size(), options.shuffle, options.seed);
    begin_with(std::move(dataset), order, options);
  }

  /// As above; the sampler alone decides the order, so `shuffle` with it is an Error, and so is a sampler of no
  /// samples.
  DataLoader(Dataset dataset, Sampler sampler, LoaderOptions options = {}) {
    data::refuse_shuffle(options);
    begin_with(std::move(dataset), std::move(sampler), options);
  }

  DataLoader(DataLoader&&) noexcept = default;
  DataLoader& operator=(DataLoader&&) noexcept = default;

  /// The batches of an epoch.
  std::size_t size() const { return data::batch_count(options(), sampler().size()); }

  /// The samples of an epoch, without those that drop_last leaves out.
  std::size_t samples() const {
    return options().drop_last ? size() * static_cast<std::size_t>(options().batch_size) : sampler().size();
  }

  /// The same where several processes share an epoch: the batches of this one, and the samples of all of them. Throws
  /// Error when the share makes no sense, or leaves no batch.
  std::size_t size(const Share& share) const { return data::cut_of(*source_, share).size(); }
  std::size_t samples(const Share& share) const { return data::cut_of(*source_, share).samples(); }

  /// Begins the next epoch, counted from 0, and waits for its first batch.
  Iterator begin() { return epoch(next_epoch_++).begin(); }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// The batches of the given epoch: the same whenever it is asked for. They are gone through once, and are being read
  /// ahead from now on. `begin()` counts on from where it was.
  ///
  /// `first_sample` leaves out the samples that the epoch draws before it, unread: a run that stopped within an epoch
  /// goes on with `epoch(number, batch.drawn)` of its last batch. What comes is what the whole epoch gives from there
  /// on, bit for bit; where `first_sample` is no multiple of batch_size, the first batch is what is left of its batch.
  /// When all are left out there is no batch. Throws Error when `first_sample` is beyond the epoch's end.
  ///
  /// With a `share` of more than one process the epoch's order is cut into global batches of batch_size times their
  /// number, and each process has its part of every one, transformed as one process alone would: the processes
  /// together have what one with that batch_size has. `index`, `drawn` and `first_sample` are those of the whole order,
  /// so a run may go on with another number of processes; what is left of a global batch is then shared anew, and is
  /// not padded where others follow. Where a process has no sample of a batch, or can read none (BadSamples::skip), it
  /// has another process's with `counts` false. Throws Error when the share makes no sense or the
  /// sampler gives a share itself.
  Epoch epoch(std::uint64_t number, std::size_t first_sample = 0, Share share = {}) {
    Epoch begun(source_, number, first_sample, share);
    skipped_ = begun.skipped_samples();
    return begun;
  }

  const Dataset& dataset() const noexcept { return parts_->dataset; }
  const Sampler& sampler() const noexcept { return parts_->sampler; }
  const LoaderOptions& options() const noexcept { return source_->options; }

  /// How many workers an epoch uses: LoaderOptions::workers, but no more than there are samples or, where the dataset
  /// reads whole batches, batches; with LoaderOptions::automatic, the number that was last found right.
  std::size_t workers_in_use() const { return data::workers_in_use(*source_, size()); }

  /// How many samples the epoch begun last has left out until now (BadSamples::skip).
  std::size_t skipped() const noexcept { return skipped_->count; }

  /// The same with the first names and reasons, for a message to the user: `skipped_samples().summary(samples())`.
  const SkippedSamples& skipped_samples() const noexcept { return *skipped_; }

 private:
  struct Parts {
    Dataset dataset;
    Sampler sampler;
  };

  void begin_with(Dataset dataset, Sampler sampler, const LoaderOptions& options) {
    parts_ = std::make_shared<const Parts>(Parts{std::move(dataset), std::move(sampler)});
    data::check_loader_options(options, parts_->dataset.size(), parts_->sampler.size());
    source_ = std::make_shared<data::EpochSource>(data::EpochSource{
        options, parts_->dataset.size(), parts_->sampler.size(),
        [parts = parts_](std::uint64_t epoch) { return parts->sampler.indices(epoch); },
        [parts = parts_](std::size_t index, RandomStream& random, SampleSink& sink, data::TargetSink& targets) {
          data::give(parts->dataset.read(index, random, sink), targets);
        },
        at_once(), ShareSampler<Sampler>});
    data::begin_workers(*source_);
  }

  /// How the dataset reads several samples at once; empty where it cannot.
  std::function<void(std::span<const std::size_t>, BatchSink&)> at_once() const {
    if constexpr (BatchReadable<Dataset>) {
      return [parts = parts_](std::span<const std::size_t> indices, BatchSink& sink) {
        parts->dataset.read_batch(indices, sink);
      };
    } else {
      return {};
    }
  }

  std::shared_ptr<const Parts> parts_;
  std::shared_ptr<data::EpochSource> source_;  // the same parts, without their types
  std::uint64_t next_epoch_ = 0;
  std::shared_ptr<const SkippedSamples> skipped_ = std::make_shared<const SkippedSamples>();
};

}  // namespace hearth
