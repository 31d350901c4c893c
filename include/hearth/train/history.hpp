/// What training leaves behind in numbers: one record an epoch.
#pragma once

#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// One epoch. Losses are means over samples, accuracies shares of samples (0 … 1), both exact over uneven batches.
/// The training figures are those of the training batches as they were met, before each one's own step.
struct EpochRecord {
  int epoch = 0;  ///< counted from 0
  double train_loss = 0;
  double train_accuracy = 0;
  double val_loss = 0;
  double val_accuracy = 0;
  double lr = 0;                  ///< of the first parameter group, during the epoch
  double seconds = 0;             ///< training and validation together
  double images_per_second = 0;   ///< of training
  double data_wait_fraction = 0;  ///< share of the training time spent waiting for the loader, 0 … 1
};

/// The epoch with the highest validation accuracy, the first of them when several are equal.
struct BestEpoch {
  int epoch = 0;
  double loss = 0;
  double accuracy = 0;
};

/// The epochs of one call of Trainer::fit, in order.
struct History {
  std::vector<EpochRecord> epochs;
  bool interrupted = false;  ///< a stop was requested before the last epoch was complete

  /// Throws Error when no epoch was completed.
  BestEpoch best() const;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/history.ipp>
#endif
