/// What the tests of transformers and ConvNeXt ask of a model. The reference values are written by
/// make_transformer_reference.py.
#pragma once

#include <torch/torch.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/weights/module_state.hpp>

#include "catch.hpp"
#include "models/formula.hpp"

namespace hearth_test {

/// The numbers of every line of transformer.txt.
inline const std::map<std::string, std::vector<double>>& reference() {
  static const auto all = [] {
    std::map<std::string, std::vector<double>> result;
    std::ifstream file(HEARTH_TEST_DIR "/models/reference/transformer.txt");
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string name;
      words >> name;
      for (double number = 0; words >> number;) {
        result[name].push_back(number);
      }
    }
    return result;
  }();
  REQUIRE_FALSE(all.empty());
  return all;
}

/// The largest difference from a line of transformer.txt, as a share of its largest number.
inline double difference(const torch::Tensor& values, const std::string& name) {
  INFO(name);
  const torch::Tensor expected = torch::tensor(reference().at(name), torch::kDouble);
  REQUIRE(values.numel() == expected.numel());
  return ((values.detach().flatten().to(torch::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

/// Whether this build of LibTorch draws for dropout as the one did that computed the reference.
inline bool draws_alike() {
  torch::manual_seed(0);
  const bool alike = difference(torch::empty(16).bernoulli_(0.5), "bernoulli") == 0;
  if (!alike) {
    WARN("skipped: this LibTorch draws other Bernoulli numbers than the reference's");
  }
  return alike;
}

/// A step in training mode after seed 0 gives the outputs and gradients of the reference.
template <class Model>
void check_training(Model model, const torch::Tensor& images, const std::string& name) {
  formula::fill(*model);
  model->train();
  torch::manual_seed(0);
  const torch::Tensor outputs = model->forward(images);
  CHECK(difference(outputs, name + "_outputs") <= 1e-5);
  outputs.square().sum().backward();
  for (const auto& parameter : model->named_parameters()) {
    INFO(parameter.key());
    const std::vector<double>& expected = reference().at(name + "." + parameter.key());
    const torch::Tensor grad = parameter.value().grad().to(torch::kDouble).flatten();
    CHECK(grad.square().mean().sqrt().item<double>() == Approx(expected[1]).epsilon(1e-4));
    CHECK(grad[0].item<double>() == Approx(expected[0]).margin(1e-4 * expected[1]));
  }
}

/// After seed 0 a model starts from the reference's numbers, having drawn as many.
template <class Make>
void check_initial(Make make, const std::string& name) {
  torch::manual_seed(0);
  const auto model = make();
  std::vector<torch::Tensor> first;
  for (const torch::Tensor& parameter : model->parameters()) {
    first.push_back(parameter.flatten()[0]);
  }
  first.push_back(torch::rand({}));
  CHECK(difference(torch::stack(first), name + "_initial") <= 1e-6);
}

/// A clone of the model, in evaluation mode, has its names, values and modes, computes the same, and is its own.
template <class Model>
void check_clone(Model model, const torch::Tensor& images) {
  formula::fill(*model);
  model->eval();
  Model copy(std::dynamic_pointer_cast<typename Model::ContainedType>(model->clone()));
  const hearth::StateDict original = hearth::state_dict(*model);
  const hearth::StateDict copied = hearth::state_dict(*copy);
  REQUIRE(copied.size() == original.size());
  for (auto one = original.begin(), other = copied.begin(); one != original.end(); ++one, ++other) {
    INFO(one->first);
    CHECK(other->first == one->first);
    CHECK(torch::equal(other->second, one->second));
    CHECK(other->second.data_ptr() != one->second.data_ptr());
  }
  for (const auto& module : copy->modules()) {
    CHECK_FALSE(module->is_training());
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor logits = model->forward(images);
  CHECK(torch::equal(copy->forward(images), logits));
  for (const torch::Tensor& parameter : copy->parameters()) {
    parameter.zero_();
  }
  CHECK(torch::equal(copy->forward(images), torch::zeros_like(logits)));
  CHECK(torch::equal(model->forward(images), logits));
}

/// What the last StochasticDepth of the model zeroes with.
template <class Model>
double last_probability(const Model& model) {
  double p = 0;
  for (const auto& module : model->modules()) {
    if (const auto* depth = module->template as<hearth::models::StochasticDepthModule>()) {
      p = depth->p();
    }
  }
  return p;
}

}  // namespace hearth_test
