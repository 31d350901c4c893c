/// The models against torchvision's: names, shapes, first weights, outputs and a training step. The reference values
/// are written by make_reference.py.
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/models/head.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/zoo.hpp>
#include <hearth/weights/save.hpp>

#include "catch.hpp"
#include "environment.hpp"
#include "models/formula.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> reference_lines(const std::string& name) {
  std::ifstream file(std::string(HEARTH_TEST_DIR "/models/reference/") + name);
  REQUIRE(file.is_open());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// Lines of a name and numbers.
std::map<std::string, std::vector<double>> reference_numbers(const std::string& name) {
  std::map<std::string, std::vector<double>> result;
  for (const std::string& line : reference_lines(name)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    for (double number = 0; words >> number;) {
      result[key].push_back(number);
    }
  }
  return result;
}

/// "conv1.weight 64x3x7x7" for each entry of the state_dict.
std::vector<std::string> keys(torch::nn::Module& module) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : state_dict(module)) {
    lines.push_back(fmt::format("{} {}", name, fmt::join(value.sizes().vec(), "x")));
  }
  return lines;
}

/// FNV-1a, 64 bits, of the lines with their line ends.
std::uint64_t fnv1a(const std::vector<std::string>& lines) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const std::string& line : lines) {
    for (const char byte : line + "\n") {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
    }
  }
  return hash;
}

models::ResNet dilated() {
  models::ResNetOptions options;
  options.groups = 32;
  options.width_per_group = 4;
  options.replace_stride_with_dilation = {false, true, true};
  options.zero_init_residual = true;
  return models::resnet50(options);
}

/// The largest difference, as a share of the largest reference value.
double difference(const torch::Tensor& values, const std::vector<double>& reference) {
  REQUIRE(values.numel() == static_cast<std::int64_t>(reference.size()));
  const torch::Tensor expected = torch::tensor(reference, torch::kDouble);
  return ((values.detach().flatten().to(torch::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

template <class Make>
void check_initial(Make make, const std::string& reference) {
  const auto expected = reference_numbers(reference);
  torch::manual_seed(0);
  const auto model = make();
  const double next = torch::rand(1).item<double>();
  CHECK(next == Approx(expected.at("next").at(0)).epsilon(1e-8));
  for (const auto& parameter : model->named_parameters()) {
    INFO(parameter.key());
    const std::vector<double>& wanted = expected.at(parameter.key());
    const torch::Tensor value = parameter.value().detach().to(torch::kDouble).flatten();
    // A normal number is r cos(a), with r up to 6 and the angle a up to 2 pi. Each processor rounds the angle, to
    // 2^-22, in its own way, which moves the number by up to 6 * 2^-22 of the spread, however small the number itself
    // is.
    const double unit = value.std(/*unbiased=*/false).item<double>() * 0x1p-23;
    CHECK(value.sum().item<double>() ==
          Approx(wanted[0]).epsilon(1e-5).margin(1e-5 + static_cast<double>(value.numel()) * unit));
    for (std::size_t i = 1; i < wanted.size(); ++i) {
      CHECK(value[static_cast<std::int64_t>(i) - 1].item<double>() ==
            Approx(wanted[i]).epsilon(1e-6).margin(1e-9 + 16 * unit));
    }
  }
  CHECK(expected.size() == model->named_parameters().size() + 1);
}

}  // namespace

TEST_CASE("The models have torchvision's names and shapes, in its order") {
  CHECK(keys(*models::resnet18()) == reference_lines("resnet18_keys.txt"));
  CHECK(keys(*models::resnet50()) == reference_lines("resnet50_keys.txt"));
  CHECK(keys(*models::mlp()) == reference_lines("mlp_keys.txt"));
}

TEST_CASE("Every architecture has torchvision's entries, parameter count and outputs") {
  const auto outputs = reference_numbers("outputs.txt");
  const std::vector<std::string> summary = reference_lines("summary.txt");
  CHECK(summary.size() == models::zoo().size() + 1);
  const torch::NoGradGuard no_grad;
  for (const std::string& line : summary) {
    std::istringstream words(line);
    std::string name;
    std::size_t entries = 0;
    std::uint64_t hash = 0;
    std::int64_t parameters = 0;
    words >> name >> entries >> hash >> parameters;
    INFO(name);
    models::AnyModel model = name == "dilated" ? models::AnyModel(dilated()) : models::make_model(name);
    const std::vector<std::string> found = keys(*model);
    CHECK(found.size() == entries);
    CHECK(fnv1a(found) == hash);
    CHECK(count_parameters(model) == ParameterCount{parameters, parameters});

    if (outputs.contains(name)) {  // one of each family at least
      models::replace_head(model, 10);
      formula::fill(*model);
      model->eval();
      const std::int64_t side = name.starts_with("vit") ? 224 : name == "inception_v3" ? 80 : 64;
      CHECK(difference(model->forward(formula::tensor(9999, {2, 3, side, side}, 4.0)), outputs.at(name)) <= 1e-5);
      CHECK(keys(*model->clone()) == keys(*model));
    }
  }
}

TEST_CASE("A model without its type has the same weights, mode and clones") {
  models::ResNet resnet = models::resnet18({.num_classes = 3});
  models::AnyModel model(resnet);
  CHECK(keys(*model) == keys(*resnet));
  CHECK(model->num_classes() == 3);
  CHECK(model->head_name() == "fc");
  model->eval();
  CHECK_FALSE(resnet->is_training());
  CHECK_FALSE(resnet->bn1->is_training());
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = formula::tensor(1, {2, 3, 32, 32}, 4.0);
  CHECK(torch::equal(model->forward(images), resnet->forward(images)));

  const auto clone = std::dynamic_pointer_cast<models::AnyModelModule>(model->clone());
  REQUIRE(clone);
  CHECK_FALSE(clone->is_training());
  CHECK_FALSE(models::AnyModel(resnet)->is_training());
  CHECK(torch::equal(clone->forward(images), resnet->forward(images)));
  model->parameters()[0].zero_();
  CHECK(resnet->conv1->weight.abs().sum().item<double>() == 0);
  CHECK(clone->parameters()[0].abs().sum().item<double>() > 0);
  models::replace_head(model, 7);
  CHECK(resnet->num_classes() == 7);
}

TEST_CASE("An unknown name is refused with the names that there are") {
  CHECK_THROWS_WITH(models::make_model("resnet51"),
                    ContainsSubstring("no architecture \"resnet51\"") && ContainsSubstring(" resnet50 resnet101"));
}

TEST_CASE("The MLP gives the outputs of PyTorch's quick start network") {
  models::MLP model = models::mlp();
  formula::fill(*model);
  const torch::Tensor images = formula::tensor(9999, {2, 1, 28, 28}, 4.0);
  CHECK(difference(model->forward(images), reference_numbers("outputs.txt").at("mlp")) <= 1e-5);
  CHECK(torch::equal(model->forward(images.flatten(1)), model->forward(images)));
  CHECK(count_parameters(model).total == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10);
}

TEST_CASE("The same seed gives the initial weights that Python gets") {
  SECTION("resnet18") {
    check_initial([] { return models::resnet18(); }, "resnet18_initial.txt");
  }
  SECTION("resnet50 with zero_init_residual") {
    check_initial([] { return models::resnet50({.zero_init_residual = true}); }, "resnet50_initial.txt");
  }
  SECTION("mlp") {
    check_initial([] { return models::mlp(); }, "mlp_initial.txt");
  }
}

TEST_CASE("Initial weights are distributed as torchvision's, for every kind of layer") {
  torch::manual_seed(20240101);  // another seed than the reference's: what is compared is not the numbers themselves
  std::string built;
  std::map<std::string, torch::Tensor> parameters;
  std::size_t random = 0;
  for (const std::string& line : reference_lines("distributions.txt")) {
    INFO(line);
    std::istringstream words(line);
    std::string name, path;
    double mean = 0, deviation = 0, magnitude = 0, smallest = 0, largest = 0;
    words >> name >> path >> mean >> deviation >> magnitude >> smallest >> largest;
    if (name != built) {
      built = name;
      parameters.clear();
      for (const auto& parameter : models::make_model(name)->named_parameters()) {
        parameters[parameter.key()] = parameter.value().detach().to(torch::kDouble);
      }
    }
    REQUIRE(parameters.contains(path));
    const torch::Tensor value = parameters.at(path);
    if (smallest == largest) {
      CHECK(torch::equal(value, torch::full_like(value, smallest).to(torch::kFloat).to(torch::kDouble)));
      continue;
    }
    ++random;
    // Five standard errors of each estimate, on both sides.
    const double error = 5 * std::sqrt(2.0 / static_cast<double>(value.numel()));
    CHECK(value.mean().item<double>() == Approx(mean).margin(error * deviation));
    CHECK(value.std(/*unbiased=*/false).item<double>() == Approx(deviation).epsilon(error));
    CHECK(value.abs().mean().item<double>() ==
          Approx(magnitude).epsilon(error));  // 0.87 deviations: uniform, 0.80: normal
    CHECK(value.min().item<double>() == Approx(smallest).epsilon(0.3));
    CHECK(value.max().item<double>() == Approx(largest).epsilon(0.3));
  }
  CHECK(random >= 20);
}

TEST_CASE("A training step of resnet18 gives torchvision's loss, BatchNorm statistics and gradients") {
  const auto expected = reference_numbers("resnet18_training.txt");
  models::ResNet model = models::resnet18({.num_classes = 10});
  formula::fill(*model);
  model->train();
  const torch::Tensor logits = model->forward(formula::tensor(9999, {4, 3, 64, 64}, 4.0));
  const torch::Tensor loss = torch::nn::functional::cross_entropy(logits, torch::tensor({3, 0, 9, 3}));
  loss.backward();
  CHECK(loss.item<double>() == Approx(expected.at("loss").at(0)).epsilon(1e-5));

  std::size_t checked = 1;
  const auto check = [&](const std::string& name, const torch::Tensor& tensor, double tolerance) {
    INFO(name);
    const std::vector<double>& wanted = expected.at(name);
    const torch::Tensor value = tensor.detach().to(torch::kDouble).flatten();
    const double scale = value.square().mean().sqrt().item<double>();
    CHECK(scale == Approx(wanted.back()).epsilon(tolerance));
    for (std::size_t i = 0; i + 1 < wanted.size(); ++i) {
      CHECK(value[static_cast<std::int64_t>(i)].item<double>() == Approx(wanted[i]).margin(tolerance * scale));
    }
    ++checked;
  };
  for (const auto& buffer : model->named_buffers()) {
    check(buffer.key(), buffer.value(), 1e-5);
  }
  for (const auto& parameter : model->named_parameters()) {
    check(parameter.key() + ".grad", parameter.value().grad(), 1e-3);
  }
  CHECK(checked == expected.size());
}

TEST_CASE("A replaced head has new, trainable weights of the new size, and the rest stays") {
  models::ResNet model = models::resnet18({.num_classes = 5});
  CHECK(model->num_classes() == 5);
  for (const torch::Tensor& parameter : model->parameters()) {
    parameter.requires_grad_(false);
  }
  const torch::Tensor first = model->conv1->weight.clone();
  models::replace_head(model, 7);
  CHECK(model->num_classes() == 7);
  CHECK(model->fc->weight.sizes() == std::vector<std::int64_t>{7, 512});
  CHECK(model->fc->weight.abs().max().item<double>() == Approx(1 / std::sqrt(512.0)).epsilon(0.01));
  CHECK(model->fc->bias.sizes() == std::vector<std::int64_t>{7});
  CHECK(count_parameters(model) == ParameterCount{11689512 - 513 * (1000 - 7), 513 * 7});
  CHECK(torch::equal(model->conv1->weight, first));
  model->forward(torch::zeros({2, 3, 32, 32})).sum().backward();
  CHECK(model->fc->weight.grad().sizes() == std::vector<std::int64_t>{7, 512});

  models::MLP mlp = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3});
  models::replace_head(mlp, 2);
  CHECK(mlp->head_name() == "linear_relu_stack.2");
  CHECK(mlp->named_parameters()["linear_relu_stack.2.weight"].sizes() == std::vector<std::int64_t>{2, 4});
  CHECK(mlp->forward(torch::zeros({5, 6})).sizes() == std::vector<std::int64_t>{5, 2});
  CHECK_THROWS_WITH(models::replace_head(mlp, 0), ContainsSubstring("num_classes must be at least 1, but got 0"));
}

TEST_CASE("Pretrained weights are loaded; a head for another number of classes stays fresh") {
  const hearth_test::TemporaryFolder folder;
  const auto file = folder / "mlp.pth";
  models::MLP trained = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3});
  save_weights(*trained, file);

  const models::MLP same = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3, .pretrained = file});
  for (const auto& parameter : trained->named_parameters()) {
    CHECK(torch::equal(same->named_parameters()[parameter.key()], parameter.value()));
  }
  const models::MLP other = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 5, .pretrained = file});
  CHECK(torch::equal(other->parameters()[0], trained->parameters()[0]));
  CHECK(other->num_classes() == 5);
  CHECK_THROWS_WITH(models::mlp({.in_features = 7, .hidden = {4}, .num_classes = 3, .pretrained = file}),
                    ContainsSubstring("mlp.pth") && ContainsSubstring("linear_relu_stack.0.weight"));
}

TEST_CASE("Every family starts from weights for other classes, but for its head") {
  for (const std::string name :
       {"resnet18", "densenet121", "efficientnet_b0", "mobilenet_v2", "mobilenet_v3_small", "convnext_tiny", "alexnet",
        "vit_b_32", "regnet_x_400mf", "squeezenet1_1", "shufflenet_v2_x0_5", "mnasnet0_5"}) {
    INFO(name);
    const hearth_test::TemporaryFolder folder;
    const models::AnyModel trained = models::make_model(name, {.num_classes = 5});
    save_weights(*trained, folder / "trained.pth");
    const models::AnyModel model = models::make_model(name, {.num_classes = 4, .pretrained = folder / "trained.pth"});
    const StateDict expected = state_dict(*trained);
    std::size_t fresh = 0;
    for (const auto& [key, value] : state_dict(*model)) {
      if (key.starts_with(model->head_name() + ".")) {
        CHECK(value.size(0) == 4);
        ++fresh;
      } else if (!torch::equal(value, expected.at(key))) {
        FAIL_CHECK(key);
      }
    }
    CHECK(fresh == 2);
  }
}

TEST_CASE("A clone computes the same and has weights of its own") {
  models::ResNet model = models::resnet18({.num_classes = 3});
  model->eval();
  models::ResNet copy(std::dynamic_pointer_cast<models::ResNetModule>(model->clone()));
  copy->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor images = formula::tensor(1, {2, 3, 32, 32}, 4.0);
  CHECK(torch::equal(model->forward(images), copy->forward(images)));
  copy->head()->weight.zero_();
  CHECK(model->fc->weight.abs().sum().item<double>() > 0);

  models::MLP mlp = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3});
  models::MLP twin(std::dynamic_pointer_cast<models::MLPModule>(mlp->clone()));
  twin->head()->weight.zero_();
  twin->head()->bias.zero_();
  CHECK(twin->forward(torch::ones({1, 6})).abs().sum().item<double>() == 0);
  CHECK(mlp->forward(torch::ones({1, 6})).abs().sum().item<double>() > 0);
}

TEST_CASE("Wrong options and inputs are refused in a sentence") {
  CHECK_THROWS_WITH(models::resnet50({.num_classes = 0}), ContainsSubstring("ResNet: num_classes must be at least 1"));
  CHECK_THROWS_WITH(models::resnet18({.groups = 2}), ContainsSubstring("basic blocks have groups = 1"));
  CHECK_THROWS_WITH(models::resnet34({.replace_stride_with_dilation = {true, false, false}}),
                    ContainsSubstring("basic blocks have no dilation"));
  CHECK_THROWS_WITH(models::resnet18()->forward(torch::zeros({2, 1, 28, 28})),
                    "ResNet: expects images [N, 3, H, W], but got a batch [2, 1, 28, 28]");
  CHECK_THROWS_WITH(models::mlp()->forward(torch::zeros({2, 3, 28, 28})),
                    "MLP: expects samples of 784 numbers [N, ...], but got a batch [2, 3, 28, 28]");
  CHECK_THROWS_WITH(models::mlp({.hidden = {512, 0}}), ContainsSubstring("a hidden layer must be at least 1 wide"));
}

TEST_CASE("Modules of the user's own are models too") {
  STATIC_REQUIRE(ModelLike<models::ResNet>);
  STATIC_REQUIRE(ModelLike<torch::nn::Linear>);
  STATIC_REQUIRE(ModelLike<torch::nn::Sequential>);
  STATIC_REQUIRE(ModelLike<std::shared_ptr<models::MLPModule>>);
  STATIC_REQUIRE_FALSE(ModelLike<torch::Tensor>);
  STATIC_REQUIRE_FALSE(ModelLike<torch::nn::BatchNorm2dImpl>);
}

TEST_CASE("The name of a file of pretrained weights alone is looked for in torch.hub's cache") {
  const hearth_test::TemporaryFolder folder;
  const hearth_test::Environment torch_home("TORCH_HOME", folder.path().string());
  const std::filesystem::path cache = folder / "hub" / "checkpoints";
  std::filesystem::create_directories(cache);
  models::MLP trained = models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3});
  save_weights(*trained, cache / "mlp-0a1b2c3d.pth");

  const models::MLP same =
      models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3, .pretrained = "mlp-0a1b2c3d.pth"});
  CHECK(torch::equal(same->parameters()[0], trained->parameters()[0]));
  CHECK_THROWS_WITH(models::mlp({.in_features = 6, .hidden = {4}, .num_classes = 3, .pretrained = "none.pth"}),
                    ContainsSubstring("no file none.pth") && ContainsSubstring(cache.string()));
}
