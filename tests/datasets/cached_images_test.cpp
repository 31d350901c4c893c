#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/map_targets.hpp>
#include <hearth/datasets/subset.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "data/recording_sink.hpp"
#include "datasets/image_files.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::bmp;
using hearth_test::error_of;
using hearth_test::RecordingSink;
using hearth_test::TemporaryFolder;

namespace {

/// FakeData that counts how often images are decoded and samples read.
template <class Transform>
class Counted : public FakeData<Transform> {
 public:
  struct Counts {
    std::atomic<int> images = 0;
    std::atomic<int> reads = 0;
  };

  Counted(FakeDataOptions options, Transform transform) : FakeData<Transform>(options, std::move(transform)) {}

  Image image(std::size_t index) const {
    ++counts->images;
    return FakeData<Transform>::image(index);
  }
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    ++counts->reads;
    return FakeData<Transform>::read(index, random, sink);
  }

  std::shared_ptr<Counts> counts = std::make_shared<Counts>();
};

const Compose augment{RandomResizedCrop{16}, RandomHorizontalFlip{}, ToTensor{}};

struct Read {
  std::vector<float> values;
  std::int64_t target = 0;
  friend bool operator==(const Read&, const Read&) = default;
};

template <class Dataset>
Read read(const Dataset& dataset, std::size_t index, std::uint64_t epoch) {
  RecordingSink sink;
  RandomStream random(5, epoch, index);
  const std::int64_t target = dataset.read(index, random, sink);
  return {sink.values(), target};
}

/// All samples of two epochs, read by so many threads at once (0: in this one).
template <class Dataset>
std::vector<Read> read_all(const Dataset& dataset, std::size_t workers) {
  std::vector<Read> samples(2 * dataset.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < samples.size(); i = next++) {
      samples[i] = read(dataset, i / 2, i % 2);  // a sample's two epochs at about the same time
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back(work);
  }
  if (workers == 0) {
    work();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return samples;
}

constexpr std::uint64_t bytes_of_one = 24 * 20 * 3;

}  // namespace

TEST_CASE("CachedImages gives the dataset's samples, whatever fits and however many threads read", "[cached_images]") {
  const FakeDataOptions options{.size = 40, .height = 24, .width = 20, .num_classes = 3};
  const std::vector<Read> expected = read_all(FakeData{options, augment}, 0);
  for (const std::size_t workers : {0, 1, 4}) {
    for (const std::uint64_t max_bytes : {std::uint64_t{0}, 17 * bytes_of_one, 1000 * bytes_of_one}) {
      const CachedImages cached{Counted{options, augment}, {.max_bytes = max_bytes}};
      CHECK(read_all(cached, workers) == expected);
      CHECK(read_all(cached, workers) == expected);
      const CacheUse use = cached.use();
      CHECK(use.images + use.refused == 40);
      CHECK(use.bytes <= max_bytes);
      CHECK(use.bytes >= use.images * bytes_of_one);
      CHECK((max_bytes == 0 ? use.images == 0 : use.images > 10));
      CHECK((max_bytes == 1000 * bytes_of_one ? use.refused == 0 : use.refused > 0));
    }
  }
}

TEST_CASE("An image is decoded once where it fits, and otherwise read from below", "[cached_images]") {
  const Counted counted{{.size = 10, .height = 24, .width = 20}, augment};
  const CachedImages cached{counted, {.max_bytes = 4 * (bytes_of_one + 200)}};
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t i = 0; i < 10; ++i) {
      read(cached, i, 0);
    }
  }
  const CacheUse use = cached.use();
  CHECK(use.images == 4);
  CHECK(use.refused == 6);
  CHECK(counted.counts->images == 10);
  CHECK(counted.counts->reads == 12);
  CHECK_THAT(use.to_string(), ContainsSubstring("4 of 10 images are in memory") && ContainsSubstring("6 do not fit"));
}

TEST_CASE("fill decodes ahead, until all is there or one does not fit, or until it is stopped", "[cached_images]") {
  const FakeDataOptions options{.size = 50, .height = 24, .width = 20};
  for (const int workers : {1, 4}) {
    const Counted counted{options, augment};
    const CachedImages cached{counted};
    CHECK(cached.fill(workers).images == 50);
    CHECK(cached.fill(workers).images == 50);
    CHECK(counted.counts->images == 50);
    CHECK(read_all(cached, 2) == read_all(FakeData{options, augment}, 0));
    CHECK(counted.counts->images == 50);
    CHECK(counted.counts->reads == 0);

    const Counted too_many{options, augment};
    const CachedImages some{too_many, {.max_bytes = 10 * (bytes_of_one + 200)}};
    CHECK(some.fill(workers).images == 10);
    CHECK(too_many.counts->images <= 10 + workers);

    StopSource stop;
    stop.request_stop();
    CHECK(CachedImages{Counted{options, augment}}.fill(workers, stop.token()).images == 0);
  }
  CHECK_THROWS_WITH((CachedImages{Counted{options, augment}}.fill(-1)),
                    ContainsSubstring("workers must be at least 0, but got -1"));
}

TEST_CASE("An image that cannot be decoded is not kept, and gives its Error each time", "[cached_images]") {
  const TemporaryFolder folder;
  folder.write("a/0.bmp", bmp(1, 1, {1, 2, 3}));
  folder.write("a/1.bmp", "BM, but no image");
  const ImageFolder images{folder.path()};
  const CachedImages cached{images};
  const std::string expected = error_of([&] { read(images, 1, 0); });
  CHECK_THAT(expected, ContainsSubstring((folder / "a/1.bmp").string()));
  CHECK(cached.fill(2).images == 1);
  for (int i = 0; i < 2; ++i) {
    CHECK(error_of([&] { read(cached, 1, 0); }) == expected);
    CHECK(error_of([&] { cached.image(1); }) == expected);
  }
  CHECK(cached.use().refused == 0);
  folder.write("a/1.bmp", bmp(1, 1, {4, 5, 6}));
  CHECK(cached.image(1).pixels() == std::vector<std::uint8_t>{4, 5, 6});
  folder.write("a/0.bmp", "gone");
  CHECK(cached.image(0).pixels() == std::vector<std::uint8_t>{1, 2, 3});
  CHECK_THROWS_WITH(read(cached, 2, 0), ContainsSubstring("index 2 is out of range: there are 2 images"));
}

TEST_CASE("CachedImages refuses images that are decoded at the size that is needed", "[cached_images]") {
  const TemporaryFolder folder;
  folder.write("a/x.bmp", bmp(1, 1, {0, 0, 0}));
  const Subset scaled{ImageFolder(folder.path(), ToTensor{}, {.exact = false}), {0}};
  CHECK_THROWS_WITH(CachedImages{scaled}, ContainsSubstring("exact is off"));
}

TEST_CASE("What a transform says against a cached image comes with the file's name", "[cached_images]") {
  struct Refuse {
    void write(ImageView, RandomStream&, SampleSink&) const { core::fail("Refuse: not this one"); }
  };
  const TemporaryFolder folder;
  folder.write("a/x.bmp", bmp(1, 1, {0, 0, 0}));
  const CachedImages cached{ImageFolder(folder.path(), Refuse{})};
  CHECK(error_of([&] { read(cached, 0, 0); }) == (folder / "a/x.bmp").string() + ": Refuse: not this one");
}

TEST_CASE("CachedImages goes above and below other views, and keeps targets", "[cached_images]") {
  const TemporaryFolder folder;
  folder.write("a/0.bmp", bmp(1, 1, {1, 2, 3}));
  folder.write("b/1.bmp", bmp(1, 1, {4, 5, 6}));
  const ImageFolder images{folder.path()};
  const MapTargets halves{Subset{images, {1, 0, 1}}, [](std::int64_t label) { return static_cast<float>(label) / 2; }};
  const CachedImages above{halves};
  static_assert(std::same_as<TargetOf<decltype(above)>, float> && !KnowsLabels<decltype(above)>);
  const Subset below{CachedImages{images}, {1, 0, 1}};
  for (std::size_t i = 0; i < 3; ++i) {
    RecordingSink sink, expected;
    RandomStream random(0, 0, i), same(0, 0, i);
    CHECK(above.read(i, random, sink) == halves.read(i, same, expected));
    CHECK(sink.values() == expected.values());
    CHECK(below.read(i, random, sink) == (i == 1 ? 0 : 1));
    CHECK(sink.values() == expected.values());
    CHECK(above.path(i) == below.path(i));
  }
  CHECK(below.dataset().use().images == 2);
  CHECK(below.classes() == std::vector<std::string>{"a", "b"});
  const CachedImages copy = below.dataset();
  CHECK(copy.use().images == 2);
}
