/// What an optimizer step is made of: accumulation, clipping, averages of weights, precision, schedulers, and what
/// happens when numbers are not finite. Expected values are those of the loop written by hand with LibTorch.
#include <hearth/train/step.hpp>

#include <ATen/record_function.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <hearth/data/data_loader.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/state_dict.hpp>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"
#include "train/small_runs.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// Calls functions of the test's own.
struct Spy : Callback {
  std::function<void(const StepEnd&)> step = [](const StepEnd&) {};
  std::function<void(const BatchEnd&)> batch = [](const BatchEnd&) {};
  std::function<void(const EpochEnd&)> epoch = [](const EpochEnd&) {};
  void on_step_end(const StepEnd& event) { step(event); }
  void on_batch_end(const BatchEnd& event) { batch(event); }
  void on_epoch_end(const EpochEnd& event) { epoch(event); }
};

torch::Tensor cross_entropy(Net& model, const TensorDataset& data, std::int64_t begin, std::int64_t end,
                            const torch::nn::functional::CrossEntropyFuncOptions& options = {}) {
  return torch::nn::functional::cross_entropy(model->forward(data.inputs().slice(0, begin, end)),
                                              data.targets().slice(0, begin, end), options);
}

/// Cross-entropy whose value, in training batch number `at` (from 0), `change` replaces.
struct ChangedLoss {
  int at = 0;
  std::function<torch::Tensor(const torch::Tensor& loss, const torch::Tensor& logits)> change;
  std::shared_ptr<int> batches = std::make_shared<int>(0);

  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& targets) const {
    const torch::Tensor loss = torch::nn::functional::cross_entropy(logits.to(torch::kFloat), targets);
    const bool is_it = logits.requires_grad() && (*batches)++ == at;
    return is_it ? change(loss, logits) : loss;
  }
};

}  // namespace

TEST_CASE("accumulated batches take the step of one batch of all their samples", "[step]") {
  const std::string kind = GENERATE("plain", "ignored labels", "ignored labels and class weights");
  auto data = labelled(22, 3);
  CrossEntropyLossOptions options;
  torch::nn::functional::CrossEntropyFuncOptions by_hand_options;
  if (kind != "plain") {
    for (const int index : {0, 2, 4, 5, 6, 7, 13, 21}) {  // of batches of four: two of the first, the whole second, …
      data.targets()[index] = -100;
    }
  }
  if (kind == "ignored labels and class weights") {
    options.weight = torch::tensor({0.25F, 2.0F, 1.0F});
    by_hand_options.weight(options.weight);
  }

  auto by_hand = net({.outputs = 3});
  torch::optim::SGD reference(by_hand->parameters(), torch::optim::SGDOptions(0.5).momentum(0.9));
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (const auto& [begin, end] : {std::pair{0, 12}, std::pair{12, 22}}) {  // the last window has 4, 4 and 2 samples
      reference.zero_grad();
      cross_entropy(by_hand, data, begin, end, by_hand_options).backward();
      reference.step();
    }
  }

  DataLoader loader{data, {.batch_size = 4}};
  auto model = net({.outputs = 3});
  optim::SGD optimizer{model->parameters(), {.lr = 0.5, .momentum = 0.9}};
  std::vector<std::int64_t> steps;
  Spy spy;
  spy.step = [&](const StepEnd& event) { steps.push_back(event.step); };
  Trainer trainer{model, optimizer, {.epochs = 3, .device = at::kCPU, .accumulate = 3}, spy};
  const History history = trainer.fit(loader, CrossEntropyLoss{options});
  INFO(kind);
  CHECK(difference(state_of(*model), state_of(*by_hand)) < 1e-6);
  CHECK(difference(state_of(*model), state_of(*net({.outputs = 3}))) > 0.1);  // it has moved
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6});
  CHECK(history.epochs.size() == 3);
}

TEST_CASE("an epoch's last step has what batches are left, and one whose samples are all ignored is none", "[step]") {
  auto data = labelled(10);
  for (const int index : {4, 5, 6, 7}) {
    data.targets()[index] = -100;
  }
  DataLoader loader{data, {.batch_size = 2}};  // two batches, two of nothing, one
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
  std::vector<std::string> calls;
  Spy spy;
  spy.step = [&](const StepEnd& event) { calls.push_back("step " + std::to_string(event.step)); };
  spy.batch = [&](const BatchEnd& event) {
    calls.push_back((std::isnan(event.batch_loss()) ? "nothing in " : "batch ") + std::to_string(event.batch));
  };
  Trainer trainer{model, optimizer, {.device = at::kCPU, .accumulate = 2}, spy};
  const History history = trainer.fit(loader);
  CHECK(calls ==
        std::vector<std::string>{"batch 0", "step 1", "batch 1", "nothing in 2", "nothing in 3", "step 2", "batch 4"});
  CHECK(std::isfinite(history.epochs.front()["train_loss"]));
}

TEST_CASE("gradients are clipped by their norm, which on_step_end is told, and by value", "[step]") {
  const auto data = labelled(8);
  const std::optional<double> norm = GENERATE(std::optional<double>(), 0.05, 1e3);
  const std::optional<double> value = GENERATE(std::optional<double>(), 0.01);
  auto by_hand = net();
  cross_entropy(by_hand, data, 0, 8).backward();  // two batches of four weigh as one of eight
  double square = 0;
  for (const torch::Tensor& parameter : by_hand->parameters()) {
    square += parameter.grad().to(torch::kDouble).square().sum().item<double>();
  }
  const double whole = std::sqrt(square);
  {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : by_hand->parameters()) {
      torch::Tensor gradient = parameter.grad() * (norm ? std::min(1.0, *norm / (whole + 1e-6)) : 1.0);
      parameter -= 0.5 * (value ? gradient.clamp(-*value, *value) : gradient);
    }
  }

  DataLoader loader{data, {.batch_size = 4}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
  double told = 0;
  Spy spy;
  spy.step = [&](const StepEnd& event) { told = event.gradient_norm(); };
  Trainer trainer{model, optimizer, {.device = at::kCPU, .accumulate = 2, .clip_norm = norm, .clip_value = value}, spy};
  trainer.fit(loader);
  CHECK(difference(state_of(*model), state_of(*by_hand)) < 1e-6);
  if (norm) {
    CHECK(told == Approx(whole).epsilon(1e-5));
  } else {
    CHECK(std::isnan(told));
  }
}

TEST_CASE("averages of weights are validated, saved and left in the model, which goes on with those in training",
          "[step]") {
  const hearth_test::TemporaryFolder folder;
  const std::optional<double> decay = GENERATE(std::optional<double>(), 0.8);
  const auto data = labelled(12);
  auto by_hand = net({.norm = true});
  torch::optim::SGD reference(by_hand->parameters(), torch::optim::SGDOptions(0.3));
  State average;
  int updates = 0;
  std::vector<State> in_training;
  for (int step = 0; step < 6; ++step) {  // two epochs of three
    reference.zero_grad();
    cross_entropy(by_hand, data, step % 3 * 4, step % 3 * 4 + 4).backward();
    reference.step();
    in_training.push_back(state_of(*by_hand));
    for (const auto& [name, tensor] : in_training.back()) {
      if (updates == 0 || !tensor.is_floating_point()) {
        average[name] = tensor.clone();
      } else {
        const double share = decay ? 1 - *decay : 1.0 / (updates + 1);
        average[name] = average[name] + share * (tensor - average[name]);
      }
    }
    ++updates;
  }
  auto averaged = net({.norm = true});
  const auto put = [&](const State& state) {
    const torch::NoGradGuard no_grad;
    for (auto& item : averaged->named_parameters()) {
      item.value().copy_(state.at(item.key()));
    }
    for (auto& item : averaged->named_buffers()) {
      item.value().copy_(state.at(item.key()));
    }
  };
  put(average);
  averaged->eval();
  const double expected = cross_entropy(averaged, data, 0, 12).item<double>();

  DataLoader loader{data, {.batch_size = 4}};
  auto model = net({.norm = true});
  optim::SGD optimizer{model->parameters(), {.lr = 0.3}};
  std::vector<State> seen;
  State at_end;
  Spy spy;
  spy.step = [&](const StepEnd& event) { seen.push_back(state_of(event.run.model())); };
  spy.epoch = [&](const EpochEnd& event) { at_end = state_of(event.run.model()); };
  Trainer trainer{model,
                  optimizer,
                  {.epochs = 2, .device = at::kCPU, .average = optim::WeightAverageOptions{.decay = decay}},
                  spy,
                  SaveLast{folder / "run"}};
  const History history = trainer.fit(loader, loader);
  REQUIRE(seen.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(difference(seen[i], in_training[i]) < 1e-6);
  }
  CHECK(difference(at_end, average) < 1e-6);
  CHECK(difference(state_of(*model), average) < 1e-6);
  CHECK(difference(average, in_training.back()) > 1e-3);
  CHECK(history.epochs.back()["val_loss"] == Approx(expected).epsilon(1e-5));
  auto saved = net({.norm = true}, 9);
  load_weights(*saved, folder / "run" / "last.pth");
  CHECK(equal(state_of(*saved), state_of(*model)));
}

TEST_CASE("a loss that is not finite leaves weights, BatchNorm and generator as before the optimizer step", "[step]") {
  const int accumulate = GENERATE(1, 2);
  const auto data = labelled(16);
  DataLoader loader{data, {.batch_size = 2}};
  auto model = net({.norm = true, .dropout = 0.5});
  optim::SGD optimizer{model->parameters(), {.lr = 0.5, .momentum = 0.9}};
  State before;
  torch::Tensor generator;
  Spy spy;
  spy.batch = [&](const BatchEnd& event) {
    if (event.batch == 1) {
      before = state_of(event.run.model());
      generator = train::generator_state(at::kCPU).clone();
    }
  };
  Trainer trainer{model, optimizer, {.device = at::kCPU, .accumulate = accumulate}, spy};
  // With two batches a step, the loss of the step's second batch: that of its first is undone with it.
  const int at = accumulate == 1 ? 2 : 3;
  const ChangedLoss loss{at, [](const torch::Tensor& value, const torch::Tensor&) { return value * inf; }};
  CHECK_THROWS_WITH(trainer.fit(loader, loss),
                    ContainsSubstring("the loss is inf in epoch 0, batch " + std::to_string(at)) &&
                        ContainsSubstring("those before the optimizer step of that batch"));
  CHECK(equal(state_of(*model), before));
  CHECK(before.at("norm.num_batches_tracked").item<std::int64_t>() == 2);
  CHECK(torch::equal(train::generator_state(at::kCPU), generator));
}

TEST_CASE("the watch over losses names the first that is not finite", "[step]") {
  train::LossWatch watch(at::kCPU);
  CHECK_NOTHROW(watch.look(torch::tensor(3.0F), 0, 0));
  CHECK_NOTHROW(watch.settle());
  CHECK_THROWS_WITH(watch.look(torch::tensor(-inf), 4, 17), ContainsSubstring("the loss is -inf in epoch 4, batch 17"));
  CHECK_THROWS_WITH(watch.look(torch::tensor(std::nan("")), 0, 1), ContainsSubstring("nan in epoch 0, batch 1"));
}

TEST_CASE("in fp16 a step that overflows is skipped, the scale is halved, and training goes on", "[step]") {
  using Change = std::function<torch::Tensor(const torch::Tensor&, const torch::Tensor&)>;
  const auto [kind, change] = GENERATE(table<std::string, Change>({
      {"infinite loss", [](const torch::Tensor& loss, const torch::Tensor&) { return loss * inf; }},
      {"infinite loss, finite gradients", [](const torch::Tensor& loss, const torch::Tensor&) { return loss + inf; }},
      {"infinite gradients",
       [](const torch::Tensor& loss, const torch::Tensor& logits) {
         return loss + (logits - logits.detach()).to(torch::kFloat).sum() * 1e37;  // times the scale of 65536
       }},
  }));
  INFO(kind);
  const bool is_loss_finite = kind == "infinite gradients";
  const auto data = labelled(16);
  DataLoader loader{data, {.batch_size = 4}};
  auto model = net({.norm = true});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  std::vector<bool> skipped;
  std::vector<std::int64_t> steps;
  std::vector<double> scales;
  std::vector<double> losses;
  std::vector<State> states;
  Spy spy;
  spy.step = [&](const StepEnd& event) {
    skipped.push_back(event.skipped);
    steps.push_back(event.step);
    scales.push_back(event.run.checkpoint().as<double>("scaler", "scale"));
    states.push_back(state_of(event.run.model()));
  };
  spy.batch = [&](const BatchEnd& event) { losses.push_back(event.batch_loss()); };
  Trainer trainer{model, optimizer, {.device = at::kCPU, .precision = Precision::fp16}, spy};
  const History history = trainer.fit(loader, ChangedLoss{1, change});
  REQUIRE(skipped == std::vector<bool>{false, true, false, false});
  CHECK(steps == std::vector<std::int64_t>{1, 1, 2, 3});
  CHECK(scales == std::vector<double>{65536, 32768, 32768, 32768});
  for (const char* const name : {"first.weight", "last.bias", "norm.weight"}) {
    CHECK(torch::equal(states[1].at(name), states[0].at(name)));
    CHECK_FALSE(torch::equal(states[2].at(name), states[1].at(name)));
    CHECK(states[3].at(name).isfinite().all().item<bool>());
    CHECK(states[3].at(name).scalar_type() == torch::kFloat);
  }
  // BatchNorm keeps what a finite batch has shown it, as in PyTorch, and forgets one whose loss was not finite.
  CHECK(torch::equal(states[1].at("norm.running_mean"), states[0].at("norm.running_mean")) == !is_loss_finite);
  CHECK(states[3].at("norm.num_batches_tracked").item<std::int64_t>() == (is_loss_finite ? 4 : 3));
  const double all = losses[0] + losses[2] + losses[3];
  CHECK(history.epochs.front()["train_loss"] == Approx(is_loss_finite ? (all + losses[1]) / 4 : all / 3).epsilon(1e-6));
}

TEST_CASE("in fp16 64 steps in a row that overflow are an error", "[step]") {
  DataLoader loader{labelled(8), {.batch_size = 4}};
  auto model = net();
  const State before = state_of(*model);
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  int skipped = 0;
  Spy spy;
  spy.step = [&](const StepEnd& event) { skipped += event.skipped ? 1 : 0; };
  Trainer trainer{model, optimizer, {.epochs = 100, .device = at::kCPU, .precision = Precision::fp16}, spy};
  struct Overflow {
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor&) const { return logits.sum() * inf; }
  };
  CHECK_THROWS_WITH(trainer.fit(loader, Overflow{}), ContainsSubstring("not finite for 64 steps in a row"));
  CHECK(skipped == 63);
  CHECK(equal(state_of(*model), before));
}

TEST_CASE("bf16 computes forward in 16 bits, and evaluates so only when asked", "[step]") {
  const bool evaluates = GENERATE(false, true);
  struct Types {
    std::shared_ptr<std::vector<torch::ScalarType>> seen = std::make_shared<std::vector<torch::ScalarType>>();
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& targets) const {
      seen->push_back(logits.scalar_type());
      return torch::nn::functional::cross_entropy(logits, targets);
    }
  };
  DataLoader loader{labelled(8), {.batch_size = 8}};
  auto model = net({.norm = true});
  optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
  Trainer trainer{model,
                  optimizer,
                  {.epochs = 20, .device = at::kCPU, .precision = Precision::bf16, .evaluate_in_precision = evaluates}};
  const Types types;
  const History history = trainer.fit(loader, loader, types);
  CHECK((*types.seen)[0] == torch::kBFloat16);
  CHECK((*types.seen)[1] == (evaluates ? torch::kBFloat16 : torch::kFloat));
  CHECK(history.epochs.back()["train_loss"] < 0.8 * history.epochs.front()["train_loss"]);
  for (const torch::Tensor& parameter : model->parameters()) {
    CHECK(parameter.scalar_type() == torch::kFloat);
  }
}

TEST_CASE("a scheduler PerBatch steps with the optimizer, and one without once an epoch", "[step]") {
  DataLoader loader{labelled(10), {.batch_size = 2}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  std::vector<double> rates;
  Spy spy;
  spy.step = [&](const StepEnd& event) { rates.push_back(event.run.learning_rates().front()); };
  SECTION("per batch") {
    optim::PerBatch scheduler{optim::ExponentialLR{optimizer, {.gamma = 0.5}}};
    Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU, .accumulate = 2}, spy};
    trainer.fit(loader);
    CHECK(rates == std::vector<double>{0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625});
  }
  SECTION("per epoch") {
    optim::ExponentialLR scheduler{optimizer, {.gamma = 0.5}};
    Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU, .accumulate = 2}, spy};
    trainer.fit(loader);
    CHECK(rates == std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5});
  }
}

TEST_CASE("a plateau scheduler is given the figure that it names, which must be there before the first batch",
          "[step]") {
  DataLoader loader{labelled(4), {.batch_size = 4}};
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  struct Falls {  // 8, 4, 2, 2, 2, … in training; 1 in validation
    std::shared_ptr<int> batches = std::make_shared<int>(0);
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor&) const {
      const double value = logits.requires_grad() ? std::max(8 >> (*batches)++, 2) : 1;
      return logits.sum() * 0 + value;
    }
  };
  const auto rates = [&](const std::string& figure) {
    optim::ReduceLROnPlateau scheduler{optimizer, {.figure = figure, .factor = 0.5, .patience = 0}};
    Trainer trainer{model, optimizer, scheduler, {.epochs = 5, .device = at::kCPU}};
    std::vector<double> all;
    for (const EpochRecord& record : trainer.fit(loader, loader, Falls{}).epochs) {
      all.push_back(record.lr);
    }
    return all;
  };
  SECTION("train_loss") {
    CHECK(rates("train_loss") == std::vector<double>{1, 1, 1, 1, 0.5});
  }
  SECTION("val_loss") {
    CHECK(rates("val_loss") == std::vector<double>{1, 1, 0.5, 0.25, 0.125});
  }
  SECTION("another") {
    int batches = 0;
    Spy spy;
    spy.batch = [&](const BatchEnd&) { ++batches; };
    optim::ReduceLROnPlateau scheduler{optimizer, {.figure = "val_f1"}};
    Trainer trainer{model, optimizer, scheduler, {.device = at::kCPU}, spy};
    CHECK_THROWS_WITH(trainer.fit(loader, loader),
                      "Trainer: the figure of the scheduler: there is no figure 'val_f1'; there are train_loss, "
                      "train_accuracy, val_loss, val_accuracy");
    optim::ReduceLROnPlateau of_validation{optimizer};
    Trainer without{model, optimizer, of_validation, {.device = at::kCPU}, spy};
    CHECK_THROWS_WITH(without.fit(loader), ContainsSubstring("no figure 'val_loss'; there are train_loss, train_acc"));
    CHECK(batches == 0);
  }
}

namespace {

std::size_t numbers_read = 0;

}  // namespace

TEST_CASE("of what a device computes, a batch of training reads one number, and one of validation nothing", "[step]") {
  // What is read of the batch's own targets lies on the CPU. All else would be on the device.
  const Precision precision = GENERATE(Precision::fp32, Precision::fp16);
  const auto data = labelled(32);
  DataLoader loader{data, {.batch_size = 4}};
  auto model = net({.norm = true, .dropout = 0.1});
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  std::vector<std::size_t> reads;  // of each batch
  Spy spy;
  spy.batch = [&](const BatchEnd&) { reads.push_back(std::exchange(numbers_read, 0)); };
  Trainer trainer{
      model, optimizer, {.device = at::kCPU, .precision = precision, .accumulate = 2, .clip_norm = 1.0}, spy};
  // A task whose targets are not looked at: what is counted are the numbers that the model has made.
  struct Blind {
    void check(const torch::Tensor&, const torch::Tensor&, std::optional<std::size_t>) const {}
    torch::Tensor loss(const torch::Tensor& outputs, const torch::Tensor& targets) const {
      return torch::nn::functional::cross_entropy(outputs, targets);
    }
    double total_weight(const torch::Tensor& targets) const { return static_cast<double>(targets.size(0)); }
    std::tuple<Accuracy, Accuracy> metrics() const { return {Accuracy{}, Accuracy{{.top_k = 2}}}; }
    Watch watch() const { return {"loss", Goal::lowest}; }
  };
  const auto count = [](const at::RecordFunction& function) -> std::unique_ptr<at::ObserverContext> {
    numbers_read += std::string(function.name()) == "aten::_local_scalar_dense" ? 1 : 0;
    return nullptr;
  };
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(count).scopes({at::RecordScope::FUNCTION}));
  numbers_read = 0;
  trainer.fit(loader, loader, Blind{});
  at::removeCallback(handle);
  // In fp16 a step reads instead, as in PyTorch, whether it is to be skipped.
  const std::size_t loss = precision == Precision::fp16 ? 0 : 1;
  CHECK(reads == std::vector<std::size_t>{loss, 1, loss, 1, loss, 1, loss, 1, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("a meter that nobody reads keeps no outputs, and no more than some hundred losses", "[step]") {
  using Memory = c10::weak_intrusive_ptr<c10::StorageImpl>;
  train::MeterOf meter{std::tuple{Accuracy{}}};
  std::vector<Memory> outputs;
  std::vector<Memory> losses;
  for (int batch = 0; batch < 2000; ++batch) {
    const torch::Tensor logits = torch::randn({2, 3});
    const torch::Tensor loss = torch::full({}, 0.5);
    outputs.push_back(logits.storage().getWeakStorageImpl());
    losses.push_back(loss.storage().getWeakStorageImpl());
    meter.collect({logits, loss, 2}, torch::zeros({2}, torch::kLong));
    meter.count();
  }
  const auto alive = [](const Memory& memory) { return !memory.expired(); };
  CHECK(std::none_of(outputs.begin(), outputs.end() - 1, alive));
  CHECK(std::count_if(losses.begin(), losses.end(), alive) <= 256);
  CHECK(meter.figures()["loss"] == 0.5);
}

TEST_CASE("options that make no sense are refused at construction", "[step]") {
  auto model = net();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  const auto refusal = [&](TrainerOptions options) -> std::string {
    options.device = at::kCPU;
    try {
      const Trainer trainer{model, optimizer, std::move(options)};
    } catch (const Error& error) {
      return error.what();
    }
    return "taken";
  };
  const hearth_test::TemporaryFolder temporary;
  const RunFolder folder{temporary / "run"};
  CHECK(refusal({}) == "taken");
  CHECK(refusal({.accumulate = 0}) == "Trainer: accumulate must be at least 1, but got 0");
  CHECK(refusal({.clip_norm = 0.0}) == "Trainer: clip_norm must be above 0, but got 0");
  CHECK(refusal({.clip_value = -1.0}) == "Trainer: clip_value must be above 0, but got -1");
  CHECK(refusal({.checkpoints = CheckpointOptions{.folder = folder, .keep = 0}}) ==
        "Trainer: checkpoints.keep must be at least 1, but got 0");
  CHECK(refusal({.checkpoints = CheckpointOptions{.folder = folder, .every = std::chrono::milliseconds(-5)}}) ==
        "Trainer: checkpoints.every must be at least 0, but got -5 ms");
  CHECK(refusal({.checkpoints = CheckpointOptions{.folder = folder, .every_steps = -1}}) ==
        "Trainer: checkpoints.every_steps must be at least 0, but got -1");
}

namespace {

struct ThrowsInValidation : Callback {
  void on_batch_end(const BatchEnd& done) {
    if (done.phase == Phase::validation) {
      throw std::runtime_error("enough");
    }
  }
};

}  // namespace

TEST_CASE("an error while the averages are validated leaves the weights in training in the model", "[step]") {
  DataLoader loader{labelled(12), {.batch_size = 4}};
  const auto train = [&](auto model, auto... callbacks) {
    optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
    TrainerOptions options{.device = at::kCPU};
    if constexpr (sizeof...(callbacks) > 0) {
      options.average = optim::WeightAverageOptions{.decay = 0.9};
    }
    Trainer trainer{model, optimizer, options, callbacks...};
    trainer.fit(loader, loader);
  };
  auto plain = net();
  train(plain);
  auto averaged = net();
  CHECK_THROWS_WITH(train(averaged, ThrowsInValidation{}), "enough");
  CHECK(torch::equal(averaged->first->weight, plain->first->weight));
}
