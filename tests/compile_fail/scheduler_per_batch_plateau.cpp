// expect: PerBatch: a scheduler that looks at a figure (PlateauSchedulerLike) steps once an epoch
#include <vector>

#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>

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
  const hearth::optim::PerBatch scheduler{hearth::optim::ReduceLROnPlateau{optimizer}};
#else
  hearth::optim::PerBatch scheduler{hearth::optim::ExponentialLR{optimizer, {.gamma = 0.9}}};
  scheduler.step();
#endif
}
