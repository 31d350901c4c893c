/// The C++ side of ddp.py: one of several processes, which trains the recipes in the folders from Python's weights on
/// Python's batches, and leaves what each step made.
///
///     parity_ddp FOLDER...
///
/// Without any, its exit code says whether this build can be several processes: 0, or 77.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/dist/connect.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/callback.hpp>
#include <hearth/train/trainer.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>

using namespace hearth;

namespace {

/// A model of recipes in ddp.py that uses one of two heads, by the batch.
struct BranchingModule : torch::nn::Module {
  BranchingModule()
      : trunk(register_module("trunk", torch::nn::Linear(784, 32))),
        left(register_module("left", torch::nn::Linear(32, 10))),
        right(register_module("right", torch::nn::Linear(32, 10))) {}

  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor flat = x.flatten(1);
    const at::Tensor hidden = trunk(flat).relu();
    return flat[0][0].item<float>() > 0 ? left(hidden) : right(hidden);
  }

  torch::nn::Linear trunk, left, right;
};
TORCH_MODULE_IMPL(Branching, BranchingModule);

/// ddp.py's checksum of a tensor's bits.
std::int64_t checksum(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous().reshape(-1);
  const at::Tensor bits = flat.scalar_type() == at::kLong ? flat : flat.view(at::kInt).to(at::kLong);
  const at::Tensor factors = at::arange(flat.numel(), at::kLong).mul(2654435761).add(97);
  return bits.mul(factors).sum().item<std::int64_t>();
}

/// What ddp.py compares: of every step the bits of all gradients, parameters and buffers.
class StepNotes : public Callback {
 public:
  static constexpr bool on_every_rank = true;

  explicit StepNotes(nlohmann::json& steps) : steps_(&steps) {}

  void on_step_end(const StepEnd& event) {
    nlohmann::json sums;
    for (const auto& parameter : event.run.model().named_parameters()) {
      const at::Tensor& gradient = parameter.value().grad();
      sums["gradient " + parameter.key()] = gradient.defined() ? checksum(gradient) : 0;
      sums["parameter " + parameter.key()] = checksum(parameter.value());
    }
    for (const auto& buffer : event.run.model().named_buffers()) {
      sums["buffer " + buffer.key()] = checksum(buffer.value());
    }
    steps_->push_back(std::move(sums));
  }

 private:
  nlohmann::json* steps_;
};

/// Trains as a user does.
template <class Model>
void follow(Model model, const dist::World& world, const nlohmann::json& recipe, const std::filesystem::path& folder) {
  load_weights(*model, folder / "initial.pth");
  dist::DataParallelOptions parallel;
  parallel.rebuild_buckets = true;  // as Python does
  if (const nlohmann::json& cap = recipe.at("bucket_cap_mb"); !cap.is_null()) {
    parallel.bucket_cap_mb = cap;
  }
  parallel.find_unused_parameters = recipe.at("find_unused_parameters");
  parallel.static_graph = recipe.at("static_graph");
  parallel.sync_batch_norm = recipe.at("sync_batch_norm");
  parallel.compression = recipe.at("compression") == "bf16"   ? dist::Compression::bf16
                         : recipe.at("compression") == "fp16" ? dist::Compression::fp16
                                                              : dist::Compression::none;
  parallel.engine = recipe.at("engine") == "hooks" ? dist::Engine::hooks : dist::Engine::c10d;
  const StateDict data = read_weights(folder / "batches.pth");
  const at::Tensor& inputs = data.at("inputs");  // [batches, samples of all processes, ...]
  const at::Tensor& targets = data.at("targets");
  const LoaderOptions in_order{.batch_size = inputs.size(1) / world.size()};
  DataLoader train{TensorDataset{inputs.flatten(0, 1), targets.flatten(0, 1)}, in_order};
  DataLoader val{TensorDataset{inputs[0], targets[0]}, in_order};
  optim::SGD optimizer{model->parameters(), {.lr = recipe.at("lr"), .momentum = 0.9}};
  nlohmann::json steps = nlohmann::json::array();
  Trainer trainer{model, optimizer,
                  TrainerOptions{.epochs = 1,
                                 .device = at::kCPU,
                                 .accumulate = recipe.at("accumulate"),
                                 .world = world,
                                 .data_parallel = parallel},
                  StepNotes{steps}};
  trainer.fit(train, val);
  core::write_file(folder / fmt::format("hearth-{}.json", world.rank()), steps.dump());
  if (world.is_main()) {
    save_weights(*model, folder / "hearth.pth");
  }
}

torch::nn::Conv2d conv(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false));
}

torch::nn::Sequential cnn() {
  using namespace torch::nn;
  return Sequential(conv(3, 16), BatchNorm2d(16), ReLU(), MaxPool2d(2), conv(16, 32), BatchNorm2d(32), ReLU(),
                    MaxPool2d(2), Flatten(), Linear(32 * 8 * 8, 10));
}

torch::nn::Sequential smooth() {
  using namespace torch::nn;
  return Sequential(Flatten(), Linear(784, 512), Tanh(), Linear(512, 512), Tanh(), Linear(512, 10));
}

torch::nn::Sequential smooth_cnn() {
  using namespace torch::nn;
  return Sequential(conv(3, 16), BatchNorm2d(16), Tanh(), AvgPool2d(2), conv(16, 32), BatchNorm2d(32), Tanh(),
                    AvgPool2d(2), Flatten(), Linear(32 * 8 * 8, 10));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 1) {
    return dist::is_available() ? 0 : 77;
  }
  at::set_num_threads(1);
  const dist::World world = dist::connect();
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path folder = argv[i];
    const auto recipe = nlohmann::json::parse(std::ifstream(folder / "recipe.json"));
    const std::string name = recipe.at("model");
    if (name == "mlp") {
      follow(models::mlp(), world, recipe, folder);
    } else if (name == "branching") {
      follow(Branching(), world, recipe, folder);
    } else if (name == "cnn") {
      follow(cnn(), world, recipe, folder);
    } else if (name == "smooth") {
      follow(smooth(), world, recipe, folder);
    } else if (name == "smooth_cnn") {
      follow(smooth_cnn(), world, recipe, folder);
    } else {
      follow(models::resnet18({.num_classes = 10}), world, recipe, folder);
    }
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "parity_ddp: {}\n", error.what());
  return 1;
}
