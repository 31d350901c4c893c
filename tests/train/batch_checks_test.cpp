/// What a user's mistake says: always an hearth::Error with the way out, never LibTorch's own.
#include <hearth/train/batch_checks.hpp>

#include <torch/torch.h>

#include <functional>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/trainer.hpp>
#include <string>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

TensorDataset numbers(std::int64_t count, std::int64_t features = 2) {
  return TensorDataset{torch::arange(count * features).reshape({count, features}).to(torch::kFloat) / 7,
                       torch::arange(count).remainder(2)};
}

torch::nn::Sequential linear(std::int64_t features = 2) {
  torch::manual_seed(1);
  return torch::nn::Sequential(torch::nn::Linear(features, 2));
}

using Loss = std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>;

/// The sentence of the Error that the call throws. What else it throws fails the test.
template <class Call>
std::string sentence_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "it throws nothing";
}

History fit(torch::nn::Sequential model, const TensorDataset& data, std::int64_t batch_size,
            const Loss& loss = CrossEntropyLoss{}, LoaderOptions options = {}) {
  options.batch_size = batch_size;
  DataLoader train{data, options};
  DataLoader val{data, {.batch_size = 2}};
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.device = at::kCPU}};
  return trainer.fit(train, val, loss);
}

}  // namespace

TEST_CASE("a last batch of one sample with BatchNorm says drop_last", "[batch_checks]") {
  const auto normed = [] {
    return torch::nn::Sequential(torch::nn::Linear(2, 4), torch::nn::BatchNorm1d(4), torch::nn::Linear(4, 2));
  };
  CHECK(
      sentence_of([&] { fit(normed(), numbers(5), 2); }) ==
      "Trainer: the model cannot take the batch 2 of epoch 0, inputs [1, 2] and targets [1]: BatchNorm cannot train on "
      "a batch of one sample: make the training loader with .drop_last = true, or with another batch_size. LibTorch "
      "says: Expected more than 1 value per channel when training, got input size [1, 4]");
  CHECK_NOTHROW(fit(normed(), numbers(5), 2, CrossEntropyLoss{}, {.drop_last = true}));
}

TEST_CASE("a model of another type than its batches names both types", "[batch_checks]") {
  auto model = linear();
  model->to(torch::kBFloat16);
  CHECK_THAT(sentence_of([&] { fit(model, numbers(4), 2); }),
             ContainsSubstring("the model's parameters are of the type BFloat16") &&
                 ContainsSubstring("the batches of the type Float") && ContainsSubstring("model->to(torch::kFloat32)"));
}

TEST_CASE("layers that do not fit the samples name the samples' shape, in one line", "[batch_checks]") {
  const std::string trained = sentence_of([] { fit(linear(3), numbers(4), 2); });
  CHECK_THAT(trained, ContainsSubstring("Trainer: the model cannot take the batch 0 of epoch 0") &&
                          ContainsSubstring("the model's layers must fit samples of the shape [2]") &&
                          ContainsSubstring("mat1 and mat2 shapes cannot be multiplied"));
  CHECK(trained.find('\n') == std::string::npos);

  auto model = linear(3);
  DataLoader loader{numbers(4), {.batch_size = 2}};
  Evaluator evaluate{Accuracy{}};
  CHECK_THAT(sentence_of([&] { evaluate.run(model, loader, {at::kCPU}); }),
             ContainsSubstring("Evaluator: the model cannot take the batch 0") &&
                 ContainsSubstring("the model's layers must fit samples of the shape [2]"));
}

TEST_CASE("a loss must be one number with a gradient", "[batch_checks]") {
  const Loss each = [](const at::Tensor& logits, const at::Tensor& targets) {
    return torch::nn::functional::cross_entropy(
        logits, targets, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
  };
  CHECK_THAT(sentence_of([&] { fit(linear(), numbers(4), 4, each); }),
             ContainsSubstring("gave a tensor of [4]; take its mean()"));
  const Loss cut_off = [](const at::Tensor& logits, const at::Tensor&) { return logits.detach().mean(); };
  CHECK_THAT(sentence_of([&] { fit(linear(), numbers(4), 4, cut_off); }),
             ContainsSubstring("the loss has no gradient"));
  const Loss wrong = [](const at::Tensor& logits, const at::Tensor&) { return (logits + torch::ones({3, 3})).mean(); };
  CHECK_THAT(
      sentence_of([&] { fit(linear(), numbers(4), 4, wrong); }),
      ContainsSubstring("Trainer: the loss cannot take the batch 0") && ContainsSubstring("must match the size"));
}

TEST_CASE("a device that is not there is an error of the library's", "[batch_checks]") {
  auto model = linear();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  const at::Device device(at::kCUDA, 99);  // no machine has a hundred
  CHECK_THAT(sentence_of([&] {
               Trainer{model, optimizer, {.device = device}};
             }),
             ContainsSubstring("cuda:99 was asked for"));
  DataLoader loader{numbers(4), {.batch_size = 2}};
  Evaluator evaluate{Accuracy{}};
  CHECK_THAT(sentence_of([&] { evaluate.run(model, loader, {device}); }), ContainsSubstring("cuda:99 was asked for"));
}
