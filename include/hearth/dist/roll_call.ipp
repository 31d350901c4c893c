#pragma once

#include <hearth/dist/roll_call.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include <hearth/core/error.hpp>

namespace hearth::dist::detail {

// What the ranks do, each with a name of its own that no other process ever had:
//
//   every rank: hello/<n> = "<name> <rank>", where n counts all that have ever said hello in this store
//   rank 0:     answer/<name> = <round>, to every hello, those of an earlier run included
//   every rank: about/<round>/<rank> = "<size> <host>", and <round>/<rank> is counted up: 1 where the rank is there
//   once rank 0:     verdict/<round> = "" and the hosts, or what is wrong; all wait for it
//
// So a process joins no round but that of a rank 0 that was alive after it said hello.

namespace roll {

using Clock = std::chrono::steady_clock;

inline std::string read(c10d::Store& store, const std::string& key) {
  const std::vector<std::uint8_t> value = store.get(key);
  return {value.begin(), value.end()};
}

inline void write(c10d::Store& store, const std::string& key, const std::string& text) {
  store.set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
}

inline std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:x}", random(), random(), getpid());
}

inline std::string different_worlds(int of_main, int other, int rank) {
  return fmt::format(
      "the processes think of different worlds: WORLD_SIZE is {} for rank 0 and {} for rank {}. It must be the same "
      "for "
      "all",
      of_main, other, rank);
}

/// Rank 0's part: answers until all are there, and says who is missing or wrong.
HEARTH_INLINE std::string judge(c10d::Store& store, std::int64_t number, const std::string& round, int size,
                                Clock::time_point deadline, std::int64_t& heard) {
  std::int64_t counted = 0;
  std::vector<std::int64_t> unheard;  // a process that ended as it came may have said nothing under its number
  std::vector<std::string> hosts(static_cast<std::size_t>(size));
  int missing = size;
  for (auto wait = std::chrono::milliseconds(1);; wait = std::min(wait * 2, std::chrono::milliseconds(50))) {
    for (const std::int64_t all = std::stoll(read(store, "hellos")); counted < all;) {
      unheard.push_back(++counted);
    }
    for (auto one = unheard.begin(); one != unheard.end();) {
      const std::string key = fmt::format("hello/{}", *one);
      if (!store.check({key})) {
        ++one;
        continue;
      }
      std::istringstream hello(read(store, key));
      std::string other;
      int rank = 0;
      hello >> other >> rank;
      if (rank == 0 && *one > number) {  // one with a lower number was the rank 0 of an earlier run
        return "two processes have rank 0: each must have a RANK of its own";
      }
      write(store, "answer/" + other, round);
      ++heard;
      one = unheard.erase(one);
    }
    for (int rank = 0; rank < size; ++rank) {
      std::string& host = hosts[static_cast<std::size_t>(rank)];
      const std::string key = fmt::format("about/{}/{}", round, rank);
      if (!host.empty() || !store.check({key})) {
        continue;
      }
      std::istringstream about(read(store, key));
      int its_size = 0;
      about >> its_size;
      about.ignore(1);
      std::getline(about, host);
      --missing;
      if (its_size != size) {
        return different_worlds(size, its_size, rank);
      }
    }
    if (store.check({"wrong/" + round})) {
      return read(store, "wrong/" + round);
    }
    if (missing == 0) {
      return fmt::format("\n{}", fmt::join(hosts, "\n"));
    }
    if (Clock::now() > deadline) {
      std::vector<int> absent;
      for (int rank = 0; rank < size; ++rank) {
        if (hosts[static_cast<std::size_t>(rank)].empty()) {
          absent.push_back(rank);
        }
      }
      return fmt::format("{} of {} processes have not come within the time-out: {} {}", missing, size,
                         missing == 1 ? "rank" : "ranks", fmt::join(absent, ", "));
    }
    std::this_thread::sleep_for(wait);
  }
}

/// The value of a key that another process writes; none: not in time.
inline std::optional<std::string> wait_for(c10d::Store& store, const std::string& key, Clock::time_point deadline) {
  for (auto wait = std::chrono::milliseconds(1); !store.check({key});
       wait = std::min(wait * 2, std::chrono::milliseconds(50))) {
    if (Clock::now() > deadline) {
      return {};
    }
    std::this_thread::sleep_for(wait);
  }
  return read(store, key);
}

}  // namespace roll

HEARTH_INLINE RollCall call_the_roll(c10d::Store& store, int rank, int size, const std::string& host,
                                     const std::string& keeper, std::chrono::milliseconds timeout) {
  const auto deadline = roll::Clock::now() + timeout;
  const std::string name = roll::new_name();
  const std::int64_t number = store.add("hellos", 1);
  roll::write(store, fmt::format("hello/{}", number), fmt::format("{} {}", name, rank));

  const auto join = [&](const std::string& round) {
    if (store.add(fmt::format("{}/{}", round, rank), 1) > 1) {
      roll::write(store, "wrong/" + round,
                  fmt::format("two processes have rank {}: each must have a RANK of its own", rank));
    }
    roll::write(store, fmt::format("about/{}/{}", round, rank), fmt::format("{} {}", size, host));
  };
  std::string verdict;
  std::string its_keeper = keeper;
  std::string round = name;
  if (rank == 0) {
    join(round);
    std::int64_t heard = 0;
    verdict = roll::judge(store, number, round, size, deadline, heard);
    roll::write(store, "verdict/" + round, fmt::format("{} {}\n{}", size, keeper, verdict));
    // A refusal ends this process, and its store: the others read it first. Those of an earlier run never do.
    const auto patience = roll::Clock::now() + std::chrono::seconds(2);
    while (!verdict.starts_with("\n") && store.add("read/" + round, 0) < heard - 1 && roll::Clock::now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } else {
    const std::optional<std::string> answer = roll::wait_for(store, "answer/" + name, deadline);
    core::require(answer.has_value(), "dist: rank 0 has not come within the time-out, {} s",
                  static_cast<double>(timeout.count()) / 1000);
    round = *answer;
    join(round);
    // Rank 0 gives up first: it knows who is missing.
    const auto longer = deadline + std::min(timeout, std::chrono::milliseconds(5000));
    const std::optional<std::string> said = roll::wait_for(store, "verdict/" + round, longer);
    core::require(said.has_value(), "dist: rank 0 has gone before all processes had come");
    store.add("read/" + round, 1);
    const std::size_t end = said->find('\n');
    const int its_size = std::stoi(said->substr(0, end));
    its_keeper = said->substr(said->find(' ') + 1, end - said->find(' ') - 1);
    verdict = said->substr(end + 1);
    if (verdict.starts_with("\n") && (its_size != size || rank >= its_size)) {
      verdict = roll::different_worlds(its_size, size, rank);
    }
  }
  core::require(verdict.starts_with("\n"), "dist: {}", verdict);

  RollCall result{.round = round, .hosts = {}, .keeper = its_keeper};
  std::istringstream lines(verdict.substr(1));
  for (std::string line; std::getline(lines, line);) {
    result.hosts.push_back(line);
  }
  return result;
}

HEARTH_INLINE std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::array<char, 64> network{};
  const auto length = readlink("/proc/self/ns/net", network.data(), network.size() - 1);
  return fmt::format("{} {} {}", name.data(), boot,
                     std::string_view(network.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))));
}

}  // namespace hearth::dist::detail
