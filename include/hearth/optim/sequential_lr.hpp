/// Schedulers one after the other: a warm-up, then a cosine, say.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/rule_scheduler.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// The options of torch.optim.lr_scheduler.SequentialLR.
struct SequentialLROptions {
  std::vector<int> milestones;  ///< the step at which each scheduler but the first takes over, in ascending order
};

/// Throws Error unless there is one milestone less than schedulers, and they ascend from 0.
void check_milestones(std::span<const int> milestones, std::size_t schedulers);

/// A state of torch.optim.lr_scheduler.SequentialLR.
Value sequence_state(const std::vector<int>& milestones, int epoch, const std::vector<double>& rates,
                     Value::List schedulers);

/// The milestones of such a state. Throws Error when they, or the schedulers' states, are not those of this many.
std::vector<int> read_milestones(const Value& state, std::size_t schedulers);

/// torch.optim.lr_scheduler.SequentialLR: gives each scheduler its turn, from one milestone to the next; at its turn a
/// scheduler begins at its epoch 0 with the rates that the optimizer had in the beginning.
///
///     optim::SequentialLR scheduler{optimizer, {.milestones = {5}},
///                                   optim::LinearLR{optimizer, {.start_factor = 0.1, .total_iters = 5}},
///                                   optim::CosineAnnealingLR{optimizer, {.T_max = 85}}};
///
/// Its parts are made in place, as here, and in this order: with a torch::optim optimizer, whose groups don't remember
/// their first rates, the beginning is what the first part found. Another SequentialLR is not a part; one takes any
/// number of schedulers. PerBatch stands around it.
template <class Optimizer, class... Schedulers>
class SequentialLR {
  static_assert(OptimizerLike<Optimizer>,
                "SequentialLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), "
                "param_groups()");
  static_assert(sizeof...(Schedulers) >= 1, "SequentialLR: it needs at least one scheduler, after the milestones");
  static_assert((SchedulerLike<Schedulers> && ...),
                "SequentialLR: every part must be a scheduler (SchedulerLike): step(), last_lr()");
  static_assert(!(SchedulerLike<Schedulers> && ...) || (RestartableScheduler<Schedulers, Optimizer> && ...),
                "SequentialLR: every part must be a scheduler of the same type of optimizer that can begin anew "
                "(RestartableScheduler): start(rates), wait_to_start(rates), initial_lr(), optimizer(), state_dict(), "
                "load_state_dict(state); a SequentialLR and a OneCycleLR cannot, and PerBatch stands outside: "
                "PerBatch{SequentialLR{...}}");

 public:
  /// Sets the optimizer's rates to those of the first scheduler's beginning. The optimizer must outlive the scheduler.
  /// Throws Error when a part belongs to another optimizer, when there is not one milestone less than schedulers, or
  /// when the milestones are negative or descend.
  SequentialLR(Optimizer& optimizer, SequentialLROptions options, Schedulers... schedulers)
      : optimizer_(&optimizer),
        milestones_(std::move(options.milestones)),
        schedulers_(std::move(schedulers)...),
        initial_(std::get<0>(schedulers_).initial_lr()) {
    check_milestones(milestones_, sizeof...(Schedulers));
    std::apply(
        [&](auto&... part) {
          core::require(((&part.optimizer() == optimizer_) && ...),
                        "SequentialLR: a part belongs to another optimizer");
          (part.wait_to_start(initial_), ...);
        },
        schedulers_);
    with_active([&](auto& scheduler) { begin(scheduler); });
  }

  /// Goes to the next epoch, and to the next scheduler where its milestone has come.
  void step() {
    ++epoch_;
    with_active([&](auto& scheduler) {
      if (std::binary_search(milestones_.begin(), milestones_.end(), epoch_)) {
        begin(scheduler);
      } else {
        scheduler.step();
        last_ = scheduler.last_lr();
      }
    });
  }

  const std::vector<double>& last_lr() const noexcept { return last_; }

  /// The position, the milestones and the parts' states under the names of torch.optim.lr_scheduler.SequentialLR, whose
  /// load_state_dict takes them.
  Value state_dict() const {
    Value::List parts;
    std::apply([&](const auto&... part) { (parts.push_back(part.state_dict()), ...); }, schedulers_);
    return sequence_state(milestones_, epoch_, last_, std::move(parts));
  }

  /// Takes the position, the milestones and the parts' states from a state that `state_dict` or Python's SequentialLR
  /// gave, of the same parts in the same order. As in Python the optimizer's rates stay as they are: they are in its
  /// own state. When it throws, the scheduler is as it was. Throws Error naming the key that is missing, or whose value
  /// does not fit.
  void load_state_dict(const Value& state) {
    try {
      SequentialLR read = *this;
      read.read_state(state);
      *this = std::move(read);
    } catch (const Error& error) {
      core::fail("SequentialLR: cannot load this state: {}", error.what());
    }
  }

 private:
  void read_state(const Value& state) {
    milestones_ = read_milestones(state, sizeof...(Schedulers));
    epoch_ = read_last_epoch(state, 0);
    last_ = read_rates(state, "_last_lr", initial_.size());
    std::size_t index = 0;
    const auto read_part = [&](auto& part) {
      try {
        part.load_state_dict(state.at("_schedulers", index));
      } catch (const Error& error) {
        core::fail("_schedulers/{}: {}", index, error.what());
      }
      ++index;
    };
    std::apply([&](auto&... part) { (read_part(part), ...); }, schedulers_);
    initial_ = std::get<0>(schedulers_).initial_lr();
  }

  template <class Scheduler>
  void begin(Scheduler& scheduler) {
    scheduler.start(initial_);
    last_ = scheduler.last_lr();
  }

  /// Calls `use` with the scheduler whose turn it is.
  template <class Use>
  void with_active(Use use) {
    const auto turn = static_cast<std::size_t>(std::upper_bound(milestones_.begin(), milestones_.end(), epoch_) -
                                               milestones_.begin());
    std::size_t index = 0;
    std::apply([&](auto&... scheduler) { ((index++ == turn ? use(scheduler) : void()), ...); }, schedulers_);
  }

  Optimizer* optimizer_;
  std::vector<int> milestones_;
  std::tuple<Schedulers...> schedulers_;
  std::vector<double> initial_;
  std::vector<double> last_;
  int epoch_ = 0;
};

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/sequential_lr.ipp>
#endif
