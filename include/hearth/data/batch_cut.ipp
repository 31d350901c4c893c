#pragma once

#include <hearth/data/batch_cut.hpp>

#include <fmt/core.h>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth::data {

HEARTH_INLINE BatchCut::BatchCut(const LoaderOptions& options, std::size_t samples, const Share& share,
                                 std::size_t first_sample)
    : share_(share),
      samples_(samples),
      global_size_(static_cast<std::size_t>(options.batch_size) * share.size),
      first_sample_(first_sample) {
  const std::size_t processes = share.size;
  core::require(processes >= 1, "DataLoader: an epoch is shared by at least one process, but got Share::size 0");
  core::require(share.rank < processes, "DataLoader: Share::rank must be below Share::size, which is {}, but got {}",
                processes, share.rank);
  const auto padded = [&](std::size_t count) { return (count + processes - 1) / processes * processes; };

  end_ = share.remainder == Remainder::pad    ? padded(samples)
         : share.remainder == Remainder::drop ? samples / processes * processes
                                              : samples;
  core::require(end_ > 0, "DataLoader: with Remainder::drop {} processes have no sample of {}", processes, samples);
  if (options.drop_last) {
    end_ = end_ / global_size_ * global_size_;
  }
  core::require(end_ > 0, "DataLoader: with drop_last there is no batch: {} samples, but batch_size is {}{}", samples,
                options.batch_size, processes == 1 ? "" : fmt::format(" on each of {} processes", processes));

  const std::size_t last = std::min(end_, samples);
  if (first_sample >= last) {
    return;  // nothing is left but padding
  }
  first_batch_ = first_sample / global_size_;
  end_batch_ = (end_ + global_size_ - 1) / global_size_;
  if (share.remainder == Remainder::pad && first_batch_ + 1 == end_batch_) {
    const std::size_t begin = std::max(first_batch_ * global_size_, first_sample);
    end_ = begin + padded(last - begin);
  }
}

HEARTH_INLINE BatchCut::Entries BatchCut::entries(std::size_t batch) const noexcept {
  const std::size_t begin = batch * global_size_;
  return {std::max(begin, first_sample_), batch + 1 == end_batch_ ? end_ : begin + global_size_};
}

}  // namespace hearth::data
