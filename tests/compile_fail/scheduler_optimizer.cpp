// expect: StepLR: the first argument must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()
#include <vector>

#include <hearth/optim/step_lr.hpp>

struct Group {
  std::vector<float> params;
  struct {
    double lr;
  } options;
};

struct Optimizer {
  void step() {}
  void zero_grad() {}
#ifdef HEARTH_MISUSE
  std::vector<float> param_groups() {
    return {};
  }
#else
  std::vector<Group>& param_groups() {
    return groups;
  }
#endif
  std::vector<Group> groups;
};

void schedule(Optimizer& optimizer) {
  hearth::optim::StepLR scheduler{optimizer, {.step_size = 7}};
  scheduler.step();
}
