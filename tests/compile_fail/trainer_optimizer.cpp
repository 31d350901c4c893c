// expect: Optimizer must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

#ifdef HEARTH_MISUSE
using Optimizer = hearth::models::MLP;
#else
using Optimizer = hearth::optim::SGD;
#endif

void compose(hearth::models::MLP model, Optimizer& optimizer,
             hearth::optim::NoScheduler<hearth::optim::SGD>& scheduler) {
  hearth::Trainer trainer{model, optimizer, scheduler, {.epochs = 1}};
}
