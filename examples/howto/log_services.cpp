/// How do I log a run to TensorBoard, Weights & Biases, MLflow or a log of my own? With RunLog, which feeds any number
/// of them.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include <hearth/hearth.hpp>

using namespace hearth;

/// A log of my own: any type with these functions.
struct Lines {
  void config(const LogConfig& event) const {
    fmt::print("{} settings, and {} facts of the machine\n", event.settings.size(), event.environment.size());
  }
  void scalars(const LogScalars& event) const {
    if (event.history != nullptr) {
      fmt::print("epoch {}, train_loss {}\n", event.epoch, event.values["train_loss"]);
    } else {
      fmt::print("step {}, step_loss {}\n", event.step, event.values["step_loss"]);
    }
  }
  void image(const LogImage& event) const { fmt::print("epoch {}, picture {}\n", event.epoch, event.name); }
  void file(const LogFile& event) const { fmt::print("file {}\n", event.name); }
  void end(const LogEnd& event) const { fmt::print("complete: {}\n", event.state == RunState::complete); }
};

/// A service is on where its variable is set: WANDB_PROJECT=flowers ./howto_log_services (after `pip install wandb`),
/// or MLFLOW_TRACKING_URI=http://127.0.0.1:5000 (after `mlflow server`). One that is off costs nothing.
template <class Log>
std::optional<Log> if_set(const char* variable) {
  return std::getenv(variable) != nullptr ? std::optional<Log>(Log()) : std::nullopt;
}

int main() {
  // Every target is 1, every output the model's only weight, at first 0: each step takes half of what is missing.
  DataLoader loader{TensorDataset{at::ones({4, 1}), at::ones({4})}, {.batch_size = 2}};
  torch::nn::Linear model(torch::nn::LinearOptions(1, 1).bias(false));
  model->weight.set_data(at::zeros({1, 1}));
  optim::SGD optimizer{model->parameters(), {.lr = 0.25}};

  const RunFolder folder{"run"};
  const LogPicture curves{"curves", [](const EpochEnd& event) { return Curves::draw_curves(event.history); }};
  RunLog logs{
      folder,
      {.config = {{"lr", 0.25}, {"batch_size", 2}}, .every_steps = 2, .pictures = {curves}, .files = {"last.pth"}},
      MetricsLog{},
      TensorBoard{},
      if_set<WandbLog>("WANDB_PROJECT"),
      if_set<MlflowLog>("MLFLOW_TRACKING_URI"),
      Lines{}};
  Trainer trainer{model, optimizer, {.epochs = 2, .device = at::kCPU}, SaveLast{folder}, std::move(logs)};
  trainer.fit(loader, Regression{});

  for (const char* const name : {"metrics.csv", "metrics.jsonl", "tensorboard"}) {
    fmt::print("{}: {}\n", name, std::filesystem::exists(folder / name));
  }
}

// Output:
// 5 settings, and 12 facts of the machine
// step 2, step_loss 0.25
// epoch 0, picture curves
// epoch 0, train_loss 0.625
// step 4, step_loss 0.015625
// epoch 1, picture curves
// epoch 1, train_loss 0.0390625
// file last.pth
// complete: true
// metrics.csv: true
// metrics.jsonl: true
// tensorboard: true
