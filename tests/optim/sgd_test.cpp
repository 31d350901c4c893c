/// SGD against torch.optim.SGD(foreach=False). The reference values are written by make_reference.py, where the same
/// names stand for the same options.
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>

#include "catch.hpp"
#include "optim/steps.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::map<std::string, SGDOptions> options_of = {
    {"plain", {.lr = 0.1}},
    {"momentum", {.lr = 0.05, .momentum = 0.9}},
    {"dampening", {.lr = 0.05, .momentum = 0.9, .dampening = 0.5}},
    {"nesterov", {.lr = 0.05, .momentum = 0.9, .nesterov = true}},
    {"weight_decay", {.lr = 0.1, .weight_decay = 0.05}},
    {"all", {.lr = 0.02, .momentum = 0.8, .weight_decay = 0.01, .nesterov = true}},
    {"maximize", {.lr = 0.001, .momentum = 0.5, .weight_decay = 0.3, .maximize = true}},
};

}  // namespace

TEST_CASE("SGD takes Python's steps") {
  const Steps expected = steps_of("sgd.txt");
  for (auto [name, options] : options_of) {
    for (const bool fused : {false, true}) {
      options.fused = fused;
      for (const bool strided : {false, true}) {  // which no fused kernel takes
        INFO(name << (fused ? ", fused" : "") << (strided ? ", strided" : ""));
        const auto parameters = make_parameters();
        SGD optimizer{parameters, options};
        CHECK(run(optimizer, parameters, expected.at(name), strided) <= 1e-6);
      }
    }
  }
}

TEST_CASE("SGD takes Python's steps in double precision") {
  const auto parameters = make_parameters(torch::kDouble);
  SGD optimizer{parameters, fused(options_of.at("all"))};
  CHECK(run(optimizer, parameters, steps_of("sgd.txt").at("double")) <= 1e-14);
}

TEST_CASE("Each parameter group has its own options") {
  const auto parameters = make_parameters();
  SGD optimizer{{{.params = {parameters[0]}, .options = fused(options_of.at("all"))},
                 {.params = {parameters[1]}, .options = options_of.at("plain")}}};
  CHECK(run(optimizer, parameters, steps_of("sgd.txt").at("groups")) <= 1e-6);
}

TEST_CASE("SGD steps half precision and other memory formats as it steps plain floats") {
  const SGDOptions options = fused(options_of.at("all"));
  const auto plain = make_parameters();
  SGD optimizer{plain, options};
  for (int step = 11; step <= 20; ++step) {
    set_gradients(plain, step);
    optimizer.step();
  }
  SECTION("channels_last") {
    const auto parameters = make_parameters();
    parameters[1].set_data(parameters[1].detach().contiguous(torch::MemoryFormat::ChannelsLast));
    SGD other{parameters, options};
    take_steps(other, parameters, 11, 15);
    REQUIRE(parameters[1].grad().is_contiguous(torch::MemoryFormat::ChannelsLast));
    parameters[1].set_data(parameters[1].detach().contiguous());  // in another order than its momentum from here on
    take_steps(other, parameters, 16, 20);
    CHECK(torch::allclose(joined(parameters), joined(plain), 1e-6, 1e-7));
  }
  SECTION("bfloat16") {
    const auto parameters = make_parameters(torch::kBFloat16);
    SGD other{parameters, options};
    for (int step = 11; step <= 20; ++step) {
      set_gradients(parameters, step);
      other.step();
    }
    CHECK(torch::allclose(joined(parameters), joined(plain), 0.1, 0.02));
    CHECK_FALSE(torch::allclose(joined(parameters), joined(make_parameters(torch::kBFloat16)), 0.1, 0.02));
  }
}

TEST_CASE("Parameters without a gradient stay, and zero_grad drops or clears gradients") {
  const auto parameters = make_parameters();
  const torch::Tensor second = parameters[1].detach().clone();
  SGD optimizer{parameters, {.lr = 0.1, .momentum = 0.9}};
  set_gradients(parameters, 1);
  optimizer.step();
  CHECK(torch::equal(parameters[1], second));
  const Value state = optimizer.state_dict()["state"];
  CHECK_FALSE(state.contains(1));
  CHECK(torch::equal(state.as<at::Tensor>(0, "momentum_buffer"), parameters[0].grad()));

  optimizer.zero_grad(/*set_to_none=*/false);
  CHECK(parameters[0].grad().abs().sum().item<double>() == 0);
  optimizer.zero_grad();
  CHECK_FALSE(parameters[0].grad().defined());
}

TEST_CASE("A parameter that changed its shape since it got its momentum is refused") {
  auto parameters = make_parameters();
  SGD optimizer{parameters, {.lr = 0.1, .momentum = 0.9}};
  take_steps(optimizer, parameters, 1, 1);
  parameters[0].set_data(torch::zeros({6}));
  parameters[0].mutable_grad() = torch::ones({6});
  CHECK_THROWS_WITH(optimizer.step(), ContainsSubstring("a parameter of 6 numbers has a momentum_buffer of 5"));
}

TEST_CASE("Options out of range and unfit parameters are refused at construction") {
  const auto p = make_parameters();
  CHECK_THROWS_WITH((SGD{p, {.lr = -1}}), "SGD: lr (the learning rate) must be at least 0, but got -1");
  CHECK_THROWS_AS((SGD{p, {.lr = std::numeric_limits<double>::quiet_NaN()}}), Error);
  CHECK_THROWS_WITH((SGD{p, {.momentum = -0.1}}), "SGD: momentum must be at least 0, but got -0.1");
  CHECK_THROWS_WITH((SGD{p, {.weight_decay = -1}}), "SGD: weight_decay must be at least 0, but got -1");
  CHECK_THROWS_WITH((SGD{p, {.nesterov = true}}), ContainsSubstring("nesterov needs a momentum above 0"));
  CHECK_THROWS_AS((SGD{p, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}}), Error);
  CHECK_THROWS_WITH((SGD{std::vector<torch::Tensor>{}}), "SGD: there are no parameters to optimize");
  CHECK_THROWS_WITH((SGD{std::vector<torch::Tensor>{p[0], p[0]}}), ContainsSubstring("a parameter is given twice"));
  CHECK_THROWS_WITH((SGD{{{.params = p}, {.params = {p[1]}}}}), ContainsSubstring("a parameter is given twice"));
  CHECK_THROWS_WITH((SGD{std::vector<torch::Tensor>{p[0] * 2}}), ContainsSubstring("not a leaf tensor"));
  CHECK_THROWS_WITH((SGD{std::vector<torch::Tensor>{torch::Tensor()}}), ContainsSubstring("undefined tensor"));
}

TEST_CASE("Learning rates and parameters are reached alike in hearth's and LibTorch's optimizers") {
  const auto parameters = make_parameters();
  SGD ours{parameters, {.lr = 0.5}};
  torch::optim::SGD theirs{parameters, torch::optim::SGDOptions(0.5)};
  torch::optim::Adam adam{parameters, torch::optim::AdamOptions(0.5)};
  STATIC_REQUIRE(OptimizerLike<SGD>);
  STATIC_REQUIRE(OptimizerLike<torch::optim::SGD>);
  STATIC_REQUIRE(OptimizerLike<torch::optim::Adam>);
  STATIC_REQUIRE(OptimizerLike<torch::optim::Optimizer>);
  const auto check = [&](auto& optimizer) {
    auto& group = optimizer.param_groups().front();
    CHECK(learning_rate(group) == 0.5);
    set_learning_rate(group, 0.25);
    CHECK(learning_rate(group) == 0.25);
    CHECK(optim::parameters(group).size() == 2);
    CHECK(optim::parameters(group)[1].is_same(parameters[1]));
  };
  check(ours);
  check(theirs);
  check(adam);
}

TEST_CASE("Schedulers move LibTorch's optimizers too") {
  const auto parameters = make_parameters();
  torch::optim::Adam optimizer{parameters, torch::optim::AdamOptions(0.1)};
  SequentialLR scheduler{optimizer,
                         {.milestones = {2}},
                         LinearLR{optimizer, {.start_factor = 0.5, .total_iters = 2}},
                         CosineAnnealingLR{optimizer, {.T_max = 4}}};
  std::vector<double> rates = scheduler.last_lr();
  for (int step = 0; step < 4; ++step) {
    scheduler.step();
    rates.push_back(learning_rate(optimizer.param_groups()[0]));
  }
  // half, three quarters, all; then 0.1 (1 + cos(k π / 4)) / 2
  const std::vector<double> expected{0.05, 0.075, 0.1, 0.05 * (1 + std::sqrt(0.5)), 0.05};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(rates.at(i) == Approx(expected[i]).epsilon(1e-12));
  }
}
