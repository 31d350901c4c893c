// expect: SequentialLR: every part must be a scheduler (SchedulerLike): step(), last_lr()
#include <vector>

#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/sequential_lr.hpp>

struct Optimizer {
  struct Group {
    std::vector<float> params;
    struct {
      double lr;
    } options;
  };
  void step() {}
  void zero_grad() {}
  std::vector<Group>& param_groups() { return groups; }
  std::vector<Group> groups;
};

void schedule(Optimizer& optimizer) {
#ifdef HEARTH_MISUSE
  const auto part = [](int epoch) { return 1.0 / epoch; };
#else
  const hearth::optim::LinearLR part{optimizer};
#endif
  hearth::optim::SequentialLR scheduler{optimizer, {.milestones = {5}}, hearth::optim::LinearLR{optimizer}, part};
  scheduler.step();
}
