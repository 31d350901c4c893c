/// The run that make_reference.py makes in Python: two parameters, fifty steps, gradients that every step knows.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "models/formula.hpp"

/// By name and step: all parameters' values, one after the other.
using Steps = std::map<std::string, std::map<int, std::vector<double>>>;

inline Steps steps_of(const std::string& file_name) {
  std::ifstream file(HEARTH_TEST_DIR "/optim/reference/" + file_name);
  REQUIRE(file.is_open());
  Steps result;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    int step = 0;
    words >> name >> step;
    for (double value = 0; words >> value;) {
      result[name][step].push_back(value);
    }
  }
  return result;
}

/// The options, for the fused kernel.
template <class Options>
Options fused(Options options) {
  options.fused = true;
  return options;
}

inline std::vector<torch::Tensor> make_parameters(torch::ScalarType type = torch::kFloat) {
  std::vector<torch::Tensor> parameters{formula::tensor(0, {5}).to(type), formula::tensor(1, {2, 3, 2, 2}).to(type)};
  for (torch::Tensor& parameter : parameters) {
    parameter.requires_grad_();
  }
  return parameters;
}

/// The gradients of a step; the second parameter has none in the first ten.
inline void set_gradients(const std::vector<torch::Tensor>& parameters, int step, bool strided = false) {
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (k == 0 || step > 10) {
      const torch::Tensor& parameter = parameters[k];
      const torch::Tensor noise = formula::tensor(100 * static_cast<std::uint64_t>(step) + k, parameter.sizes())
                                      .to(parameter.options().requires_grad(false));
      torch::Tensor gradient = parameter.detach() * 0.5 + noise;
      if (strided) {  // every second number of a larger tensor: not for a kernel that walks through memory
        gradient = torch::stack({gradient, gradient}, -1).select(-1, 0);
      }
      parameters[k].mutable_grad() = gradient;
    }
  }
}

/// Steps from `first` to `last`.
template <class Optimizer>
void take_steps(Optimizer& optimizer, const std::vector<torch::Tensor>& parameters, int first, int last) {
  for (int step = first; step <= last; ++step) {
    optimizer.zero_grad();
    set_gradients(parameters, step);
    optimizer.step();
  }
}

inline torch::Tensor joined(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& parameter : parameters) {
    flat.push_back(parameter.detach().flatten().to(torch::kCPU, torch::kDouble));
  }
  return torch::cat(flat);
}

/// Takes 50 steps; the largest difference from the reference values on the way, as a share of the largest value.
template <class Optimizer>
double run(Optimizer& optimizer, const std::vector<torch::Tensor>& parameters,
           const std::map<int, std::vector<double>>& expected, bool strided = false) {
  double worst = 0;
  for (int step = 1; step <= 50; ++step) {
    optimizer.zero_grad();
    set_gradients(parameters, step, strided);
    optimizer.step();
    if (expected.contains(step)) {
      const torch::Tensor wanted = torch::tensor(expected.at(step), torch::kDouble);
      const torch::Tensor error = (joined(parameters) - wanted).abs().max() / wanted.abs().max();
      worst = std::max(worst, error.template item<double>());
    }
  }
  return worst;
}
