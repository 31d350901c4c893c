// expect: and PerBatch stands outside: PerBatch{SequentialLR{...}}
#include <vector>

#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/per_batch.hpp>
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
  using hearth::optim::PerBatch;
  using hearth::optim::SequentialLR;
#ifdef HEARTH_MISUSE
  SequentialLR scheduler{optimizer, {.milestones = {5}}, PerBatch{LinearLR{optimizer}}, LinearLR{optimizer}};
#else
  PerBatch scheduler{SequentialLR{optimizer, {.milestones = {5}}, LinearLR{optimizer}, LinearLR{optimizer}}};
#endif
  scheduler.step();
}
