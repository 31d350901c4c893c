#pragma once

#include <hearth/train/history.hpp>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth {

HEARTH_INLINE BestEpoch History::best() const {
  core::require(!epochs.empty(), "History: there is no best epoch, because no epoch was completed");
  const auto best = std::max_element(epochs.begin(), epochs.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return a.val_accuracy < b.val_accuracy;
  });
  return {best->epoch, best->val_loss, best->val_accuracy};
}

}  // namespace hearth
