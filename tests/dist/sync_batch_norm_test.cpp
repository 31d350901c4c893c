/// BatchNorm over the samples of several processes: what it does is what one BatchNorm does to all of them together.
#include <hearth/dist/connect.hpp>
#include <hearth/dist/sync_batch_norm.hpp>

#include <ATen/ops/batch_norm_native.h>
#include <torch/torch.h>

#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "dist/local_ranks.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

using Sizes = std::vector<std::int64_t>;

torch::Tensor numbers(const Sizes& sizes, double phase, torch::ScalarType type = torch::kFloat) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return torch::arange(1, count + 1, torch::kDouble).mul_(0.37).add_(phase).sin_().view(sizes).to(type);
}

/// Channels of unlike means, far from 0 beside their deviation of about 1.4.
torch::Tensor inputs(const Sizes& sizes, torch::ScalarType type) {
  Sizes of_channel(sizes.size(), 1);
  of_channel[1] = sizes[1];
  const torch::Tensor means = torch::arange(sizes[1], torch::kDouble).mul_(3).sub_(5).view(of_channel);
  return numbers(sizes, 0.4, torch::kDouble).mul_(2).add_(means).to(type);
}

/// Any torch::nn::BatchNorm's part in a training step, without its module.
struct Layer {
  torch::Tensor weight;
  torch::Tensor bias;
  torch::Tensor running_mean;
  torch::Tensor running_var;
};

struct Case {
  std::string name;
  Sizes sizes;   ///< of all samples together
  Sizes shares;  ///< how many of them each rank has
  torch::ScalarType type = torch::kFloat;
  torch::ScalarType weight_type = torch::kFloat;
  bool affine = true;
  bool tracks = true;
  bool channels_last = false;
  double momentum = 0.1;
  double eps = 1e-5;
};

Layer make_layer(const Case& c) {
  const std::int64_t channels = c.sizes[1];
  Layer layer;
  if (c.affine) {
    layer.weight = numbers({channels}, 1.1, c.weight_type).add_(1.5).set_requires_grad(true);
    layer.bias = numbers({channels}, 2.2, c.weight_type).set_requires_grad(true);
  }
  if (c.tracks) {
    layer.running_mean = numbers({channels}, 3.3, c.weight_type);
    layer.running_var = numbers({channels}, 4.4, c.weight_type).add_(2);
  }
  return layer;
}

struct Result {
  torch::Tensor output;
  torch::Tensor of_input;
  Layer layer;
};

/// Forward and backward of samples `begin` … `end`-1 of all.
Result step(const Case& c, std::int64_t begin, std::int64_t end) {
  Layer layer = make_layer(c);
  torch::Tensor input = inputs(c.sizes, c.type).slice(0, begin, end);
  torch::Tensor weights = numbers(c.sizes, 0.9, c.type).slice(0, begin, end);
  if (c.channels_last) {
    const auto format = c.sizes.size() == 5 ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::ChannelsLast;
    input = input.contiguous(format);
    weights = weights.contiguous(format);
  }
  input = input.detach().set_requires_grad(true);
  const torch::Tensor output = torch::batch_norm(input, layer.weight, layer.bias, layer.running_mean, layer.running_var,
                                                 /*training=*/true, c.momentum, c.eps, /*cudnn_enabled=*/true);
  (output * weights).sum().backward();
  return {output.detach(), input.grad(), layer};
}

double largest(const torch::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

/// How far apart the tensors are, in relation to the largest number of the expected one.
double distance(const torch::Tensor& met, const torch::Tensor& expected) {
  return largest(met.to(torch::kDouble) - expected.to(torch::kDouble)) / largest(expected.to(torch::kDouble));
}

/// `over_gloo`: what the ranks say goes through sockets.
void check_as_one(const Case& c, bool over_gloo = false) {
  INFO(c.name << ", " << c.shares.size() << " ranks");
  const Result whole = step(c, 0, c.sizes[0]);
  Sizes ends(c.shares.size());
  std::partial_sum(c.shares.begin(), c.shares.end(), ends.begin());
  REQUIRE(ends.back() == c.sizes[0]);
  const auto body = [&](const dist::World& world) {
    const dist::SyncBatchNorm scope(world);
    const auto rank = static_cast<std::size_t>(world.rank());
    return step(c, ends[rank] - c.shares[rank], ends[rank]);
  };
  const auto ranks = static_cast<int>(c.shares.size());
  const std::vector<Result> results = over_gloo ? on_gloo_ranks(ranks, body) : on_ranks(ranks, body);
  std::vector<torch::Tensor> outputs;
  std::vector<torch::Tensor> of_inputs;
  for (const Result& result : results) {
    CHECK(result.output.dtype() == whole.output.dtype());
    CHECK(result.of_input.dtype() == whole.of_input.dtype());
    CHECK(result.output.suggest_memory_format() == whole.output.suggest_memory_format());
    outputs.push_back(result.output);
    of_inputs.push_back(result.of_input);
  }
  // Statistics of n values are apart by a few roundings of a float, u = 2^-24, in relation to the mean, which is up to
  // 10 deviations: 16 u · 10 < 1e-5. The input's gradient is a difference of terms of its own size. A result of 8 or 11
  // bits is rounded once more: two neighbours.
  const double exact = c.type == torch::kDouble ? 1e-12 : 1e-5;
  const double rounded = c.type == torch::kBFloat16 ? 0x1p-7 : c.type == torch::kHalf ? 0x1p-10 : exact;
  CHECK(distance(torch::cat(outputs), whole.output) < rounded);
  CHECK(distance(torch::cat(of_inputs), whole.of_input) < rounded);
  if (c.affine) {
    torch::Tensor of_weight = torch::zeros_like(whole.layer.weight);
    torch::Tensor of_bias = torch::zeros_like(whole.layer.bias);
    for (const Result& result : results) {
      CHECK(result.layer.weight.grad().dtype() == c.weight_type);
      of_weight += result.layer.weight.grad();
      of_bias += result.layer.bias.grad();
    }
    CHECK(distance(of_weight, whole.layer.weight.grad()) < std::max(exact, rounded));
    CHECK(distance(of_bias, whole.layer.bias.grad()) < std::max(exact, rounded));
  }
  if (c.tracks) {
    for (const Result& result : results) {
      CHECK(distance(result.layer.running_mean, whole.layer.running_mean) < exact);
      CHECK(distance(result.layer.running_var, whole.layer.running_var) < exact);
      CHECK(torch::equal(result.layer.running_mean, results.front().layer.running_mean));
      CHECK(torch::equal(result.layer.running_var, results.front().layer.running_var));
    }
  }
}

}  // namespace

TEST_CASE("Each process's part is normalised as one BatchNorm normalises all of them", "[sync_batch_norm]") {
  for (const Sizes& shares : {Sizes{6, 6}, Sizes{3, 3, 3, 3}, Sizes{1, 11}, Sizes{5, 1, 4, 2}}) {
    check_as_one({.name = "images", .sizes = {12, 5, 4, 3}, .shares = shares});
    check_as_one({.name = "64-bit",
                  .sizes = {12, 5, 4, 3},
                  .shares = shares,
                  .type = torch::kDouble,
                  .weight_type = torch::kDouble});
    check_as_one({.name = "channels_last", .sizes = {12, 5, 4, 3}, .shares = shares, .channels_last = true});
    check_as_one({.name = "not affine", .sizes = {12, 5, 4, 3}, .shares = shares, .affine = false});
    check_as_one({.name = "without tracking", .sizes = {12, 5, 4, 3}, .shares = shares, .tracks = false});
    check_as_one({.name = "rows", .sizes = {12, 7}, .shares = shares});
    check_as_one({.name = "sequences", .sizes = {12, 2, 9}, .shares = shares});
    check_as_one({.name = "volumes", .sizes = {12, 3, 2, 4, 3}, .shares = shares});
    check_as_one(
        {.name = "volumes, channels_last", .sizes = {12, 3, 2, 4, 3}, .shares = shares, .channels_last = true});
    check_as_one({.name = "momentum and eps", .sizes = {12, 5, 4, 3}, .shares = shares, .momentum = 0.75, .eps = 0.5});
  }
}

TEST_CASE("Half precision is normalised with statistics and weights of 32-bit float", "[sync_batch_norm]") {
  for (const Sizes& shares : {Sizes{6, 6}, Sizes{5, 1, 4, 2}}) {
    for (const bool channels_last : {false, true}) {
      check_as_one({.name = "bf16",
                    .sizes = {12, 5, 4, 3},
                    .shares = shares,
                    .type = torch::kBFloat16,
                    .channels_last = channels_last});
      check_as_one({.name = "fp16",
                    .sizes = {12, 5, 4, 3},
                    .shares = shares,
                    .type = torch::kHalf,
                    .channels_last = channels_last});
    }
  }
}

TEST_CASE("A large mean does not swallow the variance of all processes", "[sync_batch_norm]") {
  // Two ranks of means 1e4 - 1 and 1e4 + 1, with 8 values each, half 1 below and half 1 above: the variance of all
  // is 2.
  const auto variances = on_ranks(2, [](const dist::World& world) {
    const dist::SyncBatchNorm scope(world);
    const torch::Tensor rows = torch::tensor({-1.0F, 1.0F}).repeat({4}).add_(world.rank() == 0 ? 9999 : 10001);
    const torch::Tensor mean = torch::zeros({1});
    const torch::Tensor variance = torch::zeros({1});
    torch::batch_norm(rows.view({8, 1}), {}, {}, mean, variance, true, 1.0, 0, true);
    return std::pair{mean.item<double>(), variance.item<double>()};
  });
  for (const auto& [mean, variance] : variances) {
    CHECK(mean == 10000);
    CHECK(std::abs(variance - 2 * 16 / 15.0) < 1e-6);  // the variance of the sample
  }
}

namespace {

/// A small model of torch::nn's modules, with every kind of momentum.
torch::nn::Sequential make_model() {
  torch::nn::Sequential model(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 6, 3).bias(false)),
                              torch::nn::BatchNorm2d(6), torch::nn::ReLU(),
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(6, 4, 3)),
                              torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(4).momentum(std::nullopt)),
                              torch::nn::ReLU(torch::nn::ReLUOptions(true)), torch::nn::Flatten(),
                              torch::nn::Linear(4 * 4 * 4, 5), torch::nn::BatchNorm1d(5), torch::nn::Linear(5, 3));
  const torch::NoGradGuard no_grad;
  double phase = 0;
  for (torch::Tensor& parameter : model->parameters()) {
    parameter.copy_(numbers(parameter.sizes().vec(), phase += 0.9).mul_(0.5));
  }
  model->to(torch::kDouble);
  return model;
}

torch::Tensor images(std::int64_t begin, std::int64_t end) {
  return numbers({10, 3, 8, 8}, 0.2, torch::kDouble).slice(0, begin, end);
}

void train_step(torch::nn::Sequential& model, std::int64_t begin, std::int64_t end) {
  model->forward(images(begin, end)).pow(2).sum().backward();
}

}  // namespace

TEST_CASE("A model of torch::nn's modules trains on parts as on the joined batch", "[sync_batch_norm]") {
  torch::nn::Sequential whole = make_model();
  for (int i = 0; i < 3; ++i) {
    train_step(whole, 0, 10);
  }
  const std::vector<std::int64_t> ends{3, 5, 10};
  const auto models = on_ranks(3, [&](const dist::World& world) {
    torch::nn::Sequential model = make_model();
    const auto rank = static_cast<std::size_t>(world.rank());
    for (int i = 0; i < 3; ++i) {
      const dist::SyncBatchNorm scope(world);
      train_step(model, rank == 0 ? 0 : ends[rank - 1], ends[rank]);
    }
    return std::optional(model);
  });
  const auto expected = whole->named_parameters();
  for (const auto& item : expected) {
    INFO(item.key());
    torch::Tensor sum = torch::zeros_like(item.value());
    for (const auto& model : models) {
      sum += (*model)->named_parameters()[item.key()].grad();
    }
    CHECK(largest(sum - item.value().grad()) < 1e-9 * (1 + largest(item.value().grad())));
  }
  for (const auto& item : whole->named_buffers()) {
    INFO(item.key());
    for (const auto& model : models) {
      const torch::Tensor met = (*model)->named_buffers()[item.key()];
      CHECK(largest(met.to(torch::kDouble) - item.value().to(torch::kDouble)) < 1e-12);
    }
  }
}

TEST_CASE("Over Gloo the parts are normalised together, beside a reduction of gradients", "[sync_batch_norm]") {
  if (!dist::is_available()) {
    WARN("this build has no distributed support: not tested");
    return;
  }
  check_as_one({.name = "images", .sizes = {12, 5, 4, 3}, .shares = {5, 1, 4, 2}}, /*over_gloo=*/true);
  check_as_one({.name = "bf16", .sizes = {12, 5, 4, 3}, .shares = {5, 7}, .type = torch::kBFloat16}, true);

  torch::nn::Sequential whole = make_model();
  train_step(whole, 0, 10);
  const auto gradients = on_gloo_ranks(2, [](const dist::World& world) {
    torch::nn::Sequential model = make_model();
    std::vector<std::pair<std::string, at::Tensor>> parameters;
    for (const auto& item : model->named_parameters()) {
      parameters.emplace_back(item.key(), item.value());
    }
    const auto reducer =  // a bucket for every few parameters: they travel while backward is still computing
        world.communicator().make_reducer(parameters, {.bucket_cap_mb = 0.0001});
    const dist::SyncBatchNorm scope(world);
    reducer->before_forward();
    const torch::Tensor loss = model->forward(world.is_main() ? images(0, 3) : images(3, 10)).pow(2).sum();
    reducer->before_backward(true, loss);
    loss.backward();
    reducer->after_backward();
    std::vector<torch::Tensor> reduced;
    for (const auto& [name, parameter] : parameters) {
      reduced.push_back(parameter.grad().clone());
    }
    return reduced;
  });
  const std::vector<torch::Tensor> expected = whole->parameters();
  for (const auto& of_rank : gradients) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(largest(2 * of_rank[i] - expected[i].grad()) < 1e-9 * (1 + largest(expected[i].grad())));
      CHECK(torch::equal(of_rank[i], gradients[0][i]));
    }
  }
}

TEST_CASE("Without the scope each process normalises its own samples", "[sync_batch_norm]") {
  const Case c{.name = "", .sizes = {12, 5, 4, 3}, .shares = {6, 6}};
  const Result whole = step(c, 0, 12);
  const Result alone = step(c, 0, 6);
  const auto outputs = on_ranks(2, [&](const dist::World& world) {
    { const dist::SyncBatchNorm scope(world); }
    const torch::Tensor after = step(c, 0, 6).output;
    const dist::SyncBatchNorm outer(world);
    torch::Tensor in_alone;
    {
      const dist::SyncBatchNorm inner{dist::World()};
      in_alone = step(c, 0, 6).output;
    }
    return std::vector<torch::Tensor>{after, in_alone, step(c, 6 * world.rank(), 6 * world.rank() + 6).output};
  });
  for (const auto& met : outputs) {
    CHECK(torch::equal(met[0], alone.output));
    CHECK(torch::equal(met[1], alone.output));
  }
  CHECK(distance(torch::cat({outputs[0][2], outputs[1][2]}), whole.output) < 1e-5);
  CHECK(distance(alone.output, whole.output.slice(0, 0, 6)) > 1e-3);
}

TEST_CASE("Where no scope is, batch_norm is LibTorch's own, to the bit", "[sync_batch_norm]") {
  on_ranks(2, [](const dist::World& world) {  // the implementation is there from now on
    const dist::SyncBatchNorm scope(world);
    return true;
  });
  for (const torch::ScalarType type : {torch::kFloat, torch::kBFloat16}) {
    for (const bool training : {false, true}) {
      const Case c{.name = "", .sizes = {6, 5, 4, 3}, .shares = {6}, .type = type};
      std::vector<Result> results;
      for (const auto& batch_norm : {torch::batch_norm, at::native::batch_norm}) {
        Layer layer = make_layer(c);
        const torch::Tensor input = inputs(c.sizes, type).set_requires_grad(true);
        const torch::Tensor output = batch_norm(input, layer.weight, layer.bias, layer.running_mean, layer.running_var,
                                                training, c.momentum, c.eps, true);
        (output * numbers(c.sizes, 0.9, type)).sum().backward();
        CHECK_THAT(output.grad_fn()->name(), ContainsSubstring("NativeBatchNormBackward"));
        results.push_back({output.detach(), input.grad(), layer});
      }
      CHECK(torch::equal(results[0].output, results[1].output));
      CHECK(torch::equal(results[0].of_input, results[1].of_input));
      CHECK(torch::equal(results[0].layer.weight.grad(), results[1].layer.weight.grad()));
      CHECK(torch::equal(results[0].layer.bias.grad(), results[1].layer.bias.grad()));
      CHECK(torch::equal(results[0].layer.running_mean, results[1].layer.running_mean));
      CHECK(torch::equal(results[0].layer.running_var, results[1].layer.running_var));
    }
  }
}

TEST_CASE("A layer sends one message forward and one backward, and a frozen one sends none", "[sync_batch_norm]") {
  const auto counts = on_ranks(2, [](const dist::World& world) {
    const dist::SyncBatchNorm scope(world);
    const auto messages = [&] { return dynamic_cast<LocalCommunicator&>(world.communicator()).messages(); };
    torch::nn::BatchNorm2d layer(3);
    const torch::Tensor input = inputs({4, 3, 2, 2}, torch::kFloat).set_requires_grad(true);
    std::vector<std::size_t> after{messages()};
    torch::Tensor output = layer->forward(input);
    after.push_back(messages());
    output.sum().backward();
    after.push_back(messages());
    layer->forward(input.detach()).sum().backward();  // the weights alone: the sums of others are not wanted
    after.push_back(messages());
    layer->eval();
    layer->forward(input).sum().backward();
    after.push_back(messages());
    return after;
  });
  CHECK(counts[0] == std::vector<std::size_t>{0, 1, 2, 3, 3});
  CHECK(counts[1] == counts[0]);
}

TEST_CASE("The backward pass may come after the scope", "[sync_batch_norm]") {
  const Case c{.name = "", .sizes = {4, 3, 2, 2}, .shares = {2, 2}};
  const Result whole = step(c, 0, 4);
  const auto gradients = on_ranks(2, [&](const dist::World& world) {
    Layer layer = make_layer(c);
    const std::int64_t begin = 2 * world.rank();
    const torch::Tensor input = inputs(c.sizes, c.type).slice(0, begin, begin + 2).detach().set_requires_grad(true);
    torch::Tensor output;
    {
      const dist::SyncBatchNorm scope(world);
      output = torch::batch_norm(input, layer.weight, layer.bias, layer.running_mean, layer.running_var, true,
                                 c.momentum, c.eps, true);
    }
    (output * numbers(c.sizes, 0.9).slice(0, begin, begin + 2)).sum().backward();
    return input.grad();
  });
  CHECK(distance(torch::cat(gradients), whole.of_input) < 1e-5);
}

TEST_CASE("Frozen weights have no gradient", "[sync_batch_norm]") {
  const auto gradients = on_ranks(2, [](const dist::World& world) {
    const dist::SyncBatchNorm scope(world);
    torch::nn::BatchNorm2d layer(3);
    layer->weight.set_requires_grad(false);
    const torch::Tensor input = inputs({4, 3, 2, 2}, torch::kFloat).set_requires_grad(true);
    layer->forward(input).pow(3).sum().backward();
    return std::vector<bool>{layer->weight.grad().defined(), layer->bias.grad().defined(), input.grad().defined()};
  });
  CHECK(gradients[0] == std::vector<bool>{false, true, true});
}

TEST_CASE("What cannot be normalised is an error", "[sync_batch_norm]") {
  const auto on_two = [](const auto& body) {
    on_ranks(2, [&](const dist::World& world) {
      const dist::SyncBatchNorm scope(world);
      body(world);
      return true;
    });
  };
  CHECK_THROWS_WITH(on_two([](const dist::World& world) {
                      torch::batch_norm(torch::ones({world.rank(), 3}), {}, {}, {}, {}, true, 0.1, 1e-5, true);
                    }),
                    ContainsSubstring("SyncBatchNorm: a process has no sample in its batch"));
  CHECK_THROWS_WITH(on_two([](const dist::World&) {
                      const torch::Tensor input = torch::rand({4, 3}).set_requires_grad(true);
                      const torch::Tensor output = torch::batch_norm(input, {}, {}, {}, {}, true, 0.1, 1e-5, true);
                      static_cast<void>(torch::autograd::grad({output.pow(2).sum()}, {input}, {}, true, true));
                    }),
                    ContainsSubstring("SyncBatchNorm: gradients of gradients cannot be had"));
}
