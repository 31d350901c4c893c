/// Small networks and data for the tests of training, and what a network has in it.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <hearth/datasets/tensor_dataset.hpp>
#include <map>
#include <memory>
#include <string>

namespace hearth_test {

struct NetOptions {
  std::int64_t outputs = 2;
  bool norm = false;
  double dropout = 0;
};

/// Four numbers through two linear layers.
struct NetModule : torch::nn::Module {
  explicit NetModule(const NetOptions& options)
      : first(register_module("first", torch::nn::Linear(4, 8))),
        last(register_module("last", torch::nn::Linear(8, options.outputs))) {
    if (options.norm) {
      norm = register_module("norm", torch::nn::BatchNorm1d(8));
    }
    if (options.dropout > 0) {
      dropout = register_module("dropout", torch::nn::Dropout(options.dropout));
    }
  }

  torch::Tensor forward(const torch::Tensor& inputs) {
    torch::Tensor x = first(inputs);
    x = (norm ? norm(x) : x).tanh();
    return last(dropout ? dropout(x) : x);
  }

  torch::nn::Linear first, last;
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Dropout dropout{nullptr};
};

struct Net : torch::nn::ModuleHolder<NetModule> {
  using ModuleHolder::ModuleHolder;
};

inline Net net(const NetOptions& options = {}, std::uint64_t seed = 2) {
  torch::manual_seed(seed);
  return Net(std::make_shared<NetModule>(options));
}

/// Random points with random labels.
inline hearth::TensorDataset labelled(std::int64_t count, std::int64_t classes = 2) {
  torch::manual_seed(1);
  const torch::Tensor inputs = torch::randn({count, 4});
  return {inputs, torch::randint(classes, {count})};
}

/// Copies of a module's parameters and buffers.
using State = std::map<std::string, torch::Tensor>;

inline State state_of(const torch::nn::Module& module) {
  State state;
  for (const auto& item : module.named_parameters()) {
    state[item.key()] = item.value().detach().clone();
  }
  for (const auto& item : module.named_buffers()) {
    state[item.key()] = item.value().detach().clone();
  }
  return state;
}

/// The largest difference between two states of one network.
inline double difference(const State& a, const State& b) {
  double largest = a.size() == b.size() ? 0 : 1e30;
  for (const auto& [name, tensor] : a) {
    largest = std::max(largest, (tensor.to(torch::kDouble) - b.at(name).to(torch::kDouble)).abs().max().item<double>());
  }
  return largest;
}

/// To the last bit.
inline bool equal(const State& a, const State& b) {
  bool same = a.size() == b.size();
  for (const auto& [name, tensor] : a) {
    same = same && b.contains(name) && torch::equal(tensor, b.at(name));
  }
  return same;
}

}  // namespace hearth_test
