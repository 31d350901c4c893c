/// How the order of an epoch is cut into batches, and which entries of each are one process's.
#pragma once

#include <algorithm>
#include <cstddef>

#include <hearth/core/inline.hpp>
#include <hearth/core/share.hpp>
#include <hearth/data/loader_options.hpp>

namespace hearth::data {

/// The batches of an epoch, or of its rest, for one of the processes that share it. Global batch k is the entries from
/// k * G to (k + 1) * G of the order, where G is batch_size times the number of processes; of them, or of what is left
/// of them, process `rank` has every `size`-th, from its `rank`-th on. Entry i of the order is its sample i, and beyond
/// its end, with Remainder::pad, sample i modulo its size.
class BatchCut {
 public:
  /// The entries of one global batch.
  struct Entries {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Of an order of `samples`, without its first `first_sample`. Throws Error when `share` makes no sense, or when the
  /// whole epoch has no batch in it.
  BatchCut(const LoaderOptions& options, std::size_t samples, const Share& share, std::size_t first_sample = 0);

  const Share& share() const noexcept { return share_; }

  /// This process's batches, and the number of the first of them among the global ones.
  std::size_t size() const noexcept { return end_batch_ - first_batch_; }
  std::size_t first_batch() const noexcept { return first_batch_; }

  /// The end of the last global batch: beyond the order's where it is padded, before it where a tail is left out.
  std::size_t end() const noexcept { return end_; }

  /// How many samples of the order come before that end, those that are left out at its beginning too. Padding is not
  /// counted.
  std::size_t samples() const noexcept { return std::min(end_, samples_); }

  /// What is left of a global batch, of all processes.
  Entries entries(std::size_t batch) const noexcept;

 private:
  Share share_;
  std::size_t samples_;       // of the order
  std::size_t global_size_;   // of a batch: G
  std::size_t first_sample_;  // the entries before it are left out
  std::size_t end_ = 0;
  std::size_t first_batch_ = 0;
  std::size_t end_batch_ = 0;
};

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/batch_cut.ipp>
#endif
