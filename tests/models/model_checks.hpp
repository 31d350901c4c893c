/// What the tests ask of every convolutional network.
#pragma once

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hearth/models/head.hpp>

#include "catch.hpp"
#include "models/formula.hpp"

namespace hearth_test {

/// A clone of a model with another head, in evaluation mode, computes the same, keeps its mode and has weights of its
/// own.
template <class Model>
void check_clone(Model model, std::int64_t side = 32) {
  INFO(model->name());
  using Module = typename Model::ContainedType;
  hearth::models::replace_head(model, 4);
  formula::fill(*model);
  model->eval();
  Model copy(std::dynamic_pointer_cast<Module>(model->clone()));
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({2, 3, side, side});
  const torch::Tensor logits = model->forward(images);
  CHECK(copy->num_classes() == 4);
  CHECK(logits.sizes() == std::vector<std::int64_t>{2, 4});
  for (const auto& module : copy->modules()) {
    CHECK_FALSE(module->is_training());
  }
  CHECK(torch::equal(copy->forward(images), logits));
  CHECK(copy->named_parameters().keys() == model->named_parameters().keys());
  for (const torch::Tensor& parameter : copy->parameters()) {
    parameter.zero_();
  }
  CHECK(torch::equal(model->forward(images), logits));
  CHECK(copy->forward(images).abs().sum().template item<double>() == 0);
}

/// Whether the model takes images with sides of `smallest` pixels, and says so of smaller ones.
template <class Model>
void check_smallest(Model model, const std::string& name, std::int64_t smallest) {
  const torch::NoGradGuard no_grad;
  model->eval();
  CHECK(model->forward(torch::zeros({2, 3, smallest, smallest})).sizes() ==
        std::vector<std::int64_t>{2, model->num_classes()});
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, smallest, smallest - 1})),
                    fmt::format("{}: expects images of at least {} x {} pixels, but got a batch [2, 3, {}, {}]", name,
                                smallest, smallest, smallest, smallest - 1));
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, smallest - 1, smallest})),
                    Catch::Matchers::ContainsSubstring("at least"));
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 1, 64, 64})),
                    name + ": expects images [N, 3, H, W], but got a batch [2, 1, 64, 64]");
  CHECK_THROWS_WITH(model->forward(torch::zeros({3, 64, 64})), Catch::Matchers::ContainsSubstring("[3, 64, 64]"));
}

}  // namespace hearth_test
