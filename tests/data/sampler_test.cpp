#include <hearth/core/random.hpp>
#include <hearth/data/class_balanced_sampler.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/data/repeated_augmentation_sampler.hpp>
#include <hearth/data/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Indices = std::vector<std::size_t>;

static_assert(SamplerLike<SequentialSampler> && SamplerLike<RandomSampler> && SamplerLike<SubsetRandomSampler> &&
              SamplerLike<WeightedRandomSampler> && SamplerLike<DistributedSampler> &&
              SamplerLike<ClassBalancedSampler> && SamplerLike<RepeatedAugmentationSampler>);
static_assert(!SamplerLike<Indices> && !SamplerLike<int>);

namespace {

Indices sorted(Indices indices) {
  std::sort(indices.begin(), indices.end());
  return indices;
}

Indices first(std::size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

/// Is a count as likely as not after `draws` draws of this probability? Within five standard deviations.
bool is_likely(std::size_t count, std::size_t draws, double probability) {
  const double mean = static_cast<double>(draws) * probability;
  return std::abs(static_cast<double>(count) - mean) <= 5 * std::sqrt(mean * (1 - probability));
}

}  // namespace

TEST_CASE("SequentialSampler goes from the first to the last in every epoch", "[sampler]") {
  const SequentialSampler sampler(4);
  CHECK(sampler.size() == 4);
  CHECK(sampler.indices(0) == Indices{0, 1, 2, 3});
  CHECK(sampler.indices(9) == Indices{0, 1, 2, 3});
}

TEST_CASE("RandomSampler draws the documented permutation of each epoch", "[sampler]") {
  const RandomSampler sampler(100, {.seed = 5});
  CHECK(sampler.size() == 100);
  CHECK(sampler.indices(0) == permutation(100, 5, 0));
  CHECK(sampler.indices(3) == permutation(100, 5, 3));
  CHECK(sorted(sampler.indices(3)) == first(100));
  CHECK(sampler.indices(0) != sampler.indices(3));
  CHECK(sampler.indices(3) == RandomSampler(100, {.seed = 5}).indices(3));
  CHECK(sampler.indices(3) != RandomSampler(100, {.seed = 6}).indices(3));
}

TEST_CASE("RandomSampler draws fewer samples, or several permutations, as num_samples says", "[sampler]") {
  const Indices few = RandomSampler(10, {.num_samples = 4}).indices(1);
  CHECK(few.size() == 4);
  CHECK(std::set<std::size_t>(few.begin(), few.end()).size() == 4);

  const RandomSampler more(10, {.num_samples = 25});
  const Indices drawn = more.indices(1);
  REQUIRE(drawn.size() == 25);
  CHECK(more.size() == 25);
  const Indices one(drawn.begin(), drawn.begin() + 10);
  const Indices two(drawn.begin() + 10, drawn.begin() + 20);
  CHECK(sorted(one) == first(10));
  CHECK(sorted(two) == first(10));
  CHECK(one != two);
}

TEST_CASE("RandomSampler with replacement draws every sample equally often", "[sampler]") {
  const std::size_t draws = 50000;
  std::vector<std::size_t> counts(5);
  for (const std::size_t index : RandomSampler(5, {.replacement = true, .num_samples = draws, .seed = 1}).indices(0)) {
    ++counts.at(index);
  }
  for (const std::size_t count : counts) {
    CHECK(is_likely(count, draws, 0.2));
  }
  CHECK_THROWS_WITH(RandomSampler(0), ContainsSubstring("RandomSampler: there are no samples"));
}

TEST_CASE("SubsetRandomSampler shuffles the indices it was given, anew each epoch", "[sampler]") {
  const Indices given{3, 1, 4, 15, 92, 65};
  const SubsetRandomSampler sampler(given, {.seed = 2});
  CHECK(sampler.size() == 6);
  CHECK(sorted(sampler.indices(0)) == sorted(given));
  CHECK(sampler.indices(0) != sampler.indices(1));
  CHECK(sampler.indices(1) == sampler.indices(1));
  const Indices order = permutation(6, 2, 1);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(sampler.indices(1)[i] == given[order[i]]);
  }
}

TEST_CASE("WeightedRandomSampler draws in proportion to the weights", "[sampler]") {
  const std::size_t draws = 100000;
  const std::vector<double> weights{0, 0.2, 0.4, 0, 0.6, 0.8, 0};  // not normalised, zeros at both ends
  const Indices drawn = WeightedRandomSampler(weights, draws, {.seed = 4}).indices(2);
  REQUIRE(drawn.size() == draws);
  std::vector<std::size_t> counts(weights.size());
  for (const std::size_t index : drawn) {
    ++counts.at(index);
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    INFO(i);
    CHECK(is_likely(counts[i], draws, weights[i] / 2));
  }
}

TEST_CASE("WeightedRandomSampler without replacement draws among those left", "[sampler]") {
  const std::vector<double> weights{1, 2, 0, 3};
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> counts;
  const std::size_t epochs = 30000;
  const WeightedRandomSampler sampler(weights, 2, {.replacement = false, .seed = 8});
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    const Indices drawn = sampler.indices(epoch);
    REQUIRE(drawn.size() == 2);
    ++counts[{drawn[0], drawn[1]}];
  }
  CHECK(counts.size() == 6);
  for (const auto& [pair, count] : counts) {
    INFO(pair.first << " then " << pair.second);
    CHECK(is_likely(count, epochs, weights[pair.first] / 6 * weights[pair.second] / (6 - weights[pair.first])));
  }
  CHECK(sorted(WeightedRandomSampler(weights, 3, {.replacement = false}).indices(0)) == Indices{0, 1, 3});
}

TEST_CASE("WeightedRandomSampler refuses weights and counts that make no sense", "[sampler]") {
  CHECK_THROWS_WITH(WeightedRandomSampler({1, -0.5}, 1), ContainsSubstring("weight 1 is -0.5"));
  CHECK_THROWS_WITH(WeightedRandomSampler({1, NAN}, 1), ContainsSubstring("weight 1 is nan"));
  CHECK_THROWS_WITH(WeightedRandomSampler({0, 0}, 1), ContainsSubstring("at least one weight must be above 0"));
  CHECK_THROWS_WITH(WeightedRandomSampler({}, 1), ContainsSubstring("at least one weight must be above 0"));
  CHECK_THROWS_WITH(WeightedRandomSampler({1, 2}, 0), ContainsSubstring("num_samples must be at least 1"));
  CHECK_THROWS_WITH(WeightedRandomSampler({1, 0, 2}, 3, {.replacement = false}),
                    ContainsSubstring("3 samples without replacement cannot be had from 2"));
}

namespace {

/// How often each label, or each sample, is drawn.
std::map<std::int64_t, std::size_t> count_labels(const Indices& drawn, const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::size_t> counts;
  for (const std::size_t index : drawn) {
    ++counts[labels.at(index)];
  }
  return counts;
}
std::map<std::size_t, std::size_t> count_samples(const Indices& drawn) {
  std::map<std::size_t, std::size_t> counts;
  for (const std::size_t index : drawn) {
    ++counts[index];
  }
  return counts;
}

/// 90 samples of class 7, 9 of class -1 and 1 of class 3, mixed.
std::vector<std::int64_t> rare_labels() {
  std::vector<std::int64_t> labels(100, 7);
  for (std::size_t i = 0; i < 9; ++i) {
    labels[11 * i] = -1;
  }
  labels[50] = 3;
  return labels;
}

}  // namespace

TEST_CASE("ClassBalancedSampler draws every class equally often in every epoch", "[class_balanced_sampler]") {
  const std::vector<std::int64_t> labels = rare_labels();
  const ClassBalancedSampler sampler(labels, {.num_samples = 300, .seed = 3});
  CHECK(sampler.size() == 300);
  CHECK(ClassBalancedSampler(labels).size() == 100);
  for (const std::uint64_t epoch : {0, 1, 2}) {
    const Indices drawn = sampler.indices(epoch);
    CHECK(count_labels(drawn, labels) == std::map<std::int64_t, std::size_t>{{-1, 100}, {3, 100}, {7, 100}});
    for (const auto& [sample, count] : count_samples(drawn)) {
      const std::size_t least = labels[sample] == 3 ? 100 : labels[sample] == -1 ? 11 : 1;
      INFO(sample);
      CHECK((count == least || (labels[sample] != 3 && count == least + 1)));
    }
    CHECK(count_samples(drawn).size() == 100);
  }
}

TEST_CASE("ClassBalancedSampler gives another class one more where they do not divide", "[class_balanced_sampler]") {
  const std::vector<std::int64_t> labels = rare_labels();
  const ClassBalancedSampler sampler(labels, {.num_samples = 31, .seed = 1});
  std::map<std::int64_t, std::size_t> one_more;
  for (std::uint64_t epoch = 0; epoch < 600; ++epoch) {
    for (const auto& [label, count] : count_labels(sampler.indices(epoch), labels)) {
      CHECK((count == 10 || count == 11));
      one_more[label] += count - 10;
    }
  }
  for (const auto& [label, count] : one_more) {
    CHECK(is_likely(count, 600, 1.0 / 3));
  }
}

TEST_CASE("ClassBalancedSampler draws all samples of a class and all places equally often",
          "[class_balanced_sampler]") {
  const std::vector<std::int64_t> labels = rare_labels();
  const ClassBalancedSampler sampler(labels, {.num_samples = 30, .seed = 2});
  std::map<std::size_t, std::size_t> counts;
  std::size_t rare_first = 0;
  const std::size_t epochs = 2000;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const Indices drawn = sampler.indices(epoch);
    rare_first += labels[drawn.front()] == 3 ? 1 : 0;
    for (const std::size_t index : drawn) {
      ++counts[index];
    }
  }
  CHECK(is_likely(rare_first, epochs, 1.0 / 3));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    INFO(i);
    if (labels[i] == 7) {  // ten draws an epoch among 90
      CHECK(is_likely(counts[i], epochs, 1.0 / 9));
    } else if (labels[i] == -1) {  // ten among 9: each once, and one of them again
      CHECK(is_likely(counts[i] - epochs, epochs, 1.0 / 9));
    } else {
      CHECK(counts[i] == 10 * epochs);
    }
  }
}

TEST_CASE("ClassBalancedSampler is a function of labels, seed and epoch", "[class_balanced_sampler]") {
  const std::vector<std::int64_t> labels = rare_labels();
  const Indices drawn = ClassBalancedSampler(labels, {.seed = 4}).indices(2);
  CHECK(ClassBalancedSampler(labels, {.seed = 4}).indices(2) == drawn);
  CHECK(ClassBalancedSampler(labels, {.seed = 4}).indices(3) != drawn);
  CHECK(ClassBalancedSampler(labels, {.seed = 5}).indices(2) != drawn);
  struct Known {
    std::vector<std::int64_t> labels;
    std::size_t size() const { return labels.size(); }
    std::int64_t label(std::size_t index) const { return labels.at(index); }
  };
  const ClassBalancedSampler of_dataset(Known{labels}, {.seed = 4});
  CHECK(of_dataset.indices(2) == drawn);
  CHECK(ClassBalancedSampler(of_dataset).indices(2) == drawn);
  CHECK_THROWS_WITH(ClassBalancedSampler(std::vector<std::int64_t>{}),
                    "ClassBalancedSampler: there are no samples to draw from");
}

TEST_CASE("DistributedSampler gives the lists of Python's for the same permutation", "[distributed_sampler]") {
  // Lines of make_reference.py: size, world size, rank, shuffle, drop_last, epoch, count, indices.
  std::ifstream file(std::filesystem::path(HEARTH_TEST_DIR) / "data/reference/distributed_sampler.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    std::istringstream numbers(line);
    std::size_t size = 0;
    DistributedSamplerOptions options{.seed = 7};
    std::uint64_t epoch = 0;
    std::size_t count = 0;
    numbers >> size >> options.world_size >> options.rank >> options.shuffle >> options.drop_last >> epoch >> count;
    Indices expected(count);
    for (std::size_t& index : expected) {
      numbers >> index;
    }
    REQUIRE(numbers);
    const DistributedSampler sampler(size, options);
    CHECK(sampler.size() == count);
    CHECK(sampler.indices(epoch) == expected);
  }
  CHECK(lines == 720);
}

TEST_CASE("The processes of a DistributedSampler draw every sample between them", "[distributed_sampler]") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{1000}}) {
    for (int world = 1; world <= 8; ++world) {
      Indices drawn;
      for (int rank = 0; rank < world; ++rank) {
        const Indices share = DistributedSampler(size, {.rank = rank, .world_size = world}).indices(1);
        drawn.insert(drawn.end(), share.begin(), share.end());
      }
      INFO(size << " samples, " << world << " processes");
      const std::set<std::size_t> distinct(drawn.begin(), drawn.end());
      CHECK(distinct.size() == size);
      CHECK(drawn.size() - size < static_cast<std::size_t>(world));  // no more padding than is needed
    }
  }
}

TEST_CASE("DistributedSampler refuses ranks that are none of the processes'", "[distributed_sampler]") {
  for (const int rank : {-1, 3, 4}) {
    CHECK_THROWS_WITH(
        DistributedSampler(10, {.rank = rank, .world_size = 3}),
        ContainsSubstring("Invalid rank " + std::to_string(rank) + ", rank should be in the interval [0, 2]"));
  }
  CHECK_THROWS_WITH(DistributedSampler(10, {.world_size = 0}), ContainsSubstring("world_size must be at least 1"));
  CHECK_THROWS_WITH(DistributedSampler(0), ContainsSubstring("no samples"));
}

TEST_CASE("RepeatedAugmentationSampler gives each sample of the permutation several times in a row", "[sampler]") {
  const RepeatedAugmentationSampler sampler(600, {.repetitions = 4, .seed = 5});
  CHECK(sampler.size() == 512);  // as RASampler: down to a multiple of 256
  const Indices order = permutation(600, 5, 3);
  const Indices drawn = sampler.indices(3);
  REQUIRE(drawn.size() == 512);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    CHECK(drawn[i] == order[i / 4]);
  }
  CHECK(sampler.indices(4) != drawn);
}

TEST_CASE("RepeatedAugmentationSampler draws as many as there are where these are fewer than 256", "[sampler]") {
  const RepeatedAugmentationSampler sampler(5, {.repetitions = 2});
  CHECK(sampler.size() == 5);
  const Indices order = permutation(5, 0, 0);
  CHECK(sampler.indices(0) == Indices{order[0], order[0], order[1], order[1], order[2]});
}

TEST_CASE("RepeatedAugmentationSampler refuses no samples and no repetitions", "[sampler]") {
  CHECK_THROWS_WITH(RepeatedAugmentationSampler(0), ContainsSubstring("there are no samples"));
  CHECK_THROWS_WITH(RepeatedAugmentationSampler(3, {.repetitions = 0}), ContainsSubstring("at least 1"));
}
