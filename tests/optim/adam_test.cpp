/// Adam and AdamW against torch.optim's with foreach=False. The reference values are written by make_reference.py,
/// where the same names stand for the same options.
#include <torch/torch.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include <hearth/optim/adam.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/optim/sequential_lr.hpp>

#include "catch.hpp"
#include "optim/steps.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::map<std::string, AdamOptions> adam_options = {
    {"plain", {}},
    {"betas", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3}},
    {"amsgrad", {.lr = 0.05, .betas = {0.5, 0.6}, .amsgrad = true}},
    {"weight_decay", {.lr = 0.05, .weight_decay = 0.1}},
    {"maximize", {.lr = 0.001, .weight_decay = 0.3, .maximize = true}},
    {"decoupled", {.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true}},
};

const std::map<std::string, AdamWOptions> adamw_options = {
    {"w_plain", {}},
    {"w_betas", {.lr = 0.05, .betas = {0.8, 0.9}, .eps = 1e-3}},
    {"w_amsgrad", {.lr = 0.05, .betas = {0.5, 0.6}, .amsgrad = true}},
    {"w_weight_decay", {.lr = 0.05, .weight_decay = 0.5}},
    {"w_maximize", {.lr = 0.001, .weight_decay = 0.3, .maximize = true}},
};

/// The names that stand for AdamW's options begin with "w_".
template <class Optimizer>
struct Family;
template <>
struct Family<Adam> {
  static inline const auto& options = adam_options;
  static constexpr auto prefix = "";
};
template <>
struct Family<AdamW> {
  static inline const auto& options = adamw_options;
  static constexpr auto prefix = "w_";
};

}  // namespace

TEMPLATE_TEST_CASE("Adam and AdamW take Python's steps", "", Adam, AdamW) {
  const Steps expected = steps_of("adam.txt");
  for (auto [name, options] : Family<TestType>::options) {
    for (const bool fused : {false, true}) {
      options.fused = fused;
      for (const bool strided : {false, true}) {  // which no fused kernel takes
        INFO(name << (fused ? ", fused" : "") << (strided ? ", strided" : ""));
        const auto parameters = make_parameters();
        TestType optimizer{parameters, options};
        CHECK(run(optimizer, parameters, expected.at(name), strided) <= 1e-6);
      }
    }
  }
}

TEMPLATE_TEST_CASE("Adam and AdamW take Python's steps in double precision", "", Adam, AdamW) {
  const std::string prefix = Family<TestType>::prefix;
  const auto parameters = make_parameters(torch::kDouble);
  TestType optimizer{parameters, fused(Family<TestType>::options.at(prefix + "amsgrad"))};
  CHECK(run(optimizer, parameters, steps_of("adam.txt").at(prefix + "double")) <= 1e-14);
}

TEMPLATE_TEST_CASE("Each group of Adam and AdamW has its own options", "", Adam, AdamW) {
  const std::string prefix = Family<TestType>::prefix;
  const auto& options = Family<TestType>::options;
  const auto parameters = make_parameters();
  TestType optimizer{{{.params = {parameters[0]}, .options = fused(options.at(prefix + "amsgrad"))},
                      {.params = {parameters[1]}, .options = options.at(prefix + "plain")}}};
  CHECK(run(optimizer, parameters, steps_of("adam.txt").at(prefix + "groups")) <= 1e-6);
}

TEST_CASE("Adam steps half precision, complex numbers and other memory formats as it steps plain floats") {
  const AdamOptions options = fused(adam_options.at("weight_decay"));
  const auto plain = make_parameters();
  Adam optimizer{plain, options};
  take_steps(optimizer, plain, 11, 20);
  SECTION("channels_last") {
    const auto parameters = make_parameters();
    parameters[1].set_data(parameters[1].detach().contiguous(torch::MemoryFormat::ChannelsLast));
    Adam other{parameters, options};
    take_steps(other, parameters, 11, 15);
    parameters[1].set_data(parameters[1].detach().contiguous());  // in another order than the state from here on
    take_steps(other, parameters, 16, 20);
    CHECK(torch::allclose(joined(parameters), joined(plain), 1e-6, 1e-7));
  }
  SECTION("bfloat16") {
    const auto parameters = make_parameters(torch::kBFloat16);
    Adam other{parameters, options};
    take_steps(other, parameters, 11, 20);
    CHECK(torch::allclose(joined(parameters), joined(plain), 0.1, 0.03));
    CHECK_FALSE(torch::allclose(joined(parameters), joined(make_parameters(torch::kBFloat16)), 0.1, 0.03));
  }
  SECTION("a pair of floats as a complex number") {
    const torch::Tensor pairs = plain[1].detach().clone().requires_grad_();
    const torch::Tensor complex = torch::view_as_complex(plain[1].detach().clone()).requires_grad_();
    Adam real{std::vector<torch::Tensor>{pairs}, {.lr = 0.05, .amsgrad = true}};
    Adam other{std::vector<torch::Tensor>{complex}, {.lr = 0.05, .amsgrad = true}};
    for (int step = 1; step <= 5; ++step) {
      pairs.mutable_grad() = pairs.detach() * step;
      complex.mutable_grad() = complex.detach() * step;
      real.step();
      other.step();
    }
    CHECK(torch::allclose(torch::view_as_real(complex.detach()), pairs.detach(), 1e-6, 1e-7));
    CHECK_FALSE(torch::allclose(pairs, plain[1], 0.1, 0.1));
  }
}

TEST_CASE("AdamW decays a parameter by lr times weight_decay when its gradient is zero; Adam makes it a full step") {
  for (const bool strided : {false, true}) {
    const torch::Tensor w = torch::ones({4}).requires_grad_();
    const torch::Tensor a = torch::ones({4}).requires_grad_();
    const torch::Tensor zeros = strided ? torch::zeros({4, 2}).select(1, 0) : torch::zeros({4});
    w.mutable_grad() = zeros;
    a.mutable_grad() = zeros;
    AdamW decoupled{std::vector<torch::Tensor>{w}, {.lr = 0.1, .weight_decay = 0.5, .fused = true}};
    Adam coupled{std::vector<torch::Tensor>{a}, {.lr = 0.1, .weight_decay = 0.5, .fused = true}};
    decoupled.step();
    coupled.step();
    CHECK(torch::allclose(w, torch::full({4}, 0.95)));
    CHECK(torch::allclose(a, torch::full({4}, 0.9)));
  }
}

TEST_CASE("Options out of Adam's range and sparse gradients are refused") {
  const auto p = make_parameters();
  CHECK_THROWS_WITH((Adam{p, {.lr = -1}}), "Adam: lr (the learning rate) must be at least 0, but got -1");
  CHECK_THROWS_WITH((AdamW{p, {.lr = std::numeric_limits<double>::infinity()}}), ContainsSubstring("AdamW: lr"));
  CHECK_THROWS_WITH((Adam{p, {.eps = -1e-8}}), "Adam: eps must be at least 0, but got -1e-08");
  CHECK_THROWS_WITH((Adam{p, {.weight_decay = -1}}), "Adam: weight_decay must be at least 0, but got -1");
  CHECK_THROWS_WITH((Adam{p, {.betas = {1, 0.9}}}), "Adam: betas must be at least 0 and below 1, but got 1 and 0.9");
  CHECK_THROWS_WITH((AdamW{p, {.betas = {0.9, std::numeric_limits<double>::quiet_NaN()}}}),
                    ContainsSubstring("AdamW: betas must be at least 0 and below 1"));
  CHECK_THROWS_WITH((AdamW{std::vector<torch::Tensor>{}}), "AdamW: there are no parameters to optimize");

  const auto parameters = make_parameters();
  Adam optimizer{parameters};
  parameters[0].mutable_grad() = torch::ones({5}).to_sparse();
  CHECK_THROWS_WITH(optimizer.step(), "Adam: a parameter has a sparse gradient, by which only SGD steps");
}

TEMPLATE_TEST_CASE("Schedulers move Adam's and AdamW's learning rates", "", Adam, AdamW) {
  STATIC_REQUIRE(OptimizerLike<TestType>);
  const auto parameters = make_parameters();
  TestType optimizer{parameters, {.lr = 0.1}};
  SequentialLR scheduler{optimizer,
                         {.milestones = {2}},
                         LinearLR{optimizer, {.start_factor = 0.5, .total_iters = 2}},
                         CosineAnnealingLR{optimizer, {.T_max = 4}}};
  scheduler.step();
  CHECK(optimizer.param_groups()[0].options.lr == Approx(0.075));
  CHECK(optimizer.param_groups()[0].initial_lr == 0.1);
}
