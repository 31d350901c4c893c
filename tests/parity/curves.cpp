/// The C++ side of curves.py: parity_curves RECIPE FOLDER trains from Python's weights on Python's batches and leaves a
/// line for each step and each epoch; parity_curves --plot PICTURE FOLDER... draws both sides.
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/core/file.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/load.hpp>

using namespace hearth;

namespace {

/// The Euclidean norm of all parameters together.
double parameter_norm(const torch::nn::Module& module) {
  double sum = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    sum += parameter.detach().to(at::kDouble).square().sum().item<double>();
  }
  return std::sqrt(sum);
}

/// Writes an object for each training step: loss, share of correct ones in its batch, rate and norm after it; and one
/// for the validation after each epoch.
template <class Optimizer>
class Steps : public Callback {
 public:
  Steps(const std::filesystem::path& path, const Optimizer& optimizer) : path_(path), optimizer_(&optimizer) {}

  void on_batch_end(const BatchEnd& event) {
    if (event.phase == Phase::train) {
      write({{"loss", event.batch_loss()},
             {"accuracy", event.figures()["accuracy"]},
             {"lr", optim::learning_rate(optimizer_->param_groups().front())},
             {"norm", parameter_norm(event.run.model())}});
    }
  }

  void on_epoch_end(const EpochEnd& event) {
    write({{"val_loss", event.record()["val_loss"]}, {"val_accuracy", event.record()["val_accuracy"]}});
  }

 private:
  void write(const nlohmann::ordered_json& line) { text_ += line.dump() + "\n", core::write_file(path_, text_); }

  std::filesystem::path path_;
  const Optimizer* optimizer_;
  std::string text_;
};

/// Trains as a user does, on the batches in the folder in their order.
template <class Model, class Optimizer, class Scheduler>
void follow(const std::filesystem::path& folder, Model model, Optimizer& optimizer, Scheduler& scheduler, int epochs,
            const CrossEntropyLoss& loss = {}) {
  load_weights(*model, folder / "initial.pth");
  const StateDict batches = read_weights(folder / "batches.pth");
  const LoaderOptions in_order{.batch_size = batches.at("batch_size").item<std::int64_t>()};
  DataLoader train{TensorDataset{batches.at("inputs"), batches.at("targets")}, in_order};
  DataLoader val{TensorDataset{batches.at("val_inputs"), batches.at("val_targets")}, in_order};
  Trainer trainer{model,
                  optimizer,
                  scheduler,
                  {.epochs = epochs, .device = at::kCPU},
                  Steps<Optimizer>{folder / "hearth.jsonl", optimizer}};
  trainer.fit(train, val, loss);
}

/// The recipes. What training learns to do later is one more of them, here and in curves.py.
const std::map<std::string, std::function<void(const std::filesystem::path&)>> recipes{
    {"mlp-sgd",
     [](const std::filesystem::path& folder) {
       auto model = models::mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       optim::NoScheduler scheduler{optimizer};
       follow(folder, model, optimizer, scheduler, 10);
     }},
    {"mlp-adam-fused",
     [](const std::filesystem::path& folder) {
       auto model = models::mlp();
       optim::Adam optimizer{model->parameters(), {.lr = 1e-3, .fused = true}};
       optim::NoScheduler scheduler{optimizer};
       follow(folder, model, optimizer, scheduler, 10);
     }},
    {"resnet18-momentum-steplr",
     [](const std::filesystem::path& folder) {
       auto model = models::resnet18({.num_classes = 10});
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-4}};
       optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.1}};
       follow(folder, model, optimizer, scheduler, 5);
     }},
    {"densenet121-frozen-bn-adam",
     [](const std::filesystem::path& folder) {
       auto model = models::densenet121({.num_classes = 10});
       models::freeze_batch_norm(model);
       optim::Adam optimizer{model->parameters(), {.lr = 1e-4}};
       optim::NoScheduler scheduler{optimizer};
       follow(folder, model, optimizer, scheduler, 5);
     }},
    {"resnet18-adamw-cosine-smoothing",
     [](const std::filesystem::path& folder) {
       auto model = models::resnet18({.num_classes = 10});
       optim::AdamW optimizer{model->parameters(), {.lr = 1e-3, .weight_decay = 0.05}};
       optim::LinearLR warm_up{optimizer, {.start_factor = 0.1, .total_iters = 2}};
       optim::CosineAnnealingLR cosine{optimizer, {.T_max = 3}};
       optim::SequentialLR scheduler{optimizer, {.milestones = {2}}, warm_up, cosine};
       follow(folder, model, optimizer, scheduler, 5, {{.label_smoothing = 0.1}});
     }},
};

chart::Series read_losses(const std::filesystem::path& path, std::string name, double width) {
  chart::Series series{.name = std::move(name), .x = {}, .y = {}, .width = width};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto object = nlohmann::json::parse(line);
    if (object.contains("loss")) {
      series.x.push_back(static_cast<double>(series.x.size() + 1));
      series.y.push_back(object.at("loss"));
    }
  }
  return series;
}

void plot(const std::filesystem::path& picture, const std::vector<std::filesystem::path>& folders) {
  std::vector<chart::Axes> panels;
  for (const std::filesystem::path& folder : folders) {
    panels.push_back(
        {folder.filename().string(),
         "step",
         "loss",
         {read_losses(folder / "python.jsonl", "Python", 2.4), read_losses(folder / "hearth.jsonl", "hearth", 1)}});
  }
  write_png(picture,
            chart::draw_charts(panels, {.height = 330, .width = 400 * static_cast<int>(panels.size())}).view());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() > 2 && arguments[0] == "--plot") {
      plot(arguments[1], {arguments.begin() + 2, arguments.end()});
    } else if (arguments.size() == 2 && recipes.contains(arguments[0])) {
      recipes.at(arguments[0])(arguments[1]);
    } else {
      fmt::print(stderr, "usage: parity_curves RECIPE FOLDER | --plot PICTURE FOLDER...\n");
      return 2;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
