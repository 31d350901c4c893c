#include <torch/torch.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/connect.hpp>

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
