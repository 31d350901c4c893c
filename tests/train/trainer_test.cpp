#include <hearth/train/trainer.hpp>

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/metrics/average_loss.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/checkpoints.hpp>
#include <hearth/train/curves.hpp>
#include <hearth/train/evaluator.hpp>
#include <hearth/train/metrics_log.hpp>
#include <hearth/train/run_log.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/module_state.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/state_dict.hpp>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;

namespace {

/// 50 points of the plane, the label says on which side of a line they lie.
TensorDataset two_sides(std::int64_t count = 50) {
  torch::manual_seed(1);
  const at::Tensor points = torch::randn({count, 2});
  return TensorDataset{points, points.select(1, 0).gt(points.select(1, 1)).to(torch::kLong)};
}

models::MLP small_mlp(std::int64_t classes = 2) {
  torch::manual_seed(2);
  return models::mlp({.in_features = 2, .hidden = {16}, .num_classes = classes});
}

std::vector<at::Tensor> copies(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> result;
  for (const at::Tensor& tensor : tensors) {
    result.push_back(tensor.detach().clone());
  }
  return result;
}

bool all_equal(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const at::Tensor& x, const at::Tensor& y) { return torch::equal(x, y); });
}

/// Writes down which hooks were called, shared with the test.
struct Recorder : Callback {
  std::vector<std::string>* calls;
  explicit Recorder(std::vector<std::string>& log) : calls(&log) {}
  void on_fit_begin(const FitBegin& event) {
    calls->push_back("fit " + std::to_string(event.train_samples) + "/" + std::to_string(event.val_samples));
  }
  void on_epoch_begin(const EpochBegin& event) { calls->push_back("epoch " + std::to_string(event.epoch)); }
  void on_batch_end(const BatchEnd& done) {
    calls->push_back((done.phase == Phase::train ? "train " : "val ") + std::to_string(done.batch + 1) + "/" +
                     std::to_string(done.batches) + " " + std::to_string(done.samples_done));
  }
  void on_epoch_end(const EpochEnd& event) { calls->push_back(event.is_best() ? "best" : "end"); }
  void on_step_end(const StepEnd& event) { calls->push_back("step " + std::to_string(event.step)); }
  void on_interrupted(const Interrupted&) { calls->push_back("interrupted"); }
  void on_fit_end(const FitEnd&) { calls->push_back("done"); }
};

struct StopAfter : Callback {
  StopSource source;
  std::size_t batch;
  StopAfter(StopSource stop, std::size_t at) : source(std::move(stop)), batch(at) {}
  void on_batch_end(const BatchEnd& done) {
    if (done.batch == batch) {
      source.request_stop();
    }
  }
};

}  // namespace

TEST_CASE("fit takes the same steps as the loop written out by hand", "[trainer]") {
  const auto data = two_sides();
  DataLoader train{data, {.batch_size = 8, .shuffle = true, .seed = 5}};
  DataLoader val{data, {.batch_size = 50}};

  auto by_hand = small_mlp();
  torch::optim::SGD reference(by_hand->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  std::vector<double> losses;
  std::vector<double> accuracies;
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    double correct = 0;
    for (const Batch& batch : train.epoch(epoch)) {
      reference.zero_grad();
      const at::Tensor logits = by_hand->forward(batch.inputs);
      const at::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.targets);
      loss.backward();
      reference.step();
      sum += loss.item<double>() * static_cast<double>(batch.targets.size(0));
      correct += logits.argmax(1).eq(batch.targets).sum().item<double>();
    }
    losses.push_back(sum / 50);
    accuracies.push_back(correct / 50);
  }

  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::NoScheduler scheduler{optimizer};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 3, .device = at::kCPU}};
  const History history = trainer.fit(train, val);

  REQUIRE(history.epochs.size() == 3);
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    CHECK(history.epochs[epoch]["train_loss"] == Approx(losses[epoch]).epsilon(1e-5));
    CHECK(history.epochs[epoch]["train_accuracy"] == accuracies[epoch]);
    CHECK(history.epochs[epoch].lr == 0.1);
  }
  const auto ours = model->parameters();
  const auto theirs = by_hand->parameters();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    CHECK(torch::allclose(ours[i], theirs[i], 1e-5, 1e-6));
  }
  CHECK(history.epochs.back()["val_accuracy"] > 0.9);
  CHECK(history.epochs.back()["val_loss"] < history.epochs.front()["val_loss"]);
}

TEST_CASE("hooks are called in order, with counts that include the uneven last batch", "[trainer]") {
  const auto data = two_sides(5);
  DataLoader train{data, {.batch_size = 2}};
  DataLoader val{data, {.batch_size = 4}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.0}};  // nothing changes, so epoch 0 stays the best
  optim::NoScheduler scheduler{optimizer};
  std::vector<std::string> calls;
  Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}, Recorder{calls}};
  trainer.fit(train, val);
  CHECK(calls == std::vector<std::string>{"fit 5/5",     "epoch 0", "step 1",      "train 1/3 2", "step 2",
                                          "train 2/3 4", "step 3",  "train 3/3 5", "val 1/2 4",   "val 2/2 5",
                                          "best",        "epoch 1", "step 4",      "train 1/3 2", "step 5",
                                          "train 2/3 4", "step 6",  "train 3/3 5", "val 1/2 4",   "val 2/2 5",
                                          "end",         "done"});
}

TEST_CASE("the scheduler steps once an epoch", "[trainer]") {
  const auto data = two_sides(8);
  DataLoader loader{data, {.batch_size = 4}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
  optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.1}};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 3, .device = at::kCPU}};
  const History history = trainer.fit(loader, loader);
  CHECK(history.epochs[0].lr == 0.5);
  CHECK(history.epochs[1].lr == 0.5);
  CHECK(history.epochs[2].lr == Approx(0.05));
}

TEST_CASE("a run that is saved and resumed is the run that did not stop, to the bit", "[trainer]") {
  const hearth_test::TemporaryFolder folder;
  DataLoader train{two_sides(), {.batch_size = 8, .shuffle = true, .seed = 5}};
  DataLoader val{two_sides(30), {.batch_size = 30}};
  constexpr optim::SGDOptions sgd{.lr = 0.1, .momentum = 0.9};
  constexpr optim::StepLROptions decay{.step_size = 3, .gamma = 0.1};

  auto whole = small_mlp();
  optim::SGD whole_optimizer{whole->parameters(), sgd};
  optim::StepLR whole_scheduler{whole_optimizer, decay};
  Trainer whole_trainer{whole, whole_optimizer, whole_scheduler, {.epochs = 4, .device = at::kCPU}};
  const History expected = whole_trainer.fit(train, val);
  {
    auto model = small_mlp();
    optim::SGD optimizer{model->parameters(), sgd};
    optim::StepLR scheduler{optimizer, decay};
    Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}};
    trainer.fit(train, val);
    save_checkpoint(Value::Dict{{"model", state_dict(*model)},
                                {"optimizer", optimizer.state_dict()},
                                {"scheduler", scheduler.state_dict()},
                                {"epochs_done", 2}},
                    folder / "run.pth");
  }
  const Value saved = read_checkpoint(folder / "run.pth");
  torch::manual_seed(4);
  auto model = models::mlp({.in_features = 2, .hidden = {16}, .num_classes = 2});
  optim::SGD optimizer{model->parameters(), {.lr = 1}};
  optim::StepLR scheduler{optimizer, {.step_size = 50}};
  load_weights(*model, StateDict(saved["model"]));
  optimizer.load_state_dict(saved["optimizer"]);
  scheduler.load_state_dict(saved["scheduler"]);
  std::vector<std::string> calls;
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  {.epochs = 4, .first_epoch = saved.as<int>("epochs_done"), .device = at::kCPU},
                  Recorder{calls}};
  const History history = trainer.fit(train, val);

  CHECK(all_equal(model->parameters(), whole->parameters()));
  CHECK(scheduler.last_lr() == whole_scheduler.last_lr());
  REQUIRE(history.epochs.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const EpochRecord& record = history.epochs[i];
    const EpochRecord& other = expected.epochs[i + 2];
    CHECK(record.epoch == other.epoch);
    CHECK(record.lr == other.lr);
    CHECK(record["train_loss"] == other["train_loss"]);
    CHECK(record["val_loss"] == other["val_loss"]);
  }
  CHECK(calls.at(1) == "epoch 2");
  CHECK(std::count(calls.begin(), calls.end(), "epoch 3") == 1);
  CHECK(history.epochs[1].lr == Approx(0.01));

  for (const int first_epoch : {-1, 4}) {
    CHECK_THROWS_WITH(
        (Trainer{model, optimizer, scheduler, {.epochs = 4, .first_epoch = first_epoch, .device = at::kCPU}}),
        "Trainer: first_epoch must be at least 0 and below epochs, which is 4, but got " + std::to_string(first_epoch));
  }
}

TEST_CASE("an optimizer of LibTorch's trains as well", "[trainer]") {
  const auto data = two_sides();
  DataLoader loader{data, {.batch_size = 10, .shuffle = true}};
  auto model = small_mlp();
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(0.05));
  optim::NoScheduler scheduler{optimizer};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 5, .device = at::kCPU}};
  const History history = trainer.fit(loader, loader);
  CHECK(history.epochs.back()["val_accuracy"] > 0.9);
  CHECK(history.epochs.back().lr == 0.05);
}

TEST_CASE("parameters and optimizer must belong together", "[trainer]") {
  auto model = small_mlp();
  auto other = small_mlp();
  optim::SGD foreign{other->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{foreign};
  CHECK_THROWS_WITH(
      (Trainer{model, foreign, scheduler, {.device = at::kCPU}}),
      Catch::Matchers::ContainsSubstring("the optimizer holds a parameter of shape [16, 2] that is not the model's"));

  auto parameters = model->parameters();
  const at::Tensor last = parameters.back();
  parameters.pop_back();
  optim::SGD incomplete{parameters, {.lr = 0.1}};
  optim::NoScheduler keeps{incomplete};
  CHECK_THROWS_WITH(
      (Trainer{model, incomplete, keeps, {.device = at::kCPU}}),
      Catch::Matchers::ContainsSubstring("the optimizer lacks the model's parameter linear_relu_stack.2.bias"));
  last.requires_grad_(false);  // frozen on purpose
  CHECK_NOTHROW(Trainer{model, incomplete, keeps, {.device = at::kCPU}});
  CHECK_THROWS_WITH((Trainer{model, incomplete, keeps, {.epochs = 0, .device = at::kCPU}}),
                    Catch::Matchers::ContainsSubstring("epochs must be at least 1, but got 0"));
}

TEST_CASE("labels and head must agree, before anything is changed", "[trainer]") {
  auto model = small_mlp(3);
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{optimizer};
  const auto before = copies(model->parameters());
  Trainer trainer{model, optimizer, scheduler, {.device = at::kCPU}};

  DataLoader out_of_range{TensorDataset{torch::zeros({4, 2}), torch::tensor({0, 1, 2, 3})}, {.batch_size = 4}};
  CHECK_THROWS_WITH(trainer.fit(out_of_range, out_of_range), Catch::Matchers::ContainsSubstring("3"));
  DataLoader negative{TensorDataset{torch::zeros({2, 2}), torch::tensor({0, -1})}, {.batch_size = 2}};
  CHECK_THROWS_WITH(trainer.fit(negative, negative), Catch::Matchers::ContainsSubstring("-1"));
  CHECK(all_equal(before, model->parameters()));

  auto network = models::mlp({.in_features = 12, .hidden = {4}, .num_classes = 3});
  optim::SGD its_optimizer{network->parameters(), {.lr = 0.1}};
  Trainer its_trainer{network, its_optimizer, scheduler, {.device = at::kCPU}};
  DataLoader five_classes{FakeData{{.size = 4, .height = 2, .width = 2, .num_classes = 5}}, {.batch_size = 2}};
  CHECK_THROWS_WITH(
      its_trainer.fit(five_classes, five_classes),
      Catch::Matchers::ContainsSubstring("the dataset has 5 classes, but the model's head has 3 outputs"));
}

TEST_CASE("a loss that is not finite stops training, names epoch and batch, and spares the weights", "[trainer]") {
  at::Tensor points = torch::randn({6, 2});
  points[5][0] = std::numeric_limits<float>::quiet_NaN();
  DataLoader loader{TensorDataset{points, torch::zeros({6}, torch::kLong)}, {.batch_size = 2}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{optimizer};
  Trainer trainer{model, optimizer, scheduler, {.device = at::kCPU}};
  CHECK_THROWS_WITH(trainer.fit(loader, loader),
                    Catch::Matchers::ContainsSubstring("the loss is nan in epoch 0, batch 2"));
  for (const at::Tensor& parameter : model->parameters()) {
    CHECK(parameter.isfinite().all().item<bool>());
  }
}

TEST_CASE("without a scheduler the learning rate stays as it is", "[trainer]") {
  DataLoader loader{two_sides(8), {.batch_size = 4}};
  const auto train = [&](auto make_trainer) {
    auto model = small_mlp();
    optim::SGD optimizer{model->parameters(), {.lr = 0.5}};
    optim::NoScheduler scheduler{optimizer};
    std::vector<std::string> calls;
    const History history = make_trainer(model, optimizer, scheduler, calls);
    CHECK(history.epochs.back().lr == 0.5);
    CHECK(calls.back() == "done");
    return copies(model->parameters());
  };
  const auto with = train([&](auto& model, auto& optimizer, auto& scheduler, auto& calls) {
    Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}, Recorder{calls}};
    return trainer.fit(loader, loader);
  });
  const auto without = train([&](auto& model, auto& optimizer, auto&, auto& calls) {
    Trainer trainer{model, optimizer, {.epochs = 2, .device = at::kCPU}, Recorder{calls}};
    auto moved = std::move(trainer);
    return moved.fit(loader, loader);
  });
  CHECK(all_equal(with, without));
}

TEST_CASE("samples with the ignored label change neither weights nor figures, as in PyTorch", "[trainer]") {
  const std::int64_t ignored = GENERATE(-100, 255);
  const at::Tensor weight = GENERATE(false, true) ? torch::tensor({0.25F, 2.0F}) : at::Tensor();
  const CrossEntropyLoss criterion{{.weight = weight, .ignore_index = ignored}};
  const auto options = [&] {
    auto result = torch::nn::functional::CrossEntropyFuncOptions().ignore_index(ignored);
    return weight.defined() ? result.weight(weight) : result;
  }();
  torch::manual_seed(1);
  const at::Tensor points = torch::randn({9, 2});
  at::Tensor labels = points.select(1, 0).gt(points.select(1, 1)).to(torch::kLong);
  for (const int index : {1, 3, 4, 5, 8}) {  // of batches of three: one, all, one
    labels[index] = ignored;
  }
  DataLoader loader{TensorDataset{points, labels}, {.batch_size = 3}};

  auto by_hand = small_mlp();
  torch::optim::SGD reference(by_hand->parameters(), torch::optim::SGDOptions(0.1));
  double sum = 0;
  double weights = 0;
  double found = 0;
  for (const Batch& batch : loader.epoch(0)) {
    if (batch.index == 1) {
      continue;  // PyTorch's loss is not a number, and so would all weights be after a step
    }
    reference.zero_grad();
    const at::Tensor logits = by_hand->forward(batch.inputs);
    const at::Tensor loss = torch::nn::functional::cross_entropy(logits, batch.targets, options);
    loss.backward();
    reference.step();
    for (std::int64_t i = 0; i < 3; ++i) {
      if (batch.targets[i].item<std::int64_t>() != ignored) {
        const double counts = weight.defined() ? weight[batch.targets[i].item<std::int64_t>()].item<double>() : 1;
        sum -= counts * logits[i].log_softmax(0)[batch.targets[i].item<std::int64_t>()].item<double>();
        weights += counts;
        found += logits[i].argmax().item<std::int64_t>() == batch.targets[i].item<std::int64_t>() ? 1 : 0;
      }
    }
  }

  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.epochs = 1, .device = at::kCPU}};
  const EpochRecord record = trainer.fit(loader, loader, criterion).epochs.front();
  CHECK(all_equal(model->parameters(), by_hand->parameters()));
  CHECK(record["train_loss"] == Approx(sum / weights).epsilon(1e-5));
  CHECK(record["train_accuracy"] == found / 4);
  const at::Tensor logits = model->forward(points);
  CHECK(record["val_loss"] ==
        Approx(torch::nn::functional::cross_entropy(logits, labels, options).item<double>()).epsilon(1e-5));
  CHECK(record["val_accuracy"] == logits.argmax(1).eq(labels).sum().item<double>() / 4);

  Evaluator agreed{AverageLoss{criterion}, Accuracy{{.ignore_index = ignored}}};
  CHECK_NOTHROW(agreed.run(model, loader, {at::kCPU}));
  Evaluator ignorant{AverageLoss{criterion}, Accuracy{{.ignore_index = 7}}};  // would count them as not found
  CHECK_THROWS_WITH(ignorant.run(model, loader, {at::kCPU}),
                    Catch::Matchers::ContainsSubstring("label " + std::to_string(ignored)));
}

namespace {

/// Two samples of four cannot be read.
struct Damaged {
  TensorDataset whole = two_sides(4);
  std::size_t size() const { return whole.size(); }
  TargetView read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    core::require(index % 2 == 0, "{}.png is damaged", index);
    return whole.read(index, random, sink);
  }
  std::vector<std::string> classes() const { return {"below", "above"}; }
};

struct Listener : Callback {
  std::vector<std::string>* lines;
  explicit Listener(std::vector<std::string>& log) : lines(&log) {}
  void on_fit_begin(const FitBegin& event) { *lines = event.classes; }
  void on_epoch_end(const EpochEnd& event) { lines->insert(lines->end(), event.skipped.begin(), event.skipped.end()); }
};

}  // namespace

TEST_CASE("the run's weights have the names of the classes that the dataset knows", "[checkpoints]") {
  const hearth_test::TemporaryFolder folder;
  DataLoader train{Damaged{}, {.batch_size = 2, .bad_samples = BadSamples::skip}};
  DataLoader val{two_sides(4), {.batch_size = 4}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  Trainer trainer{model, optimizer, {.device = at::kCPU}, SaveBest{folder / "run"}, SaveLast{folder / "run"}};
  trainer.fit(train, val);
  CHECK(read_classes(folder / "run" / "best.pth") == std::vector<std::string>{"below", "above"});
  CHECK(read_classes(folder / "run" / "last.pth") == std::vector<std::string>{"below", "above"});
}

TEST_CASE("callbacks learn the classes' names and which samples an epoch skipped", "[trainer]") {
  DataLoader train{Damaged{}, {.batch_size = 2, .bad_samples = BadSamples::skip}};
  DataLoader val{two_sides(4), {.batch_size = 4}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  std::vector<std::string> lines;
  Trainer trainer{model, optimizer, {.device = at::kCPU}, Listener{lines}};
  trainer.fit(train, val);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "below");
  CHECK_THAT(lines[2], Catch::Matchers::ContainsSubstring("train: 2 of 4 samples were skipped") &&
                           Catch::Matchers::ContainsSubstring("1.png is damaged"));
}

TEST_CASE("a stop request ends fit after the batch, and the hook for it is called once", "[trainer]") {
  const auto data = two_sides(8);
  DataLoader loader{data, {.batch_size = 2, .workers = 2}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{optimizer};
  std::vector<std::string> calls;
  StopSource source;
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path folder = temporary / "run";
  Trainer trainer{model,           optimizer,
                  scheduler,       {.epochs = 3, .device = at::kCPU, .stop = source.token()},
                  Recorder{calls}, StopAfter{source, 1},
                  SaveLast{folder}};
  const History history = trainer.fit(loader, loader);
  CHECK(history.interrupted);
  CHECK(history.epochs.empty());
  CHECK(calls == std::vector<std::string>{"fit 8/8", "epoch 0", "step 1", "train 1/4 2", "step 2", "train 2/4 4",
                                          "interrupted"});
  auto loaded = small_mlp();
  load_weights(*loaded, folder / "last.pth");
  CHECK(all_equal(loaded->parameters(), model->parameters()));
}

TEST_CASE("the evaluator is exact over uneven batches and leaves the model's mode alone", "[evaluator]") {
  const auto data = two_sides(50);
  DataLoader uneven{data, {.batch_size = 7}};
  DataLoader whole{data, {.batch_size = 50}};
  auto model = small_mlp();
  Evaluator evaluate{AverageLoss{CrossEntropyLoss{}}, Accuracy{}, Accuracy{{.top_k = 2}}};
  const auto [loss, top1, top2] = evaluate.run(model, uneven, {at::kCPU});
  const auto [whole_loss, whole_top1, whole_top2] = evaluate.run(model, whole, {at::kCPU});
  CHECK(model->is_training());
  CHECK(loss == Approx(whole_loss).epsilon(1e-6));
  CHECK(top1 == whole_top1);
  CHECK(top2 == 1.0);

  for (const Batch& batch : whole) {
    const at::Tensor logits = model->forward(batch.inputs);
    CHECK(loss == Approx(torch::nn::functional::cross_entropy(logits, batch.targets).item<double>()).epsilon(1e-6));
    CHECK(top1 == logits.argmax(1).eq(batch.targets).sum().item<double>() / 50);
  }
}

TEST_CASE("a part that is frozen in evaluation mode stays so while the model trains and is validated", "[trainer]") {
  const auto data = two_sides(12);
  DataLoader loader{data, {.batch_size = 4}};
  torch::nn::Sequential model(torch::nn::Linear(2, 4), torch::nn::BatchNorm1d(4), torch::nn::Linear(4, 4),
                              torch::nn::BatchNorm1d(4), torch::nn::Linear(4, 2));
  const auto norm = [&](std::size_t i) { return std::dynamic_pointer_cast<torch::nn::BatchNorm1dImpl>(model->ptr(i)); };
  norm(1)->eval();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{optimizer};
  Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU}};
  trainer.fit(loader, loader);
  CHECK(torch::equal(norm(1)->running_mean, torch::zeros({4})));
  CHECK(norm(1)->num_batches_tracked.item<std::int64_t>() == 0);
  CHECK(norm(3)->num_batches_tracked.item<std::int64_t>() == 6);
  CHECK_FALSE(norm(1)->is_training());
  CHECK(norm(3)->is_training());

  model->eval();  // says nothing of its parts: all of them are trained
  trainer.fit(loader, loader);
  CHECK(norm(1)->num_batches_tracked.item<std::int64_t>() == 6);
  CHECK(norm(3)->num_batches_tracked.item<std::int64_t>() == 12);
}

TEST_CASE("modes come back when an evaluation fails", "[evaluator]") {
  DataLoader loader{two_sides(4), {.batch_size = 4}};
  models::MLP model = models::mlp({.in_features = 3, .hidden = {4}, .num_classes = 2});
  Evaluator evaluate{Accuracy{}};
  CHECK_THROWS_WITH(evaluate.run(model, loader, {at::kCPU}),
                    Catch::Matchers::ContainsSubstring("samples of 3 numbers"));
  CHECK(model->is_training());
  CHECK(model->linear_relu_stack->is_training());
}

TEST_CASE("the run's folder holds metrics, best and last weights and the curves", "[checkpoints]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path folder = temporary / "run";
  const auto data = two_sides();
  DataLoader train{data, {.batch_size = 10, .shuffle = true}};
  DataLoader val{data, {.batch_size = 50}};
  auto model = small_mlp();
  optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
  optim::NoScheduler scheduler{optimizer};
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  {.epochs = 4, .device = at::kCPU},
                  RunLog{folder, MetricsLog{}},
                  SaveBest{folder},
                  SaveLast{folder},
                  Curves{folder}};
  const History history = trainer.fit(train, val);

  auto best = small_mlp();
  load_weights(*best, folder / "best.pth");
  Evaluator evaluate{AverageLoss{CrossEntropyLoss{}}, Accuracy{}};
  const auto [loss, accuracy] = evaluate.run(best, val, {at::kCPU});
  CHECK(loss == history.best().loss);
  CHECK(accuracy == history.best().accuracy);

  auto last = small_mlp();
  load_weights(*last, folder / "last.pth");
  CHECK(all_equal(last->parameters(), model->parameters()));

  const auto metrics = core::read_file(folder / "metrics.jsonl");
  CHECK(std::count(metrics.begin(), metrics.end(), std::byte{'\n'}) == 4);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{".lock", "best.pth", "curves.png", "last.pth", "metrics.csv",
                                          "metrics.jsonl"});  // while the run holds it

  CHECK_THROWS_WITH(SaveBest{folder / "best.pth" / "run"}, Catch::Matchers::ContainsSubstring("best.pth/run"));
}

namespace {

/// A network without BatchNorm, whose division by a small batch's variance would magnify a difference in the last bits.
struct SmallCnnModule : torch::nn::Module {
  SmallCnnModule()
      : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 16, 3).stride(2)))),
        head(register_module("head", torch::nn::Linear(16, 4))) {}
  torch::Tensor forward(const torch::Tensor& inputs) { return head(conv(inputs).relu().mean({2, 3})); }

  torch::nn::Conv2d conv;
  torch::nn::Linear head;
};
struct SmallCnn : torch::nn::ModuleHolder<SmallCnnModule> {
  SmallCnn() : ModuleHolder(std::make_shared<SmallCnnModule>()) {}
};

}  // namespace

TEST_CASE("channels-last changes the layout in memory, not the results", "[trainer]") {
  const auto losses = [](bool channels_last) {
    const Layout layout = channels_last ? Layout::channels_last : Layout::contiguous;
    DataLoader loader{FakeData{{.size = 8, .height = 64, .width = 64, .num_classes = 4}},
                      {.batch_size = 8, .layout = layout}};
    torch::manual_seed(3);
    SmallCnn model;
    optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
    optim::NoScheduler scheduler{optimizer};
    Trainer trainer{model, optimizer, scheduler, {.epochs = 2, .device = at::kCPU, .channels_last = channels_last}};
    const History history = trainer.fit(loader, loader);
    CHECK(model->conv->weight.is_contiguous(channels_last ? at::MemoryFormat::ChannelsLast
                                                          : at::MemoryFormat::Contiguous));
    return std::pair{history.epochs[0]["train_loss"], history.epochs[1]["train_loss"]};
  };
  const auto [plain_first, plain_second] = losses(false);
  const auto [last_first, last_second] = losses(true);
  // The kernels of the two layouts add up in another order. Nothing here magnifies that: sums of at most 32,768
  // products (64 by 64 places of 8 images) err by less than 2e-6 of themselves, and the step changes the loss by less
  // than itself.
  CHECK(last_first == Approx(plain_first).epsilon(1e-5));
  CHECK(last_second == Approx(plain_second).epsilon(1e-5));
}
