#include <hearth/data/batch_cut.hpp>

#include <hearth/core/random.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Entries = std::vector<std::size_t>;

namespace {

/// This process's entries of one batch.
Entries own(const data::BatchCut& cut, std::size_t batch) {
  const auto [begin, end] = cut.entries(batch);
  Entries entries;
  for (std::size_t i = begin + cut.share().rank; i < end; i += cut.share().size) {
    entries.push_back(i);
  }
  return entries;
}

struct Case {
  std::size_t samples;
  std::size_t processes;
  std::int64_t batch_size;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::size_t samples : {1, 2, 3, 5, 8, 12, 17, 24}) {
    for (const std::size_t processes : {1, 2, 3, 4, 8}) {
      for (const std::int64_t batch_size : {1, 2, 3, 5}) {
        all.push_back({samples, processes, batch_size});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("The parts of all batches are the lists of Python's DistributedSampler", "[batch_cut]") {
  // Lines of make_reference.py: size, world size, rank, shuffle, drop_last, epoch, count, indices.
  std::ifstream file(std::filesystem::path(HEARTH_TEST_DIR) / "data/reference/distributed_sampler.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    std::istringstream numbers(line);
    std::size_t size = 0;
    Share share;
    bool shuffle = false;
    bool drop_last = false;
    std::uint64_t epoch = 0;
    std::size_t count = 0;
    numbers >> size >> share.size >> share.rank >> shuffle >> drop_last >> epoch >> count;
    Entries expected(count);
    for (std::size_t& index : expected) {
      numbers >> index;
    }
    REQUIRE(numbers);
    share.remainder = drop_last ? Remainder::drop : Remainder::pad;
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (shuffle) {
      order = permutation(size, 7, epoch);
    }
    for (const std::int64_t batch_size : {1, 2, 3, 100}) {
      if (count == 0) {
        CHECK_THROWS_WITH(data::BatchCut({.batch_size = batch_size}, size, share), ContainsSubstring("have no sample"));
        continue;
      }
      const data::BatchCut cut({.batch_size = batch_size}, size, share);
      Entries drawn;
      for (std::size_t i = 0; i < cut.size(); ++i) {
        for (const std::size_t entry : own(cut, i)) {
          drawn.push_back(order[entry % size]);
        }
      }
      CHECK(drawn == expected);
      CHECK(cut.size() == (count + static_cast<std::size_t>(batch_size) - 1) / static_cast<std::size_t>(batch_size));
    }
  }
  CHECK(lines == 720);
}

TEST_CASE("The parts of the processes are the batch of one process, wherever a run goes on", "[batch_cut]") {
  for (const auto& [samples, processes, batch_size] : cases()) {
    const std::size_t global = processes * static_cast<std::size_t>(batch_size);
    for (std::size_t first = 0; first <= samples; ++first) {
      INFO(samples << " samples from " << first << " on, " << processes << " processes of " << batch_size);
      const data::BatchCut one({.batch_size = static_cast<std::int64_t>(global)}, samples, {}, first);
      std::size_t next = first;
      for (std::size_t batch = first / global; next < samples; ++batch) {
        std::set<std::size_t> joined;
        std::size_t largest = 0;
        std::size_t smallest = samples;
        for (std::size_t rank = 0; rank < processes; ++rank) {
          const data::BatchCut cut({.batch_size = batch_size}, samples, {.rank = rank, .size = processes}, first);
          REQUIRE(cut.first_batch() == one.first_batch());
          REQUIRE(cut.size() == one.size());
          const Entries part = own(cut, batch);
          CHECK(part.size() <= static_cast<std::size_t>(batch_size));
          largest = std::max(largest, part.size());
          smallest = std::min(smallest, part.size());
          for (const std::size_t entry : part) {
            CHECK(joined.insert(entry).second);
          }
        }
        const std::size_t end = std::min((batch + 1) * global, samples);
        CHECK(joined.size() == end - next);
        CHECK(*joined.begin() == next);
        CHECK(*joined.rbegin() == end - 1);
        CHECK(largest - smallest <= 1);
        next = end;
      }
    }
  }
}

TEST_CASE("With pad the processes have equally many of an epoch's last batch", "[batch_cut]") {
  for (const auto& [samples, processes, batch_size] : cases()) {
    for (std::size_t first = 0; first < samples; ++first) {
      INFO(samples << " samples from " << first << " on, " << processes << " processes of " << batch_size);
      std::set<std::size_t> counts;
      std::multiset<std::size_t> seen;
      for (std::size_t rank = 0; rank < processes; ++rank) {
        const data::BatchCut cut({.batch_size = batch_size}, samples,
                                 {.rank = rank, .size = processes, .remainder = Remainder::pad}, first);
        const std::size_t last = cut.first_batch() + cut.size() - 1;
        counts.insert(own(cut, last).size());
        for (std::size_t batch = cut.first_batch(); batch <= last; ++batch) {
          for (const std::size_t entry : own(cut, batch)) {
            seen.insert(entry);
          }
        }
      }
      CHECK(counts.size() == 1);
      CHECK(*seen.begin() == first);
      CHECK(seen.size() - (samples - first) < processes);
      CHECK(std::set<std::size_t>(seen.begin(), seen.end()).size() == seen.size());
    }
  }
}

TEST_CASE("drop_last leaves out a last global batch that is not full", "[batch_cut]") {
  for (const Remainder remainder : {Remainder::once, Remainder::pad, Remainder::drop}) {
    const LoaderOptions options{.batch_size = 2, .drop_last = true};
    const Share share{.rank = 1, .size = 3, .remainder = remainder};
    const data::BatchCut cut(options, 17, share);  // padded it is 18: three full batches of 6
    CHECK(cut.size() == (remainder == Remainder::pad ? 3 : 2));
    CHECK(data::BatchCut(options, 17, share).samples() == (remainder == Remainder::pad ? 17 : 12));
    CHECK(data::BatchCut(options, 17, share, 11).size() == cut.size() - 1);
    CHECK(data::BatchCut(options, 17, share, 17).size() == 0);
    CHECK_THROWS_WITH(data::BatchCut(options, 3, share),
                      ContainsSubstring("with drop_last there is no batch: 3 samples, but batch_size is 2 on each of 3 "
                                        "processes"));
  }
}

TEST_CASE("An epoch counts each of its samples once, whatever pads it", "[batch_cut]") {
  const LoaderOptions options{.batch_size = 2};
  CHECK(data::BatchCut(options, 17, {.size = 4}).samples() == 17);
  CHECK(data::BatchCut(options, 17, {.size = 4, .remainder = Remainder::pad}).samples() == 17);
  CHECK(data::BatchCut(options, 17, {.size = 4, .remainder = Remainder::drop}).samples() == 16);
}

TEST_CASE("A share of no process, or of one that is none of them, is an error", "[batch_cut]") {
  CHECK_THROWS_WITH(data::BatchCut({}, 5, {.rank = 0, .size = 0}), ContainsSubstring("but got Share::size 0"));
  CHECK_THROWS_WITH(data::BatchCut({}, 5, {.rank = 2, .size = 2}),
                    ContainsSubstring("Share::rank must be below Share::size, which is 2, but got 2"));
}
