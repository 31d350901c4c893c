#include <hearth/data/data_loader.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/data/loader_like.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Sample i is [i, a draw from its stream]. Those of `bad` cannot be read.
struct Numbers {
  std::size_t count = 0;
  std::set<std::size_t> bad = {};

  std::size_t size() const { return count; }
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    if (bad.contains(index)) {
      core::fail("cannot read number {}", index);
    }
    float* const data = sink.place({2}).data;
    data[0] = static_cast<float>(index);
    data[1] = static_cast<float>(random.uniform());
    return static_cast<std::int64_t>(index % 7);
  }
};

/// Draws some samples twice and thrice.
struct Again {
  std::size_t count = 0;
  std::size_t size() const { return count; }
  std::vector<std::size_t> indices(std::uint64_t epoch) const {
    std::vector<std::size_t> order = permutation(count, 4, epoch);
    for (std::size_t& index : order) {
      index /= 3;
    }
    return order;
  }
};

using Sample = std::pair<float, float>;

struct Part {
  std::vector<Sample> samples;
  bool counts = true;
  std::size_t drawn = 0;
};

/// The batches of one process by their number.
template <class Loader>
std::map<std::size_t, Part> parts(Loader& loader, std::size_t first_sample, const Share& share) {
  std::map<std::size_t, Part> result;
  auto epoch = loader.epoch(2, first_sample, share);
  const std::size_t size = epoch.size();
  for (const Batch& batch : epoch) {
    Part part{{}, batch.counts, batch.drawn};
    const at::Tensor inputs = batch.inputs.contiguous();
    const float* const data = inputs.const_data_ptr<float>();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      part.samples.emplace_back(data[2 * i], data[2 * i + 1]);
    }
    CHECK(result.emplace(batch.index, part).second);
  }
  CHECK(result.size() == size);
  return result;
}

/// The global batches of all processes, each in the order of one process: entry i is of process i modulo their number.
template <class Loader>
std::map<std::size_t, Part> joined(Loader& loader, std::size_t first_sample, Share share) {
  std::map<std::size_t, std::vector<Part>> of_ranks;
  for (share.rank = 0; share.rank < share.size; ++share.rank) {
    for (const auto& [index, part] : parts(loader, first_sample, share)) {
      of_ranks[index].push_back(part);
    }
  }
  std::map<std::size_t, Part> result;
  for (auto& [index, ranks] : of_ranks) {
    CHECK(ranks.size() == share.size);
    Part& whole = result[index];
    whole.drawn = ranks.front().drawn;
    for (std::size_t i = 0;; ++i) {
      const Part& part = ranks[i % share.size];
      CHECK(part.drawn == whole.drawn);
      if (!part.counts || i / share.size >= part.samples.size()) {
        break;
      }
      whole.samples.push_back(part.samples[i / share.size]);
    }
    for (const Part& part : ranks) {
      CHECK((part.counts || part.samples.size() == 1));
    }
  }
  return result;
}

template <class Loader>
void check_as_one(Loader& one, Loader& shared, std::size_t first_sample, const Share& share) {
  const std::map<std::size_t, Part> expected = parts(one, first_sample, {});
  const std::map<std::size_t, Part> met = joined(shared, first_sample, share);
  REQUIRE(met.size() == expected.size());
  for (const auto& [index, part] : expected) {
    INFO("batch " << index);
    CHECK(met.at(index).samples == part.samples);
    CHECK(met.at(index).drawn == part.drawn);
  }
}

}  // namespace

static_assert(ShareableLoader<DataLoader<Numbers>>);
static_assert(ShareSampler<DistributedSampler> && !ShareSampler<RandomSampler> && !ShareSampler<SequentialSampler>);

TEST_CASE("The parts of the processes are the batches of one process, pixel for pixel", "[share]") {
  for (const std::size_t processes : {1, 2, 3, 4, 8}) {
    for (const std::size_t samples : {2, 7, 24, 29}) {
      for (const std::int64_t batch_size : {1, 3}) {
        for (const int workers : {0, 4}) {
          const auto global = static_cast<std::int64_t>(processes) * batch_size;
          INFO(samples << " samples, " << processes << " processes of " << batch_size << ", " << workers << " workers");
          DataLoader one{Numbers{samples}, {.batch_size = global, .shuffle = true, .seed = 6}};
          DataLoader shared{Numbers{samples},
                            {.batch_size = batch_size, .shuffle = true, .workers = workers, .seed = 6}};
          const Share share{.size = processes};
          CHECK(shared.size(share) == one.size());
          CHECK(shared.samples(share) == samples);
          check_as_one(one, shared, 0, share);
        }
      }
    }
  }
}

TEST_CASE("A shared epoch goes on anywhere, and every remaining sample comes once", "[share]") {
  const std::size_t samples = 29;
  for (const std::size_t processes : {2, 3, 8}) {
    DataLoader one{Numbers{samples}, {.batch_size = static_cast<std::int64_t>(2 * processes), .shuffle = true}};
    for (const int workers : {0, 4}) {
      DataLoader shared{Numbers{samples}, {.batch_size = 2, .shuffle = true, .workers = workers}};
      for (std::size_t first = 0; first <= samples; first += workers == 0 ? 1 : 5) {
        INFO(processes << " processes from sample " << first << " on");
        check_as_one(one, shared, first, {.size = processes});
      }
    }
  }
}

TEST_CASE("A run of four processes goes on with two and with three, and draws every sample once", "[share]") {
  DataLoader loader{Numbers{50}, {.batch_size = 3, .shuffle = true}};
  std::multiset<float> seen;
  std::size_t drawn = 0;
  for (const std::size_t processes : {4, 2, 3, 1}) {
    std::size_t reached = drawn;
    for (const auto& [index, part] : joined(loader, drawn, {.size = processes})) {
      for (const Sample& sample : part.samples) {
        seen.insert(sample.first);
      }
      reached = part.drawn;
      if (processes > 1) {
        break;  // killed after its first batch
      }
    }
    CHECK(reached > drawn);
    drawn = reached;
  }
  CHECK(seen.size() == 50);
  CHECK(std::set<float>(seen.begin(), seen.end()).size() == 50);
}

TEST_CASE("A sample that an epoch draws again is augmented the same at every number of processes", "[share]") {
  for (const std::size_t processes : {2, 3, 4}) {
    DataLoader one{Numbers{9}, Again{25}, {.batch_size = static_cast<std::int64_t>(2 * processes), .seed = 3}};
    DataLoader shared{Numbers{9}, Again{25}, {.batch_size = 2, .workers = 2, .seed = 3}};
    check_as_one(one, shared, 0, {.size = processes});
    check_as_one(one, shared, 11, {.size = processes});
  }
}

TEST_CASE("A process that has no sample of a batch has another one, which does not count", "[share]") {
  DataLoader loader{Numbers{9}, {.batch_size = 2}};
  for (const std::size_t rank : {0, 1, 2, 3}) {  // a batch of eight, and one sample is left
    INFO("rank " << rank);
    const Share share{.rank = rank, .size = 4};
    const auto filled = parts(loader, 0, share);
    CHECK(loader.size(share) == 2);
    CHECK(filled.at(0).counts);
    CHECK(filled.at(1).counts == (rank == 0));
    CHECK(filled.at(1).samples == parts(loader, 0, {}).at(4).samples);  // with the same augmentation
  }
}

TEST_CASE("With pad the epoch's first samples come again, with other random choices", "[share]") {
  DataLoader loader{Numbers{5}, {.batch_size = 2, .seed = 9}};
  const auto first = parts(loader, 0, {.rank = 0, .size = 4, .remainder = Remainder::pad});
  const auto second = parts(loader, 0, {.rank = 1, .size = 4, .remainder = Remainder::pad});
  REQUIRE(first.size() == 1);
  REQUIRE(second.size() == 1);
  CHECK(first.at(0).samples.size() == 2);
  REQUIRE(second.at(0).samples.size() == 2);  // 1, and 5 is 0 again
  CHECK(second.at(0).samples[1].first == 0);
  CHECK(second.at(0).samples[1].second != first.at(0).samples[0].second);
  RandomStream again(9, 2, 0, 1);
  CHECK(second.at(0).samples[1].second == static_cast<float>(again.uniform()));
  CHECK(second.at(0).drawn == 5);
  CHECK(second.at(0).counts);
}

TEST_CASE("With drop the processes have equally many, and the tail is left out", "[share]") {
  DataLoader loader{Numbers{11}, {.batch_size = 2}};
  std::vector<float> seen;
  for (const std::size_t rank : {0, 1, 2}) {
    const Share share{.rank = rank, .size = 3, .remainder = Remainder::drop};
    CHECK(loader.samples(share) == 9);
    const auto own = parts(loader, 0, share);
    CHECK(own.size() == 2);
    for (const auto& [index, part] : own) {
      CHECK(part.samples.size() == (index == 0 ? 2 : 1));
      for (const Sample& sample : part.samples) {
        seen.push_back(sample.first);
      }
    }
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("A process that can read none of its samples keeps in step with another's", "[share]") {
  for (const int workers : {0, 4}) {
    DataLoader loader{Numbers{8, {1, 5}}, {.batch_size = 1, .workers = workers, .bad_samples = BadSamples::skip}};
    const auto bad = parts(loader, 0, {.rank = 1, .size = 4});
    CHECK(loader.skipped() == 2);  // its own, and those alone
    CHECK(bad.size() == 2);
    CHECK_FALSE(bad.at(0).counts);
    CHECK(bad.at(0).samples.at(0).first == 0);
    const auto good = parts(loader, 0, {.rank = 2, .size = 4});
    CHECK(loader.skipped() == 0);
    CHECK(good.at(1).counts);

    DataLoader none{Numbers{8, {4, 5, 6, 7}}, {.batch_size = 1, .workers = workers, .bad_samples = BadSamples::skip}};
    CHECK_THROWS_WITH(
        parts(none, 0, {.rank = 1, .size = 4}),
        ContainsSubstring("not one of the 4 samples of batch 1 in epoch 2 could be read, so the processes "
                          "that share it cannot keep in step; the first: cannot read number"));
    std::size_t readable = 0;
    for (const Batch& batch : none.epoch(2)) {  // one process goes on
      readable += batch.size();
    }
    CHECK(readable == 4);
  }
}

TEST_CASE("A shared loader whose sampler gives a share itself is an error", "[share]") {
  DataLoader loader{Numbers{8}, DistributedSampler{8, {.rank = 1, .world_size = 2}}, {.batch_size = 2}};
  CHECK(parts(loader, 0, {}).size() == 2);
  CHECK_THROWS_WITH(loader.epoch(0, 0, {.rank = 1, .size = 2}),
                    ContainsSubstring("its sampler gives one process's part of an epoch already"));
  CHECK_THROWS_WITH(loader.size({.rank = 1, .size = 2}), ContainsSubstring("its sampler gives one process's part"));
  CHECK_THROWS_WITH(steps_per_epoch(loader, 1, 2), ContainsSubstring("its sampler gives one process's part"));
}

TEST_CASE("An epoch begun by a rank that does not exist is an error", "[share]") {
  DataLoader loader{Numbers{8}, {.batch_size = 2}};
  CHECK_THROWS_WITH(loader.epoch(0, 0, {.rank = 2, .size = 2}), ContainsSubstring("Share::rank must be below"));
  CHECK_THROWS_WITH(loader.size({.rank = 0, .size = 0}), ContainsSubstring("Share::size 0"));
  CHECK_THROWS_WITH(loader.epoch(0, 9, {.rank = 0, .size = 2}), ContainsSubstring("cannot go on at sample 9"));
}

TEST_CASE("steps_per_epoch counts the steps of all processes together", "[loader_like]") {
  DataLoader loader{Numbers{29}, {.batch_size = 2}};
  CHECK(steps_per_epoch(loader, 1, 1) == 15);
  CHECK(steps_per_epoch(loader, 1, 4) == 4);
  CHECK(steps_per_epoch(loader, 3, 4) == 2);
  CHECK(steps_per_epoch(loader, 1, 7, Remainder::drop) == 2);
  CHECK(steps_per_epoch(loader, 1, 7) == 3);
  CHECK_THROWS_WITH(steps_per_epoch(loader, 1, 0), ContainsSubstring("world_size must be at least 1"));
}
