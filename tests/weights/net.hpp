/// A module with parameters and buffers at several depths, with values that tell every element apart.
#pragma once

#include <torch/torch.h>

#include <hearth/weights/module_state.hpp>

/// Its children are registered in another order than Python's state_dict would mix up: parameters before buffers.
struct Net : torch::nn::Module {
  Net() {
    conv = register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3)));
    norm = register_module("norm", torch::nn::BatchNorm2d(4));
    blocks =
        register_module("blocks", torch::nn::Sequential(torch::nn::Linear(torch::nn::LinearOptions(4, 5).bias(false)),
                                                        torch::nn::BatchNorm1d(5)));
    fc = register_module("fc", torch::nn::Linear(5, 2));
  }

  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Sequential blocks{nullptr};
  torch::nn::Linear fc{nullptr};
};

/// The names of Net's state_dict in Python: list(Net().state_dict()) in parity.py.
inline const std::vector<std::string> net_names{"conv.weight",
                                                "conv.bias",
                                                "norm.weight",
                                                "norm.bias",
                                                "norm.running_mean",
                                                "norm.running_var",
                                                "norm.num_batches_tracked",
                                                "blocks.0.weight",
                                                "blocks.1.weight",
                                                "blocks.1.bias",
                                                "blocks.1.running_mean",
                                                "blocks.1.running_var",
                                                "blocks.1.num_batches_tracked",
                                                "fc.weight",
                                                "fc.bias"};

/// The i-th tensor of the state_dict gets the values i, i + 1, …, as `fill` of parity.py does.
inline void fill(const torch::nn::Module& module) {
  std::int64_t first = 0;
  for (const auto& [name, value] : hearth::state_dict(module)) {
    value.copy_((torch::arange(value.numel()) + first++).reshape(value.sizes()));
  }
}

/// Whether both have the same names in the same order with equal tensors of equal types.
inline bool same(const hearth::StateDict& a, const hearth::StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.scalar_type() == y.second.scalar_type() && torch::equal(x.second, y.second);
  });
}
