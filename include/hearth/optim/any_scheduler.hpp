/// One type for every scheduler: programs that choose it at run time hold it.
#pragma once

#include <concepts>
#include <memory>
#include <utility>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/optim/scheduler.hpp>

namespace hearth::optim {

/// Any scheduler that steps once an epoch and looks at no figure, under one type; its state is that of the one behind.
///
///     optim::AnyScheduler scheduler = drops ? optim::AnyScheduler(optim::StepLR{optimizer, {.step_size = 30}})
///                                           : optim::AnyScheduler(optim::ExponentialLR{optimizer, {.gamma = 0.9}});
class AnyScheduler {
 public:
  template <class Scheduler>
  requires(!std::same_as<Scheduler, AnyScheduler>) explicit AnyScheduler(Scheduler scheduler) {
    static_assert(SchedulerLike<Scheduler> && !PlateauSchedulerLike<Scheduler>,
                  "AnyScheduler: it holds a scheduler (SchedulerLike) that looks at no figure: step(), last_lr()");
    static_assert(!StepsPerBatch<Scheduler>, "AnyScheduler: it holds a scheduler that steps once an epoch");
    inner_ = std::make_unique<Holder<Scheduler>>(std::move(scheduler));
  }

  /// Sets the learning rates of the next epoch.
  void step() { inner_->step(); }

  /// The learning rate of each parameter group.
  std::vector<double> last_lr() const { return inner_->last_lr(); }

  /// The state of the scheduler behind it, in the layout of torch.optim.lr_scheduler.
  Value state_dict() const { return inner_->state_dict(); }

  /// Takes over a state that `state_dict` or Python's scheduler of that name gave. Throws Error as that scheduler does.
  void load_state_dict(const Value& state) { inner_->load_state_dict(state); }

 private:
  struct Inner {
    virtual ~Inner() = default;
    virtual void step() = 0;
    virtual std::vector<double> last_lr() const = 0;
    virtual Value state_dict() const = 0;
    virtual void load_state_dict(const Value& state) = 0;
  };

  template <class Scheduler>
  struct Holder final : Inner {
    explicit Holder(Scheduler held) : scheduler(std::move(held)) {}
    void step() override { scheduler.step(); }
    std::vector<double> last_lr() const override { return scheduler.last_lr(); }
    Value state_dict() const override { return scheduler.state_dict(); }
    void load_state_dict(const Value& state) override { scheduler.load_state_dict(state); }
    Scheduler scheduler;
  };

  std::unique_ptr<Inner> inner_;
};

}  // namespace hearth::optim
