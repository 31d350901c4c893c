/// What is particular to RegNet, SqueezeNet, ShuffleNetV2, MNASNet, GoogLeNet and Inception v3: their inputs and
/// options, heads that are convolutions, and auxiliary heads.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/efficientnet.hpp>
#include <hearth/models/googlenet.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/inception.hpp>
#include <hearth/models/layers/mbconv.hpp>
#include <hearth/models/layers/shufflenet_v2_block.hpp>
#include <hearth/models/mnasnet.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/regnet.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/shufflenet_v2.hpp>
#include <hearth/models/squeezenet.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>

#include "catch.hpp"
#include "models/formula.hpp"
#include "models/model_checks.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth::models;
using Catch::Matchers::ContainsSubstring;
using hearth_test::check_clone;
using hearth_test::check_smallest;

namespace {

using Sizes = std::vector<std::int64_t>;

/// GoogLeNet without the numbers that only training from scratch needs, which take a second to draw.
GoogLeNetOptions plain_googlenet(GoogLeNetOptions options = {}) {
  options.init_weights = false;
  return options;
}

Inception3Options plain_inception(Inception3Options options = {}) {
  options.init_weights = false;
  return options;
}

/// A network of three stages of one block.
RegNetShape small_regnet() {
  return {.depth = 3, .w_0 = 8, .w_a = 8, .w_m = 2, .group_width = 4, .se_ratio = 0.25};
}

}  // namespace

TEST_CASE("Networks take images of torchvision's least size and refuse smaller ones and others") {
  const auto squeezenet = [](auto make) { return make(SqueezeNetOptions{.num_classes = 3}); };
  check_smallest(squeezenet(squeezenet1_0), "SqueezeNet", 21);
  check_smallest(squeezenet(squeezenet1_1), "SqueezeNet", 17);
  check_smallest(googlenet(plain_googlenet({.num_classes = 3})), "GoogLeNet", 15);
  check_smallest(inception_v3(plain_inception({.num_classes = 3})), "Inception3", 75);
  check_smallest(shufflenet_v2_x0_5({.num_classes = 3}), "ShuffleNetV2", 1);
  check_smallest(mnasnet0_5({.num_classes = 3}), "MNASNet", 1);
  check_smallest(RegNet(small_regnet(), RegNetOptions{.num_classes = 3}), "RegNet", 1);
}

TEST_CASE("A clone of a convolutional network computes the same and has weights of its own") {
  torch::manual_seed(4);
  check_clone(RegNet(small_regnet(), RegNetOptions{.num_classes = 3}), 32);
  check_clone(squeezenet1_1({.num_classes = 3}), 32);
  check_clone(shufflenet_v2_x0_5({.num_classes = 3}), 32);
  check_clone(mnasnet0_5({.num_classes = 3}), 32);
  check_clone(
      EfficientNet(
          EfficientNetShape{
              .stages =
                  {{.fused = true, .in_channels = 8, .out_channels = 8},
                   {.fused = true, .expand_ratio = 4, .stride = 2, .in_channels = 8, .out_channels = 16, .blocks = 2}},
              .last_channels = 32},
          EfficientNetOptions{.num_classes = 3}),
      32);
  check_clone(googlenet(plain_googlenet({.num_classes = 3})), 32);
  check_clone(inception_v3(plain_inception({.num_classes = 3})), 80);
}

TEST_CASE("A RegNet's widths are the paper's, in stages, and fit the groups") {
  const RegNet model(small_regnet(), RegNetOptions{.num_classes = 3, .stem_width = 6});
  const auto sizes = [&](const std::string& name) { return model->named_parameters()[name].sizes().vec(); };
  // Blocks of 8, 16 and 24 channels: of 8 · 2^0, 8 · 2^1 and 8 · 2^round(log2 3) = 8 · 2^2.
  CHECK(sizes("stem.0.weight") == Sizes{6, 3, 3, 3});
  CHECK(sizes("trunk_output.block1.block1-0.proj.0.weight") == Sizes{8, 6, 1, 1});
  CHECK(sizes("trunk_output.block2.block2-0.f.b.0.weight") == Sizes{16, 4, 3, 3});
  CHECK(sizes("trunk_output.block3.block3-0.f.c.0.weight") == Sizes{32, 32, 1, 1});
  CHECK(sizes("trunk_output.block3.block3-0.f.se.fc1.weight") == Sizes{4, 32, 1, 1});  // a quarter of the input's 16
  CHECK(sizes("fc.weight") == Sizes{3, 32});

  RegNetShape shape = small_regnet();
  shape.group_width = 24;  // more than 8 and 16; 32 are rounded to 48, for 24 would be too few
  shape.se_ratio = std::nullopt;
  const RegNet other(shape, RegNetOptions{.num_classes = 3});
  CHECK(other->named_parameters()["trunk_output.block2.block2-0.f.b.0.weight"].sizes() == Sizes{16, 16, 3, 3});
  CHECK(other->named_parameters()["trunk_output.block3.block3-0.f.b.0.weight"].sizes() == Sizes{48, 24, 3, 3});
  CHECK_FALSE(other->named_parameters().contains("trunk_output.block3.block3-0.f.se.fc1.weight"));
}

TEST_CASE("BatchNorms of RegNets, MNASNets and EfficientNetV2 have torchvision's settings or the options'") {
  const auto check = [](const torch::nn::Module& model, double eps, double momentum) {
    std::size_t found = 0;
    for (const auto& module : model.modules()) {
      if (const auto* norm = module->as<torch::nn::BatchNorm2d>()) {
        CHECK(norm->options.eps() == eps);
        CHECK(norm->options.momentum().value() == Approx(momentum));
        ++found;
      }
    }
    CHECK(found > 5);
  };
  check(*RegNet(small_regnet(), RegNetOptions{}), 1e-5, 0.1);
  check(*RegNet(small_regnet(), RegNetOptions{.norm = {.eps = 0.5, .momentum = 0.25}}), 0.5, 0.25);
  check(*mnasnet0_5(), 1e-5, 0.0003);
  check(*shufflenet_v2_x0_5(), 1e-5, 0.1);
  check(*efficientnet_v2_s(), 1e-3, 0.1);
  check(*googlenet(plain_googlenet()), 1e-3, 0.1);
}

TEST_CASE("A fused block of EfficientNetV2 is a shortcut where stochastic depth leaves its branch out") {
  MBConv block({.fused = true, .in_channels = 8, .out_channels = 8, .expand_ratio = 4, .stochastic_depth_prob = 1});
  const torch::Tensor x = torch::rand({2, 8, 5, 5});
  CHECK(torch::equal(block.forward(x), x));
  block.eval();
  CHECK_FALSE(torch::equal(block.forward(x), x));
  CHECK(block.named_parameters()["block.0.0.weight"].sizes() == Sizes{32, 8, 3, 3});
  CHECK(block.named_parameters()["block.1.0.weight"].sizes() == Sizes{8, 32, 1, 1});
  MBConv alone({.fused = true, .in_channels = 8, .out_channels = 16, .stride = 2});
  CHECK(alone.named_parameters().keys() ==
        std::vector<std::string>{"block.0.0.weight", "block.0.1.weight", "block.0.1.bias"});
  CHECK(alone.forward(x).sizes() == Sizes{2, 16, 3, 3});
}

TEST_CASE("Shuffled channels of two halves take turns") {
  const torch::Tensor x = torch::arange(6, torch::kFloat).view({1, 6, 1, 1});
  CHECK(torch::equal(shuffle_channels(x).flatten(), torch::tensor({0.F, 3.F, 1.F, 4.F, 2.F, 5.F})));
  const torch::Tensor last = torch::rand({2, 6, 4, 4}).contiguous(torch::MemoryFormat::ChannelsLast);
  CHECK(torch::equal(shuffle_channels(last), shuffle_channels(last.contiguous())));
  CHECK_THROWS_WITH(ShuffleNetV2Block({.in_channels = 4, .out_channels = 5, .stride = 2}),
                    "ShuffleNetV2: the channels of a stage must be even, but got 5");
  CHECK_THROWS_WITH(ShuffleNetV2Block({.in_channels = 4, .out_channels = 6, .stride = 1}),
                    ContainsSubstring("as many channels at its end as at its beginning, but got 4 and 6"));
}

TEST_CASE("SqueezeNet's head is a convolution, which is replaced and kept fresh as a Linear is") {
  const hearth_test::TemporaryFolder folder;
  SqueezeNet model = squeezenet1_1({.num_classes = 5});
  CHECK(model->head_name() == "classifier.1");
  CHECK(model->head()->weight.sizes() == Sizes{5, 512, 1, 1});
  save_weights(*model, folder / "squeezenet.pth");
  const SqueezeNet other = squeezenet1_1({.num_classes = 3, .pretrained = folder / "squeezenet.pth"});
  CHECK(torch::equal(other->parameters()[0], model->parameters()[0]));
  CHECK(other->head()->weight.sizes() == Sizes{3, 512, 1, 1});

  AnyModel any(model);
  for (const torch::Tensor& parameter : any->parameters()) {
    parameter.requires_grad_(false);
  }
  replace_head(any, 7);
  CHECK(any->num_classes() == 7);
  CHECK(model->num_classes() == 7);
  CHECK(any->head()->weight.is_same(model->named_parameters()["classifier.1.weight"]));
  CHECK(any->head()->bias.sizes() == Sizes{7});
  CHECK(count_parameters(any).trainable == 7 * 513);
  // A new torch.nn.Conv2d's numbers are even within 1 / sqrt(its inputs).
  CHECK(model->head()->weight.abs().max().item<double>() == Approx(1 / std::sqrt(512.0)).epsilon(0.01));
  any->forward(torch::rand({2, 3, 32, 32})).sum().backward();
  CHECK(any->head()->weight.grad().sizes() == Sizes{7, 512, 1, 1});
  CHECK_FALSE(model->parameters()[0].grad().defined());
  CHECK_THROWS_WITH(replace_head(any, 0), "replace_head: num_classes must be at least 1, but got 0");
}

TEST_CASE("MNASNet's files say which version of the network they are of, and others' are as before") {
  const hearth_test::TemporaryFolder folder;
  CHECK(state_dict(*mnasnet0_5()).version() == 2);
  CHECK(state_dict(*AnyModel(mnasnet0_5())).version() == 2);
  CHECK(state_dict(*squeezenet1_1()).version() == 1);
  const MNASNet model = mnasnet0_5({.num_classes = 3});
  save_weights(*model, folder / "mnasnet.pth", {.classes = {"a", "b", "c"}});
  CHECK(read_classes(folder / "mnasnet.pth") == std::vector<std::string>{"a", "b", "c"});
  const MNASNet same = mnasnet0_5({.num_classes = 3, .pretrained = folder / "mnasnet.pth"});
  CHECK(torch::equal(same->head()->weight, model->head()->weight));
  save_checkpoint(Value::Dict{{"state_dict", state_dict(*model)}}, folder / "checkpoint.pth");
  const StateDict read(read_checkpoint(folder / "checkpoint.pth")["state_dict"]);
  CHECK(read.size() == state_dict(*model).size());
}

TEST_CASE("Auxiliary heads give logits beside the main ones, which are the same with and without") {
  torch::manual_seed(7);
  GoogLeNet model = googlenet(plain_googlenet({.num_classes = 5, .dropout = 0, .dropout_aux = 0}));
  model->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({2, 3, 32, 32});
  const LogitsWithAuxiliary outputs = model->forward_with_auxiliary(images);
  CHECK(torch::equal(outputs.logits, model->forward(images)));
  REQUIRE(outputs.auxiliary.size() == 2);
  for (const AuxiliaryLogits& auxiliary : outputs.auxiliary) {
    CHECK(auxiliary.logits.sizes() == Sizes{2, 5});
    CHECK(auxiliary.weight == 0.3);
    CHECK_FALSE(torch::equal(auxiliary.logits, outputs.logits));
  }
  AnyModel any(model);
  CHECK(torch::equal(any->forward_with_auxiliary(images).auxiliary[1].logits, outputs.auxiliary[1].logits));

  GoogLeNet lighter = googlenet(plain_googlenet({.num_classes = 5, .aux_weight = 0.1}));
  CHECK(lighter->forward_with_auxiliary(images).auxiliary[0].weight == 0.1);
  GoogLeNet without = googlenet(plain_googlenet({.num_classes = 5, .aux_logits = false}));
  CHECK(without->forward_with_auxiliary(images).auxiliary.empty());
  CHECK(without->auxiliary_heads().empty());
  CHECK_FALSE(without->named_parameters().contains("aux1.fc2.weight"));

  ResNet resnet = resnet18({.num_classes = 5});
  CHECK(AnyModel(resnet)->forward_with_auxiliary(images).auxiliary.empty());
  static_assert(!HasAuxiliaryHeads<ResNet> && HasAuxiliaryHeads<GoogLeNet> && HasAuxiliaryHeads<Inception3>);
}

TEST_CASE("Inception v3 trains its auxiliary head on images of 299 pixels, and says so of smaller ones") {
  Inception3 model = inception_v3(plain_inception({.num_classes = 3}));
  const torch::NoGradGuard no_grad;
  const LogitsWithAuxiliary outputs = model->forward_with_auxiliary(torch::rand({2, 3, 299, 299}));
  REQUIRE(outputs.auxiliary.size() == 1);
  CHECK(outputs.auxiliary[0].logits.sizes() == Sizes{2, 3});
  CHECK(outputs.auxiliary[0].weight == 0.4);
  CHECK_THROWS_WITH(
      model->forward_with_auxiliary(torch::rand({2, 3, 299, 298})),
      "Inception3: its auxiliary head, which training needs, expects images of at least 299 x 299 pixels, "
      "but got a batch [2, 3, 299, 298]; with .aux_logits = false 75 x 75 are enough");
  Inception3 without = inception_v3(plain_inception({.num_classes = 3, .aux_logits = false}));
  CHECK(without->forward_with_auxiliary(torch::rand({2, 3, 75, 75})).auxiliary.empty());
}

TEST_CASE("Auxiliary heads count as heads when a model gets another number of classes") {
  const hearth_test::TemporaryFolder folder;
  const auto check = [&](auto make, auto options, const std::vector<std::string>& names) {
    options.init_weights = false;
    options.num_classes = 5;
    const auto trained = make(options);
    INFO(trained->name());
    std::vector<std::string> found;
    for (const NamedHead& head : heads(trained)) {
      found.push_back(head.name);
      CHECK(head.head->weight.is_same(trained->named_parameters()[head.name + ".weight"]));
    }
    CHECK(found == names);
    save_weights(*trained, folder / "trained.pth");

    options.pretrained = folder / "trained.pth";
    options.num_classes = 4;
    const auto other = make(options);
    for (const auto& parameter : trained->named_parameters()) {
      const torch::Tensor& value = other->named_parameters()[parameter.key()];
      const auto is_of = [&](const std::string& head) { return parameter.key().starts_with(head + "."); };
      if (std::any_of(names.begin(), names.end(), is_of)) {
        CHECK(value.size(0) == 4);
      } else if (!torch::equal(value, parameter.value())) {
        FAIL_CHECK(parameter.key());
      }
    }

    options.num_classes = 5;
    options.aux_logits = false;  // the file has them nevertheless
    CHECK(torch::equal(make(options)->fc->weight, trained->fc->weight));

    AnyModel any(other);
    replace_head(any, 7);
    for (const NamedHead& head : heads(any)) {
      CHECK(head.head->weight.size(0) == 7);
      CHECK(head.head->bias.sizes() == Sizes{7});
    }
    CHECK(other->num_classes() == 7);
  };
  check(googlenet, GoogLeNetOptions{}, {"fc", "aux1.fc2", "aux2.fc2"});
  check(inception_v3, Inception3Options{}, {"fc", "AuxLogits.fc"});
}

TEST_CASE("transform_input takes images of ImageNet's normalisation for weights of another") {
  // (x · 0.229 + 0.485 - 0.5) / 0.5 and its like, of means and deviations for the three channels
  const torch::Tensor deviations = torch::tensor({0.229, 0.224, 0.225}, torch::kDouble).view({1, 3, 1, 1});
  const torch::Tensor means = torch::tensor({0.485, 0.456, 0.406}, torch::kDouble).view({1, 3, 1, 1});
  const torch::NoGradGuard no_grad;
  const auto check = [&](auto make, auto options, std::int64_t side) {
    options.num_classes = 3;
    options.init_weights = false;
    auto plain = make(options);
    options.transform_input = true;
    auto model = make(options);
    formula::fill(*plain);
    formula::fill(*model);
    plain->eval();
    model->eval();
    const torch::Tensor images = torch::randn({2, 3, side, side});
    const torch::Tensor same = ((images * deviations + means - 0.5) / 0.5).to(torch::kFloat);
    CHECK(torch::allclose(model->forward(images), plain->forward(same), 1e-3, 1e-4));
    CHECK_FALSE(torch::allclose(model->forward(images), plain->forward(images), 1e-3, 1e-4));
  };
  check(googlenet, GoogLeNetOptions{}, 32);
  check(inception_v3, Inception3Options{}, 80);
}

TEST_CASE("Wrong options of the convolutional networks are refused in a sentence") {
  const auto regnet = [](auto change) {
    RegNetShape shape = small_regnet();
    change(shape);
    return RegNet(shape, RegNetOptions{});
  };
  CHECK_THROWS_WITH(regnet_y_400mf({.num_classes = 0}), "RegNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(regnet_x_400mf({.stem_width = 0}), "RegNet: stem_width must be at least 1, but got 0");
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.depth = 0; }), "RegNet: depth must be at least 1, but got 0");
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.w_0 = 12; }),
                    "RegNet: w_0 must be a positive multiple of 8, but got 12");
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.w_a = -1; }), "RegNet: w_a must be at least 0, but got -1");
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.w_m = 1; }), "RegNet: w_m must be above 1, but got 1");
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.group_width = 0; }), ContainsSubstring("group_width"));
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.bottleneck_multiplier = 0; }),
                    ContainsSubstring("bottleneck_multiplier must be above 0, but got 0"));
  CHECK_THROWS_WITH(regnet([](RegNetShape& shape) { shape.se_ratio = -0.5; }), ContainsSubstring("se_ratio"));
  CHECK_THROWS_WITH(squeezenet1_0({.num_classes = 0}), "SqueezeNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(squeezenet1_1({.dropout = 2}), "SqueezeNet: dropout must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(shufflenet_v2_x1_0({.num_classes = 0}), "ShuffleNetV2: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(ShuffleNetV2(ShuffleNetV2Shape{.blocks = {4, 0, 4}}, ShuffleNetV2Options{}),
                    "ShuffleNetV2: every stage must have at least 1 block, but got 0");
  CHECK_THROWS_WITH(mnasnet1_0({.num_classes = 0}), "MNASNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(mnasnet1_0({.dropout = -1}), "MNASNet: dropout must be from 0 to 1, but got -1");
  CHECK_THROWS_WITH(MNASNet(0.0), "MNASNet: alpha must be above 0 and at most 100, but got 0");
  CHECK_THROWS_WITH(googlenet({.num_classes = 0}), "GoogLeNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(googlenet({.dropout = 2}), "GoogLeNet: dropout must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(googlenet({.dropout_aux = 2}), "GoogLeNet: dropout_aux must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(googlenet({.aux_weight = -1}), "GoogLeNet: aux_weight must be at least 0, but got -1");
  CHECK_THROWS_WITH(inception_v3({.num_classes = 0}), "Inception3: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(inception_v3({.dropout = 2}), "Inception3: dropout must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(inception_v3({.aux_weight = -1}), "Inception3: aux_weight must be at least 0, but got -1");
  CHECK_THROWS_WITH(EfficientNet(EfficientNetShape{}), "EfficientNet: there must be at least 1 stage, but got none");
  CHECK_THROWS_WITH(resnext101_64x4d({.groups = 32}),
                    ContainsSubstring("resnext101_64x4d: groups is 64 in this network, but got 32"));
}
