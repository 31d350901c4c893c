/// A learning rate that drops when a figure has not improved for some time.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/per_group.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// Whether a figure improves by falling (`min`: a loss) or by rising (`max`: an accuracy).
enum class PlateauMode { min, max };

/// Whether a threshold is a share of the best figure (`rel`) or a difference from it (`abs`).
enum class ThresholdMode { rel, abs };

/// The options of torch.optim.lr_scheduler.ReduceLROnPlateau, and the name of the figure.
struct ReduceLROnPlateauOptions {
  std::string figure = "val_loss";      ///< the figure of the run's history that a Trainer hands to step()
  PlateauMode mode = PlateauMode::min;  ///< whether less or more is better
  double factor = 0.1;                  ///< what the rate is multiplied by; below 1
  int patience = 10;                    ///< epochs without an improvement that change nothing yet
  double threshold = 1e-4;              ///< what a figure must improve by to count
  ThresholdMode threshold_mode = ThresholdMode::rel;  ///< what the threshold is a share of
  int cooldown = 0;                                   ///< epochs after a drop that don't count
  PerGroup min_lr = 0;                                ///< the lowest rate, of all groups or of each
  double eps = 1e-8;                                  ///< drops that are not larger than this are left out
};

/// What ReduceLROnPlateau knows: all but the optimizer.
class Plateau {
 public:
  /// With these rates of the parameter groups. Throws Error when an option is out of its range.
  Plateau(ReduceLROnPlateauOptions options, std::vector<double> rates);

  /// The rates after an epoch with this figure, from those before it.
  const std::vector<double>& step(double metric, std::vector<double> rates);

  const std::vector<double>& last_lr() const noexcept { return last_; }
  const std::string& figure() const noexcept { return options_.figure; }  ///< the name of the figure that it watches

  Value state_dict() const;
  void load_state_dict(const Value& state);

 private:
  bool is_better(double metric) const;
  void read_state(const Value& state);

  ReduceLROnPlateauOptions options_;
  std::vector<double> lowest_;
  std::vector<double> last_;
  double best_;
  int epoch_ = 0;
  int cooldown_left_ = 0;
  int bad_epochs_ = 0;
};

/// torch.optim.lr_scheduler.ReduceLROnPlateau: multiplies the learning rates by `factor` when a figure has not improved
/// for more than `patience` epochs. A figure that is not a number is no improvement. A Trainer steps it after every
/// epoch with the figure that `.figure` names.
///
///     optim::ReduceLROnPlateau scheduler{optimizer, {.figure = "val_accuracy", .mode = optim::PlateauMode::max}};
template <class Optimizer>
class ReduceLROnPlateau {
  static_assert(OptimizerLike<Optimizer>,
                "ReduceLROnPlateau: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");

 public:
  /// The optimizer must outlive the scheduler. Throws Error when factor is not above 0 and below 1, patience, cooldown,
  /// threshold, eps or a lowest rate is below 0, or there are as many lowest rates as neither one nor the groups.
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {})
      : optimizer_(&optimizer), plateau_(std::move(options), rates()) {}

  /// Takes an epoch's figure. Throws Error when the optimizer's groups have become more or fewer.
  void step(double metric) {
    auto rate = plateau_.step(metric, rates()).begin();
    for (auto& group : optimizer_->param_groups()) {
      set_learning_rate(group, *rate++);
    }
  }

  const std::vector<double>& last_lr() const noexcept { return plateau_.last_lr(); }
  const std::string& figure() const noexcept { return plateau_.figure(); }
  Optimizer& optimizer() const noexcept { return *optimizer_; }

  /// The options, the best figure and the counters under the names of torch.optim.lr_scheduler.ReduceLROnPlateau, whose
  /// load_state_dict takes them. The figure's name is no part of it.
  Value state_dict() const { return plateau_.state_dict(); }

  /// Takes the options, the best figure and the counters from a state that `state_dict` or Python's gave. As in Python
  /// the optimizer's rates stay as they are: they are in its own state. When it throws, the scheduler is as it was.
  /// Throws Error naming the key that is missing, or whose value does not fit.
  void load_state_dict(const Value& state) { plateau_.load_state_dict(state); }

 private:
  std::vector<double> rates() const {
    std::vector<double> rates;
    for (const auto& group : optimizer_->param_groups()) {
      rates.push_back(learning_rate(group));
    }
    return rates;
  }

  Optimizer* optimizer_;
  Plateau plateau_;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/reduce_lr_on_plateau.ipp>
#endif
