/// What a model may be trained for: labels, several labels, numbers, pictures of numbers, a task of a user's own.
#include <hearth/train/task.hpp>

#include <torch/torch.h>

#include <cmath>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/metrics/classification_report.hpp>
#include <hearth/metrics/confusion_matrix.hpp>
#include <hearth/models/model.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/trainer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The first epoch's record of a training with the learning rate 0, so that the model stays what it is.
template <class Model, class Task>
EpochRecord one_epoch(Model& model, const TensorDataset& data, const Task& task, BatchMix mix = {}) {
  DataLoader loader{data, {.batch_size = 3}};
  optim::SGD optimizer{model->parameters(), {.lr = 0}};
  Trainer trainer{model, optimizer, {.device = at::kCPU, .mix = std::move(mix)}};
  return trainer.fit(loader, loader, task).epochs.front();
}

template <class Task>
std::string refusal(const Task& task, const torch::Tensor& outputs, const torch::Tensor& targets,
                    std::optional<std::size_t> classes = {}) {
  try {
    task.check(outputs, targets, classes);
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

/// A main and an auxiliary head of one number each, by which the input is multiplied.
struct TwoHeadsModule : torch::nn::Module {
  torch::Tensor forward(const torch::Tensor& x) { return x * main; }

  LogitsWithAuxiliary forward_with_auxiliary(const torch::Tensor& x) {
    ++with_auxiliary;
    return {forward(x), {{x * auxiliary, 0.5}}};
  }

  torch::Tensor main = register_parameter("main", torch::full({1}, 1.0));
  torch::Tensor auxiliary = register_parameter("auxiliary", torch::full({1}, 2.0));
  int with_auxiliary = 0;  // calls
};

struct TwoHeads : torch::nn::ModuleHolder<TwoHeadsModule> {
  using ModuleHolder::ModuleHolder;
};

torch::Tensor random_inputs(std::int64_t count) {
  torch::manual_seed(1);
  return torch::randn({count, 4});
}

}  // namespace

TEST_CASE("a classification watches its accuracy, or the loss where that is not measured", "[task]") {
  CHECK(Classification{}.watch().figure == "accuracy");
  CHECK(Classification{}.watch().goal == Goal::highest);
  const Classification top5{CrossEntropyLoss{}, Accuracy{{.top_k = 5}}};
  CHECK(top5.watch().figure == "loss");
  CHECK(top5.watch().goal == Goal::lowest);
  CHECK(MultiLabel{}.watch().figure == "loss");
  CHECK(Regression{}.watch().figure == "loss");
  CHECK(Regression{}.watch().goal == Goal::lowest);
}

TEST_CASE("a classification takes labels and probabilities, and refuses what does not fit", "[task]") {
  const Classification task;
  const torch::Tensor logits = torch::zeros({2, 3});
  CHECK(refusal(task, logits, torch::tensor({0, 2})) == "taken");
  CHECK(refusal(task, logits, torch::full({2, 3}, 1.0F / 3)) == "taken");
  CHECK(refusal(task, logits, torch::tensor({0, -100})) == "taken");
  CHECK_THAT(refusal(task, logits, torch::tensor({0, 3})), ContainsSubstring("3"));
  CHECK_THAT(refusal(task, logits, torch::tensor({0, 1}), 4),
             ContainsSubstring("the dataset has 4 classes, but the model's head has 3 outputs; make the model with "
                               ".num_classes = 4"));
  CHECK_THAT(refusal(task, torch::zeros({3, 3}), torch::tensor({0, 1})),
             ContainsSubstring("logits of shape [batch, classes], but returned [3, 3] for 2 samples"));
  CHECK(refusal(task, logits, torch::full({2, 4}, 0.25)) != "taken");
}

TEST_CASE("several labels a sample: the figures are those of the sigmoid of each output", "[task]") {
  const torch::Tensor inputs = random_inputs(8);
  const torch::Tensor targets = inputs.slice(1, 0, 3).gt(0).to(torch::kFloat);
  auto model = net({.outputs = 3});
  const EpochRecord record = one_epoch(model, {inputs, targets}, MultiLabel{});
  const torch::Tensor outputs = model->forward(inputs).detach();
  const double loss = torch::binary_cross_entropy(outputs.sigmoid(), targets).item<double>();
  const double found = outputs.sigmoid().gt(0.5).to(torch::kFloat).eq(targets).to(torch::kFloat).mean().item<double>();
  for (const std::string phase : {"train_", "val_"}) {
    CHECK(record[phase + "loss"] == Approx(loss).epsilon(1e-5));
    CHECK(record[phase + MultiLabelAccuracy{}.name()] == Approx(found).epsilon(1e-6));
  }

  const MultiLabel task;
  CHECK(refusal(task, torch::zeros({2, 3}), torch::full({2, 3}, 0.5)) == "taken");
  CHECK(refusal(task, torch::zeros({2, 3}), torch::full({2, 3}, 1.5)) != "taken");
  CHECK(refusal(task, torch::zeros({2, 3}), torch::full({2, 2}, 0.5)) != "taken");
  CHECK(refusal(task, torch::zeros({2, 3}), torch::zeros({2}, torch::kLong)) != "taken");
  CHECK_THAT(refusal(task, torch::zeros({2, 3}), torch::zeros({2, 3}), 5), ContainsSubstring("has 5 classes"));
}

TEST_CASE("a regression takes numbers, several of them, and pictures; one output goes with plain numbers", "[task]") {
  const torch::Tensor inputs = random_inputs(8);
  const auto compare = [&](auto& model, const torch::Tensor& taken, const torch::Tensor& targets) {
    const EpochRecord record = one_epoch(model, {taken, targets}, Regression{});
    const torch::Tensor error = model->forward(taken).detach().reshape(targets.sizes()) - targets;
    CHECK(record["train_loss"] == Approx(error.square().mean().template item<double>()).epsilon(1e-5));
    CHECK(record["val_loss"] == record["train_loss"]);
    CHECK(record["val_" + MeanAbsoluteError{}.name()] ==
          Approx(error.abs().mean().template item<double>()).epsilon(1e-5));
  };
  SECTION("[N, 1] and [N]") {
    auto model = net({.outputs = 1});
    compare(model, inputs, inputs.sum(1));
    DataLoader loader{TensorDataset{inputs, inputs.sum(1)}, {.batch_size = 3}};
    Evaluator evaluate{AverageLoss{MSELoss{}}, MeanAbsoluteError{}};
    const auto [loss, absolute] = evaluate.run(model, loader, {at::kCPU});
    const torch::Tensor error = model->forward(inputs).detach().squeeze(1) - inputs.sum(1);
    CHECK(loss == Approx(error.square().mean().item<double>()).epsilon(1e-5));
    CHECK(absolute == Approx(error.abs().mean().item<double>()).epsilon(1e-5));
  }
  SECTION("[N, K]") {
    auto model = net({.outputs = 2});
    compare(model, inputs, inputs.slice(1, 0, 2));
  }
  SECTION("pictures") {
    torch::manual_seed(5);
    torch::nn::Sequential model(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 1, 3).padding(1)));
    const torch::Tensor pictures = torch::randn({5, 3, 6, 4});
    compare(model, pictures, pictures.mean(1, /*keepdim=*/true));
  }
}

TEST_CASE("a regression refuses targets of another shape, rather than broadcast them, and those that are no numbers",
          "[task]") {
  const Regression task;
  CHECK(refusal(task, torch::zeros({4, 1}), torch::zeros({4})) == "taken");
  CHECK_THAT(refusal(task, torch::zeros({4, 2}), torch::zeros({4})), ContainsSubstring("[4, 2]"));
  CHECK(refusal(task, torch::zeros({4}), torch::zeros({4, 1})) != "taken");
  CHECK(refusal(task, torch::zeros({4, 1}), torch::full({4}, std::nan(""))) != "taken");
}

TEST_CASE("metrics whose value is no number are measured by Trainer and Evaluator alike", "[task]") {
  const auto data = labelled(10, 3);
  auto model = net({.outputs = 3});
  const torch::Tensor predicted = model->forward(data.inputs()).argmax(1);
  DataLoader loader{data, {.batch_size = 4}};
  Evaluator evaluate{ConfusionMatrix{}, Accuracy{}};
  const auto [counts, accuracy] = evaluate.run(model, loader, {at::kCPU});
  REQUIRE(counts.size() == 3);
  for (std::size_t truth = 0; truth < 3; ++truth) {
    for (std::size_t found = 0; found < 3; ++found) {
      const auto both =
          data.targets().eq(static_cast<std::int64_t>(truth)) & predicted.eq(static_cast<std::int64_t>(found));
      CHECK(counts(truth, found) == both.sum().item<std::int64_t>());
    }
  }
  const EpochRecord record =
      one_epoch(model, data, Classification{CrossEntropyLoss{}, ConfusionMatrix{}, ClassificationReport{}, Accuracy{}});
  CHECK(record["val_accuracy"] == accuracy);
  CHECK(record.figures.find("val_confusion_matrix") == nullptr);
  double f1 = 0;  // the mean over classes of 2 TP / (2 TP + FP + FN)
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto truth = data.targets().eq(c);
    const auto found = predicted.eq(c);
    f1 += 2 * (truth & found).sum().item<double>() / (truth.sum().item<double>() + found.sum().item<double>()) / 3;
  }
  CHECK(record["val_macro_f1"] == Approx(f1));
  CHECK(record["train_macro_f1"] == Approx(f1));
}

TEST_CASE("mixed batches are trained on, and measured, by their probabilities", "[task]") {
  const auto data = labelled(9, 3);
  const MixUp mix{{.num_classes = 3, .seed = 4}};
  auto model = net({.outputs = 3});
  const EpochRecord record = one_epoch(model, data, Classification{}, mix);
  double loss = 0;
  double found = 0;
  DataLoader loader{data, {.batch_size = 3}};
  for (const Batch& batch : loader.epoch(0)) {
    const auto [inputs, targets] = mix(batch.inputs, batch.targets, 0, batch.index);
    const torch::Tensor outputs = model->forward(inputs).detach();
    loss -= (outputs.log_softmax(1) * targets).sum().item<double>();
    found += outputs.argmax(1).eq(targets.argmax(1)).sum().item<double>();
  }
  CHECK(record["train_loss"] == Approx(loss / 9).epsilon(1e-5));
  CHECK(record["train_accuracy"] == Approx(found / 9));
  const torch::Tensor plain = torch::nn::functional::cross_entropy(model->forward(data.inputs()), data.targets());
  CHECK(record["val_loss"] == Approx(plain.item<double>()).epsilon(1e-5));  // validation is not mixed
  // How much a mixed batch weighs is known without a look at its probabilities, for which a device would have to wait.
  const torch::Tensor somewhere = torch::empty({3, 4}, torch::TensorOptions(torch::kMeta));
  CHECK(Classification{}.total_weight(somewhere) == 3);
}

namespace {

/// A task of a user's own: the model's outputs are to be far from zero.
struct FarFromZero {
  void check(const torch::Tensor& outputs, const torch::Tensor&, std::optional<std::size_t>) const {
    core::require(outputs.size(1) == 2, "two outputs are needed");
  }
  torch::Tensor loss(const torch::Tensor& outputs, const torch::Tensor&) const { return -outputs.square().mean(); }
  double total_weight(const torch::Tensor& targets) const { return static_cast<double>(targets.size(0)); }
  std::tuple<> metrics() const { return {}; }
  Watch watch() const { return {"loss", Goal::lowest}; }
};

}  // namespace

TEST_CASE("a task is any type with its five functions, metrics or none", "[task]") {
  static_assert(TaskLike<FarFromZero> && TaskLike<Classification<>> && TaskLike<Regression<>>);
  const auto data = labelled(6);
  auto model = net();
  const EpochRecord record = one_epoch(model, data, FarFromZero{});
  CHECK(record["train_loss"] == Approx(-model->forward(data.inputs()).square().mean().item<double>()));
  CHECK(record.figures.size() == 2);
  auto three = net({.outputs = 3});
  CHECK_THROWS_WITH(one_epoch(three, data, FarFromZero{}), "two outputs are needed");
}

TEST_CASE("a metric that cannot take a batch is named with its shapes, in Trainer, too", "[task]") {
  struct Wrong {
    void update(const torch::Tensor& outputs, const torch::Tensor&) { static_cast<void>(outputs.reshape({5, 5})); }
    double value() const { return 0; }
    std::string name() const { return "wrong"; }
    void reset() {}
    std::span<const double> sums() const { return {}; }
    void load_sums(std::span<const double>) {}
  };
  auto model = net();
  CHECK_THROWS_WITH(one_epoch(model, labelled(6), Classification{CrossEntropyLoss{}, Wrong{}}),
                    ContainsSubstring("Trainer: a metric cannot take outputs [3, 2] and targets [3]: "));
}

TEST_CASE("auxiliary heads add their loss times their weight in training; metrics and validation see the main one",
          "[task]") {
  TwoHeads model;
  DataLoader loader{TensorDataset{torch::ones({2, 1}), torch::full({2}, 4.0)}, {.batch_size = 2}};
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.device = at::kCPU}};
  const EpochRecord record = trainer.fit(loader, loader, Regression{}).epochs.front();
  CHECK(record["train_loss"] == Approx(9 + 0.5 * 4));  // (1 - 4)² + (2 - 4)² / 2
  CHECK(record["train_" + MeanAbsoluteError{}.name()] == Approx(3));
  CHECK(model->main.item<double>() == Approx(1 + 0.1 * 2 * 3));             // 2 (1 - 4) is the gradient
  CHECK(model->auxiliary.item<double>() == Approx(2 + 0.1 * 0.5 * 2 * 2));  // 2 (2 - 4) / 2
  CHECK(record["val_loss"] == Approx(2.4 * 2.4));
  CHECK(model->with_auxiliary == 1);

  Evaluator evaluate{MeanAbsoluteError{}};
  CHECK(std::get<0>(evaluate.run(model, loader, {at::kCPU})) == Approx(2.4));
  CHECK(model->with_auxiliary == 1);
}
