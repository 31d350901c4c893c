/// SGD against torch.optim.SGD(foreach=False). The reference values are written by make_reference.py, where the same
/// names stand for the same options.
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>

#include "catch.hpp"
#include "models/formula.hpp"

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

/// By name and step: all parameters' values, one after the other.
std::map<std::string, std::map<int, std::vector<double>>> reference() {
  std::ifstream file(HEARTH_TEST_DIR "/optim/reference/sgd.txt");
  REQUIRE(file.is_open());
  std::map<std::string, std::map<int, std::vector<double>>> result;
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

std::vector<torch::Tensor> make_parameters(torch::ScalarType type = torch::kFloat) {
  std::vector<torch::Tensor> parameters{formula::tensor(0, {5}).to(type), formula::tensor(1, {2, 3, 2, 2}).to(type)};
  for (torch::Tensor& parameter : parameters) {
    parameter.requires_grad_();
  }
  return parameters;
}

/// The gradients of a step; the second parameter has none in the first ten.
void set_gradients(const std::vector<torch::Tensor>& parameters, int step, bool strided = false) {
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (k == 0 || step > 10) {
      const torch::Tensor& parameter = parameters[k];
      const torch::Tensor noise =
          formula::tensor(100 * static_cast<std::uint64_t>(step) + k, parameter.sizes()).to(parameter.scalar_type());
      torch::Tensor gradient = parameter.detach() * 0.5 + noise;
      if (strided) {  // every second number of a larger tensor: not for a kernel that walks through memory
        gradient = torch::stack({gradient, gradient}, -1).select(-1, 0);
      }
      parameters[k].mutable_grad() = gradient;
    }
  }
}

torch::Tensor joined(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& parameter : parameters) {
    flat.push_back(parameter.detach().flatten().to(torch::kDouble));
  }
  return torch::cat(flat);
}

/// Takes 50 steps; the largest difference from the reference values on the way, as a share of the largest value.
double run(SGD& optimizer, const std::vector<torch::Tensor>& parameters,
           const std::map<int, std::vector<double>>& expected, bool strided = false) {
  double worst = 0;
  for (int step = 1; step <= 50; ++step) {
    optimizer.zero_grad();
    set_gradients(parameters, step, strided);
    optimizer.step();
    if (expected.contains(step)) {
      const torch::Tensor wanted = torch::tensor(expected.at(step), torch::kDouble);
      const torch::Tensor error = (joined(parameters) - wanted).abs().max() / wanted.abs().max();
      worst = std::max(worst, error.item<double>());
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("SGD takes Python's steps") {
  const auto expected = reference();
  for (const auto& [name, options] : options_of) {
    INFO(name);
    const auto parameters = make_parameters();
    SGD optimizer{parameters, options};
    CHECK(run(optimizer, parameters, expected.at(name)) <= 1e-6);

    const auto others = make_parameters();
    SGD alone{others, options};
    CHECK(run(alone, others, expected.at(name), /*strided=*/true) <= 1e-6);
  }
}

TEST_CASE("SGD takes Python's steps in double precision") {
  const auto parameters = make_parameters(torch::kDouble);
  SGD optimizer{parameters, options_of.at("all")};
  CHECK(run(optimizer, parameters, reference().at("double")) <= 1e-14);
}

TEST_CASE("Each parameter group has its own options") {
  const auto parameters = make_parameters();
  SGD optimizer{{{.params = {parameters[0]}, .options = options_of.at("all")},
                 {.params = {parameters[1]}, .options = options_of.at("plain")}}};
  CHECK(run(optimizer, parameters, reference().at("groups")) <= 1e-6);
}

TEST_CASE("SGD steps half precision and other memory formats as it steps plain floats") {
  const SGDOptions options = options_of.at("all");
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
    for (int step = 11; step <= 20; ++step) {
      set_gradients(parameters, step);
      REQUIRE(parameters[1].grad().is_contiguous(torch::MemoryFormat::ChannelsLast));
      other.step();
      if (step == 15) {  // momentum in another order than parameter and gradient
        other.set_momentum_buffer(parameters[1], other.momentum_buffer(parameters[1]).contiguous());
      }
    }
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
  CHECK_FALSE(optimizer.momentum_buffer(parameters[1]).defined());
  CHECK(torch::equal(optimizer.momentum_buffer(parameters[0]), parameters[0].grad()));

  optimizer.zero_grad(/*set_to_none=*/false);
  CHECK(parameters[0].grad().abs().sum().item<double>() == 0);
  optimizer.zero_grad();
  CHECK_FALSE(parameters[0].grad().defined());
}

TEST_CASE("Momentum that is saved and set again continues the run") {
  const auto expected = make_parameters();
  SGD whole{expected, options_of.at("momentum")};
  const auto parameters = make_parameters();
  {
    SGD first{parameters, options_of.at("momentum")};
    for (int step = 11; step <= 15; ++step) {
      set_gradients(expected, step);
      set_gradients(parameters, step);
      whole.step();
      first.step();
    }
    SGD second{parameters, options_of.at("momentum")};
    for (const torch::Tensor& parameter : parameters) {
      second.set_momentum_buffer(parameter, first.momentum_buffer(parameter).clone());
    }
    set_gradients(expected, 16);
    set_gradients(parameters, 16);
    whole.step();
    second.step();
  }
  CHECK(torch::equal(joined(parameters), joined(expected)));

  SGD third{parameters, options_of.at("momentum")};
  CHECK_THROWS_WITH(third.set_momentum_buffer(parameters[0], torch::zeros({6})),
                    ContainsSubstring("a parameter of 5 numbers has a momentum of 6"));
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
