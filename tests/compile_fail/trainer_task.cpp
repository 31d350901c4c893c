// expect: the task must be a task (TaskLike), as Classification, MultiLabel and Regression are, or a loss
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

#ifdef HEARTH_MISUSE
using Task = int;
#else
using Task = hearth::CrossEntropyLoss;
#endif

using Optimizer = hearth::optim::SGD;

void compose(hearth::Trainer<hearth::models::MLP, Optimizer, hearth::optim::NoScheduler<Optimizer>>& trainer,
             hearth::DataLoader<hearth::TensorDataset>& loader) {
  trainer.fit(loader, loader, Task{});
}
