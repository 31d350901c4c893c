#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/connect.hpp>
#include <hearth/dist/process_groups.hpp>
#include <hearth/dist/roll_call.hpp>

#include "catch.hpp"
#include "ranks.hpp"

namespace dist = hearth::dist;
using hearth::Error;

TEST_CASE("a collective gives every rank what arithmetic says", "[collectives]") {
  const int size = GENERATE(2, 3, 4);
  CAPTURE(size);
  std::atomic<int> passed = 0;
  run_ranks(size, [&](const dist::World& world) {
    dist::Communicator& all = world.communicator();
    const int rank = world.rank();
    const auto holds = [&](bool condition, const char* what) {
      hearth::core::require(condition, "rank {}: {}", rank, what);
    };
    holds(world.size() == size && world.is_main() == (rank == 0) && world.device() == at::kCPU, "world");

    at::Tensor sum = torch::full({2, 3}, rank + 1, torch::kFloat);
    all.all_reduce(sum);
    holds(sum.equal(torch::full({2, 3}, size * (size + 1) / 2, torch::kFloat)), "all_reduce");

    at::Tensor transposed = torch::arange(6, torch::kDouble).reshape({2, 3}).t();
    all.all_reduce(transposed);
    holds(transposed.equal(size * torch::arange(6, torch::kDouble).reshape({2, 3}).t()), "all_reduce of a view");

    const std::vector<at::Tensor> gathered = all.all_gather(torch::tensor({rank, 10 * rank}, torch::kLong));
    holds(gathered.size() == static_cast<std::size_t>(size), "all_gather");
    for (int other = 0; other < size; ++other) {
      holds(gathered[static_cast<std::size_t>(other)].equal(torch::tensor({other, 10 * other}, torch::kLong)),
            "all_gather");
    }

    const int from = size - 1;
    at::Tensor flags = rank == from ? torch::tensor({true, false, true}) : torch::zeros({3}, torch::kBool);
    at::Tensor scalar = torch::tensor(static_cast<double>(rank));
    at::Tensor weight = torch::full({2, 2}, rank, torch::kFloat).set_requires_grad(true);
    at::Tensor column = torch::zeros({4, 3}, torch::kShort).select(1, 1);
    column.fill_(rank);
    all.broadcast({flags, scalar, weight, torch::empty({0}), column}, from);
    holds(flags.equal(torch::tensor({true, false, true})) && scalar.item<double>() == from, "broadcast");
    holds(weight.detach().equal(torch::full({2, 2}, from, torch::kFloat)) && weight.requires_grad(), "broadcast");
    holds(column.equal(torch::full({4}, from, torch::kShort)), "broadcast of a view");

    const auto pending = all.begin_sum({1.0, 0.5 * rank});
    const std::vector<std::string> words = all.gather(std::string(static_cast<std::size_t>(rank) * 3, 'x'));
    for (int other = 0; other < size; ++other) {
      holds(words[static_cast<std::size_t>(other)] == std::string(static_cast<std::size_t>(other) * 3, 'x'), "gather");
    }
    holds(pending->wait() == std::vector<double>{1.0 * size, 0.25 * size * (size - 1)}, "begin_sum");
    holds(all.begin_sum({})->wait().empty(), "begin_sum of nothing");

    const std::string message("a\0b", 3);
    holds(all.broadcast_bytes(rank == from ? message : "ignored", from) == message, "broadcast_bytes");
    holds(all.broadcast_bytes("", 0).empty(), "broadcast_bytes of nothing");
    all.barrier();
    ++passed;
    all.barrier(std::chrono::seconds(5));
    holds(passed == size, "barrier");
  });
  REQUIRE(passed == size);
}

TEST_CASE("a sum is the same bits on every rank", "[collectives]") {
  std::vector<at::Tensor> sums(3);
  run_ranks(3, [&](const dist::World& world) {
    auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(world.rank()));
    at::Tensor tensor = torch::randn({1001}, generator);
    world.communicator().all_reduce(tensor);
    sums[static_cast<std::size_t>(world.rank())] = tensor;
  });
  REQUIRE(sums[0].equal(sums[1]));
  REQUIRE(sums[0].equal(sums[2]));
}

TEST_CASE("a rank that fails is named on all others, with its reason", "[faults]") {
  std::vector<std::string> seen(3);
  REQUIRE_THROWS_WITH(run_ranks(3,
                                [&](const dist::World& world) {
                                  world.communicator().barrier();
                                  if (world.rank() == 1) {
                                    throw Error("the disk is full");
                                  }
                                  try {
                                    world.communicator().barrier();
                                  } catch (const Error& error) {
                                    seen[static_cast<std::size_t>(world.rank())] = error.what();
                                    throw;
                                  }
                                }),
                      "the disk is full");
  REQUIRE(seen[0] == "dist: rank 1 failed: the disk is full");
  REQUIRE(seen[2] == "dist: rank 1 failed: the disk is full");
}

TEST_CASE("a collective after leave() is an error, and does not wait", "[faults]") {
  std::string seen;
  run_ranks(2, [&](const dist::World& world) {
    world.communicator().barrier();
    if (world.rank() == 1) {
      world.communicator().leave();
      try {
        world.communicator().barrier();
      } catch (const Error& error) {
        seen = error.what();
      }
    }
  });
  REQUIRE(seen == "dist: this process has left");
}

TEST_CASE("processes meet in a store where one died before it had said hello", "[connect]") {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  store->add("hellos", 1);  // under the number 1 nobody says anything
  std::vector<std::size_t> hosts(2);
  std::vector<std::string> errors(2);
  std::vector<std::thread> threads;
  for (const int rank : {0, 1}) {
    threads.emplace_back([&, rank] {
      const auto index = static_cast<std::size_t>(rank);
      try {
        hosts[index] =
            dist::detail::call_the_roll(*store, rank, 2, "host", "the store", std::chrono::seconds(3)).hosts.size();
      } catch (const std::exception& error) {
        errors[index] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  REQUIRE(errors == std::vector<std::string>(2));
  REQUIRE(hosts == std::vector<std::size_t>{2, 2});
}

TEST_CASE("devices that do not go together are refused with their ranks", "[devices]") {
  using dist::detail::compare_devices;
  REQUIRE_NOTHROW(compare_devices({"cpu over gloo\nhost\n", "cpu over gloo\nhost\n"}));
  REQUIRE_NOTHROW(compare_devices({"cuda over nccl\nhost\nGPU 0", "cuda over nccl\nhost\nGPU 1"}));
  REQUIRE_NOTHROW(compare_devices({"cuda over nccl\na\nGPU 0", "cuda over nccl\nb\nGPU 0"}));
  REQUIRE_THROWS_WITH(
      compare_devices({"cuda over nccl\na\nGPU 0", "cuda over nccl\na\nGPU 1", "cuda over nccl\na\nGPU 1"}),
      "dist: ranks 1 and 2 have the same GPU (GPU 1): each process needs one of its own. LOCAL_RANK chooses "
      "it among CUDA_VISIBLE_DEVICES");
  REQUIRE_THROWS_WITH(compare_devices({"cuda over nccl\na\nGPU 0", "cpu over gloo\nb\n"}),
                      "dist: rank 0 works on cuda over nccl, but rank 1 on cpu over gloo: it must be the same for all");
}

TEST_CASE("a rank that goes by an exception, without a word, is a failure for the others", "[faults]") {
  std::string seen;
  REQUIRE_THROWS_AS(run_ranks(2,
                              [&](const dist::World& world) {
                                if (world.rank() == 1) {
                                  world.communicator().fail("an exception ended it");
                                  world.communicator().fail("a second reason");
                                  REQUIRE_THROWS_WITH(world.communicator().barrier(),
                                                      "dist: rank 1 failed: an exception ended it");
                                  return;
                                }
                                try {
                                  world.communicator().barrier();
                                } catch (const Error& error) {
                                  seen = error.what();
                                  throw;
                                }
                              }),
                    Error);
  REQUIRE(seen == "dist: rank 1 failed: an exception ended it");
}

TEST_CASE("an operation that is on its way ends when a rank fails", "[faults]") {
  std::vector<std::string> seen(3);
  REQUIRE_THROWS_WITH(run_ranks(3,
                                [&](const dist::World& world) {
                                  dist::Communicator& all = world.communicator();
                                  if (world.rank() == 2) {
                                    std::this_thread::sleep_for(std::chrono::milliseconds(100));
                                    throw Error("enough");
                                  }
                                  const auto sum = all.begin_sum({1});
                                  try {
                                    sum->wait();
                                  } catch (const Error& error) {
                                    seen[static_cast<std::size_t>(world.rank())] = error.what();
                                    throw;
                                  }
                                }),
                      "enough");
  REQUIRE(seen[0] == "dist: rank 2 failed: enough");
  REQUIRE(seen[1] == "dist: rank 2 failed: enough");
}

TEST_CASE("a process that nobody has started with others is alone, and needs no connection", "[connect]") {
  const dist::World world = dist::connect(dist::find_rendezvous({}, [](const std::string&) { return std::nullopt; }));
  REQUIRE(world.is_alone());
  REQUIRE(world.size() == 1);
  REQUIRE(dist::is_available());
}
