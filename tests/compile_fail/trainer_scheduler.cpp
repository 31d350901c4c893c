// expect: Scheduler must be a scheduler (SchedulerLike): step(), last_lr()
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/trainer.hpp>

#ifdef HEARTH_MISUSE
using Scheduler = hearth::optim::SGD;
#else
using Scheduler = hearth::optim::StepLR<hearth::optim::SGD>;
#endif

void compose(hearth::models::MLP model, hearth::optim::SGD& optimizer, Scheduler& scheduler) {
  hearth::Trainer trainer{model, optimizer, scheduler, {.epochs = 1}};
}
