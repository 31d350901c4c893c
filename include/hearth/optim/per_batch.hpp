/// A scheduler that steps after every batch instead of every epoch.
#pragma once

#include <utility>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// Says of a scheduler that it steps after every step of the optimizer: its `T_max`, `total_steps` or milestones count
/// optimizer steps. Otherwise it is that scheduler.
///
///     optim::PerBatch scheduler{optim::OneCycleLR{optimizer, {.max_lr = 0.1, .total_steps = 30 * steps_per_epoch}}};
///     optim::PerBatch both{optim::SequentialLR{optimizer, {.milestones = {500}}, warm_up, cosine}};
///
/// It stands outside SequentialLR, never inside: the parts of one schedule count in the same unit.
template <class Scheduler>
class PerBatch {
  static_assert(
      !PlateauSchedulerLike<Scheduler>,
      "PerBatch: a scheduler that looks at a figure (PlateauSchedulerLike) steps once an epoch, when there is a "
      "figure: give it to the Trainer as it is");
  static_assert(SchedulerLike<Scheduler> || PlateauSchedulerLike<Scheduler>,
                "PerBatch: its argument must be a scheduler (SchedulerLike): step(), last_lr()");

 public:
  /// Tells the trainer to step after every optimizer step, not after every epoch.
  static constexpr bool steps_per_batch = true;

  explicit PerBatch(Scheduler scheduler) : scheduler_(std::move(scheduler)) {}

  void step() { scheduler_.step(); }
  std::vector<double> last_lr() const { return scheduler_.last_lr(); }

  /// The held scheduler's: Python's state of it has the same layout, for Python has no such wrapper.
  Value state_dict() const requires requires(const Scheduler& scheduler) { scheduler.state_dict(); }
  { return scheduler_.state_dict(); }
  void load_state_dict(const Value& state) requires requires(Scheduler& scheduler) { scheduler.load_state_dict(state); }
  { scheduler_.load_state_dict(state); }

  Scheduler& scheduler() noexcept { return scheduler_; }
  const Scheduler& scheduler() const noexcept { return scheduler_; }

 private:
  Scheduler scheduler_;
};

}  // namespace hearth::optim
