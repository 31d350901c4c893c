/// Parameter groups by rules.
#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vision_transformer.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/group_parameters.hpp>
#include <hearth/optim/sgd.hpp>

#include "catch.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

/// stem.conv, stem.norm, blocks.0, blocks.1, neck (which holds a stack, neck.parts.part_1 and _2, and a norm), fc, and
/// a token of the model's own.
struct NetImpl : torch::nn::Module {
  NetImpl() {
    using namespace torch::nn;
    auto* const stem = make("stem", *this);
    stem->register_module("conv", Conv2d(Conv2dOptions(3, 4, 3).bias(false)));
    stem->register_module("norm", BatchNorm2d(4));
    register_module("blocks", Sequential(Linear(4, 4), Linear(4, 5)));
    register_module("act", ReLU());
    auto* const neck = make("neck", *this);
    auto* const parts = make("parts", *neck);
    parts->register_module("part_1", Linear(5, 6));
    parts->register_module("part_2", Linear(6, 7));
    neck->register_module("norm", LayerNorm(LayerNormOptions({7})));
    register_module("fc", Linear(7, 2));
    register_parameter("token", torch::zeros({1, 1, 4}));
  }

  static torch::nn::Module* make(const std::string& name, torch::nn::Module& in) {
    return in.register_module(name, std::make_shared<torch::nn::Module>()).get();
  }
};
TORCH_MODULE(Net);

/// By name: the rate and the weight decay in the optimizer's groups; absent what is in none.
template <class Options>
std::map<std::string, std::pair<double, double>> settings(const torch::nn::Module& model,
                                                          const GroupedParameters<Options>& grouped) {
  std::map<std::string, std::pair<double, double>> result;
  for (const auto& parameter : model.named_parameters()) {
    for (const auto& group : grouped.groups) {
      for (const torch::Tensor& member : group.params) {
        if (member.is_same(parameter.value())) {
          REQUIRE_FALSE(result.contains(parameter.key()));
          result[parameter.key()] = {group.options.lr, group.options.weight_decay};
        }
      }
    }
  }
  return result;
}

const AdamWOptions base{.lr = 0.1, .betas = {0.8, 0.9}, .weight_decay = 0.05};

}  // namespace

TEST_CASE("Without rules all parameters are in one group with the given options") {
  Net net;
  const auto grouped = group_parameters(*net, base, {});
  REQUIRE(grouped.groups.size() == 1);
  CHECK(grouped.groups[0].params.size() == net->parameters().size());
  CHECK(grouped.groups[0].options.lr == 0.1);
  CHECK(grouped.groups[0].options.weight_decay == 0.05);
  CHECK(grouped.groups[0].options.betas.first == 0.8);
}

TEST_CASE("Biases and norms have a weight decay of their own, and an optimizer takes the groups") {
  Net net;
  const auto grouped = group_parameters(*net, base, {NormWeightDecay{}});
  const auto found = settings(*net, grouped);
  REQUIRE(found.size() == net->parameters().size());
  for (const auto& [name, rate_and_decay] : found) {
    INFO(name);
    const bool is_norm_or_bias = name.ends_with("bias") || name.find("norm") != std::string::npos;
    CHECK(rate_and_decay == std::pair(0.1, is_norm_or_bias ? 0.0 : 0.05));
  }
  CHECK(grouped.groups.size() == 2);

  AdamW optimizer{grouped};
  REQUIRE(optimizer.param_groups().size() == 2);
  for (const torch::Tensor& parameter : net->parameters()) {
    parameter.mutable_grad() = torch::zeros_like(parameter);
  }
  const torch::Tensor weight = net->named_parameters()["fc.weight"].detach().clone();
  const torch::Tensor bias = net->named_parameters()["fc.bias"].detach().clone();
  optimizer.step();
  CHECK(torch::allclose(net->named_parameters()["fc.weight"], weight * (1 - 0.1 * 0.05)));
  CHECK(torch::equal(net->named_parameters()["fc.bias"], bias));
}

TEST_CASE("The decay of norms alone leaves the biases of other layers as they are") {
  Net net;
  const auto grouped = group_parameters(*net, base, {NormWeightDecay{.weight_decay = 0.01, .biases = false}});
  CHECK(grouped.groups.size() == 2);
  for (const auto& [name, rate_and_decay] : settings(*net, grouped)) {
    INFO(name);
    CHECK(rate_and_decay == std::pair(0.1, name.find("norm") != std::string::npos ? 0.01 : 0.05));
  }
}

TEST_CASE("Patterns name parameters and modules, with * and ?, and the later rule wins") {
  Net net;
  const auto found = settings(
      *net, group_parameters(*net, base,
                             {RateOf{"blocks", 1}, RateOf{"*.1.weight", 2}, RateOf{"f?", 3},
                              WeightDecayOf{"neck.parts.part_?", 4}, NormWeightDecay{6}, WeightDecayOf{"n*.bias", 5}}));
  using P = std::pair<double, double>;
  CHECK(found.at("blocks.0.weight") == P(1, 0.05));
  CHECK(found.at("blocks.1.weight") == P(2, 0.05));
  CHECK(found.at("blocks.1.bias") == P(1, 6));
  CHECK(found.at("fc.weight") == P(3, 0.05));
  CHECK(found.at("neck.parts.part_1.weight") == P(0.1, 4));
  CHECK(found.at("neck.parts.part_2.bias") == P(0.1, 5));
  CHECK(found.at("neck.norm.weight") == P(0.1, 6));
  CHECK(found.at("neck.norm.bias") == P(0.1, 5));
  CHECK(found.at("stem.conv.weight") == P(0.1, 0.05));
}

TEST_CASE("What a pattern freezes requires no gradient and is in no group, nor is what was frozen before") {
  Net net;
  net->named_parameters()["token"].requires_grad_(false);
  const auto grouped = group_parameters(*net, base, {Frozen{"stem"}, Frozen{"blocks.0.*"}});
  const auto found = settings(*net, grouped);
  for (const auto& parameter : net->named_parameters()) {
    INFO(parameter.key());
    const bool is_frozen =
        parameter.key().starts_with("stem.") || parameter.key().starts_with("blocks.0.") || parameter.key() == "token";
    CHECK(parameter.value().requires_grad() == !is_frozen);
    CHECK(found.contains(parameter.key()) == !is_frozen);
  }
}

TEST_CASE("Each layer's rate is the next one's times the factor; numbered modules are layers of their own") {
  Net net;
  const auto found =
      settings(*net, group_parameters(*net, base, {LayerDecay{.factor = 0.5}, RateOf{"neck.norm.weight", 7}}));
  // stem, blocks.0, blocks.1, neck.parts.part_1, neck.parts.part_2 with neck.norm, fc
  CHECK(found.at("token").first == 0.1 / 32);
  CHECK(found.at("stem.conv.weight").first == 0.1 / 32);
  CHECK(found.at("stem.norm.bias").first == 0.1 / 32);
  CHECK(found.at("blocks.0.weight").first == 0.1 / 16);
  CHECK(found.at("blocks.1.bias").first == 0.1 / 8);
  CHECK(found.at("neck.parts.part_1.weight").first == 0.1 / 4);
  CHECK(found.at("neck.parts.part_2.weight").first == 0.1 / 2);
  CHECK(found.at("neck.norm.bias").first == 0.1 / 2);
  CHECK(found.at("neck.norm.weight").first == 7);
  CHECK(found.at("fc.weight").first == 0.1);
}

TEST_CASE("Layers of the models: blocks of ResNet and of the vision transformer, stages of DenseNet") {
  const auto count_of = [](torch::nn::Module& model) {
    const auto grouped = group_parameters(model, base, {LayerDecay{.factor = 0.9}});
    REQUIRE_FALSE(grouped.places.empty());
    const std::string& rules = grouped.places.back().rules;  // "layer 10 of 10"
    return std::stoi(rules.substr(rules.rfind(' ')));
  };
  CHECK(count_of(*models::resnet18()) == 1 + 2 * 4 + 1);
  CHECK(count_of(*models::vit_b_16()) == 1 + 12 + 1);        // BEiT's: the patches, 12 blocks, the head
  CHECK(count_of(*models::densenet121()) == 1 + 4 + 3 + 1);  // stem, dense blocks, transitions, head
}

TEST_CASE("A model that is a stack has its modules as layers, and layers may be given as patterns") {
  torch::nn::Module stack;
  stack.register_module("0",
                        torch::nn::Sequential(torch::nn::Linear(2, 3), torch::nn::ReLU(), torch::nn::Linear(3, 4)));
  stack.register_module("1", torch::nn::ReLU());
  stack.register_module("2", torch::nn::Linear(4, 5));
  const auto found = settings(stack, group_parameters(stack, SGDOptions{.lr = 1}, {LayerDecay{.factor = 0.5}}));
  CHECK(found.at("0.0.weight").first == 0.5);
  CHECK(found.at("0.2.weight").first == 0.5);
  CHECK(found.at("2.weight").first == 1);

  Net net;
  const LayerDecay decay{.factor = 0.5, .layers = {"stem", "token", "blocks", "*"}};
  const auto given = settings(*net, group_parameters(*net, base, {decay}));
  CHECK(given.at("stem.norm.weight").first == 0.1 / 8);
  CHECK(given.at("token").first == 0.1 / 4);
  CHECK(given.at("blocks.0.weight").first == 0.1 / 2);
  CHECK(given.at("fc.weight").first == 0.1);
}

TEST_CASE("The table says what fell where") {
  Net net;
  const auto grouped =
      group_parameters(*net, base, {Frozen{"stem"}, Frozen{"neck"}, NormWeightDecay{}, RateOf{"fc", 1}});
  CHECK(grouped.table() ==
        "group  rules                             lr  weight decay  tensors  parameters  names\n"
        "    0  none                             0.1          0.05        3          40  token, blocks.0.weight, "
        "blocks.1.weight\n"
        "    1  norms and biases                 0.1             0        2           9  blocks.0.bias, "
        "blocks.1.bias\n"
        "    2  rate of fc                         1          0.05        1          14  fc.weight\n"
        "    3  norms and biases, rate of fc       1             0        1           2  fc.bias\n"
        "    -  frozen by stem                frozen                      3         116  stem.conv.weight, "
        "stem.norm.weight, stem.norm.bias\n"
        "    -  frozen by neck                frozen                      6          99  neck.parts.part_1.weight, "
        "neck.parts.part_1.bias, neck.parts.part_2.weight and 3 more\n"
        "65 of 280 parameters are trained\n");
}

TEST_CASE("A rule that fits nothing is an error with near names, and the model stays as it was") {
  Net net;
  const auto refusal = [&](const GroupRule& rule) {
    std::string said;
    try {
      static_cast<void>(group_parameters(*net, base, {Frozen{"stem"}, rule}));
    } catch (const Error& error) {
      said = error.what();
    }
    for (const torch::Tensor& parameter : net->parameters()) {
      CHECK(parameter.requires_grad());
    }
    return said;
  };
  CHECK(refusal(RateOf{"block", 1}) ==
        "group_parameters: the pattern \"block\" of RateOf matches no parameter and no module; near to it are blocks, "
        "blocks.0, blocks.1");
  CHECK_THAT(refusal(Frozen{"neck.part.*"}), ContainsSubstring("the pattern \"neck.part.*\" of Frozen"));
  CHECK_THAT(refusal(Frozen{"neck.part.*"}), ContainsSubstring("neck.parts"));
  CHECK_THAT(refusal(WeightDecayOf{"", 1}), ContainsSubstring("of WeightDecayOf matches no parameter"));
  CHECK_THAT(refusal(LayerDecay{.factor = 0.5, .layers = {"stem", "bloks"}}),
             ContainsSubstring("the pattern \"bloks\" of LayerDecay"));
  CHECK(refusal(LayerDecay{.factor = 0.5, .layers = {"stem", "blocks", "neck", "fc"}}) ==
        "group_parameters: token is in none of the layers of LayerDecay");
  CHECK(refusal(LayerDecay{.factor = -1}) == "group_parameters: factor of LayerDecay must be at least 0, but got -1");
  CHECK_THAT(refusal(RateOf{"fc", -1}), ContainsSubstring("lr of RateOf must be at least 0, but got -1"));
  CHECK_THAT(refusal(NormWeightDecay{-1}), ContainsSubstring("weight_decay of NormWeightDecay must be at least 0"));
  torch::nn::Module empty;
  CHECK_THROWS_WITH(group_parameters(empty, base, {}), "group_parameters: the model has no parameters");
}

TEST_CASE("A parameter that stands in two places of a model is in one group, once") {
  torch::nn::Module model;
  const auto shared = model.register_module("a", torch::nn::Linear(2, 2));
  model.register_module("b", shared);
  const auto grouped = group_parameters(model, base, {});
  CHECK(grouped.groups.at(0).params.size() == 2);
  CHECK_NOTHROW(AdamW{grouped});
}
