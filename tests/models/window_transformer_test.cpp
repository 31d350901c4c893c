/// What is particular to Swin transformers and MaxViT, and to the layers they are made of.
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/models/head.hpp>
#include <hearth/models/layers/maxvit_block.hpp>
#include <hearth/models/layers/relative_position.hpp>
#include <hearth/models/layers/swin_block.hpp>
#include <hearth/models/layers/token_layers.hpp>
#include <hearth/models/layers/window_attention.hpp>
#include <hearth/models/maxvit.hpp>
#include <hearth/models/pretrained.hpp>
#include <hearth/models/swin_transformer.hpp>
#include <hearth/models/vision_transformer.hpp>
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

SwinTransformer tiny_swin(SwinVersion version, SwinTransformerOptions options = {}) {
  return SwinTransformer(SwinTransformerShape{.embed_dim = 8,
                                              .depths = {2, 2},
                                              .num_heads = {2, 4},
                                              .window_size = {3, 2},
                                              .stochastic_depth_prob = 0.5,
                                              .version = version},
                         std::move(options));
}

MaxVit tiny_maxvit(MaxVitOptions options = {}) {
  options.input_size = {32, 32};
  return MaxVit(MaxVitShape{.stem_channels = 6,
                            .block_channels = {8, 12},
                            .block_layers = {1, 2},
                            .head_dim = 4,
                            .partition_size = 2,
                            .stochastic_depth_prob = 0.5},
                std::move(options));
}

/// What attention makes of the tokens when it looks at all that it sees alike, and takes them as they are: each becomes
/// the mean of those that it sees.
torch::Tensor seen(WindowAttention& attention, const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;
  const std::int64_t dim = x.size(3);
  for (const torch::Tensor& parameter : attention.parameters()) {
    parameter.zero_();
  }
  attention.qkv->weight.slice(0, 2 * dim).copy_(torch::eye(dim));
  attention.proj->weight.copy_(torch::eye(dim));
  return attention.forward(x);
}

}  // namespace

TEST_CASE("Offsets within a window and their coordinates are numbered as torchvision's are") {
  CHECK(difference(relative_position_index(3, 2), "window_index") == 0);
  const WindowAttention attention({.dim = 8, .num_heads = 2, .window_size = {3, 2}, .version = SwinVersion::v2});
  CHECK(difference(attention.relative_coords_table, "window_coordinates") <= 1e-7);
  // By hand: two tokens side by side, of which the second is one column to the right of the first.
  CHECK(torch::equal(relative_position_index(1, 2), torch::tensor({{1, 0}, {2, 1}})));
}

TEST_CASE("A token sees those of its window, and after a shift only those that were its neighbours") {
  WindowAttention still({.dim = 1, .num_heads = 1, .window_size = {1, 2}});
  const torch::Tensor row = torch::tensor({1.0F, 2.0F, 4.0F, 8.0F}).view({1, 1, 4, 1});
  CHECK(torch::allclose(seen(still, row).flatten(), torch::tensor({1.5F, 1.5F, 6.0F, 6.0F})));
  // Windows moved by one: the middle two are together; the outer two share a window, but are no neighbours.
  WindowAttention shifted({.dim = 1, .num_heads = 1, .window_size = {1, 2}, .shift_size = {0, 1}});
  CHECK(torch::allclose(seen(shifted, row).flatten(), torch::tensor({1.0F, 3.0F, 3.0F, 8.0F})));
  // One window that holds all is not moved.
  WindowAttention whole({.dim = 1, .num_heads = 1, .window_size = {1, 4}, .shift_size = {0, 2}});
  CHECK(torch::allclose(seen(whole, row).flatten(), torch::full({4}, 3.75F)));
  // Padding is seen as zeros.
  const torch::Tensor three = row.slice(2, 0, 3);
  CHECK(torch::allclose(seen(still, three).flatten(), torch::tensor({1.5F, 1.5F, 2.0F})));
}

TEST_CASE("PatchMerging halves the image, odd sides rounded up") {
  PatchMerging merging(4, SwinVersion::v2);
  CHECK(merging.forward(torch::zeros({2, 5, 6, 4})).sizes() == std::vector<std::int64_t>{2, 3, 3, 8});
  CHECK(merging.forward(torch::zeros({2, 1, 1, 4})).sizes() == std::vector<std::int64_t>{2, 1, 1, 8});
}

TEST_CASE("Window attention refuses heads, windows and tokens that do not fit") {
  CHECK_THROWS_WITH(WindowAttention({.dim = 8, .num_heads = 3}),
                    "WindowAttention: num_heads must divide dim, but got 3 heads for 8");
  CHECK_THROWS_WITH(WindowAttention({.dim = 8, .num_heads = 2, .window_size = {7, 0}}),
                    "WindowAttention: window_size must be at least 1, but got 0");
  CHECK_THROWS_WITH(WindowAttention({.dim = 8, .num_heads = 2, .window_size = {1, 7}, .version = SwinVersion::v2}),
                    "WindowAttention: window_size must be at least 2, but got 1");
  WindowAttention attention({.dim = 8, .num_heads = 2});
  CHECK_THROWS_WITH(attention.forward(torch::zeros({2, 7, 7, 6})),
                    "WindowAttention: expects tokens [N, H, W, 8], but got a batch [2, 7, 7, 6]");
}

TEST_CASE("Grid attention lets the pixels see those at the same place of every window") {
  const auto sees = [&](Partition partition) {  // the pixels on which the first one's output depends
    torch::manual_seed(0);
    PartitionAttention attention({.out_channels = 4, .head_dim = 4, .mlp_ratio = 1, .partition_size = 2}, partition);
    torch::Tensor x = torch::rand({1, 4, 4, 4}).requires_grad_();
    attention.forward(x)[0].select(1, 0).select(1, 0).sum().backward();
    return (x.grad()[0].abs().sum(0) > 0).to(torch::kInt).flatten();
  };
  CHECK(torch::equal(sees(Partition::window),
                     torch::tensor({1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, torch::kInt)));
  CHECK(torch::equal(sees(Partition::grid),
                     torch::tensor({1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0}, torch::kInt)));
}

TEST_CASE("TokenLinear computes what Linear does, and its clone is its own") {
  TokenLinear linear(6, 5);
  formula::fill(*linear);
  const torch::Tensor x = formula::tensor(9999, {2, 3, 4, 6}, 4.0);
  const torch::Tensor expected = torch::matmul(x, linear->weight.t()) + linear->bias;
  CHECK(torch::allclose(linear->forward(x), expected));
  linear->eval();
  const auto copy = std::dynamic_pointer_cast<TokenLinearModule>(linear->clone());
  REQUIRE(copy != nullptr);
  CHECK_FALSE(copy->is_training());
  CHECK(torch::equal(copy->forward(x), linear->forward(x)));
  {
    const torch::NoGradGuard no_grad;
    copy->weight.zero_();
  }
  CHECK(torch::allclose(linear->forward(x), expected));
  TokenLinear without(torch::nn::LinearOptions(6, 5).bias(false));
  CHECK(std::dynamic_pointer_cast<TokenLinearModule>(without->clone())->parameters().size() == 1);
}

TEST_CASE("Swin transformers and MaxViT start from, draw and compute what torchvision's do") {
  const SwinTransformerOptions options{.num_classes = 3, .mlp_ratio = 1.5, .dropout = 0.25, .attention_dropout = 0.5};
  const auto swin = [&] { return tiny_swin(SwinVersion::v1, options); };
  const auto swin_v2 = [&] { return tiny_swin(SwinVersion::v2, options); };
  const auto maxvit = [] {
    return tiny_maxvit({.num_classes = 3,
                        .squeeze_ratio = 0.5,
                        .expansion_ratio = 1.5,
                        .mlp_ratio = 2,
                        .mlp_dropout = 0.25,
                        .attention_dropout = 0.5});
  };
  check_initial(swin, "swin");
  check_initial(swin_v2, "swin_v2");
  check_initial(maxvit, "maxvit");
  if (draws_alike()) {
    const torch::Tensor images = formula::tensor(9999, {4, 3, 20, 28}, 4.0);
    check_training(swin(), images, "swin");
    check_training(swin_v2(), images, "swin_v2");
    check_training(maxvit(), formula::tensor(9999, {4, 3, 32, 32}, 4.0), "maxvit");
  }
}

TEST_CASE("A MaxViT takes images of its own size only") {
  MaxVit model = tiny_maxvit();
  CHECK(model->forward(torch::zeros({2, 3, 32, 32})).sizes() == std::vector<std::int64_t>{2, 1000});
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, 64, 64})),
                    "MaxVit: expects images of 32 x 32 pixels, its input_size, but got a batch [2, 3, 64, 64]; resize "
                    "them, or make the model for another size: maxvit_t({.input_size = {448, 448}})");
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 1, 32, 32})),
                    "MaxVit: expects images [N, 3, H, W], but got a batch [2, 1, 32, 32]");
  CHECK_THROWS_WITH(maxvit_t({.input_size = {256, 256}}),
                    "MaxVit: block 0 of 4 gets 64 x 64 pixels of an input_size of 256, which is no multiple of its "
                    "windows' 7; take another input_size, a multiple of 224");
  CHECK_THROWS_WITH(maxvit_t({.input_size = {224, 448}}),
                    ContainsSubstring("must be a square") && ContainsSubstring("but got 224 x 448"));
}

TEST_CASE("A Swin transformer takes images of any size that has a patch") {
  SwinTransformer model = tiny_swin(SwinVersion::v2, {.num_classes = 5});
  CHECK(model->forward(torch::zeros({2, 3, 4, 4})).sizes() == std::vector<std::int64_t>{2, 5});
  CHECK(model->forward(torch::zeros({0, 3, 20, 28})).sizes() == std::vector<std::int64_t>{0, 5});
  CHECK_THROWS_WITH(model->forward(torch::zeros({2, 3, 3, 64})),
                    "SwinTransformer: expects images of at least 4 x 4 pixels, but got a batch [2, 3, 3, 64]");
}

TEST_CASE("Wrong options of Swin transformers and MaxViT are refused") {
  CHECK_THROWS_WITH(swin_t({.num_classes = 0}), "SwinTransformer: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(swin_v2_s({.dropout = 1.5}), "SwinTransformer: dropout must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH(swin_b({.attention_dropout = -0.1}), ContainsSubstring("attention_dropout must be between"));
  CHECK_THROWS_WITH(swin_s({.mlp_ratio = 0}), ContainsSubstring("mlp_ratio must be above 0"));
  CHECK_THROWS_WITH(swin_v2_b({.stochastic_depth_prob = 2}),
                    ContainsSubstring("stochastic_depth_prob must be between"));
  CHECK_THROWS_WITH(SwinTransformer(SwinTransformerShape{.depths = {2, 2}}, SwinTransformerOptions{}),
                    ContainsSubstring("a number for each stage, but got 2 and 4"));
  CHECK_THROWS_WITH(maxvit_t({.num_classes = 0}), "MaxVit: num_classes must be at least 1, but got 0");
  CHECK_THROWS_WITH(maxvit_t({.expansion_ratio = 0}), ContainsSubstring("expansion_ratio must be above 0"));
  CHECK_THROWS_WITH(maxvit_t({.mlp_ratio = 0}), ContainsSubstring("mlp_ratio must be at least 1"));
  CHECK_THROWS_WITH(maxvit_t({.mlp_dropout = 2}), ContainsSubstring("mlp_dropout and attention_dropout must be"));
  CHECK_THROWS_WITH(maxvit_t({.stochastic_depth_prob = -1}),
                    ContainsSubstring("stochastic_depth_prob must be between"));
  CHECK_THROWS_WITH(MaxVit(MaxVitShape{.head_dim = 48}, MaxVitOptions{}),
                    "MaxVit: head_dim must divide the blocks' channels, but got 48 for 64");
}

TEST_CASE("Swin transformers and MaxViT leave blocks out with torchvision's probability, or the one given") {
  CHECK(last_probability(swin_t()) == 0.2);
  CHECK(last_probability(swin_v2_t()) == 0.2);
  CHECK(last_probability(swin_s()) == 0.3);
  CHECK(last_probability(swin_v2_b({.num_classes = 3})) == 0.5);
  CHECK(last_probability(maxvit_t()) == 0.2);
  CHECK(last_probability(tiny_swin(SwinVersion::v1, {.stochastic_depth_prob = 0.25})) == 0.25);
  CHECK(last_probability(tiny_maxvit({.stochastic_depth_prob = 0.25})) == 0.25);
}

TEST_CASE("Clones of Swin transformers and MaxViT are the same under the same names") {
  check_clone(tiny_swin(SwinVersion::v1, {.num_classes = 3}), torch::ones({2, 3, 20, 28}));
  check_clone(tiny_swin(SwinVersion::v2, {.num_classes = 3}), torch::ones({2, 3, 20, 28}));
  check_clone(tiny_maxvit({.num_classes = 3}), torch::ones({2, 3, 32, 32}));
}

TEST_CASE("The heads of Swin transformers and MaxViT are replaced, and pretrained weights loaded but for the head") {
  const hearth_test::TemporaryFolder folder;
  const auto check = [&](auto trained, auto other, const std::string& head) {
    formula::fill(*trained);
    save_weights(*trained, folder / "weights.pth");
    other = load_pretrained(other, folder / "weights.pth");
    CHECK(torch::equal(other->parameters()[0], trained->parameters()[0]));
    CHECK(other->head_name() == head);
    CHECK(other->num_classes() == 4);
    replace_head(other, 7);
    CHECK(other->num_classes() == 7);
    CHECK(other->named_parameters()[head + ".weight"].size(0) == 7);
  };
  check(tiny_swin(SwinVersion::v2, {.num_classes = 3}), tiny_swin(SwinVersion::v2, {.num_classes = 4}), "head");
  check(tiny_maxvit({.num_classes = 3}), tiny_maxvit({.num_classes = 4}), "classifier.5");
  CHECK_FALSE(tiny_maxvit()->head()->bias.defined());
}
