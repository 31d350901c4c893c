/// The C++ side of ddp.py: one of several processes, which trains the recipes in the folders from Python's weights on
/// Python's batches, and leaves what each step made.
///
///     parity_ddp FOLDER...
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/dist/reducer.hpp>
#include <hearth/dist/reducer.ipp>
#include <hearth/models/mlp.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/weights/load.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/save.hpp>

#include "parity/notes.hpp"

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

nlohmann::json checksums(const torch::nn::Module& model) {
  nlohmann::json sums;
  for (const auto& parameter : model.named_parameters()) {
    sums["parameter " + parameter.key()] = checksum(parameter.value());
  }
  for (const auto& buffer : model.named_buffers()) {
    sums["buffer " + buffer.key()] = checksum(buffer.value());
  }
  return sums;
}

c10::intrusive_ptr<c10d::ProcessGroup> connect() {
  const int rank = std::stoi(std::getenv("RANK"));
  const int size = std::stoi(std::getenv("WORLD_SIZE"));
  c10d::TCPStoreOptions store_options;
  store_options.port = static_cast<std::uint16_t>(std::stoi(std::getenv("MASTER_PORT")));
  store_options.isServer = rank == 0;
  const auto store = c10::make_intrusive<c10d::TCPStore>(std::getenv("MASTER_ADDR"), store_options);
  auto options = c10d::ProcessGroupGloo::Options::create();
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
  auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
  group->setBackend(at::kCPU, c10d::ProcessGroup::GLOO,
                    c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options));
  return group;
}

template <class Model>
void follow(Model model, const c10::intrusive_ptr<c10d::ProcessGroup>& group, const nlohmann::json& recipe,
            const std::filesystem::path& folder) {
  load_weights(*model, folder / "initial.pth");
  model->train();
  const StateDict data = read_weights(folder / "batches.pth");
  dist::DataParallelOptions options;
  options.bucket_cap_mb = recipe.at("bucket_cap_mb").is_null() ? 25 : recipe.at("bucket_cap_mb").get<double>();
  options.find_unused_parameters = recipe.at("find_unused_parameters");
  options.static_graph = recipe.at("static_graph");
  options.compression = recipe.at("compression") == "bf16"   ? dist::Compression::bf16
                        : recipe.at("compression") == "fp16" ? dist::Compression::fp16
                                                             : dist::Compression::none;
  options.engine = recipe.at("engine") == "hooks" ? dist::Engine::hooks : dist::Engine::c10d;
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const auto& parameter : model->named_parameters()) {
    parameters.emplace_back(parameter.key(), parameter.value());
  }
  const auto reducer = dist::detail::make_reducer(group, parameters, options);
  optim::SGD optimizer{model->parameters(), {.lr = recipe.at("lr"), .momentum = 0.9}};
  const auto accumulate = recipe.at("accumulate").get<std::int64_t>();
  const std::int64_t batches = data.at("inputs").size(0);
  nlohmann::json steps = nlohmann::json::array();
  bool sync_buffers = true;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const bool reduces = (batch + 1) % accumulate == 0;
    const auto mine = [&](const char* name) {
      return data.at(name)[batch].slice(0, group->getRank(), std::nullopt, group->getSize()).contiguous();
    };
    if (batch % accumulate == 0) {
      optimizer.zero_grad();
    }
    reducer->before_forward();
    if (sync_buffers) {
      for (const at::Tensor& buffer : model->buffers()) {
        std::vector<at::Tensor> tensors{buffer};
        group->broadcast(tensors)->wait();
      }
    }
    sync_buffers = reduces;
    const at::Tensor loss = at::cross_entropy_loss(model->forward(mine("inputs")), mine("targets"));
    reducer->before_backward(reduces, loss);
    (loss / accumulate).backward();
    reducer->after_backward();
    if (reduces) {
      nlohmann::json sums = nlohmann::json::object();
      for (const auto& [name, parameter] : parameters) {
        sums["gradient " + name] = parameter.grad().defined() ? checksum(parameter.grad()) : 0;
      }
      optimizer.step();
      sums.update(checksums(*model));
      steps.push_back(std::move(sums));
    }
  }
  core::write_file(folder / fmt::format("hearth-{}.json", group->getRank()), steps.dump());
  if (group->getRank() == 0) {
    save_weights(*model, folder / "hearth.pth");
  }
}

torch::nn::Sequential cnn() {
  using namespace torch::nn;
  const auto conv = [](std::int64_t in, std::int64_t out) {
    return Conv2d(Conv2dOptions(in, out, 3).padding(1).bias(false));
  };
  return Sequential(conv(3, 16), BatchNorm2d(16), ReLU(), MaxPool2d(2), conv(16, 32), BatchNorm2d(32), ReLU(),
                    MaxPool2d(2), Flatten(), Linear(32 * 8 * 8, 10));
}

}  // namespace

int main(int argc, char** argv) try {
  at::set_num_threads(1);
  const auto group = connect();
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path folder = argv[i];
    const auto recipe = nlohmann::json::parse(std::ifstream(folder / "recipe.json"));
    const std::string name = recipe.at("model");
    if (name == "mlp") {
      follow(models::mlp(), group, recipe, folder);
    } else if (name == "branching") {
      follow(Branching(), group, recipe, folder);
    } else if (name == "cnn") {
      follow(cnn(), group, recipe, folder);
    } else {
      follow(models::resnet18({.num_classes = 10}), group, recipe, folder);
    }
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "parity_ddp: {}\n", error.what());
  return 1;
}
