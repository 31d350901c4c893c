/// What is particular to AlexNet, the VGGs, the DenseNets, the ResNeXts and the wide ResNets: their options, the
/// smallest images, and the names in older weights files.
#include <torch/torch.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <hearth/models/alexnet.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/layers/densenet_block.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vgg.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/save.hpp>
#include <hearth/weights/state_dict.hpp>

#include "catch.hpp"
#include "models/model_checks.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::check_smallest;

namespace {

/// A DenseNet of few numbers.
models::DenseNet small_densenet(models::DenseNetOptions options = {.num_classes = 3}) {
  return models::DenseNet(8, std::array{2, 1, 1, 1}, 16, options);
}

/// Whether the model's head is the layer of that name, and may be another's size.
template <class Model>
void check_head(const Model& model) {
  INFO(model->name());
  CHECK(model->head()->weight.is_same(model->named_parameters()[model->head_name() + ".weight"]));
  models::replace_head(model, 7);
  CHECK(model->num_classes() == 7);
}

}  // namespace

TEST_CASE("AlexNet takes images of 63 pixels and has the dropout of its options") {
  models::AlexNet model = models::alexnet({.num_classes = 5, .dropout = 0});
  check_smallest(model, "AlexNet", 63);
  check_head(model);
  const torch::Tensor images = torch::rand({2, 3, 63, 63});
  const torch::Tensor logits = model->forward(images);
  model->train();
  CHECK(torch::equal(model->forward(images), logits));

  model = models::alexnet({.num_classes = 5, .dropout = 1});
  const torch::Tensor dropped = model->forward(images);
  CHECK(torch::equal(dropped[0], dropped[1]));
  model->eval();
  const torch::Tensor kept = model->forward(images);
  CHECK_FALSE(torch::equal(kept[0], kept[1]));
}

TEST_CASE("VGG takes images of 32 pixels and starts from torchvision's weights") {
  models::VGG model(std::array{1, 1, 1, 1, 1}, true, models::VGGOptions{.num_classes = 5});
  check_smallest(model, "VGG", 32);
  for (const auto& parameter : model->named_parameters()) {
    INFO(parameter.key());
    if (parameter.key().ends_with("bias")) {
      CHECK(parameter.value().abs().max().item<double>() == 0);
    } else if (parameter.key().starts_with("classifier")) {
      CHECK(parameter.value().std().item<double>() == Approx(0.01).epsilon(0.05));
    } else if (parameter.value().dim() == 4) {
      const double fan_out = 9.0 * static_cast<double>(parameter.value().size(0));
      CHECK(parameter.value().std().item<double>() == Approx(std::sqrt(2 / fan_out)).epsilon(0.05));
    }
  }
  check_head(model);
}

TEST_CASE("VGG has the dropout and the initialisation of its options") {
  models::VGG model(std::array{1, 1, 1, 1, 1}, false,
                    models::VGGOptions{.num_classes = 5, .init_weights = false, .dropout = 1});
  const double bound = 1 / std::sqrt(512.0 * 7 * 7);  // of a new torch.nn.Linear's weights and biases
  CHECK(model->named_parameters()["classifier.0.weight"].abs().max().item<double>() == Approx(bound).epsilon(0.01));
  CHECK(model->named_parameters()["classifier.0.bias"].abs().max().item<double>() == Approx(bound).epsilon(0.01));
  CHECK(model->named_parameters()["features.0.bias"].abs().max().item<double>() > 0);

  const torch::Tensor images = torch::rand({1, 3, 32, 32});
  CHECK(torch::equal(model->forward(images)[0], model->head()->bias));
  model->eval();
  CHECK_FALSE(torch::equal(model->forward(images)[0], model->head()->bias));
}

TEST_CASE("DenseNet takes images of 29 pixels and has the options of its layers") {
  models::DenseNet model = small_densenet();
  check_smallest(model, "DenseNet", 29);
  check_head(model);
  const auto sizes = [](const models::DenseNet& net, const std::string& name) {
    return net->named_parameters()["features." + name].sizes().vec();
  };
  CHECK(sizes(model, "denseblock1.denselayer2.conv1.weight") == std::vector<std::int64_t>{32, 24, 1, 1});
  CHECK(sizes(small_densenet({.bn_size = 2}), "denseblock1.denselayer2.conv1.weight") ==
        std::vector<std::int64_t>{16, 24, 1, 1});
  CHECK(sizes(model, "transition1.conv.weight") == std::vector<std::int64_t>{16, 32, 1, 1});

  models::DenseBlock block({.num_layers = 2, .num_input_features = 3, .growth_rate = 4, .drop_rate = 1});
  const torch::Tensor x = torch::rand({2, 3, 5, 5});
  const torch::Tensor dropped = block.forward(x);
  CHECK(dropped.sizes() == std::vector<std::int64_t>{2, 11, 5, 5});
  CHECK(torch::equal(dropped.narrow(1, 0, 3), x));
  CHECK(dropped.narrow(1, 3, 8).abs().max().item<double>() == 0);
  block.eval();
  CHECK(block.forward(x).narrow(1, 3, 8).abs().max().item<double>() > 0);
}

TEST_CASE("A DenseNet's clone computes the same and has weights of its own") {
  models::DenseNet model = small_densenet();
  models::DenseNet copy(std::dynamic_pointer_cast<models::DenseNetModule>(model->clone()));
  model->eval();
  copy->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = torch::rand({2, 3, 32, 32});
  const torch::Tensor logits = model->forward(images);
  CHECK(torch::equal(copy->forward(images), logits));
  for (const torch::Tensor& parameter : copy->parameters()) {
    parameter.fill_(1);
  }
  CHECK(torch::equal(model->forward(images), logits));
  CHECK_FALSE(torch::equal(copy->forward(images), logits));
}

TEST_CASE("DenseNets start from torchvision's files, whose layers have the names of their time") {
  CHECK(models::densenet_name("features.denseblock1.denselayer12.norm.1.running_mean") ==
        "features.denseblock1.denselayer12.norm1.running_mean");
  CHECK(models::densenet_name("features.denseblock4.denselayer2.conv.2.weight") ==
        "features.denseblock4.denselayer2.conv2.weight");
  for (const std::string name : {"features.transition1.norm.weight", "features.transition2.conv.weight",
                                 "features.denseblock1.denselayer1.norm1.weight", "features.conv0.weight"}) {
    CHECK(models::densenet_name(name) == name);
  }

  const hearth_test::TemporaryFolder folder;
  const auto file = folder.path() / "densenet121-a639ec97.pth";
  const models::DenseNet trained = models::densenet121({.num_classes = 3});
  StateDict weights;
  for (const auto& [name, value] : state_dict(*trained)) {
    std::string old = name;
    for (const std::string layer : {"norm1.", "norm2.", "conv1.", "conv2."}) {
      if (const auto found = old.find("." + layer); found != std::string::npos) {
        old.replace(found + 1, layer.size(), layer.substr(0, 4) + "." + layer.substr(4));
      }
    }
    if (!name.ends_with("num_batches_tracked")) {  // from before PyTorch counted batches
      weights.add(old, value);
    }
  }
  CHECK(weights.find("features.denseblock1.denselayer1.norm.1.weight") != nullptr);
  save_weights(weights, file);
  const models::DenseNet loaded = models::densenet121({.num_classes = 3, .pretrained = file});
  const models::DenseNet other = models::densenet121({.num_classes = 4, .pretrained = file});
  CHECK(other->num_classes() == 4);
  for (const auto& parameter : trained->named_parameters()) {
    INFO(parameter.key());
    CHECK(torch::equal(loaded->named_parameters()[parameter.key()], parameter.value()));
    if (!parameter.key().starts_with("classifier")) {
      CHECK(torch::equal(other->named_parameters()[parameter.key()], parameter.value()));
    }
  }
}

TEST_CASE("ResNeXts and wide ResNets refuse other groups and widths than their names say") {
  const models::ResNet model = models::resnext50_32x4d({.num_classes = 2, .groups = 32, .width_per_group = 4});
  CHECK(model->named_parameters()["layer1.0.conv2.weight"].sizes() == std::vector<std::int64_t>{128, 4, 3, 3});
  CHECK_THROWS_WITH(models::resnext50_32x4d({.groups = 1}),
                    ContainsSubstring("resnext50_32x4d: groups is 32 in this network, but got 1"));
  CHECK_THROWS_WITH(models::resnext50_32x4d({.width_per_group = 64}),
                    ContainsSubstring("resnext50_32x4d: width_per_group is 4 in this network, but got 64"));
  CHECK_THROWS_WITH(models::resnext101_32x8d({.groups = 64}), ContainsSubstring("resnext101_32x8d: groups is 32"));
  CHECK_THROWS_WITH(models::resnext101_32x8d({.width_per_group = 4}), ContainsSubstring("width_per_group is 8"));
  CHECK_THROWS_WITH(models::wide_resnet50_2({.width_per_group = 64}),
                    ContainsSubstring("wide_resnet50_2: width_per_group is 128 in this network, but got 64"));
  CHECK_THROWS_WITH(models::wide_resnet101_2({.width_per_group = 64}), ContainsSubstring("wide_resnet101_2"));
  CHECK(models::wide_resnet50_2({.num_classes = 2, .groups = 2})->named_parameters()["layer1.0.conv2.weight"].sizes() ==
        std::vector<std::int64_t>{256, 128, 3, 3});
}

TEST_CASE("Wrong options of AlexNet, VGG, DenseNet and ResNet are refused in a sentence") {
  CHECK_THROWS_WITH(models::alexnet({.num_classes = 0}), "AlexNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(models::alexnet({.dropout = 1.5}), "AlexNet: dropout must be from 0 to 1, but got 1.5");
  CHECK_THROWS_WITH(models::vgg16_bn({.num_classes = -1}), "VGG: num_classes must be at least 1, but got -1");
  CHECK_THROWS_WITH(models::vgg11({.dropout = -0.5}), "VGG: dropout must be from 0 to 1, but got -0.5");
  CHECK_THROWS_WITH(models::densenet121({.num_classes = 0}), "DenseNet: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(models::densenet169({.bn_size = 0}), "DenseNet: bn_size must be at least 1, but got 0");
  CHECK_THROWS_WITH(models::densenet201({.drop_rate = 2}), "DenseNet: drop_rate must be from 0 to 1, but got 2");
  CHECK_THROWS_WITH(models::DenseNet(0, std::array{1, 1, 1, 1}, 8, models::DenseNetOptions{}),
                    "DenseNet: growth_rate must be at least 1, but got 0");
  CHECK_THROWS_WITH(models::resnet50({.groups = 0}), "ResNet: groups must be at least 1, but got 0");
}
