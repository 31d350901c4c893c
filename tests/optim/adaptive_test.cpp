/// RMSprop, Adagrad, NAdam and RAdam against torch.optim's with foreach=False, LAMB and LARS against their papers'
/// formulas in numpy. The reference values are written by make_reference.py, where the same names stand for the same
/// options.
#include <torch/torch.h>

#include <concepts>
#include <map>
#include <string>
#include <vector>

#include <hearth/optim/adagrad.hpp>
#include <hearth/optim/lamb.hpp>
#include <hearth/optim/lars.hpp>
#include <hearth/optim/nadam.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/radam.hpp>
#include <hearth/optim/rmsprop.hpp>

#include "catch.hpp"
#include "optim/steps.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class Optimizer>
const std::map<std::string, typename Optimizer::Options> options_of;

template <>
const std::map<std::string, RMSpropOptions> options_of<RMSprop> = {
    {"rmsprop_plain", {}},
    {"rmsprop_momentum", {.lr = 0.005, .alpha = 0.9, .eps = 1e-3, .momentum = 0.8}},
    {"rmsprop_all", {.lr = 0.005, .alpha = 0.8, .weight_decay = 0.1, .momentum = 0.5, .centered = true}},
    {"rmsprop_maximize", {.lr = 0.001, .weight_decay = 0.3, .centered = true, .maximize = true}},
};

template <>
const std::map<std::string, AdagradOptions> options_of<Adagrad> = {
    {"adagrad_plain", {}},
    {"adagrad_all", {.lr = 0.1, .lr_decay = 0.02, .weight_decay = 0.1, .initial_accumulator_value = 0.5, .eps = 1e-3}},
    {"adagrad_maximize", {.lr = 0.01, .weight_decay = 0.3, .maximize = true}},
};

template <>
const std::map<std::string, NAdamOptions> options_of<NAdam> = {
    {"nadam_plain", {}},
    {"nadam_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.1, .momentum_decay = 0.05}},
    {"nadam_decoupled", {.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true}},
    {"nadam_maximize", {.lr = 0.001, .weight_decay = 0.3, .maximize = true}},
};

template <>
const std::map<std::string, RAdamOptions> options_of<RAdam> = {
    {"radam_plain", {}},
    {"radam_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.1}},
    {"radam_decoupled", {.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true}},
    {"radam_maximize", {.lr = 0.001, .weight_decay = 0.3, .maximize = true}},
};

template <>
const std::map<std::string, LAMBOptions> options_of<LAMB> = {
    {"lamb_plain", {}},
    {"lamb_all", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.2}},
    {"lamb_alone", {.lr = 0.05, .weight_decay = 0.1, .adapt = false}},
    {"lamb_maximize", {.lr = 0.001, .weight_decay = 0.3, .maximize = true}},
};

template <>
const std::map<std::string, LARSOptions> options_of<LARS> = {
    {"lars_plain", {}},
    {"lars_all", {.lr = 2, .momentum = 0.8, .weight_decay = 0.1, .trust_coefficient = 0.02, .eps = 0.1}},
    {"lars_alone", {.lr = 0.01, .momentum = 0.5, .weight_decay = 0.1, .adapt = false}},
    {"lars_maximize", {.lr = 0.5, .weight_decay = 0.3, .maximize = true}},
};

/// "rmsprop_" of "rmsprop_plain".
template <class Optimizer>
std::string prefix() {
  const std::string& name = options_of<Optimizer>.begin()->first;
  return name.substr(0, name.find('_') + 1);
}

/// Options with which every kind of state is kept.
template <class Optimizer>
typename Optimizer::Options all_options() {
  return options_of<Optimizer>.at(prefix<Optimizer>() + "all");
}

}  // namespace

TEMPLATE_TEST_CASE("Each adaptive optimizer takes the steps of Python, or of its paper", "", RMSprop, Adagrad, NAdam,
                   RAdam, LAMB, LARS) {
  STATIC_REQUIRE(OptimizerLike<TestType>);
  const Steps expected = steps_of("adaptive.txt");
  for (const auto& [name, options] : options_of<TestType>) {
    for (const bool strided : {false, true}) {
      INFO(name << (strided ? ", strided" : ""));
      const auto parameters = make_parameters();
      TestType optimizer{parameters, options};
      CHECK(run(optimizer, parameters, expected.at(name), strided) <= 1e-6);
    }
  }
  SECTION("in double precision") {
    const auto parameters = make_parameters(torch::kDouble);
    TestType optimizer{parameters, all_options<TestType>()};
    CHECK(run(optimizer, parameters, expected.at(prefix<TestType>() + "double")) <= 1e-13);
  }
  SECTION("with options of its own in each group") {
    const auto parameters = make_parameters();
    TestType optimizer{
        {{.params = {parameters[0]}, .options = all_options<TestType>()}, {.params = {parameters[1]}, .options = {}}}};
    CHECK(run(optimizer, parameters, expected.at(prefix<TestType>() + "groups")) <= 1e-6);
  }
}

TEMPLATE_TEST_CASE("Each adaptive optimizer steps bfloat16, complex numbers and other memory formats", "", RMSprop,
                   Adagrad, NAdam, RAdam, LAMB, LARS) {
  auto options = all_options<TestType>();
  const auto plain = make_parameters();
  TestType optimizer{plain, options};
  take_steps(optimizer, plain, 11, 20);
  SECTION("channels_last") {
    const auto parameters = make_parameters();
    parameters[1].set_data(parameters[1].detach().contiguous(torch::MemoryFormat::ChannelsLast));
    TestType other{parameters, options};
    take_steps(other, parameters, 11, 15);
    parameters[1].set_data(parameters[1].detach().contiguous());  // in another order than the state from here on
    take_steps(other, parameters, 16, 20);
    CHECK(torch::allclose(joined(parameters), joined(plain), 1e-5, 1e-6));
  }
  SECTION("bfloat16") {
    const auto parameters = make_parameters(torch::kBFloat16);
    TestType other{parameters, options};
    take_steps(other, parameters, 11, 20);
    CHECK(torch::allclose(joined(parameters), joined(plain), 0.1, 0.03));
    CHECK_FALSE(torch::allclose(joined(parameters), joined(make_parameters(torch::kBFloat16)), 0.02, 0.01));
  }
  SECTION("a pair of floats as a complex number") {
    options.maximize = false;
    const torch::Tensor pairs = plain[1].detach().clone().requires_grad_();
    const torch::Tensor complex = torch::view_as_complex(plain[1].detach().clone()).requires_grad_();
    TestType real{std::vector<torch::Tensor>{pairs}, options};
    TestType other{std::vector<torch::Tensor>{complex}, options};
    for (int step = 1; step <= 8; ++step) {
      pairs.mutable_grad() = pairs.detach() * step;
      complex.mutable_grad() = complex.detach() * step;
      real.step();
      other.step();
    }
    CHECK(torch::allclose(torch::view_as_real(complex.detach()), pairs.detach(), 1e-6, 1e-7));
    CHECK_FALSE(torch::allclose(pairs, plain[1], 0.01, 0.01));
  }
}

TEMPLATE_TEST_CASE("A layer of zeros, and one without a gradient's norm, are stepped at the plain rate", "", LAMB,
                   LARS) {
  const torch::Tensor w = torch::zeros({4}).requires_grad_();
  w.mutable_grad() = torch::full({4}, 2.0);
  const torch::Tensor b = torch::ones({4}).requires_grad_();
  b.mutable_grad() = torch::zeros({4});
  TestType optimizer{std::vector<torch::Tensor>{w, b}, {.lr = 0.5, .weight_decay = 0}};
  optimizer.step();
  const double step = std::same_as<TestType, LAMB> ? 0.5 : 1;  // Adam's first step is lr, SGD's lr times the gradient
  CHECK(torch::allclose(w, torch::full({4}, -step), 1e-4));
  CHECK(torch::equal(b, torch::ones({4})));
}

TEST_CASE("LAMB's step is lr times the parameter's norm, whatever the gradient's") {
  for (const double scale : {1e-3, 1.0, 1e3}) {
    const torch::Tensor w = torch::full({3, 3}, 2.0).requires_grad_();
    w.mutable_grad() = torch::arange(1, 10).reshape({3, 3}).to(torch::kFloat) * scale;
    LAMB optimizer{std::vector<torch::Tensor>{w}, {.lr = 0.25}};
    optimizer.step();
    CHECK((w.detach() - 2).norm().item<double>() == Approx(0.25 * 6));
  }
}

TEMPLATE_TEST_CASE("Sparse gradients are refused by each adaptive optimizer", "", RMSprop, Adagrad, NAdam, RAdam, LAMB,
                   LARS) {
  const auto parameters = make_parameters();
  TestType optimizer{parameters};
  parameters[0].mutable_grad() = torch::ones({5}).to_sparse();
  CHECK_THROWS_WITH(optimizer.step(),
                    ContainsSubstring(": a parameter has a sparse gradient, by which only SGD steps"));
}

TEST_CASE("Options out of an adaptive optimizer's range are refused") {
  const auto p = make_parameters();
  CHECK_THROWS_WITH((RMSprop{p, {.lr = -1}}), "RMSprop: lr (the learning rate) must be at least 0, but got -1");
  CHECK_THROWS_WITH((RMSprop{p, {.alpha = -1}}), "RMSprop: alpha must be at least 0, but got -1");
  CHECK_THROWS_WITH((RMSprop{p, {.momentum = -1}}), "RMSprop: momentum must be at least 0, but got -1");
  CHECK_THROWS_WITH((Adagrad{p, {.lr_decay = -1}}), "Adagrad: lr_decay must be at least 0, but got -1");
  CHECK_THROWS_WITH((Adagrad{p, {.initial_accumulator_value = -1}}),
                    "Adagrad: initial_accumulator_value must be at least 0, but got -1");
  CHECK_THROWS_WITH((NAdam{p, {.momentum_decay = -1}}), "NAdam: momentum_decay must be at least 0, but got -1");
  CHECK_THROWS_WITH((NAdam{p, {.betas = {1, 0.9}}}), "NAdam: betas must be at least 0 and below 1, but got 1 and 0.9");
  CHECK_THROWS_WITH((RAdam{p, {.betas = {0.9, 1}}}), "RAdam: betas must be at least 0 and below 1, but got 0.9 and 1");
  CHECK_THROWS_WITH((LAMB{p, {.eps = -1}}), "LAMB: eps must be at least 0, but got -1");
  CHECK_THROWS_WITH((LARS{p, {.trust_coefficient = -1}}), "LARS: trust_coefficient must be at least 0, but got -1");
}
