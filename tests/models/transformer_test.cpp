/// What is particular to ConvNeXt and the vision transformers, the layers they are made of, and freezing.
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/models/convnext.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/head.hpp>
#include <hearth/models/layers/chain.hpp>
#include <hearth/models/layers/convnext_block.hpp>
#include <hearth/models/layers/resnet_block.hpp>
#include <hearth/models/layers/self_attention.hpp>
#include <hearth/models/layers/stochastic_depth.hpp>
#include <hearth/models/layers/trunc_normal.hpp>
#include <hearth/models/layers/vision_transformer_block.hpp>
#include <hearth/models/model.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vision_transformer.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/save.hpp>

#include "catch.hpp"
#include "models/formula.hpp"
#include "models/transformer_checks.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth::models;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

VisionTransformer tiny_vit(VisionTransformerOptions options = {}) {
  options.image_size = 8;
  return VisionTransformer(
      VisionTransformerShape{.patch_size = 4, .num_layers = 2, .num_heads = 2, .hidden_dim = 8, .mlp_dim = 12},
      std::move(options));
}

ConvNeXt tiny_convnext(ConvNeXtOptions options = {}) {
  return ConvNeXt(ConvNeXtShape{.channels = {4, 6, 8, 10}, .blocks = {1, 1, 2, 1}, .stochastic_depth_prob = 0.5},
                  std::move(options));
}

/// Every LayerNorm of the model adds as much to the variance as torchvision's.
void check_eps(const torch::nn::Module& model, std::size_t count) {
  std::size_t found = 0;
  for (const auto& module : model.modules()) {
    if (const auto* norm = module->as<torch::nn::LayerNorm>()) {
      CHECK(norm->options.eps() == 1e-6);
      ++found;
    }
  }
  CHECK(found == count);
}

}  // namespace

TEST_CASE("trunc_normal_ draws the numbers that PyTorch draws") {
  const auto check = [](const std::string& name, double mean, double std, double a, double b) {
    torch::manual_seed(0);
    const torch::Tensor values = trunc_normal_(torch::empty({4, 5}), mean, std, a, b);
    CHECK(difference(torch::cat({values.flatten(), torch::rand(1)}), "trunc_normal_" + name) <= 1e-6);
  };
  check("usual", 0, 1, -2, 2);
  check("narrow", 0, 0.02, -2, 2);
  check("few", 1, 2, 0.5, 1.5);
  check("tail", 0, 1, 3, 4);
  check("left", 0, 0.5, -2, -0.4);
}

TEST_CASE("trunc_normal_ keeps within its bounds and has the truncated distribution's mean and deviation") {
  torch::manual_seed(1);
  const torch::Tensor parameter = torch::empty({300, 400}, torch::requires_grad());
  const auto check = [&](double a, double b, double mean, double deviation) {
    const torch::Tensor values = trunc_normal_(parameter, 0, 1, a, b).detach();
    CHECK(values.data_ptr() == parameter.data_ptr());
    CHECK(values.min().item<double>() >= a);
    CHECK(values.max().item<double>() <= b);
    CHECK(values.mean().item<double>() == Approx(mean).margin(0.01));
    CHECK(values.std().item<double>() == Approx(deviation).margin(0.01));
  };
  // By hand. The normal curve's height at 0, 1, 2, 3 is 0.39894, 0.24197, 0.05399, 0.00443; the area left of there
  // 0.5, 0.84134, 0.97725, 0.99865.
  check(-1, 1, 0, 0.5396);      // sqrt(1 - 2 * 0.24197 / 0.68269)
  check(0, 2, 0.7228, 0.5013);  // 0.34495 / 0.47725; sqrt(1 - 2 * 0.05399 / 0.47725 - 0.7228^2)
  check(2, 3, 2.3158, 0.2481);  // 0.04956 / 0.02140; sqrt(1 + (2 * 0.05399 - 3 * 0.00443) / 0.02140 - 2.3158^2)
  CHECK(parameter.requires_grad());
  CHECK_THROWS_WITH(trunc_normal_(parameter, 0, 0),
                    "trunc_normal_: mean and std must be finite, and std greater than 0, but got 0 and 0");
  CHECK_THROWS_WITH(trunc_normal_(parameter, not_a_number), ContainsSubstring("mean and std must be finite"));
  CHECK_THROWS_WITH(trunc_normal_(parameter, 0, not_a_number), ContainsSubstring("mean and std must be finite"));
  CHECK_THROWS_WITH(trunc_normal_(parameter, 0, 1, 2, 2),
                    "trunc_normal_: a and b must be finite, and a below b, but got 2 and 2");
  CHECK_THROWS_WITH(trunc_normal_(parameter, 0, 1, 2, std::numeric_limits<double>::infinity()),
                    ContainsSubstring("a and b must be finite"));
}

TEST_CASE("SelfAttention starts from and computes what torch.nn.MultiheadAttention does") {
  torch::manual_seed(0);
  SelfAttention attention(SelfAttentionOptions{.embed_dim = 8, .num_heads = 2, .dropout = 0.5});
  std::vector<torch::Tensor> initial;
  std::vector<std::string> names;
  for (const auto& parameter : attention->named_parameters()) {
    names.push_back(parameter.key());
    initial.push_back(parameter.value().flatten());
  }
  initial.push_back(torch::rand(1));
  CHECK(names == std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
  CHECK(difference(torch::cat(initial), "attention_initial") <= 1e-6);

  formula::fill(*attention);
  const torch::Tensor x = formula::tensor(9999, {2, 3, 8}, 4.0);
  attention->eval();
  CHECK(difference(attention->forward(x), "attention_outputs") <= 1e-5);
  CHECK(difference(attention->forward(x), "attention_fast_path") <= 1e-5);
  if (draws_alike()) {
    attention->train();
    torch::manual_seed(0);
    CHECK(difference(attention->forward(x), "attention_dropout") <= 1e-5);
  }
  CHECK(attention->forward(torch::zeros({0, 3, 8})).sizes() == std::vector<std::int64_t>{0, 3, 8});
}

TEST_CASE("SelfAttention refuses wrong options and sequences") {
  CHECK_THROWS_WITH(SelfAttention(SelfAttentionOptions{.embed_dim = 8, .num_heads = 3}),
                    "SelfAttention: num_heads must divide embed_dim, but got 3 heads for 8");
  CHECK_THROWS_WITH(SelfAttention(SelfAttentionOptions{.embed_dim = 8, .num_heads = 0}),
                    ContainsSubstring("must be at least 1, but got 8 and 0"));
  CHECK_THROWS_WITH(SelfAttention(SelfAttentionOptions{.embed_dim = 8, .dropout = not_a_number}),
                    ContainsSubstring("dropout must be between 0 and 1"));
  SelfAttention attention(SelfAttentionOptions{.embed_dim = 8, .num_heads = 2});
  CHECK_THROWS_WITH(attention->forward(torch::zeros({2, 3, 6})),
                    "SelfAttention: expects sequences [N, tokens, 8], but got a batch [2, 3, 6]");
}

TEST_CASE("LayerNorm2d normalises the channels of each pixel as torchvision's does") {
  LayerNorm2d norm(4);
  formula::fill(*norm);
  CHECK(difference(norm->forward(formula::tensor(9999, {2, 4, 2, 3}, 0.01)), "layer_norm_2d") <= 1e-5);
  CHECK_THROWS_WITH(norm->forward(torch::zeros({2, 3, 2, 3})),
                    "LayerNorm2d: expects [N, 4, H, W], but got a batch [2, 3, 2, 3]");
  CHECK_THROWS_WITH(LayerNorm2d(0), "LayerNorm2d: channels must be at least 1, but got 0");
}

TEST_CASE("Vision transformers and ConvNeXt start from, draw and compute what torchvision's do") {
  const auto vit = [] {
    return tiny_vit({.num_classes = 3, .dropout = 0.25, .attention_dropout = 0.5, .representation_size = 6});
  };
  const auto convnext = [] { return tiny_convnext({.num_classes = 3, .layer_scale = 0.5}); };
  check_initial(vit, "vit");
  check_initial(convnext, "convnext");
  check_eps(*vit(), 2 * 2 + 1);
  check_eps(*convnext(), 5);
  if (draws_alike()) {
    check_training(vit(), formula::tensor(9999, {3, 3, 8, 8}, 4.0), "vit");
    check_training(convnext(), formula::tensor(9999, {4, 3, 32, 32}, 4.0), "convnext");
  }
}

TEST_CASE("A vision transformer takes images of its own size only") {
  VisionTransformer model = tiny_vit();
  CHECK(model->forward(torch::zeros({2, 3, 8, 8})).sizes() == std::vector<std::int64_t>{2, 1000});
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, 12, 8})),
                    "VisionTransformer: expects images of 8 x 8 pixels, its image_size, but got a batch "
                    "[2, 3, 12, 8]; resize them, or make the model for another size: vit_b_16({.image_size = …})");
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, 8, 12})), ContainsSubstring("its image_size"));
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 1, 8, 8})),
                    "VisionTransformer: expects images [N, 3, H, W], but got a batch [2, 1, 8, 8]");
}

TEST_CASE("ConvNeXt takes images that leave a pixel after its strides") {
  ConvNeXt model = tiny_convnext({.num_classes = 5});
  CHECK(model->forward(torch::zeros({2, 3, 32, 45})).sizes() == std::vector<std::int64_t>{2, 5});
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, 31, 64})),
                    "ConvNeXt: expects images of at least 32 x 32 pixels, but got a batch [2, 3, 31, 64]");
}

TEST_CASE("Wrong options of the transformers and ConvNeXt are refused") {
  CHECK_THROWS_WITH(vit_b_16({.num_classes = 0}), "VisionTransformer: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(vit_b_16({.image_size = 230}),
                    "VisionTransformer: image_size must be a multiple of the patches' 16 pixels, but got 230");
  CHECK_THROWS_WITH(vit_b_16({.image_size = 0}), ContainsSubstring("image_size must be a multiple"));
  CHECK_THROWS_WITH(vit_b_32({.dropout = 1.5}), "VisionTransformer: dropout must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH(vit_b_32({.attention_dropout = -0.1}), ContainsSubstring("attention_dropout must be between"));
  CHECK_THROWS_WITH(vit_b_32({.representation_size = 0}), ContainsSubstring("representation_size must be at least 1"));
  CHECK_THROWS_WITH(convnext_tiny({.num_classes = -1}), "ConvNeXt: num_classes must be at least 1, but got -1");
  CHECK_THROWS_WITH(convnext_tiny({.stochastic_depth_prob = not_a_number}),
                    ContainsSubstring("stochastic_depth_prob must be between 0 and 1"));
}

TEST_CASE("Each ConvNeXt leaves blocks out with torchvision's probability, or the one given") {
  CHECK(last_probability(convnext_tiny()) == 0.1);
  CHECK(last_probability(convnext_small()) == 0.4);
  CHECK(last_probability(convnext_base()) == 0.5);
  CHECK(last_probability(tiny_convnext({.stochastic_depth_prob = 0.25})) == 0.25);
}

TEST_CASE("Clones of the transformers and ConvNeXt are the same under the same names") {
  check_clone(tiny_vit({.num_classes = 3, .representation_size = 5}), torch::ones({2, 3, 8, 8}));
  check_clone(tiny_convnext({.num_classes = 3}), torch::ones({2, 3, 32, 32}));
}

TEST_CASE("A Chain may stand within another one, and its clone keeps names and modes") {
  Chain inner;
  inner->push_back("double", torch::nn::Functional([](const torch::Tensor& x) { return 2 * x; }));
  inner->push_back("drop", torch::nn::Dropout(1));
  inner->eval();
  Chain chain(inner, torch::nn::Functional([](const torch::Tensor& x) { return x + 1; }));
  const torch::Tensor x = torch::ones({3});
  CHECK(torch::equal(chain->forward(x), torch::full({3}, 3.0)));

  const auto copy = std::dynamic_pointer_cast<ChainModule>(chain->clone());
  CHECK(copy->named_modules("", /*include_self=*/false).keys() ==
        std::vector<std::string>{"0", "0.double", "0.drop", "1"});
  CHECK(copy->is_training());
  CHECK_FALSE(copy->ptr(0)->is_training());
  CHECK(torch::equal(copy->forward(x), torch::full({3}, 3.0)));  // the Dropout of the clone is in evaluation mode, too
  copy->train();
  CHECK(torch::equal(copy->forward(x), torch::ones({3})));
  CHECK(torch::equal(chain->forward(x), torch::full({3}, 3.0)));
}

TEST_CASE("The transformers' and ConvNeXt's heads are replaced, and pretrained weights loaded but for the head") {
  const hearth_test::TemporaryFolder folder;
  VisionTransformer trained = tiny_vit({.num_classes = 3});
  CHECK(trained->forward(torch::ones({2, 3, 8, 8})).abs().max().item<double>() == 0);  // its head starts from zeros
  formula::fill(*trained);
  save_weights(*trained, folder / "vit.pth");
  const VisionTransformer other = load_pretrained(tiny_vit({.num_classes = 4}), folder / "vit.pth");
  CHECK(torch::equal(other->class_token, trained->class_token));
  CHECK(other->head_name() == "heads.head");
  CHECK(other->num_classes() == 4);
  CHECK(other->head()->weight.abs().max().item<double>() == 0);
  replace_head(other, 7);
  CHECK(other->named_parameters()["heads.head.weight"].sizes() == std::vector<std::int64_t>{7, 8});
  CHECK(other->head()->weight.abs().max().item<double>() > 0);

  const ConvNeXt convnext = tiny_convnext({.num_classes = 3});
  CHECK(convnext->head_name() == "classifier.2");
  replace_head(convnext, 7);
  CHECK(convnext->num_classes() == 7);
  CHECK(convnext->named_parameters()["classifier.2.weight"].sizes() == std::vector<std::int64_t>{7, 10});
}

TEST_CASE("Vision transformers take the files that torchvision offers, whose perceptrons have older names") {
  const hearth_test::TemporaryFolder folder;
  VisionTransformer trained = tiny_vit({.num_classes = 3});
  formula::fill(*trained);
  StateDict older;
  std::size_t renamed = 0;
  for (const auto& [name, value] : state_dict(*trained)) {
    std::string old = name;
    for (const auto& [now, before] : {std::pair{".mlp.0.", ".mlp.linear_1."}, std::pair{".mlp.3.", ".mlp.linear_2."}}) {
      if (const std::size_t found = old.find(now); found != std::string::npos) {
        old.replace(found, std::string(now).size(), before);
        ++renamed;
      }
    }
    CHECK(vision_transformer_name(old) == name);
    CHECK(vision_transformer_name(name) == name);
    older.add(old, value);
  }
  CHECK(renamed == 2 * 4);
  save_weights(older, folder / "vit.pth");
  VisionTransformer model = load_pretrained(tiny_vit({.num_classes = 3}), folder / "vit.pth", vision_transformer_name);
  model->eval();
  trained->eval();
  const torch::Tensor images = formula::tensor(9999, {2, 3, 8, 8}, 4.0);
  CHECK(torch::equal(model->forward(images), trained->forward(images)));

  // The functions do so by themselves: of the one name in this file no complaint is heard, only of all the others.
  save_weights({{"encoder.layers.encoder_layer_0.mlp.linear_1.bias", torch::zeros({3072})}}, folder / "one.pth");
  CHECK_THROWS_WITH(vit_b_32({.pretrained = folder / "one.pth"}),
                    ContainsSubstring("missing") && !ContainsSubstring("linear_1"));
}

TEST_CASE("freeze leaves no parameter of a model or a layer to train") {
  ResNet model = resnet18({.num_classes = 5});
  const std::int64_t total = count_parameters(model).total;
  freeze(model->layer1);
  CHECK(count_parameters(model) == ParameterCount{total, total - 4 * 64 * 64 * 9 - 4 * 2 * 64});
  freeze(model);
  CHECK(count_parameters(model) == ParameterCount{total, 0});
  CHECK(model->is_training());
  replace_head(model, 7);
  CHECK(count_parameters(model).trainable == 7 * 512 + 7);
  model->forward(torch::ones({2, 3, 32, 32})).sum().backward();
  CHECK_FALSE(model->conv1->weight.grad().defined());
  CHECK(model->fc->weight.grad().defined());
}

TEST_CASE("A frozen BatchNorm normalises by its statistics and keeps them while the rest trains") {
  ResNet model = resnet18({.num_classes = 5});
  model->train();
  freeze_batch_norm(model);
  CHECK(model->is_training());
  CHECK(model->layer1->is_training());
  CHECK_FALSE(model->bn1->is_training());
  CHECK_FALSE(model->layer1->ptr<BasicBlock>(1)->bn2->is_training());
  CHECK(count_parameters(model).total - count_parameters(model).trainable == 2 * 4800);  // 4800 channels in 20 layers

  {
    const torch::NoGradGuard no_grad;
    model->bn1->running_mean.fill_(-3);
    model->bn1->running_var.fill_(4);
  }
  const torch::Tensor x = torch::full({2, 64, 2, 2}, 5.0);
  CHECK(torch::allclose(model->bn1->forward(x), torch::full({2, 64, 2, 2}, 4.0)));  // (5 - -3) / sqrt(4)
  model->forward(torch::rand({2, 3, 32, 32})).sum().backward();
  CHECK(model->bn1->running_mean.eq(-3).all().item<bool>());
  CHECK(model->bn1->num_batches_tracked.item<std::int64_t>() == 0);
  CHECK_FALSE(model->bn1->weight.grad().defined());
  CHECK(model->conv1->weight.grad().abs().max().item<double>() > 0);
}

TEST_CASE("freeze_batch_norm finds the BatchNorms of all dimensions, with and without weights") {
  const torch::nn::BatchNorm1d one(3);
  const torch::nn::BatchNorm2d two(torch::nn::BatchNorm2dOptions(3).affine(false));
  const torch::nn::BatchNorm3d three(3);
  const torch::nn::LayerNorm other(torch::nn::LayerNormOptions({3}));
  const torch::nn::Sequential layers(one, two, three, other);
  freeze_batch_norm(layers);
  CHECK_FALSE(one->is_training());
  CHECK_FALSE(two->is_training());
  CHECK_FALSE(three->is_training());
  CHECK_FALSE(one->weight.requires_grad());
  CHECK_FALSE(one->bias.requires_grad());
  CHECK_FALSE(three->bias.requires_grad());
  CHECK(other->is_training());
  CHECK(other->weight.requires_grad());
  freeze_batch_norm(three);  // a layer by itself
  CHECK(layers->is_training());
}
