/// How do I use an optimizer of LibTorch's own? As it is: the trainer and the schedulers take it.
#include <fmt/format.h>
#include <torch/optim/rmsprop.h>

#include <cmath>
#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  at::manual_seed(0);
  const at::Tensor labels = at::arange(64, at::kLong) % 2;
  const at::Tensor points = at::rand({64, 4}) + labels.to(at::kFloat).unsqueeze(1);
  DataLoader loader{TensorDataset{points, labels}, {.batch_size = 16, .shuffle = true}};

  auto model = models::mlp({.in_features = 4, .hidden = {16}, .num_classes = 2});
  torch::optim::RMSprop optimizer{model->parameters(), torch::optim::RMSpropOptions(0.01).alpha(0.9)};
  optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.1}};

  Trainer trainer{model, optimizer, scheduler, {.epochs = 4, .device = at::kCPU}};
  for (const EpochRecord& record : trainer.fit(loader, loader).epochs) {
    fmt::print("epoch {}: lr {:g}, a finite loss: {}\n", record.epoch, record.lr, std::isfinite(record["val_loss"]));
  }
}

// Output:
// epoch 0: lr 0.01, a finite loss: true
// epoch 1: lr 0.01, a finite loss: true
// epoch 2: lr 0.001, a finite loss: true
// epoch 3: lr 0.001, a finite loss: true
