/// Checkpoints in the layouts of Python's training programs: written for them, and resumed.
#include <hearth/train/python_checkpoint.hpp>

#include <torch/torch.h>

#include <filesystem>
#include <hearth/data/data_loader.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/module_state.hpp>
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

struct Result {
  State state;
  History history;
  Value optimizer;
  std::vector<double> rates;
};

/// Trains a new network on 22 points, validates it on them, and drops its rate to a half after every second epoch.
Result fit(TrainerOptions options, std::uint64_t seed = 2) {
  DataLoader train{labelled(22, 3), {.batch_size = 4, .shuffle = true, .seed = 3}};
  DataLoader val{labelled(22, 3), {.batch_size = 8}};
  auto model = net({.outputs = 3, .norm = true, .dropout = 0.3}, seed);
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.5}};
  options.device = at::kCPU;
  Trainer trainer{model, optimizer, scheduler, options};
  Result result;
  result.history = trainer.fit(train, val);
  result.state = state_of(*model);
  result.optimizer = optimizer.state_dict();
  result.rates = scheduler.last_lr();
  return result;
}

/// Writes checkpoint.pth.tar, and one for each epoch, as a program would.
CheckpointOptions saving_into(const std::filesystem::path& folder, RunStart start = RunStart::fresh) {
  CheckpointOptions options{.folder = RunFolder{folder, start}};
  options.epoch_saved = [folder](const Value& run) {
    const Value checkpoint = python_checkpoint(run, "net", 12.5);
    save_checkpoint(checkpoint, folder / "checkpoint.pth.tar");
    save_checkpoint(checkpoint, folder / (std::to_string(checkpoint.as<int>("epoch")) + ".pth.tar"));
  };
  return options;
}

/// What PyTorch's example, or torchvision's reference, would have saved after `epochs` epochs.
Value of_python(int epochs, bool is_example, const std::string& prefix = "") {
  auto model = net({.outputs = 3, .norm = true}, 7);
  optim::SGD optimizer{model->parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.5}};
  DataLoader train{labelled(22, 3), {.batch_size = 4}};
  Trainer trainer{model, optimizer, scheduler, {.epochs = epochs, .device = at::kCPU}};
  trainer.fit(train);
  Value::Dict weights = Value::Dict::ordered();
  for (const auto& [name, tensor] : state_dict(*model)) {
    weights.set(prefix + name, tensor);
  }
  if (is_example) {
    return Value::Dict{{"epoch", epochs},
                       {"arch", "net"},
                       {"state_dict", weights},
                       {"best_acc1", at::scalar_tensor(50.0)},
                       {"optimizer", optimizer.state_dict()},
                       {"scheduler", scheduler.state_dict()}};
  }
  return Value::Dict{{"model", weights},
                     {"optimizer", optimizer.state_dict()},
                     {"lr_scheduler", scheduler.state_dict()},
                     {"epoch", epochs - 1},
                     {"args", Value::Dict{}}};
}

}  // namespace

TEST_CASE("a checkpoint has the keys of PyTorch's ImageNet example, between two epochs", "[python_checkpoint]") {
  const TemporaryFolder folder;
  TrainerOptions options{.epochs = 3};
  options.average = optim::WeightAverageOptions{.decay = 0.5};
  options.checkpoints = saving_into(folder / "run");
  const Result whole = fit(options);
  const Value saved = read_checkpoint(folder / "run" / "2.pth.tar");
  CHECK(saved.as<int>("epoch") == 2);
  CHECK(saved.as<std::string>("arch") == "net");
  CHECK(saved["best_acc1"].as<at::Tensor>().dim() == 0);
  CHECK(saved["best_acc1"].as<at::Tensor>().item<float>() == 12.5F);
  CHECK(saved["state_dict"].contains("first.weight"));
  CHECK(saved["model_ema"].contains("module.first.weight"));
  CHECK(saved.as<int>("scheduler", "last_epoch") == 2);  // the schedule has gone on, as in Python
  CHECK(saved.as<double>("optimizer", "param_groups", 0, "lr") == 0.05);
}

TEST_CASE("a run that goes on from checkpoint.pth.tar elsewhere ends as the whole one, to the bit",
          "[python_checkpoint]") {
  const TemporaryFolder folder;
  TrainerOptions options{.epochs = 3};
  SECTION("plain") {}
  SECTION("with averages") {
    options.average = optim::WeightAverageOptions{.decay = 0.5};
  }
  options.checkpoints = saving_into(folder / "whole");
  const Result whole = fit(options);
  options.checkpoints = saving_into(folder / "resumed");
  options.checkpoints->resume_from = folder / "whole" / "1.pth.tar";
  const Result resumed = fit(options, 9);
  CHECK(equal(resumed.state, whole.state));
  REQUIRE(resumed.history.epochs.size() == 3);
  CHECK(resumed.history.epochs[0]["val_loss"] == whole.history.epochs[0]["val_loss"]);
}

TEST_CASE("checkpoint.pth.tar of a run's own folder stands for the run, which may have come further",
          "[python_checkpoint]") {
  const TemporaryFolder folder;
  TrainerOptions options{.epochs = 3};
  options.checkpoints = saving_into(folder / "run");
  const Result whole = fit(options);
  options.checkpoints = {};
  options.checkpoints = saving_into(folder / "run", RunStart::resume);
  options.checkpoints->resume_from = folder / "run" / "1.pth.tar";
  std::filesystem::remove(folder / "run" / "3.pth.tar");
  const Result resumed = fit(options, 9);
  CHECK(equal(resumed.state, whole.state));
  CHECK_FALSE(std::filesystem::exists(folder / "run" / "3.pth.tar"));  // nothing was left to do
}

TEST_CASE("Python's checkpoints are resumed: weights, optimizer, schedule and epoch", "[python_checkpoint]") {
  const TemporaryFolder folder;
  const bool is_example = GENERATE(true, false);
  const std::string prefix = GENERATE("", "module.");
  CAPTURE(is_example, prefix);
  const Value python = of_python(3, is_example, prefix);
  save_checkpoint(python, folder / "python.pth");
  TrainerOptions options{.epochs = 3};
  options.checkpoints = saving_into(folder / "run");
  options.checkpoints->resume_from = folder / "python.pth";
  const Result none = fit(options);  // its three epochs are done
  CHECK(none.history.epochs.empty());
  const Value weights = python[is_example ? "state_dict" : "model"];
  for (const auto& [name, tensor] : none.state) {
    CHECK(torch::equal(tensor, weights.as<at::Tensor>(prefix + name)));
  }
  CHECK(none.rates == std::vector{0.05});
  CHECK(torch::equal(none.optimizer.as<at::Tensor>("state", 0, "momentum_buffer"),
                     python.as<at::Tensor>("optimizer", "state", 0, "momentum_buffer")));

  options.epochs = 5;
  options.checkpoints = {};
  options.checkpoints = saving_into(folder / "longer");
  options.checkpoints->resume_from = folder / "python.pth";
  const Result more = fit(options);
  REQUIRE(more.history.epochs.size() == 2);
  CHECK(more.history.epochs[0].epoch == 3);
  CHECK(more.history.epochs[0].lr == 0.05);
  CHECK(more.history.epochs[1].lr == 0.025);
}

TEST_CASE("an old checkpoint of the example's, without a schedule, is resumed at the rate of its epoch",
          "[python_checkpoint]") {
  const TemporaryFolder folder;
  Value::Dict python;
  for (const auto& [key, value] : of_python(2, /*is_example=*/true).as<Value::Dict>()) {
    if (key != "scheduler") {
      python.set(key, value);
    }
  }
  Value checkpoint = python;
  checkpoint["optimizer"]["param_groups"][0]["lr"] = 0.1;  // that of the epoch before
  save_checkpoint(checkpoint, folder / "python.pth");
  TrainerOptions options{.epochs = 5};
  options.checkpoints = saving_into(folder / "run");
  options.checkpoints->resume_from = folder / "python.pth";
  const Result result = fit(options);
  REQUIRE(result.history.epochs.size() == 3);
  CHECK(result.history.epochs[0].lr == 0.05);
  CHECK(result.history.epochs[2].lr == 0.025);
}

TEST_CASE("DataParallel's name around the features alone is taken off", "[python_checkpoint]") {
  const Value saved = Value::Dict{
      {"epoch", 1}, {"optimizer", Value()}, {"state_dict", Value::Dict{{"features.module.0.weight", at::zeros({1})}}}};
  CHECK(train::run_checkpoint(saved)["model"].contains("features.0.weight"));
}

TEST_CASE("what is no checkpoint is told, and what would lead back behind the folder's run", "[python_checkpoint]") {
  const TemporaryFolder folder;
  TrainerOptions options{.epochs = 2};
  SECTION("weights alone") {
    save_checkpoint(of_python(1, true)["state_dict"], folder / "weights.pth");
    options.checkpoints = saving_into(folder / "run");
    options.checkpoints->resume_from = folder / "weights.pth";
    CHECK_THROWS_WITH(fit(options), ContainsSubstring("weights.pth") && ContainsSubstring("it is no checkpoint"));
  }
  SECTION("a file that is not there") {
    options.checkpoints = saving_into(folder / "run");
    options.checkpoints->resume_from = folder / "none.pth";
    CHECK_THROWS_WITH(fit(options), ContainsSubstring("none.pth"));
  }
  SECTION("another run's that is behind") {
    save_checkpoint(of_python(1, true), folder / "python.pth");
    options.checkpoints = saving_into(folder / "run");
    fit(options);
    options.checkpoints = {};
    options.checkpoints = saving_into(folder / "run", RunStart::resume);
    options.checkpoints->resume_from = folder / "python.pth";
    CHECK_THROWS_WITH(fit(options), ContainsSubstring("python.pth is at the beginning of epoch 1") &&
                                        ContainsSubstring("has come further, to epoch 2"));
  }
}
