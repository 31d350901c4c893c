/// Ends a run that does not get better.
#pragma once

#include <optional>
#include <utility>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/history.hpp>

namespace hearth {

struct EarlyStoppingOptions {
  int patience = 5;                 ///< epochs without a better one, after which the run ends
  double min_delta = 0;             ///< by how much a figure must be better to count as such
  std::optional<Watch> watch = {};  ///< unset: the run's own
};

/// Ends the run when an epoch's figure has not become better for `patience` epochs. It looks at the run's history, so a
/// resumed run ends where it would have.
///
///     Trainer trainer{model, optimizer, {.epochs = 100}, SaveBest{folder}, EarlyStopping{{.patience = 3}}};
class EarlyStopping : public Callback {
 public:
  /// Throws Error when patience is below 1 or min_delta below 0.
  explicit EarlyStopping(EarlyStoppingOptions options = {});

  /// Throws Error when the run has no such figure.
  void on_fit_begin(const FitBegin& event) const;
  void on_epoch_end(const EpochEnd& event) const;

 private:
  EarlyStoppingOptions options_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/early_stopping.ipp>
#endif
