/// How do I see a model's layers, shapes and cost? With a summary of one forward pass; hearth's models and your own.
#include <fmt/format.h>
#include <torch/torch.h>

#include <hearth/hearth.hpp>

using namespace hearth;

struct SmallNetImpl : torch::nn::Module {
  torch::nn::Sequential features =
      register_module("features", torch::nn::Sequential(torch::nn::Conv2d(1, 8, 3), torch::nn::BatchNorm2d(8),
                                                        torch::nn::ReLU(), torch::nn::MaxPool2d(2)));
  torch::nn::Linear head = register_module("head", torch::nn::Linear(8 * 13 * 13, 10));

  torch::Tensor forward(const torch::Tensor& images) { return head(features->forward(images).flatten(1)); }
};
TORCH_MODULE(SmallNet);

int main() {
  SmallNet model;
  models::freeze(model->features);
  fmt::print("{}\n\n", summary(model, {1, 1, 28, 28}).to_string());  // [N, C, H, W]

  // The numbers are there, too.
  auto resnet = models::resnet18({.num_classes = 200});
  const Summary found = summary(resnet, {1, 3, 64, 64});
  fmt::print("{} rows, {} parameters, {} multiply-adds\n", found.rows.size(), found.parameters.total, found.mult_adds);
}

// Output:
// ===================================================================================================================
// Layer (type:depth-idx)                   Output Shape              Param #                   Mult-Adds
// ===================================================================================================================
// SmallNet                                 [1, 10]                   --                        --
// ├─Sequential: 1-1                        [1, 8, 13, 13]            --                        --
// │    └─Conv2d: 2-1                       [1, 8, 26, 26]            (80)                      54,080
// │    └─BatchNorm2d: 2-2                  [1, 8, 26, 26]            (16)                      16
// │    └─ReLU: 2-3                         [1, 8, 26, 26]            --                        --
// │    └─MaxPool2d: 2-4                    [1, 8, 13, 13]            --                        --
// ├─Linear: 1-2                            [1, 10]                   13,530                    13,530
// ===================================================================================================================
// Total params: 13,626
// Trainable params: 13,530
// Non-trainable params: 96
// Total mult-adds (M): 0.07
// ===================================================================================================================
// Input size (MB): 0.00
// Forward/backward pass size (MB): 0.09
// Params size (MB): 0.05
// Estimated Total Size (MB): 0.14
// ===================================================================================================================
//
// 57 rows, 11279112 parameters, 148158024 multiply-adds
