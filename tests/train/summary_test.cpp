/// Summaries of models against those of Python's torchinfo, which make_summary_reference.py wrote.
#include <torch/torch.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/zoo.hpp>
#include <hearth/train/summary.hpp>
#include <hearth/weights/module_state.hpp>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Shape = std::vector<std::int64_t>;

namespace {

/// What torchinfo says of a module.
struct PythonRow {
  std::int64_t parameters = 0;
  std::int64_t mult_adds = 0;
  Shape output_shape = {};
};

struct PythonSummary {
  ParameterCount parameters = {};
  std::int64_t mult_adds = 0;
  std::int64_t pass_bytes = 0;
  std::int64_t parameter_bytes = 0;
  std::int64_t all_mult_adds = 0;  ///< with a Linear's weights for each token, and attention
  std::map<std::string, PythonRow> rows = {};
};

std::map<std::string, PythonSummary> read_reference() {
  std::map<std::string, PythonSummary> all;
  std::ifstream file(HEARTH_TEST_DIR "/train/reference/summary.txt");
  REQUIRE(file.is_open());
  PythonSummary* last = nullptr;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, name;
    words >> kind >> name;
    if (kind == "model") {
      last = &all[name];
      words >> last->parameters.total >> last->parameters.trainable >> last->mult_adds >> last->pass_bytes >>
          last->parameter_bytes >> last->all_mult_adds;
    } else {
      PythonRow row;
      words >> row.parameters >> row.mult_adds;
      for (std::int64_t size = 0; words >> size;) {
        row.output_shape.push_back(size);
      }
      last->rows[name == "." ? "" : name] = row;
    }
    REQUIRE(words.eof());
  }
  return all;
}

const SummaryRow& row_of(const Summary& found, const std::string& name) {
  for (const SummaryRow& row : found.rows) {
    if (row.name == name) {
      return row;
    }
  }
  FAIL("there is no row " << name);
  throw;
}

Shape shape_of(const Summary& found, const std::string& name) {
  return row_of(found, name).output_shape.value_or(Shape{});
}

}  // namespace

TEST_CASE("A summary has torchinfo's parameters, shapes and multiply-adds of torchvision's models") {
  const auto reference = read_reference();
  struct Case {
    std::string name;
    int unknown = 0;  ///< rows whose output the operators leave open
    int other = 0;    ///< rows that torchinfo does not have, because Python does not call these modules
  };
  for (const Case& one : std::vector<Case>{{"resnet18"},
                                           {"mobilenet_v2"},
                                           {"densenet121", 61},
                                           {"vit_b_16", 13, 12},
                                           {"efficientnet_b0", 16, 7},
                                           {"convnext_tiny", 56}}) {
    CAPTURE(one.name);
    const PythonSummary& expected = reference.at(one.name);
    models::AnyModel model = models::make_model(one.name);
    if (one.name == "resnet18") {
      for (const auto& item : model->named_parameters()) {
        item.value().requires_grad_(!item.key().starts_with("layer1."));
      }
    }
    const Summary found = summary(model, {2, 3, 224, 224});
    CHECK(found.parameters == expected.parameters);
    CHECK(found.mult_adds == expected.all_mult_adds);
    CHECK(found.input_bytes == 2 * 3 * 224 * 224 * 4);
    CHECK(found.parameter_bytes == 4 * expected.parameters.total);  // torchinfo leaves out what no leaf has
    int unknown = 0;
    int other = 0;
    std::int64_t leaf_mult_adds = 0;
    std::int64_t other_bytes = 0;
    for (const SummaryRow& row : found.rows) {
      CAPTURE(row.name);
      unknown += row.output_shape ? 0 : 1;
      const auto python = expected.rows.find(row.name);
      if (python == expected.rows.end()) {
        ++other;
        other_bytes += row.type == "Linear" ? 2 * 2 * 197 * 768 * 4 : 0;  // attention's last layer, forward and back
        continue;
      }
      if (row.output_shape) {
        CHECK(*row.output_shape == python->second.output_shape);
      }
      CHECK(row.parameters.total == python->second.parameters);
      if (row.is_leaf && (row.type != "Linear" || python->second.output_shape.size() == 2)) {
        CHECK(row.mult_adds == python->second.mult_adds);
      }
      leaf_mult_adds += python->second.mult_adds;
    }
    CHECK(unknown == one.unknown);
    CHECK(other == one.other);
    CHECK(leaf_mult_adds == expected.mult_adds);  // the whole reference was compared
    CHECK(found.pass_bytes == expected.pass_bytes + other_bytes);
  }
}

TEST_CASE("A summary of an MLP is that of torchinfo, through a handle of any type") {
  const PythonSummary expected = read_reference().at("mlp");
  const auto check = [&](const Summary& found) {
    CHECK(found.parameters == expected.parameters);
    CHECK(found.mult_adds == expected.mult_adds);
    CHECK(found.pass_bytes == expected.pass_bytes);
    CHECK(found.parameter_bytes == expected.parameter_bytes);
    CHECK(found.input_bytes == 2 * 28 * 28 * 4);
    CHECK(shape_of(found, "linear_relu_stack.3") == Shape{2, 512});
    CHECK(shape_of(found, "linear_relu_stack") == Shape{2, 10});
  };
  auto model = models::mlp({.in_features = 784, .hidden = {512, 512}, .num_classes = 10});
  check(summary(model, {2, 1, 28, 28}));
  models::AnyModel any(model);
  check(summary(any, {2, 1, 28, 28}));
  CHECK(summary(model, {2, 1, 28, 28}).rows[0].type == "MLP");
}

namespace {

/// One max-pooling module that runs twice, functions without modules, and layers without weights.
struct SmallNet : torch::nn::Module {
  torch::nn::Conv2d conv1 = register_module("conv1", torch::nn::Conv2d(1, 4, 3));
  torch::nn::Conv2d conv2 = register_module("conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(4, 6, 3).groups(2)));
  torch::nn::MaxPool2d pool = register_module("pool", torch::nn::MaxPool2d(2));
  torch::nn::Dropout unused = register_module("unused", torch::nn::Dropout());
  torch::nn::Linear fc = register_module("fc", torch::nn::Linear(torch::nn::LinearOptions(150, 7).bias(false)));
  torch::Tensor scale = register_parameter("scale", torch::ones({7}));
  int passes = 0;

  torch::Tensor forward(torch::Tensor x) {
    ++passes;
    x = pool(torch::relu(conv1(x)));  // [N, 4, 13, 13]
    x = pool(torch::relu(conv2(x)));  // [N, 6, 5, 5]
    return fc(x.flatten(1)) * scale;
  }
};

/// Attention by a product that is written as an einsum, on tokens, and a layer under two names.
struct TokenNet : torch::nn::Module {
  torch::nn::Linear key = register_module("key", torch::nn::Linear(8, 8));
  torch::nn::Linear again = register_module("again", key);
  torch::nn::Sequential tail = register_module(
      "tail", torch::nn::Sequential(torch::nn::LayerNorm(torch::nn::LayerNormOptions({8})), torch::nn::GELU(),
                                    torch::nn::Flatten(), torch::nn::Linear(24, 2), torch::nn::ReLU()));

  torch::Tensor forward(const torch::Tensor& x) {  // [N, 3, 8]
    const torch::Tensor keys = again(key(x));
    const torch::Tensor weights = torch::einsum("nik,njk->nij", {x, keys}).softmax(-1);
    return tail->forward(torch::matmul(weights, keys));
  }
};

/// A mistake: the layers do not fit.
struct WrongNet : torch::nn::Module {
  torch::nn::Linear first = register_module("first", torch::nn::Linear(4, 3));
  torch::nn::Linear second = register_module("second", torch::nn::Linear(4, 3));
  torch::Tensor forward(const torch::Tensor& x) { return second(first(x)); }
};

}  // namespace

TEST_CASE("A summary of one's own module has shapes by hand, and dashes for what did not run") {
  auto model = std::make_shared<SmallNet>();
  const Summary found = summary(model, {3, 1, 28, 28});
  REQUIRE(found.rows.size() == 6);
  CHECK(model->passes == 1);
  CHECK(found.rows[0].type == "SmallNet");
  CHECK(shape_of(found, "") == Shape{3, 7});
  CHECK(shape_of(found, "conv1") == Shape{3, 4, 26, 26});
  CHECK(shape_of(found, "conv2") == Shape{3, 6, 11, 11});
  CHECK(shape_of(found, "pool") == Shape{3, 6, 5, 5});  // its last run
  CHECK_FALSE(row_of(found, "unused").output_shape);
  CHECK(shape_of(found, "fc") == Shape{3, 7});

  // By hand: weights and biases of a convolution once a pixel, of a Linear once a row.
  CHECK(row_of(found, "conv1").mult_adds == 3 * 26 * 26 * (4 * 9 + 4));
  CHECK(row_of(found, "conv2").mult_adds == 3 * 11 * 11 * (6 * 2 * 9 + 6));
  CHECK(row_of(found, "fc").mult_adds == 3 * 150 * 7);
  CHECK(row_of(found, "").own_parameters == 7);
  CHECK(found.parameters.total == 40 + 114 + 1050 + 7);
  CHECK(found.mult_adds == row_of(found, "").mult_adds);
  CHECK(found.mult_adds == 3 * (676 * 40 + 121 * 114 + 1050));
}

TEST_CASE("A summary counts products that no module's weights take part in, and a layer of two names once") {
  auto model = std::make_shared<TokenNet>();
  const Summary found = summary(model, {2, 3, 8});
  CHECK(found.parameters.total == 72 + 16 + 50);
  CHECK(row_of(found, "key").mult_adds == 2 * 2 * 3 * 72);  // it ran twice
  CHECK(row_of(found, "again").is_repeated);
  CHECK(row_of(found, "again").mult_adds == 0);
  CHECK(row_of(found, "").own_mult_adds == 2 * (3 * 3 * 8) + 2 * (3 * 8 * 3));
  CHECK(row_of(found, "tail").mult_adds == 2 * 16 + 2 * 50);
  CHECK(shape_of(found, "tail.0") == Shape{2, 3, 8});
  CHECK(shape_of(found, "tail.1") == Shape{2, 3, 8});
  CHECK(shape_of(found, "tail.2") == Shape{2, 24});
  CHECK(shape_of(found, "tail.4") == Shape{2, 2});
  CHECK_THAT(found.to_string(), ContainsSubstring("(recursive)"));
}

TEST_CASE("A summary leaves the model as it was") {
  models::AnyModel model = models::make_model("resnet18", {.num_classes = 3});
  model->train();
  model->named_modules()["layer1.0.bn1"]->eval();
  model->parameters()[0].mutable_grad() = torch::ones_like(model->parameters()[0]);
  model->parameters()[3].requires_grad_(false);
  std::vector<torch::Tensor> before;
  for (const auto& [name, tensor] : state_dict(*model)) {
    before.push_back(tensor.clone());
  }
  torch::manual_seed(1);
  const torch::Tensor next_random = torch::rand({1});
  torch::manual_seed(1);
  const Summary found = summary(model, {1, 3, 64, 64});
  CHECK(torch::equal(torch::rand({1}), next_random));
  std::size_t i = 0;
  for (const auto& [name, tensor] : state_dict(*model)) {
    CHECK(torch::equal(tensor, before[i++]));
  }
  CHECK(model->is_training());
  CHECK_FALSE(model->named_modules()["layer1.0.bn1"]->is_training());
  CHECK(model->named_modules()["layer1.0.bn2"]->is_training());
  CHECK(model->parameters()[0].grad().defined());
  CHECK_FALSE(model->parameters()[3].requires_grad());
  CHECK(found.parameters.total - found.parameters.trainable == model->parameters()[3].numel());
  CHECK(torch::GradMode::is_enabled());
}

TEST_CASE("A summary prints as torchinfo does, down to a depth") {
  auto model = models::mlp({.in_features = 784, .hidden = {512, 512}, .num_classes = 10});
  model->parameters()[0].requires_grad_(false);
  model->parameters()[1].requires_grad_(false);
  CHECK(
      summary(model, {64, 1, 28, 28}).to_string(2) ==
      R"(===================================================================================================================
Layer (type:depth-idx)                   Output Shape              Param #                   Mult-Adds
===================================================================================================================
MLP                                      [64, 10]                  --                        --
├─Chain: 1-1                             [64, 10]                  --                        --
│    └─Linear: 2-1                       [64, 512]                 (401,920)                 25,722,880
│    └─ReLU: 2-2                         [64, 512]                 --                        --
│    └─Linear: 2-3                       [64, 512]                 262,656                   16,809,984
│    └─ReLU: 2-4                         [64, 512]                 --                        --
│    └─Linear: 2-5                       [64, 10]                  5,130                     328,320
===================================================================================================================
Total params: 669,706
Trainable params: 267,786
Non-trainable params: 401,920
Total mult-adds (M): 42.86
===================================================================================================================
Input size (MB): 0.20
Forward/backward pass size (MB): 0.53
Params size (MB): 2.68
Estimated Total Size (MB): 3.41
===================================================================================================================)");
  // At the last depth that is shown, a row stands for all below it.
  CHECK_THAT(
      summary(model, {64, 1, 28, 28}).to_string(1),
      ContainsSubstring("├─Chain: 1-1                             [64, 10]                  669,706              "
                        "     42,861,184\n====="));
}

TEST_CASE("A summary says which shape the model cannot take, and the model is in its mode again") {
  models::AnyModel model = models::make_model("resnet18");
  CHECK_THROWS_AS(summary(model, {1, 1, 64, 64}), Error);
  CHECK(model->is_training());
  CHECK_THROWS_WITH(summary(model, {1, 0, 64}),
                    "summary: the shape of a batch has sizes of at least 1, but got [1, 0, 64]");
  auto wrong = std::make_shared<WrongNet>();
  CHECK_THROWS_WITH(summary(wrong, {2, 4}), ContainsSubstring("summary: the model cannot take a batch [2, 4]: "));
  CHECK(shape_of(summary(model, {1, 3, 64, 64}), "conv1") == Shape{1, 64, 32, 32});  // nothing is left of the failure
}
