/// The C++ side of curves.py: parity_curves RECIPE FOLDER trains from Python's weights on Python's batches and leaves
/// what it noted; parity_curves --plot PICTURE FOLDER... draws both sides.
#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/chart/line_chart.hpp>
#include <hearth/core/file.hpp>
#include <hearth/data/cut_mix.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/mix_up.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/image/encode.hpp>
#include <hearth/losses/bce_with_logits.hpp>
#include <hearth/losses/cross_entropy.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/freeze.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/optim/adagrad.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/constant_lr.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/cosine_annealing_warm_restarts.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/group_parameters.hpp>
#include <hearth/optim/lamb.hpp>
#include <hearth/optim/lambda_lr.hpp>
#include <hearth/optim/lars.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/nadam.hpp>
#include <hearth/optim/one_cycle_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/polynomial_lr.hpp>
#include <hearth/optim/radam.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/train/task.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/load.hpp>

#include "parity/notes.hpp"

using namespace hearth;
using hearth_test::Notes;

namespace {

/// What Python left for a recipe: a folder, and the tensors in its batches.pth.
struct Given {
  std::filesystem::path folder;
  StateDict tensors;

  const at::Tensor& operator[](std::string_view name) const { return tensors.at(name); }
};

/// Trains as a user does, from the weights in the folder on its batches in their order.
template <class Model, class Optimizer, class Scheduler, class Task = Classification<CrossEntropyLoss, Accuracy>>
void follow(const Given& given, Model model, Optimizer& optimizer, Scheduler& scheduler, TrainerOptions options,
            const Task& task = Task()) {
  load_weights(*model, given.folder / "initial.pth");
  const LoaderOptions in_order{.batch_size = given["batch_size"].item<std::int64_t>()};
  DataLoader train{TensorDataset{given["inputs"], given["targets"]}, in_order};
  DataLoader val{TensorDataset{given["val_inputs"], given["val_targets"]}, in_order};
  options.device = at::kCPU;
  Trainer trainer{model, optimizer, scheduler, options, Notes{given.folder / "hearth.json"}};
  trainer.fit(train, val, task);
}

/// The same without a scheduler.
template <class Model, class Optimizer, class Task = Classification<CrossEntropyLoss, Accuracy>>
void follow(const Given& given, Model model, Optimizer& optimizer, TrainerOptions options, const Task& task = Task()) {
  optim::NoScheduler scheduler{optimizer};
  follow(given, model, optimizer, scheduler, std::move(options), task);
}

models::AnyModel mlp(std::int64_t outputs = 10) {
  return models::AnyModel(models::mlp({.num_classes = outputs}));
}

models::AnyModel resnet18() {
  return models::AnyModel(models::resnet18({.num_classes = 10}));
}

/// recipes.py's small network for pictures of 32 x 32.
torch::nn::Sequential cnn() {
  using namespace torch::nn;
  const auto conv = [](std::int64_t in, std::int64_t out) {
    return Conv2d(Conv2dOptions(in, out, 3).padding(1).bias(false));
  };
  return Sequential(conv(3, 16), BatchNorm2d(16), ReLU(), MaxPool2d(2), conv(16, 32), BatchNorm2d(32), ReLU(),
                    MaxPool2d(2), Flatten(), Linear(32 * 8 * 8, 10));
}

/// MixUp with the lambdas that Python gives, [epochs, batches].
BatchMix mix_up_as_given(const Given& given) {
  return [mix = MixUp{{.num_classes = 10}}, lambdas = given["mix"]](const at::Tensor& inputs, const at::Tensor& targets,
                                                                    std::uint64_t epoch, std::size_t batch) {
    const auto lambda = lambdas[static_cast<std::int64_t>(epoch)][static_cast<std::int64_t>(batch)].item<double>();
    return mix.mix(inputs, targets, lambda);
  };
}

/// CutMix with the boxes that Python gives, [epochs, batches, 4].
BatchMix cut_mix_as_given(const Given& given) {
  return [mix = CutMix{{.num_classes = 10}}, boxes = given["mix"]](const at::Tensor& inputs, const at::Tensor& targets,
                                                                   std::uint64_t epoch, std::size_t batch) {
    const at::Tensor box = boxes[static_cast<std::int64_t>(epoch)][static_cast<std::int64_t>(batch)];
    const auto edge = [&](int i) { return box[i].item<std::int64_t>(); };
    return mix.mix(inputs, targets, {edge(0), edge(1), edge(2), edge(3)});
  };
}

/// The recipes. What training learns to do later is one more of them, here and in recipes.py.
const std::map<std::string, std::function<void(const Given&)>> recipes{
    {"mlp-sgd",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       follow(given, model, optimizer, {.epochs = 10});
     }},
    {"mlp-adam-fused",
     [](const Given& given) {
       auto model = mlp();
       optim::Adam optimizer{model->parameters(), {.lr = 1e-3, .fused = true}};
       follow(given, model, optimizer, {.epochs = 10});
     }},
    {"resnet18-momentum-steplr",
     [](const Given& given) {
       auto model = resnet18();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-4}};
       optim::StepLR scheduler{optimizer, {.step_size = 2, .gamma = 0.1}};
       follow(given, model, optimizer, scheduler, {.epochs = 5});
     }},
    {"densenet121-frozen-bn-adam",
     [](const Given& given) {
       auto model = models::AnyModel(models::densenet121({.num_classes = 10}));
       models::freeze_batch_norm(model);
       optim::Adam optimizer{model->parameters(), {.lr = 1e-4}};
       follow(given, model, optimizer, {.epochs = 5});
     }},
    {"resnet18-adamw-cosine-smoothing",
     [](const Given& given) {
       auto model = resnet18();
       optim::AdamW optimizer{model->parameters(), {.lr = 1e-3, .weight_decay = 0.05}};
       optim::LinearLR warm_up{optimizer, {.start_factor = 0.1, .total_iters = 2}};
       optim::CosineAnnealingLR cosine{optimizer, {.T_max = 3}};
       optim::SequentialLR scheduler{optimizer, {.milestones = {2}}, warm_up, cosine};
       follow(given, model, optimizer, scheduler, {.epochs = 5},
              Classification{CrossEntropyLoss{{.label_smoothing = 0.1}}});
     }},

    // the step
    {"mlp-bf16",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       follow(given, model, optimizer, {.epochs = 2, .precision = Precision::bf16});
     }},
    {"cnn-bf16-evaluated-too",
     [](const Given& given) {
       auto model = cnn();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 5, .precision = Precision::bf16, .evaluate_in_precision = true});
     }},
    {"mlp-fp16-scaled-clipped",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       follow(given, model, optimizer,
              {.epochs = 2,
               .precision = Precision::fp16,
               .scaler = {.init_scale = 4194304, .growth_interval = 6},
               .clip_norm = 1.0});
     }},
    {"mlp-accumulate-4",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 7, .accumulate = 4});
     }},
    {"mlp-accumulate-4-uneven",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 5, .accumulate = 4});
     }},
    {"mlp-clip-norm",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.1}};
       follow(given, model, optimizer, {.epochs = 2, .clip_norm = 0.5});
     }},
    {"cnn-ema",
     [](const Given& given) {
       auto model = cnn();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 5, .average = optim::WeightAverageOptions{.decay = 0.9}});
     }},
    {"cnn-swa",
     [](const Given& given) {
       auto model = cnn();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
       follow(given, model, optimizer,
              {.epochs = 6, .average = optim::WeightAverageOptions{.every = 4, .first_step = 8}});
     }},

    // tasks, losses and mixing
    {"mlp-multi-label-bce",
     [](const Given& given) {
       auto model = mlp(12);
       optim::Adam optimizer{model->parameters(), {.lr = 1e-3}};
       follow(given, model, optimizer, {.epochs = 2}, MultiLabel{BCEWithLogitsLoss{{.pos_weight = given["weight"]}}});
     }},
    {"mlp-regression-mse",
     [](const Given& given) {
       auto model = mlp(1);
       optim::Adam optimizer{model->parameters(), {.lr = 1e-3}};
       follow(given, model, optimizer, {.epochs = 2}, Regression{});
     }},
    {"mlp-smoothing-class-weights",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       follow(given, model, optimizer, {.epochs = 2},
              Classification{CrossEntropyLoss{{.label_smoothing = 0.1, .weight = given["weight"]}}});
     }},
    {"cnn-mixup",
     [](const Given& given) {
       auto model = cnn();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 5, .mix = mix_up_as_given(given)});
     }},
    {"cnn-cutmix",
     [](const Given& given) {
       auto model = cnn();
       optim::SGD optimizer{model->parameters(), {.lr = 0.01, .momentum = 0.9}};
       follow(given, model, optimizer, {.epochs = 5, .mix = cut_mix_as_given(given)});
     }},

    // optimizers, schedulers and groups
    {"mlp-momentum-onecycle",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05, .momentum = 0.9}};
       optim::PerBatch scheduler{optim::OneCycleLR{optimizer, {.max_lr = 0.1, .epochs = 2, .steps_per_epoch = 20}}};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-sgd-plateau",
     [](const Given& given) {
       auto model = mlp();
       optim::SGD optimizer{model->parameters(), {.lr = 0.05}};
       optim::ReduceLROnPlateau scheduler{optimizer, {.factor = 0.5, .patience = 0, .threshold = 0.2}};
       follow(given, model, optimizer, scheduler, {.epochs = 6});
     }},
    {"mlp-rmsprop-exponential",
     [](const Given& given) {
       auto model = mlp();
       optim::RMSprop optimizer{model->parameters(),
                                {.lr = 1e-4, .weight_decay = 1e-4, .momentum = 0.9, .centered = true}};
       optim::ExponentialLR scheduler{optimizer, {.gamma = 0.5}};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-adagrad-polynomial",
     [](const Given& given) {
       auto model = mlp();
       optim::Adagrad optimizer{model->parameters(), {.lr = 1e-2, .lr_decay = 1e-2, .initial_accumulator_value = 0.1}};
       optim::PerBatch scheduler{optim::PolynomialLR{optimizer, {.total_iters = 50, .power = 0.9}}};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-nadam-warm-restarts",
     [](const Given& given) {
       auto model = mlp();
       optim::NAdam optimizer{model->parameters(), {.lr = 1e-3, .weight_decay = 1e-4}};
       optim::PerBatch scheduler{
           optim::CosineAnnealingWarmRestarts{optimizer, {.T_0 = 5, .T_mult = 2, .eta_min = 1e-5}}};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-radam-lambda",
     [](const Given& given) {
       auto model = mlp();
       optim::RAdam optimizer{model->parameters(), {.lr = 1e-3, .weight_decay = 1e-2, .decoupled_weight_decay = true}};
       optim::LambdaLR scheduler{optimizer, [](int epoch) { return 1.0 / (1 + epoch); }};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-lamb-constant",
     [](const Given& given) {
       auto model = mlp();
       optim::LAMB optimizer{model->parameters(), {.lr = 5e-3, .weight_decay = 1e-2}};
       optim::PerBatch scheduler{optim::ConstantLR{optimizer, {.factor = 0.25, .total_iters = 10}}};
       follow(given, model, optimizer, scheduler, {.epochs = 2});
     }},
    {"mlp-lars",
     [](const Given& given) {
       auto model = mlp();
       optim::LARS optimizer{model->parameters(), {.lr = 5.0, .weight_decay = 1e-4}};
       follow(given, model, optimizer, {.epochs = 2});
     }},
    {"cnn-adamw-no-decay-on-norms",
     [](const Given& given) {
       auto model = cnn();
       optim::AdamW optimizer{optim::group_parameters(*model, optim::AdamWOptions{.lr = 1e-3, .weight_decay = 0.5},
                                                      {optim::NormWeightDecay{}})};
       follow(given, model, optimizer, {.epochs = 5});
     }},
    {"resnet18-momentum-frozen-stem",
     [](const Given& given) {
       auto model = resnet18();
       optim::SGD optimizer{optim::group_parameters(
           *model, optim::SGDOptions{.lr = 0.01, .momentum = 0.9},
           {optim::Frozen{"conv1"}, optim::Frozen{"bn1"}, optim::Frozen{"layer1.*"}, optim::RateOf{"fc", 0.05}})};
       follow(given, model, optimizer, {.epochs = 5});
     }},
};

chart::Series read_losses(const std::filesystem::path& path, std::string name, double width) {
  chart::Series series{.name = std::move(name), .x = {}, .y = {}, .width = width};
  std::ifstream file(path);
  const auto notes = nlohmann::json::parse(file);
  for (const double loss : notes.at("loss")) {
    series.x.push_back(static_cast<double>(series.x.size() + 1));
    series.y.push_back(loss);
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
         {read_losses(folder / "python.json", "Python", 2.4), read_losses(folder / "hearth.json", "hearth", 1)}});
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
      const std::filesystem::path folder = arguments[1];
      recipes.at(arguments[0])({folder, read_weights(folder / "batches.pth")});
    } else {
      fmt::print(stderr, "usage: parity_curves RECIPE FOLDER | --plot PICTURE FOLDER...\n");
      return 2;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
