/// What BadSamples::skip has left out of an epoch, and why.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// A sample that could not be read: its number in the dataset and the reason, which names the file where there is one.
struct SkippedSample {
  std::size_t index = 0;  ///< which sample of the dataset
  std::string reason;
};

/// The samples that an epoch has left out until now: how many, and the first few of them.
struct SkippedSamples {
  static constexpr std::size_t most_kept = 10;  ///< of how many the reasons are kept

  std::size_t count = 0;             ///< how many were left out in all
  std::vector<SkippedSample> first;  ///< in the epoch's order, at most `most_kept`

  /// A line for the user, with the first three reasons, where `total` is the number of samples in the epoch:
  /// "3 of 20,000 samples were skipped: sample 17 (…); sample 80 (…); sample 9 (…)". Empty when none was skipped.
  std::string summary(std::size_t total) const;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/data/skipped_samples.ipp>
#endif
