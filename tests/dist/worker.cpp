// One of several processes that add numbers, for processes_test.py:
//
//   worker [--dist-url URL] [--world-size N] [--rank R] [--backend B] [--timeout MS] [--steps N] [--linger MS]
//          [--fault KIND --at RANK]
//
// Faults, in step 3 of one rank: kill, stop (both by signal), throw, hang, leave. It prints what it did, and ends with
// 0, or with 1 and the error.
#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <csignal>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/connect.hpp>

namespace dist = hearth::dist;

namespace {

void fault(const std::string& kind, dist::Communicator& all) {
  std::this_thread::sleep_for(std::chrono::milliseconds(250));  // for a beat that says what it does
  if (kind == "kill") {
    std::raise(SIGKILL);
  } else if (kind == "stop") {
    std::raise(SIGSTOP);
  } else if (kind == "throw") {
    throw hearth::Error("the disk is full");
  } else if (kind == "hang") {
    std::this_thread::sleep_for(std::chrono::minutes(10));
  } else if (kind == "leave") {
    all.leave();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    std::exit(0);
  }
}

void work(const dist::World& world, const std::map<std::string, std::string>& options) {
  const auto option = [&](const std::string& name, const std::string& otherwise) {
    const auto found = options.find(name);
    return found == options.end() ? otherwise : found->second;
  };
  dist::Communicator& all = world.communicator();
  const int size = world.size();
  const int steps = std::stoi(option("steps", "6"));
  for (int step = 1; step <= steps; ++step) {
    all.set_activity("epoch 1, batch " + std::to_string(step));
    if (step == 3 && world.rank() == std::stoi(option("at", "-1"))) {
      fault(option("fault", ""), all);
    }
    const auto sum = all.begin_sum({world.rank() + 1.0, static_cast<double>(step)});
    at::Tensor tensor = at::full({3}, world.rank() + step, at::kFloat);
    all.all_reduce(tensor);
    const std::vector<double> sums = sum->wait();
    hearth::core::require(sums[0] == size * (size + 1) / 2.0 && sums[1] == size * step &&
                              tensor[0].item<float>() == static_cast<float>(size * step + size * (size - 1) / 2),
                          "a sum is wrong in step {}", step);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(option("linger", "0"))));
  std::printf("rank %d of %d, local %d of %d: done\n", world.rank(), size, world.local_rank(), world.local_size());
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < count; i += 2) {
    options[std::string(words[i]).substr(2)] = words[i + 1];
  }
  const char* const restarts = std::getenv("TORCHELASTIC_RESTART_COUNT");
  if (restarts != nullptr && std::string(restarts) != "0") {
    options.erase("fault");  // the processes that torchrun has started anew do what the first ones could not
  }
  std::optional<dist::World> world;
  try {
    dist::RendezvousOptions meet;
    meet.dist_url = options["dist-url"];
    meet.backend = options["backend"];
    meet.world_size = options.contains("world-size") ? std::stoi(options["world-size"]) : -1;
    meet.rank = options.contains("rank") ? std::stoi(options["rank"]) : -1;
    dist::ConnectOptions connection;
    connection.timeout = std::chrono::milliseconds(options.contains("timeout") ? std::stoi(options["timeout"]) : 20000);
    world = dist::connect(dist::find_rendezvous(meet), connection);
    if (world->is_alone()) {
      std::puts("alone: done");
      return 0;
    }
    work(*world, options);
    world->communicator().leave();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    if (world && !world->is_alone()) {
      world->communicator().fail(error.what());
    }
    return 1;
  }
}
