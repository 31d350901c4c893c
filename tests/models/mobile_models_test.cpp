/// What is particular to MobileNets and EfficientNets, and the layers they are made of.
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/models/efficientnet.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/layers/activation.hpp>
#include <hearth/models/layers/conv_norm_activation.hpp>
#include <hearth/models/layers/make_divisible.hpp>
#include <hearth/models/layers/squeeze_excitation.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/mobilenet_v2.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/model.hpp>

#include "catch.hpp"
#include "models/model_checks.hpp"

using namespace hearth;
using namespace hearth::models;
using Catch::Matchers::ContainsSubstring;
using hearth_test::check_clone;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The modules of one type within a model.
template <class Module>
std::vector<std::shared_ptr<Module>> modules_of(const torch::nn::Module& model) {
  std::vector<std::shared_ptr<Module>> found;
  for (const auto& module : model.modules()) {
    if (auto wanted = std::dynamic_pointer_cast<Module>(module)) {
      found.push_back(std::move(wanted));
    }
  }
  return found;
}

}  // namespace

TEST_CASE("StochasticDepth leaves rows out with its probability and scales the others") {
  torch::manual_seed(1);
  StochasticDepth layer(0.3);
  const torch::Tensor x = torch::rand({20000, 2, 3}) + 1;
  const torch::Tensor y = layer->forward(x);
  const torch::Tensor left = (y != 0).flatten(1);                                            // [N, 6]
  CHECK(torch::equal(left.any(1), left.all(1)));                                             // whole rows
  CHECK(left.any(1).to(torch::kDouble).mean().item<double>() == Approx(0.7).margin(0.015));  // 4.6 deviations
  CHECK(torch::allclose(y.masked_select(left.view_as(y)), x.masked_select(left.view_as(y)) / 0.7));
}

TEST_CASE("StochasticDepth draws as torchvision's does") {
  const torch::Tensor x = torch::rand({64, 2, 3, 3}) + 1;
  const auto check = [&](StochasticDepth layer, at::IntArrayRef sizes) {
    torch::manual_seed(5);
    const torch::Tensor expected = x * torch::empty(sizes).bernoulli_(1.0 - 0.4).div_(1.0 - 0.4);  // its source
    torch::manual_seed(5);
    CHECK(torch::equal(layer->forward(x), expected));
  };
  check(StochasticDepth(0.4), {64, 1, 1, 1});
  check(StochasticDepth(0.4, StochasticDepthMode::batch), {1, 1, 1, 1});
}

TEST_CASE("StochasticDepth in batch mode leaves out all or nothing") {
  torch::manual_seed(1);
  StochasticDepth layer(0.25, StochasticDepthMode::batch);
  const torch::Tensor x = torch::ones({3, 2});
  int kept = 0;
  int left_out = 0;
  for (int i = 0; i < 2000; ++i) {
    const torch::Tensor y = layer->forward(x);
    kept += torch::allclose(y, x / 0.75) ? 1 : 0;
    left_out += torch::equal(y, torch::zeros({3, 2})) ? 1 : 0;
  }
  CHECK(kept + left_out == 2000);
  CHECK(kept == Approx(1500).margin(90));  // 4.6 deviations
}

TEST_CASE("StochasticDepth is exact where nothing is left to chance, and then draws nothing but where p is 1") {
  const torch::Tensor x = torch::rand({4, 3}) + 1;
  CHECK(torch::equal(StochasticDepth(1.0)->forward(x), torch::zeros({4, 3})));
  CHECK(torch::equal(StochasticDepth(1.0, StochasticDepthMode::batch)->forward(x), torch::zeros({4, 3})));

  StochasticDepth sleeping(0.5);
  sleeping->eval();
  torch::manual_seed(2);
  CHECK(StochasticDepth(0.0)->forward(x).is_same(x));
  CHECK(sleeping->forward(x).is_same(x));
  const torch::Tensor next = torch::rand({3});
  torch::manual_seed(2);
  CHECK(torch::equal(next, torch::rand({3})));
  StochasticDepth copy(std::dynamic_pointer_cast<StochasticDepthModule>(sleeping->clone()));
  CHECK(copy->p() == 0.5);
  CHECK_FALSE(copy->is_training());
}

TEST_CASE("StochasticDepth passes gradients to the rows it keeps, and no others") {
  torch::manual_seed(3);
  const torch::Tensor x = torch::ones({50, 2}, torch::requires_grad());
  const torch::Tensor y = StochasticDepth(0.5)->forward(x);
  y.sum().backward();
  CHECK(torch::equal(x.grad(), y.detach()));  // 0 or 1 / (1 - p), as the rows of ones themselves
}

TEST_CASE("StochasticDepth refuses what is no probability and what has no rows") {
  CHECK_THROWS_WITH(StochasticDepth(1.5), "StochasticDepth: p must be from 0 to 1, but got 1.5");
  CHECK_THROWS_WITH(StochasticDepth(-0.1), ContainsSubstring("p must be from 0 to 1"));
  CHECK_THROWS_WITH(StochasticDepth(not_a_number), ContainsSubstring("p must be from 0 to 1"));
  CHECK_THROWS_WITH(StochasticDepth(0.5)->forward(torch::tensor(1.0)), ContainsSubstring("expects a batch [N, ...]"));
}

TEST_CASE("Squeeze and excitation weights channels by arithmetic done by hand") {
  const auto with = [](Activation activation, Activation scale_activation) {
    SqueezeExcitation layer(SqueezeExcitationOptions{
        .input_channels = 2, .squeeze_channels = 1, .activation = activation, .scale_activation = scale_activation});
    const torch::NoGradGuard no_grad;
    layer->fc1->weight.copy_(torch::tensor({2.0, -1.0}).view({1, 2, 1, 1}));
    layer->fc1->bias.fill_(0.5);
    layer->fc2->weight.copy_(torch::tensor({0.2, -0.4}).view({2, 1, 1, 1}));
    layer->fc2->bias.copy_(torch::tensor({0.1, 0.3}));
    return layer;
  };
  // Means 3 and 1 in the first image, 0 and 4 in the second: the squeezed number is 2·3 - 1 + 0.5 = 5.5, then -3.5.
  const torch::Tensor x = torch::tensor({2.0F, 4.0F, 0.0F, 2.0F, 1.0F, -1.0F, 4.0F, 4.0F}).view({2, 2, 1, 2});
  const auto check = [&](SqueezeExcitation layer, const std::vector<double>& scales) {
    const torch::Tensor weights = torch::tensor(scales, torch::kFloat).view({2, 2, 1, 1});
    CHECK(torch::allclose(layer->forward(x), x * weights));
  };
  // 0.1 + 0.2·5.5 = 1.2, 0.3 - 0.4·5.5 = -1.9; then relu(-3.5) = 0 leaves the biases. Hardsigmoid is (x + 3) / 6.
  check(with(Activation::relu, Activation::hardsigmoid), {4.2 / 6, 1.1 / 6, 3.1 / 6, 3.3 / 6});
  const auto sigmoid = [](double value) { return 1 / (1 + std::exp(-value)); };
  check(with(Activation::relu, Activation::sigmoid), {sigmoid(1.2), sigmoid(-1.9), sigmoid(0.1), sigmoid(0.3)});
  const double first = 5.5 * sigmoid(5.5);  // SiLU is x · sigmoid(x)
  const double second = -3.5 * sigmoid(-3.5);
  check(with(Activation::silu, Activation::sigmoid), {sigmoid(0.1 + 0.2 * first), sigmoid(0.3 - 0.4 * first),
                                                      sigmoid(0.1 + 0.2 * second), sigmoid(0.3 - 0.4 * second)});

  CHECK_THROWS_WITH(SqueezeExcitation(SqueezeExcitationOptions{.input_channels = 0}),
                    "SqueezeExcitation: input_channels must be at least 1, but got 0");
  CHECK_THROWS_WITH(SqueezeExcitation(SqueezeExcitationOptions{.squeeze_channels = 0}),
                    "SqueezeExcitation: squeeze_channels must be at least 1, but got 0");
}

TEST_CASE("Every activation is its function, and as a layer works in its input's memory") {
  const auto [activation, expected] = GENERATE(table<Activation, std::vector<double>>({
      {Activation::relu, {0, 0, 0, 1, 7}},
      {Activation::relu6, {0, 0, 0, 1, 6}},
      {Activation::silu,
       {-4 / (1 + std::exp(4)), -1 / (1 + std::exp(1)), 0, 1 / (1 + std::exp(-1)), 7 / (1 + std::exp(-7))}},
      {Activation::hardswish, {0, -2.0 / 6, 0, 4.0 / 6, 7}},
      {Activation::sigmoid,
       {1 / (1 + std::exp(4)), 1 / (1 + std::exp(1)), 0.5, 1 / (1 + std::exp(-1)), 1 / (1 + std::exp(-7))}},
      {Activation::hardsigmoid, {0, 2.0 / 6, 0.5, 4.0 / 6, 1}},
  }));
  const torch::Tensor x = torch::tensor({-4.0, -1.0, 0.0, 1.0, 7.0}, torch::kDouble);
  torch::Tensor memory = x.clone();
  CHECK(torch::allclose(activate(x, activation), torch::tensor(expected, torch::kDouble)));
  CHECK(x[4].item<double>() == 7);
  CHECK(ActivationLayer(activation).forward(memory).is_same(memory));
  CHECK(torch::equal(memory, activate(x, activation)));
  CHECK_THROWS_WITH(activate(x, static_cast<Activation>(99)), ContainsSubstring("no activation 99"));
  CHECK_THROWS_WITH(activate_(x, static_cast<Activation>(99)), ContainsSubstring("no activation 99"));
}

TEST_CASE("Channels are rounded to multiples, up or down by at most a tenth") {
  CHECK(make_divisible(24) == 24);
  CHECK(make_divisible(3) == 8);
  CHECK(make_divisible(12) == 16);  // a half goes up
  CHECK(make_divisible(11) == 16);  // 8 would be 27 % less
  CHECK(make_divisible(18) == 24);  // 16 would be 11 % less
  CHECK(make_divisible(83) == 80);  // 4 % less
  CHECK(make_divisible(22.4) == 24);
  CHECK(make_divisible(41.6, 4) == 40);
  CHECK(make_divisible(0.35, 1) == 1);
}

TEST_CASE("A convolution's layer pads for its kernel and has the layers that are asked for") {
  Chain layer = conv_norm_activation({.in_channels = 4,
                                      .out_channels = 6,
                                      .kernel_size = 5,
                                      .stride = 2,
                                      .groups = 2,
                                      .dilation = 3,
                                      .norm = {.eps = 0.5, .momentum = 0.25}});
  CHECK(layer->named_parameters().keys() == std::vector<std::string>{"0.weight", "1.weight", "1.bias"});
  CHECK(layer->named_parameters()["0.weight"].sizes() == std::vector<std::int64_t>{6, 2, 5, 5});
  const torch::Tensor y = layer->forward(torch::randn({2, 4, 17, 16}));
  CHECK(y.sizes() == std::vector<std::int64_t>{2, 6, 9, 8});
  CHECK(y.min().item<double>() == 0);
  const auto norm = modules_of<torch::nn::BatchNorm2dImpl>(*layer).at(0);
  CHECK(norm->options.eps() == 0.5);
  CHECK(norm->options.momentum() == 0.25);

  Chain bare = conv_norm_activation({.activation = std::nullopt});
  CHECK(bare->size() == 2);
  CHECK(bare->forward(torch::randn({2, 3, 8, 8})).min().item<double>() < 0);

  CHECK_THROWS_WITH(conv_norm_activation({.stride = 0}), ContainsSubstring("must be at least 1, but got 0"));
  CHECK_THROWS_WITH(conv_norm_activation({.in_channels = 4, .out_channels = 6, .groups = 4}),
                    ContainsSubstring("groups must divide in_channels and out_channels, but got 4 for 4 and 6"));
}

TEST_CASE("EfficientNet's blocks are left out more often the deeper they are") {
  const auto blocks =
      modules_of<StochasticDepthModule>(*efficientnet_b0({.num_classes = 2, .stochastic_depth_prob = 0.8}));
  REQUIRE(blocks.size() == 16);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    CHECK(blocks[k]->p() == Approx(0.05 * static_cast<double>(k)));  // 0.8 · k / 16
    CHECK(blocks[k]->mode() == StochasticDepthMode::row);
  }
}

TEST_CASE("Dropout and BatchNorm are the paper's for each network, and the options'") {
  const auto dropout = [](const torch::nn::Module& model) {
    const auto layers = modules_of<torch::nn::DropoutImpl>(model);
    REQUIRE(layers.size() == 1);
    return layers[0]->options.p();
  };
  const auto check_norms = [](const torch::nn::Module& model, double eps, double momentum) {
    for (const auto& norm : modules_of<torch::nn::BatchNorm2dImpl>(model)) {
      CHECK(norm->options.eps() == eps);
      CHECK(norm->options.momentum() == momentum);
    }
  };
  const EfficientNet b0 = efficientnet_b0({.num_classes = 2});
  const EfficientNet b5 = efficientnet_b5({.num_classes = 2});
  const MobileNetV3 v3 = mobilenet_v3_small({.num_classes = 2});
  CHECK(dropout(*b0) == 0.2);
  CHECK(dropout(*b5) == 0.4);
  CHECK(dropout(*efficientnet_b0({.num_classes = 2, .dropout = 0.0})) == 0);
  CHECK(dropout(*v3) == 0.2);
  CHECK(dropout(*mobilenet_v3_small({.num_classes = 2, .dropout = 0.6})) == 0.6);
  CHECK(dropout(*mobilenet_v2({.num_classes = 2})) == 0.2);
  CHECK(dropout(*mobilenet_v2({.num_classes = 2, .dropout = 0.6})) == 0.6);
  check_norms(*b0, 1e-5, 0.1);
  check_norms(*b5, 1e-3, 0.01);
  check_norms(*v3, 1e-3, 0.01);
}

TEST_CASE("A clone of a mobile network computes the same and has weights of its own") {
  torch::manual_seed(4);
  check_clone(mobilenet_v2({.num_classes = 3, .width_mult = 0.25}));
  check_clone(mobilenet_v3_small({.num_classes = 3, .width_mult = 0.25, .dilated = true}));
  check_clone(efficientnet_b0({.num_classes = 3}));
}

TEST_CASE("Heads of mobile networks have torchvision's names") {
  const auto check = [](const auto& model, const std::string& name) {
    CHECK(model->head_name() == name);
    CHECK(model->named_parameters()[name + ".weight"].is_same(model->head()->weight));
    CHECK(model->num_classes() == 3);
  };
  check(mobilenet_v2({.num_classes = 3, .width_mult = 0.25}), "classifier.1");
  check(mobilenet_v3_small({.num_classes = 3, .width_mult = 0.25}), "classifier.3");
  check(efficientnet_b0({.num_classes = 3}), "classifier.1");
}

TEST_CASE("A dilated MobileNetV3 keeps the resolution of its last stage") {
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({1, 3, 64, 64});
  const auto resolution = [&](MobileNetV3 model) {
    model->eval();
    return model->features->forward(images).size(3);
  };
  CHECK(resolution(mobilenet_v3_small({.num_classes = 3, .width_mult = 0.25})) == 2);
  CHECK(resolution(mobilenet_v3_small({.num_classes = 3, .width_mult = 0.25, .dilated = true})) == 4);
}

TEST_CASE("Mobile networks refuse wrong options and inputs in a sentence") {
  CHECK_THROWS_WITH(mobilenet_v2({.num_classes = 0}), "MobileNetV2: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(mobilenet_v2({.width_mult = 0}),
                    "MobileNetV2: width_mult must be above 0 and at most 100, but got 0");
  CHECK_THROWS_WITH(mobilenet_v2({.round_nearest = 0}), ContainsSubstring("round_nearest must be between 1 and 1024"));
  CHECK_THROWS_WITH(mobilenet_v2({.dropout = 1.5}), "MobileNetV2: dropout must be from 0 to 1, but got 1.5");
  CHECK_THROWS_WITH(mobilenet_v3_small({.num_classes = -1}), ContainsSubstring("MobileNetV3: num_classes"));
  CHECK_THROWS_WITH(mobilenet_v3_large({.width_mult = not_a_number}), ContainsSubstring("MobileNetV3: width_mult"));
  CHECK_THROWS_WITH(mobilenet_v3_large({.dropout = -1}), ContainsSubstring("MobileNetV3: dropout"));
  CHECK_THROWS_WITH(efficientnet_b0({.num_classes = 0}), ContainsSubstring("EfficientNet: num_classes"));
  CHECK_THROWS_WITH(efficientnet_b0({.dropout = not_a_number}), ContainsSubstring("EfficientNet: dropout"));
  CHECK_THROWS_WITH(efficientnet_b0({.stochastic_depth_prob = 2}),
                    "EfficientNet: stochastic_depth_prob must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(EfficientNet(EfficientNetScale{.width_mult = -1}), ContainsSubstring("width_mult and depth_mult"));
  CHECK_THROWS_WITH(EfficientNet(EfficientNetScale{.depth_mult = 0}), ContainsSubstring("width_mult and depth_mult"));

  const torch::Tensor grey = torch::zeros({2, 1, 32, 32});
  CHECK_THROWS_WITH(mobilenet_v2({.width_mult = 0.25})->forward(grey),
                    "MobileNetV2: expects images [N, 3, H, W], but got a batch [2, 1, 32, 32]");
  CHECK_THROWS_WITH(mobilenet_v3_small({.width_mult = 0.25})->forward(grey[0]),
                    "MobileNetV3: expects images [N, 3, H, W], but got a batch [1, 32, 32]");
  CHECK_THROWS_WITH(efficientnet_b0()->forward(grey), ContainsSubstring("EfficientNet: expects images [N, 3, H, W]"));
}
