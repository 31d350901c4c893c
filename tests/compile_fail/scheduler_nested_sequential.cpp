// expect: SequentialLR: every part must be a scheduler of the same type of optimizer that can begin anew
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
  using hearth::optim::LinearLR;
  using hearth::optim::SequentialLR;
#ifdef HEARTH_MISUSE
  SequentialLR rest{optimizer, {.milestones = {5}}, LinearLR{optimizer}, LinearLR{optimizer}};
  SequentialLR scheduler{optimizer, {.milestones = {5}}, LinearLR{optimizer}, rest};
#else
  SequentialLR scheduler{
      optimizer, {.milestones = {5, 10}}, LinearLR{optimizer}, LinearLR{optimizer}, LinearLR{optimizer}};
#endif
  scheduler.step();
}
