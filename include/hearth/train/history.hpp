/// What training leaves behind in numbers: one record an epoch.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/metrics/figure.hpp>

namespace hearth {

/// Named numbers, in the order in which they were added; every name once.
class Figures {
 public:
  Figures() = default;
  Figures(std::initializer_list<Figure> figures);

  /// Adds the figure at the end, or gives it another value where it is.
  void set(std::string_view name, double value);

  /// The figure of that name, or null.
  const double* find(std::string_view name) const noexcept;

  /// The figure of that name. Throws Error naming those that there are when it is none of them.
  double operator[](std::string_view name) const;

  std::size_t size() const noexcept { return figures_.size(); }
  bool empty() const noexcept { return figures_.empty(); }
  auto begin() const noexcept { return figures_.begin(); }
  auto end() const noexcept { return figures_.end(); }

 private:
  std::vector<Figure> figures_;
};

/// Whether a figure is better the lower it is (`lowest`) or the higher (`highest`).
enum class Goal { lowest, highest };

/// Which figure of an epoch says how good it is: "val_accuracy", "val_loss", "train_loss", …
struct Watch {
  std::string figure = "val_accuracy";
  Goal goal = Goal::highest;  ///< whether high or low values are good
};

/// One epoch. Its figures are those of the task, of training and then of validation: "train_loss", "train_accuracy",
/// "val_loss", "val_accuracy" in a classification. They are exact over uneven batches, losses and accuracies (0 … 1)
/// means over samples. The training figures are those of the training batches as they were met, before each one's own
/// step.
struct EpochRecord {
  int epoch = 0;  ///< counted from 0
  Figures figures = {};
  double lr = 0;                  ///< of the first parameter group, during the epoch
  double seconds = 0;             ///< training and validation together
  double images_per_second = 0;   ///< of training
  double data_wait_fraction = 0;  ///< share of the training time spent waiting for the loader, 0 … 1

  /// `record["val_loss"]`: the figure of that name. Throws Error naming those that there are when it is none of them.
  double operator[](std::string_view name) const { return figures[name]; }
};

/// The best epoch of a history, the first of them when several are equal.
struct BestEpoch {
  int epoch = 0;
  double value = 0;     ///< of the figure that was watched
  double loss = 0;      ///< of validation, or of training where there was none
  double accuracy = 0;  ///< the same; not a number where accuracy is not measured
};

/// The epochs of a run, in order: also those before it was resumed from a checkpoint.
struct History {
  std::vector<EpochRecord> epochs = {};
  Watch watch = {};          ///< what `best()` looks at: what the task says, unless TrainerOptions does
  bool interrupted = false;  ///< a stop was requested before the last epoch was complete
  std::string stopped = {};  ///< why a callback ended the run; empty when none did

  /// The best epoch by `watch`, or by another figure. Throws Error when no epoch was completed, and when there is no
  /// such figure.
  BestEpoch best() const { return best(watch); }
  BestEpoch best(const Watch& by) const;
};

}  // namespace hearth

namespace hearth::train {

/// The record's figures of a phase, "train" or "val", under their names without it.
Figures figures_of(const EpochRecord& record, const std::string& phase);

/// Throws Error, in the name of `who`, unless the figure is one of those that there are.
void require_figure(std::string_view who, std::string_view figure, const std::vector<std::string>& known);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/history.ipp>
#endif
