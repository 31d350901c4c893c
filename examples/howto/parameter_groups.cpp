/// How do I give parts of a model other rates, no weight decay, or freeze them? With rules that make the optimizer's
/// groups, and a table of what fell where.
#include <fmt/format.h>
#include <torch/nn.h>

#include <cstdint>

#include <hearth/hearth.hpp>

using namespace hearth;

int main() {
  at::manual_seed(0);
  torch::nn::Sequential model({
      {"stem", torch::nn::Conv2d(3, 4, 3)},
      {"conv", torch::nn::Conv2d(4, 8, 3)},
      {"norm", torch::nn::BatchNorm2d(8)},
      {"pool", torch::nn::AdaptiveAvgPool2d(1)},
      {"flat", torch::nn::Flatten()},
      {"head", torch::nn::Linear(8, 2)},
  });

  // Rules apply in their order. A pattern is the name of a parameter or of a module, with * and ?; one that matches
  // nothing is an error.
  const auto groups = optim::group_parameters(
      *model, optim::AdamWOptions{.lr = 0.001, .weight_decay = 0.05},
      {optim::Frozen{"stem"}, optim::RateOf{"head", 0.01}, optim::NormWeightDecay{.weight_decay = 0}});
  fmt::print("{}", groups.table());

  optim::AdamW optimizer{groups};
  const at::Tensor labels = at::arange(8, at::kLong) % 2;
  DataLoader loader{TensorDataset{at::rand({8, 3, 8, 8}), labels}, {.batch_size = 4}};
  const at::Tensor stem = model->named_parameters()["stem.weight"].clone();
  Trainer trainer{model, optimizer, {.epochs = 1, .device = at::kCPU}};
  trainer.fit(loader);
  fmt::print("the stem is as it was: {}\n", at::equal(stem, model->named_parameters()["stem.weight"]));
}

// Output:
// group  rules                               lr  weight decay  tensors  parameters  names
//     0  none                             0.001          0.05        1         288  conv.weight
//     1  norms and biases                 0.001             0        3          24  conv.bias, norm.weight, norm.bias
//     2  rate of head                      0.01          0.05        1          16  head.weight
//     3  rate of head, norms and biases    0.01             0        1           2  head.bias
//     -  frozen by stem                  frozen                      2         112  stem.weight, stem.bias
// 330 of 442 parameters are trained
// the stem is as it was: true
