#include <hearth/core/random.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/map_targets.hpp>
#include <hearth/datasets/split.hpp>
#include <hearth/datasets/subset.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/recording_sink.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Indices = std::vector<std::size_t>;

namespace {

/// Samples of one number each, and their labels.
struct Labelled {
  std::vector<std::int64_t> labels;
  std::vector<std::string> names{"a", "b", "c"};

  std::size_t size() const { return labels.size(); }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = static_cast<float>(index);
    return labels.at(index);
  }
  std::int64_t label(std::size_t index) const { return labels.at(index); }
  const std::vector<std::string>& classes() const { return names; }
  std::size_t num_classes() const { return names.size(); }
};

template <class Dataset>
auto target(const Dataset& dataset, std::size_t index) {
  hearth_test::RecordingSink sink;
  RandomStream random(0, 0, index);
  auto result = dataset.read(index, random, sink);
  CHECK(sink.values().size() == 1);
  return result;
}

Labelled numbered(std::size_t size) {
  return {std::vector<std::int64_t>(size)};
}

/// The samples of all parts, in order of their numbers.
template <std::size_t N>
Indices together(const std::array<Subset<Labelled>, N>& parts) {
  Indices all;
  for (const Subset<Labelled>& part : parts) {
    all.insert(all.end(), part.indices().begin(), part.indices().end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

Indices first(std::size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

/// How many samples of a class a part has.
std::int64_t count(const Subset<Labelled>& part, std::int64_t label) {
  const std::vector<std::int64_t> labels = labels_of(part);
  return std::count(labels.begin(), labels.end(), label);
}

}  // namespace

TEST_CASE("random_split divides all samples, each into one part, by lengths", "[split]") {
  const auto parts = random_split(numbered(100), {70, 0, 30}, 1);
  static_assert(std::same_as<decltype(parts), const std::array<Subset<Labelled>, 3>>);
  CHECK(parts[0].size() == 70);
  CHECK(parts[1].size() == 0);
  CHECK(parts[2].size() == 30);
  CHECK(together(parts) == first(100));
  CHECK(parts[0].indices() != first(70));  // at random
  CHECK(&parts[0].dataset() == &parts[2].dataset());
}

TEST_CASE("random_split has Python's rule for fractions", "[split]") {
  // Lines of make_reference.py: size, number of parts, their fractions, their lengths.
  std::ifstream file(std::filesystem::path(HEARTH_TEST_DIR) / "datasets/reference/split_lengths.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    std::istringstream numbers(line);
    std::size_t size = 0;
    std::size_t parts = 0;
    numbers >> size >> parts;
    std::vector<double> fractions(parts);
    for (double& fraction : fractions) {
      std::string text;
      numbers >> text;
      fraction = std::stod(text);
    }
    const datasets::Parts split = datasets::random_parts(size, fractions, 5);
    REQUIRE(split.size() == parts);
    for (const Indices& part : split) {
      std::size_t length = 0;
      numbers >> length;
      CHECK(part.size() == length);
    }
    REQUIRE(numbers);
  }
  CHECK(lines == 55);
}

TEST_CASE("random_split is a function of the size and the seed, and of no epoch's order", "[split]") {
  const auto indices = [](std::uint64_t seed) { return random_split(numbered(50), {0.5, 0.5}, seed)[0].indices(); };
  CHECK(indices(3) == indices(3));
  CHECK(indices(3) != indices(4));
  const Indices order = permutation(50, 3, 0);
  CHECK(indices(3) != Indices(order.begin(), order.begin() + 25));
}

TEST_CASE("random_split puts every sample equally often into a part", "[split]") {
  std::vector<std::size_t> counts(20);
  const std::size_t draws = 4000;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const auto parts = random_split(numbered(20), {0.25, 0.75}, seed);
    for (const std::size_t index : parts[0].indices()) {
      ++counts[index];
    }
  }
  for (const std::size_t count : counts) {  // five standard deviations
    CHECK(std::abs(static_cast<double>(count) - 0.25 * draws) < 5 * std::sqrt(draws * 0.25 * 0.75));
  }
}

TEST_CASE("random_split refuses parts that are not the whole", "[split]") {
  CHECK_THROWS_WITH(
      random_split(numbered(10), {5, 4}),
      "random_split: the lengths sum to 9, but the dataset has 10 samples; for fractions write {0.9, 0.1}");
  CHECK_THROWS_WITH(random_split(numbered(10), {1, 0}), ContainsSubstring("the lengths sum to 1"));
  CHECK_THROWS_WITH(random_split(numbered(10), {-1, 11}), ContainsSubstring("a length must be at least 0, but got -1"));
  CHECK_THROWS_WITH(random_split(numbered(10), {0.5, 0.4}),
                    "random_split: the fractions must sum to 1, but they sum to "
                    "0.9");
  CHECK_THROWS_WITH(random_split(numbered(10), {1.5, -0.5}),
                    ContainsSubstring("a fraction must be between 0 and 1, but got 1.5"));
  CHECK_THROWS_WITH(random_split(numbered(10), {std::nan(""), 1.0}), ContainsSubstring("but got nan"));
}

TEST_CASE("stratified_split gives every part its share of every class", "[split]") {
  Labelled dataset;
  for (std::size_t i = 0; i < 100; ++i) {
    dataset.labels.push_back(i % 10 == 0 ? 5 : i % 2 == 0 ? 0 : 1);  // 10 of class 5, 40 of 0, 50 of 1
  }
  const auto parts = stratified_split(dataset, {0.7, 0.2, 0.1}, 3);
  CHECK(together(parts) == first(100));
  const std::array<std::int64_t, 3> tenths{7, 2, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(count(parts[i], 5) == tenths[i]);
    CHECK(count(parts[i], 0) == 4 * tenths[i]);
    CHECK(count(parts[i], 1) == 5 * tenths[i]);
    CHECK(std::is_sorted(parts[i].indices().begin(), parts[i].indices().end()));
  }
  CHECK(&parts[0].dataset() == &parts[2].dataset());
  CHECK(parts[1].indices() == stratified_split(dataset, {0.7, 0.2, 0.1}, 3)[1].indices());
  CHECK(parts[1].indices() != stratified_split(dataset, {0.7, 0.2, 0.1}, 4)[1].indices());
}

TEST_CASE("stratified_split rounds each class up or down, and makes up for it in the next", "[split]") {
  RandomStream random(1, 2, 3);
  for (int round = 0; round < 200; ++round) {
    Labelled dataset;
    const std::size_t classes = 1 + random.below(60);
    for (std::size_t label = 0; label < classes; ++label) {
      dataset.labels.insert(dataset.labels.end(), 1 + random.below(12), static_cast<std::int64_t>(label));
    }
    core::shuffle(dataset.labels, random);
    const double size = static_cast<double>(dataset.size());
    const double one = random.uniform();
    const double two = (1 - one) * random.uniform();
    const std::array<double, 3> fractions{one, two, 1 - one - two};
    const auto parts = stratified_split(dataset, {one, two, 1 - one - two}, 9);
    REQUIRE(together(parts) == first(dataset.size()));
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t label = 0; label < classes; ++label) {
        const auto id = static_cast<std::int64_t>(label);
        const double share =
            fractions[i] * static_cast<double>(std::count(dataset.labels.begin(), dataset.labels.end(), id));
        REQUIRE(std::abs(static_cast<double>(count(parts[i], id)) - share) < 1);
      }
      CHECK(std::abs(static_cast<double>(parts[i].size()) - fractions[i] * size) < 1.5);
    }
    const auto halves = stratified_split(dataset, {one, 1 - one}, 9);
    CHECK(std::abs(static_cast<double>(halves[0].size()) - one * size) <= 0.5 + 1e-6);
  }
  // 100 classes of 5: one in ten is half a sample of each.
  Labelled small;
  for (std::size_t i = 0; i < 500; ++i) {
    small.labels.push_back(static_cast<std::int64_t>(i % 100));
  }
  CHECK(stratified_split(small, {0.9, 0.1})[1].size() == 50);
}

TEST_CASE("stratified_split draws the samples of a class at random", "[split]") {
  const Labelled dataset{{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}};
  std::vector<std::size_t> counts(10);
  const std::size_t draws = 4000;
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    const auto parts = stratified_split(dataset, {0.4, 0.6}, seed);
    for (const std::size_t index : parts[0].indices()) {
      ++counts[index];
    }
  }
  for (const std::size_t count : counts) {
    CHECK(std::abs(static_cast<double>(count) - 0.4 * draws) < 5 * std::sqrt(draws * 0.4 * 0.6));
  }
  CHECK_THROWS_WITH(stratified_split(dataset, {0.4, 0.5}),
                    ContainsSubstring("stratified_split: the fractions must sum to 1"));
}

TEST_CASE("MapTargets gives other targets for the same samples", "[map_targets]") {
  const Labelled dataset{{2, 0, 1}};
  const MapTargets numbers{dataset, [](std::int64_t label) { return static_cast<float>(label) / 4; }};
  static_assert(DatasetLike<decltype(numbers)> && std::same_as<TargetOf<decltype(numbers)>, float>);
  CHECK(numbers.size() == 3);
  CHECK(target(numbers, 0) == 0.5F);
  CHECK(numbers.dataset().label(0) == 2);
  static_assert(!KnowsLabels<decltype(numbers)> && !KnowsClasses<decltype(numbers)>);
  const MapTargets one_hot{dataset, [](std::int64_t label) {
                             std::array<float, 3> one{};
                             one[static_cast<std::size_t>(label)] = 1;
                             return one;
                           }};
  CHECK(target(one_hot, 2) == std::array<float, 3>{0, 1, 0});
  CHECK(target(MapTargets{one_hot, [](const std::array<float, 3>& one) { return one[1] + 5; }}, 2) == 6);
}

TEST_CASE("MapTargets knows labels where it makes labels, and the classes whose names it is given", "[map_targets]") {
  const Labelled dataset{{2, 0, 1}};
  const auto is_c = [](std::int64_t label) { return label == 2 ? 1 : 0; };
  const MapTargets unnamed{dataset, is_c};
  static_assert(KnowsLabels<decltype(unnamed)> && !KnowsClasses<decltype(unnamed)> &&
                !KnowsClassCount<decltype(unnamed)>);
  CHECK(labels_of(unnamed) == std::vector<std::int64_t>{1, 0, 0});
  const MapTargets named{dataset, is_c, {"other", "c"}};
  static_assert(KnowsClasses<decltype(named)> && KnowsClassCount<decltype(named)>);
  CHECK(named.classes() == std::vector<std::string>{"other", "c"});
  CHECK(named.num_classes() == 2);
  CHECK(first_per_class(named, 1).indices() == Indices{0, 1});
  CHECK(Subset{named, {1}}.num_classes() == 2);
  const MapTargets kept{dataset, [](std::int64_t label) { return label; }, dataset.classes()};
  CHECK(kept.classes() == dataset.names);
}
