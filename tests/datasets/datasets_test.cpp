#include <hearth/core/random.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/concat_dataset.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/subset.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "data/recording_sink.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::RecordingSink;

namespace {

/// Samples of one number each, with labels and class names of one's choice.
struct Letters {
  std::vector<std::int64_t> labels;
  float base = 0;
  std::vector<std::string> names{"a", "b", "c"};

  std::size_t size() const { return labels.size(); }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = base + static_cast<float>(index);
    return labels.at(index);
  }
  std::int64_t label(std::size_t index) const { return labels.at(index); }
  const std::vector<std::string>& classes() const { return names; }
  std::size_t num_classes() const { return names.size(); }
};

/// A dataset that knows nothing but its samples.
struct Bare {
  std::size_t size() const { return 2; }
  std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = -1;
    return 0;
  }
};

/// Samples whose targets are of any kind.
template <class Target>
struct With {
  std::vector<Target> targets;
  std::size_t size() const { return targets.size(); }
  const Target& read(std::size_t index, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return targets.at(index);
  }
};

template <class Dataset>
TargetOf<Dataset> target(const Dataset& dataset, std::size_t index) {
  RecordingSink sink;
  RandomStream random(0, 0, index);
  return dataset.read(index, random, sink);
}

template <class Dataset>
std::vector<std::pair<float, std::int64_t>> samples(const Dataset& dataset) {
  std::vector<std::pair<float, std::int64_t>> all;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    RecordingSink sink;
    RandomStream random(0, 0, i);
    const std::int64_t label = dataset.read(i, random, sink);
    all.emplace_back(sink.values().at(0), label);
  }
  return all;
}

using Samples = std::vector<std::pair<float, std::int64_t>>;

}  // namespace

static_assert(DatasetLike<Letters> && DatasetLike<FakeData<>> && DatasetLike<Subset<Bare>> &&
              DatasetLike<ConcatDataset<Letters, Bare>>);
static_assert(KnowsLabels<Subset<Letters>> && KnowsClasses<Subset<Letters>> && KnowsClassCount<Subset<Letters>>);
static_assert(!KnowsLabels<Subset<Bare>> && !KnowsClasses<Subset<Bare>> && !KnowsClassCount<Subset<Bare>>);
static_assert(KnowsLabels<ConcatDataset<Letters, Subset<Letters>>> && !KnowsLabels<ConcatDataset<Letters, Bare>> &&
              !KnowsClassCount<ConcatDataset<Letters, Bare>>);

TEST_CASE("Subset gives the samples it names, in its order", "[subset]") {
  const Subset subset{Letters{{0, 1, 2, 0}}, {3, 1, 1}};
  CHECK(subset.size() == 3);
  CHECK(samples(subset) == Samples{{3, 0}, {1, 1}, {1, 1}});
  CHECK(subset.label(1) == 1);
  CHECK(subset.classes() == std::vector<std::string>{"a", "b", "c"});
  CHECK(subset.num_classes() == 3);
  CHECK(subset.dataset().size() == 4);
  CHECK(samples(Subset{subset, {2, 0}}) == Samples{{1, 1}, {3, 0}});
}

TEST_CASE("Subset gives targets of any kind as its dataset does", "[subset]") {
  const Subset subset{With<std::vector<float>>{{{1, 2}, {3, 4}, {5, 6}}}, {2, 0}};
  static_assert(std::same_as<TargetOf<decltype(subset)>, const std::vector<float>&>);
  CHECK(target(subset, 0) == std::vector<float>{5, 6});
  CHECK(&target(subset, 1) == &subset.dataset().targets[0]);
}

TEST_CASE("Copies of a Subset share the dataset", "[subset]") {
  const Subset subset{Letters{{0, 1, 2}}, {2, 0}};
  const Subset copy = subset;
  CHECK(&copy.dataset() == &subset.dataset());
  CHECK(&copy.indices() == &subset.indices());
  const auto shared = std::make_shared<const Letters>(Letters{{0, 1, 2}});
  CHECK(&Subset{shared, {1}}.dataset() == shared.get());
}

TEST_CASE("Subset refuses numbers that the dataset does not have", "[subset]") {
  CHECK_THROWS_WITH(Subset(Letters{{0, 1}}, {0, 2}),
                    ContainsSubstring("Subset: index 2 is out of range: the dataset has 2 samples"));
  const Subset one{Letters{{0, 1}}, {1}};
  RecordingSink sink;
  RandomStream random(0, 0, 0);
  CHECK_THROWS_WITH(one.label(1), ContainsSubstring("Subset: index 1 is out of range: it has 1 samples"));
  CHECK_THROWS_WITH(one.read(1, random, sink), ContainsSubstring("Subset: index 1 is out of range"));
}

TEST_CASE("first_per_class takes the first samples of each class", "[subset]") {
  const Letters letters{{2, 0, 0, 1, 0, 2, 0, 2}};
  CHECK(first_per_class(letters, 2).indices() == std::vector<std::size_t>{0, 1, 2, 3, 5});
  CHECK(first_per_class(letters, 1).indices() == std::vector<std::size_t>{0, 1, 3});
  CHECK(first_per_class(letters, 100).size() == 8);
  CHECK_THROWS_WITH(first_per_class(letters, 0), ContainsSubstring("count must be at least 1"));
}

TEST_CASE("ConcatDataset gives one dataset after the other", "[concat_dataset]") {
  const ConcatDataset all{Letters{{0, 1}}, Subset{Letters{{2, 2, 1}, 10}, {2, 0}}, Letters{{}}, Letters{{0}, 20}};
  CHECK(all.size() == 5);
  CHECK(samples(all) == Samples{{0, 0}, {1, 1}, {12, 1}, {10, 2}, {20, 0}});
  CHECK(all.label(3) == 2);
  CHECK(all.num_classes() == 3);
  CHECK(all.classes().at(1) == "b");
  CHECK(all.dataset<3>().size() == 1);
  CHECK_THROWS_WITH(all.label(5), ContainsSubstring("ConcatDataset: index 5 is out of range: there are 5 samples"));
  CHECK(samples(ConcatDataset{Letters{{1}}, Bare{}}) == Samples{{0, 1}, {-1, 0}, {-1, 0}});
}

TEST_CASE("ConcatDataset gives the kind of target that its datasets have", "[concat_dataset]") {
  const ConcatDataset vectors{With<std::vector<float>>{{{1, 2}}}, With<std::vector<float>>{{{3, 4}, {5, 6}}}};
  static_assert(std::same_as<TargetOf<decltype(vectors)>, std::vector<float>>);
  CHECK(target(vectors, 2) == std::vector<float>{5, 6});
  const ConcatDataset integers{With<int>{{1}}, With<std::uint8_t>{{2}}, Letters{{0}}};
  static_assert(std::same_as<TargetOf<decltype(integers)>, std::int64_t>);
  CHECK(target(integers, 1) == 2);
  const ConcatDataset numbers{With<float>{{0.5F}}, With<double>{{1.5}}, With<int>{{2}}};
  static_assert(std::same_as<TargetOf<decltype(numbers)>, TargetView>);
  CHECK(target(numbers, 1).describe() == "a float number");
  CHECK(*static_cast<const float*>(target(numbers, 1).data()) == 1.5F);
  CHECK(target(numbers, 2).describe() == "an int64 number");
}

TEST_CASE("ConcatDataset refuses datasets whose labels mean different things", "[concat_dataset]") {
  CHECK_THROWS_WITH((ConcatDataset{Letters{{0}}, Letters{{0}, 0, {"a", "b"}}}),
                    ContainsSubstring("the datasets have 3 and 2 classes"));
  CHECK_THROWS_WITH((ConcatDataset{Letters{{0}}, Letters{{0}, 0, {"a", "b", "d"}}}),
                    ContainsSubstring("name their classes differently"));
}

TEST_CASE("FakeData is the same whenever it is read, and another for another seed or number", "[fake_data]") {
  const FakeData data{{.size = 50, .height = 5, .width = 7, .num_classes = 4, .seed = 3}};
  CHECK(data.size() == 50);
  CHECK(data.num_classes() == 4);
  RecordingSink first;
  RecordingSink again;
  RandomStream one(0, 0, 0);
  RandomStream other(1, 2, 3);
  CHECK(data.read(8, one, first) == data.read(8, other, again));
  CHECK(first.shape() == Shape{3, 5, 7});
  CHECK(first.values() == again.values());
  CHECK(data.image(8).pixels() != data.image(9).pixels());
  CHECK(data.image(8).pixels() != FakeData{{.size = 50, .height = 5, .width = 7, .seed = 4}}.image(8).pixels());
  CHECK_THROWS_WITH(data.label(50), ContainsSubstring("FakeData: index 50 is out of range: there are 50 images"));
}

TEST_CASE("FakeData's bytes and labels are uniform, and neighbours have nothing to do with each other", "[fake_data]") {
  const FakeData data{{.size = 4000, .height = 8, .width = 8, .channels = 1, .num_classes = 4}};
  std::vector<int> labels(4);
  double sum = 0;
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    ++labels.at(static_cast<std::size_t>(data.label(i)));
    const Image image = data.image(i);
    for (std::size_t k = 0; k < 64; ++k) {
      const int byte = image.pixels()[k];
      sum += byte;
      squares += byte * byte;
      products += (byte - 127.5) * (image.pixels()[(k + 1) % 64] - 127.5);
    }
  }
  const double count = 4000.0 * 64;
  const double mean = sum / count;
  CHECK(mean == Approx(127.5).margin(5 * 73.9 / std::sqrt(count)));  // five standard deviations of the mean
  CHECK(squares / count - mean * mean == Approx((256.0 * 256 - 1) / 12).epsilon(0.02));  // variance of a uniform byte
  CHECK(std::abs(products / count) < 5 * 73.9 * 73.9 / std::sqrt(count));
  for (const int label : labels) {
    CHECK(std::abs(label - 1000) < 5 * std::sqrt(4000 * 0.25 * 0.75));
  }
}

TEST_CASE("FakeData refuses what is no image", "[fake_data]") {
  CHECK_THROWS_WITH(FakeData{{.height = 0}}, ContainsSubstring("height and width must be at least 1, but got 0 x 224"));
  CHECK_THROWS_WITH(FakeData{{.channels = 4}}, ContainsSubstring("channels must be 1 or 3, but got 4"));
  CHECK_THROWS_WITH(FakeData{{.num_classes = 0}}, ContainsSubstring("num_classes must be at least 1"));
}
