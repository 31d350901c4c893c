/// Several processes, one thread each, which talk by Gloo: images a second of Trainer's loop over all of them; how much
/// of the gradients' way the backward pass hides; and how long a sum over the processes takes by its size.
///
///     bench_ddp mlp|resnet18 SECONDS
///     bench_ddp hidden mlp|resnet18 SECONDS
///     bench_ddp ping
///
/// bench/ddp.py starts the processes, and Python's DistributedDataParallel in turn with them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/hearth.hpp>

#include "epoch_times.hpp"

using namespace hearth;
using Clock = std::chrono::steady_clock;

namespace {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What rank 0 says, so that all end together.
bool all_go_on(const dist::World& world, bool goes_on) {
  return world.communicator().broadcast_bytes(goes_on ? "on" : "") == "on";
}

template <class Model>
void measure_rate(Model model, const dist::World& world, const at::Tensor& inputs, std::int64_t batch_size,
                  double seconds) {
  const at::Tensor targets = at::zeros({inputs.size(0)}, at::kLong);
  DataLoader train{TensorDataset{inputs, targets}, {.batch_size = batch_size}};
  DataLoader val{TensorDataset{inputs.narrow(0, 0, world.size()), targets.narrow(0, 0, world.size())},
                 {.batch_size = 1}};
  optim::SGD optimizer{model->parameters(), {.lr = 1e-3, .momentum = 0.9, .fused = true}};
  std::vector<double> times;
  for (const auto begin = Clock::now(); all_go_on(world, seconds_since(begin) < seconds);) {
    Trainer trainer{model, optimizer, TrainerOptions{.epochs = 4, .device = at::kCPU, .world = world},
                    EpochTimes{times}};
    trainer.fit(train, val);
  }
  if (world.is_main()) {
    times.erase(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10));  // warming up
    double sum = 0;
    for (const double time : times) {
      sum += time;
    }
    std::printf("%f\n", static_cast<double>(inputs.size(0)) * static_cast<double>(times.size()) / sum);
  }
}

template <class Model>
void measure_hidden(Model model, const dist::World& world, const at::Tensor& batch, double seconds) {
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const auto& parameter : model->named_parameters()) {
    parameters.emplace_back(parameter.key(), parameter.value());
  }
  const at::Tensor targets = at::zeros({batch.size(0)}, at::kLong);
  const std::unique_ptr<dist::GradientReducer> reducer = world.communicator().make_reducer(parameters, {});
  CrossEntropyLoss criterion;
  dist::ReducerStats warm;
  std::int64_t steps = 0;
  for (const auto begin = Clock::now(); all_go_on(world, seconds_since(begin) < seconds); ++steps) {
    for (const auto& [name, parameter] : parameters) {
      at::Tensor(parameter).mutable_grad().reset();
    }
    reducer->before_forward();
    const at::Tensor loss = criterion(model->forward(batch), targets);
    reducer->before_backward(true, loss);
    loss.backward();
    reducer->after_backward();
    if (steps == 2) {  // the buckets are made anew after the first
      warm = reducer->stats();
    }
  }
  if (world.is_main() && steps > 3) {
    const dist::ReducerStats stats = reducer->stats();
    const auto count = static_cast<double>(steps - 3);
    const double way = stats.communication - warm.communication;
    const double exposed = stats.exposed - warm.exposed;
    std::printf("%.0f bytes a step in %.1f buckets, %.3f ms on their way, of which %.0f %% are hidden\n",
                static_cast<double>(stats.bytes - warm.bytes) / count,
                static_cast<double>(stats.reductions - warm.reductions) / count, way / count * 1e3,
                100 * (1 - exposed / way));
  }
}

void ping(const dist::World& world) {
  if (world.is_main()) {
    std::printf("| bytes | ms, median | lowest | MB/s |\n|---|---|---|---|\n");
  }
  for (std::int64_t bytes = 4; bytes <= std::int64_t{64} << 20; bytes *= 4) {
    at::Tensor tensor = at::zeros({bytes / 4});
    const int rounds = bytes < 1 << 20 ? 200 : 20;
    std::vector<double> times;
    for (int round = 0; round < rounds + rounds / 10; ++round) {
      const auto start = Clock::now();
      world.communicator().all_reduce(tensor);
      if (round >= rounds / 10) {
        times.push_back(seconds_since(start));
      }
    }
    std::sort(times.begin(), times.end());
    if (world.is_main()) {
      const double median = times[times.size() / 2];
      std::printf("| %lld | %.3f | %.3f | %.0f |\n", static_cast<long long>(bytes), median * 1e3, times[0] * 1e3,
                  static_cast<double>(bytes) / median / 1e6);
      std::fflush(stdout);
    }
  }
}

void run(const std::vector<std::string>& arguments) {
  const dist::World world = dist::connect();
  at::manual_seed(0);
  if (arguments.at(0) == "ping") {
    ping(world);
    return;
  }
  const bool hidden = arguments[0] == "hidden";
  const std::string& network = arguments.at(hidden ? 1 : 0);
  const double seconds = std::stod(arguments.at(hidden ? 2 : 1));
  const std::int64_t all = world.size();
  if (network == "mlp") {
    const auto model = models::mlp();
    hidden ? measure_hidden(model, world, at::rand({32, 1, 28, 28}), seconds)
           : measure_rate(model, world, at::rand({all * 32 * 100, 1, 28, 28}), 32, seconds);
  } else {
    const auto model = models::resnet18({.num_classes = 10});
    hidden ? measure_hidden(model, world, at::rand({16, 3, 64, 64}), seconds)
           : measure_rate(model, world, at::rand({all * 16 * 4, 3, 64, 64}), 16, seconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_ddp: %s\n", error.what());
    return 1;
  }
}
