/// How do I fine-tune trained weights for classes of my own? With a new head, and a smaller learning rate for the rest.
#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  // In the place of weights that somebody trained, for 1000 classes.
  at::manual_seed(0);
  save_weights(*models::resnet18(), "resnet18.pth");

  // The weights of all layers but the head, which is made for 3 classes and starts anew.
  auto model = models::resnet18({.num_classes = 3, .pretrained = "resnet18.pth"});

  // Two groups of parameters: the head learns ten times as fast as the rest.
  const std::vector<at::Tensor> head = model->head()->parameters();
  std::vector<at::Tensor> body;
  for (const auto& parameter : model->named_parameters()) {
    if (!parameter.key().starts_with(model->head_name() + ".")) {
      body.push_back(parameter.value());
    }
  }
  optim::SGD optimizer{{{.params = body, .options = {.lr = 1e-3, .momentum = 0.9}},
                        {.params = head, .options = {.lr = 1e-2, .momentum = 0.9}}}};
  optim::StepLR scheduler{optimizer, {.step_size = 1, .gamma = 0.1}};

  const at::Tensor labels = at::arange(6, at::kLong) % 3;
  DataLoader loader{TensorDataset{at::rand({6, 3, 32, 32}), labels}, {.batch_size = 6}};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}};
  trainer.fit(loader, loader);

  for (const auto& group : optimizer.param_groups()) {
    fmt::print("{} tensors, lr {:g}\n", group.params.size(), group.options.lr);
  }
  fmt::print("the head has {} outputs\n", model->num_classes());
}

// Output:
// 60 tensors, lr 1e-05
// 2 tensors, lr 0.0001
// the head has 3 outputs
