/// Images a second of Trainer's loop: forward, loss, backward, step, loss and accuracy added up, on data in memory.
///
///     bench_step mlp|resnet18 SECONDS
///
/// bench/step.py runs it beside Python's loop, and beside the same program of an earlier revision.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <hearth/hearth.hpp>

#include "epoch_times.hpp"

using namespace hearth;
using Clock = std::chrono::steady_clock;

namespace {

template <class Model>
double rate(Model model, const at::Tensor& inputs, std::int64_t batch_size, double seconds) {
  const at::Tensor targets = at::zeros({inputs.size(0)}, at::kLong);
  DataLoader train{TensorDataset{inputs, targets}, {.batch_size = batch_size}};
  DataLoader val{TensorDataset{inputs.narrow(0, 0, 1), targets.narrow(0, 0, 1)}, {.batch_size = 1}};
  optim::SGD optimizer{model->parameters(), {.lr = 1e-3, .momentum = 0.9, .fused = true}};
  std::vector<double> times;
  for (const auto begin = Clock::now(); Clock::now() - begin < std::chrono::duration<double>(seconds);) {
    Trainer trainer{model, optimizer, {.epochs = 4, .device = at::kCPU}, EpochTimes{times}};
    trainer.fit(train, val);
  }
  times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10));  // warming up
  double sum = 0;
  for (const double time : times) {
    sum += time;
  }
  return static_cast<double>(inputs.size(0)) * static_cast<double>(times.size()) / sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "bench_step mlp|resnet18 SECONDS\n");
    return 1;
  }
  tune_threads(argv);
  tune_memory();
  at::manual_seed(0);
  const double seconds = std::stod(argv[2]);
  if (std::string(argv[1]) == "mlp") {
    auto model = models::mlp({.in_features = 784, .hidden = {512, 512}, .num_classes = 10});
    std::printf("%f\n", rate(model, at::rand({32 * 100, 1, 28, 28}), 32, seconds));
  } else {
    auto model = models::resnet18({.num_classes = 10});
    std::printf("%f\n", rate(model, at::rand({16 * 4, 3, 64, 64}), 16, seconds));
  }
  return 0;
}
