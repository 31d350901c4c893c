#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/sink.hpp"

using namespace hearth;

namespace {

// One stage of each kind, as a user would write it.

struct DropFirstColumn {
  void plan(transforms::Plan& plan, RandomStream&) const {
    plan.crop({0, 1, plan.size().height, plan.size().width - 1});
  }
};

struct Invert {
  void apply(Image& image, RandomStream&) const {
    for (std::uint8_t& byte : image.pixels()) {
      byte = static_cast<std::uint8_t>(255 - byte);
    }
  }
};

struct Double {
  void check(int) const {}
  float map(float value, int) const { return 2 * value; }
};

struct AddRandom {
  void apply(const SamplePlace& sample, RandomStream& random) const {
    const auto amount = static_cast<float>(random.below(10));
    std::for_each(sample.data, sample.data + sample.shape.numel(), [&](float& value) { value += amount; });
  }
};

struct FirstChannel {
  void write(const SamplePlace& sample, RandomStream&, SampleSink& sink) const {
    const SamplePlace out = sink.place({1, sample.shape[1], sample.shape[2]});
    std::copy_n(sample.data, out.shape.numel(), out.data);
  }
};

struct Flatten {
  void write(const SamplePlace& sample, RandomStream&, SampleSink& sink) const {
    std::copy_n(sample.data, sample.shape.numel(), sink.place({sample.shape.numel()}).data);
  }
};

const Image picture = noise(37, 50, 3, 1);

}  // namespace

TEST_CASE("A transform for a dataset is one that writes samples: Compose, or ToTensor alone") {
  STATIC_REQUIRE(TransformLike<Compose<Resize, ToTensor>>);
  STATIC_REQUIRE(TransformLike<ToTensor>);
  STATIC_REQUIRE_FALSE(TransformLike<Resize>);
  STATIC_REQUIRE_FALSE(TransformLike<Normalize>);
  STATIC_REQUIRE_FALSE(TransformLike<int>);
}

TEST_CASE("Channels-last memory gets the same numbers in another order") {
  const Compose augment{RandomResizedCrop{24}, RandomHorizontalFlip{}, ToTensor{},
                        Normalize{imagenet::mean, imagenet::std}};
  const std::size_t pixels = 24 * 24;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const MemorySink planes = sample_of(augment, picture.view(), {0, 0, i});
    const MemorySink mixed = sample_of(augment, picture.view(), {0, 0, i}, Layout::channels_last);
    REQUIRE(planes.shape == Shape{3, 24, 24});
    REQUIRE(mixed.shape == planes.shape);
    std::vector<float> reordered(3 * pixels);
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t p = 0; p < pixels; ++p) {
        reordered[c * pixels + p] = mixed.floats[p * 3 + c];
      }
    }
    CHECK(reordered == planes.floats);
  }
}

TEST_CASE("A sample depends on its picture and its random stream alone") {
  const Compose augment{RandomResizedCrop{16}, RandomHorizontalFlip{}, RandomVerticalFlip{}, ToTensor{}, AddRandom{}};
  const std::vector<float> first = sample_of(augment, picture.view(), {1, 2, 3}).floats;
  sample_of(augment, noise(90, 20, 3, 2).view(), {1, 2, 4});
  CHECK(sample_of(augment, picture.view(), {1, 2, 3}).floats == first);
  CHECK(sample_of(augment, picture.view(), {1, 2, 4}).floats != first);
  CHECK(sample_of(augment, picture.view(), {1, 3, 3}).floats != first);
  CHECK(sample_of(augment, picture.view(), {2, 2, 3}).floats != first);
}

TEST_CASE("Several threads use one transform at once") {
  const Compose augment{RandomResizedCrop{16}, Invert{}, RandomHorizontalFlip{}, ToTensor{}, FirstChannel{}};
  std::vector<std::vector<float>> expected;
  for (std::uint64_t i = 0; i < 8; ++i) {
    expected.push_back(sample_of(augment, picture.view(), {0, 0, i}).floats);
  }
  std::vector<std::vector<float>> got(expected.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        got[i] = sample_of(augment, picture.view(), {0, 0, i}).floats;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(got == expected);
}

TEST_CASE("A geometric stage of the user's own is planned with the others") {
  const MemorySink sample = sample_of(Compose{DropFirstColumn{}, ToTensor{}}, picture.view());
  REQUIRE(sample.shape == Shape{3, 37, 49});
  CHECK(sample.floats[0] == static_cast<float>(picture.row(0)[3]) / 255.0F);
}

TEST_CASE("A pixel stage works on what the stages before it made, and those after it on its picture") {
  const Compose around{DropFirstColumn{}, Invert{}, DropFirstColumn{}, Invert{}, Invert{}, ToTensor{}};
  const MemorySink sample = sample_of(around, picture.view());
  REQUIRE(sample.shape == Shape{3, 37, 48});
  CHECK(sample.floats[0] == static_cast<float>(255 - picture.row(0)[6]) / 255.0F);
  CHECK(sample.floats.back() == static_cast<float>(255 - picture.row(36)[149]) / 255.0F);
}

TEST_CASE("The picture given is never changed") {
  const Image before = picture;
  sample_of(Compose{Invert{}, ToTensor{}}, picture.view());
  CHECK(picture == before);
}

TEST_CASE("Stages of floats work in their order, in either layout") {
  const auto byte = [](std::size_t i) { return static_cast<float>(picture.pixels()[i]) / 255.0F; };
  const Compose stages{ToTensor{}, Double{}, AddRandom{}, Normalize{{1, 2, 3}, {2, 2, 2}}};
  RandomStream same(0, 0, 5);
  const auto amount = static_cast<float>(same.below(10));
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    const MemorySink sample = sample_of(stages, picture.view(), {0, 0, 5}, layout);
    const std::size_t blue = layout == Layout::contiguous ? 2 * 37 * 50 : 2;
    CHECK(sample.floats[0] == (2 * byte(0) + amount - 1) / 2);
    CHECK(sample.floats[blue] == (2 * byte(2) + amount - 3) / 2);
  }
}

TEST_CASE("A rewriting stage may change the shape; the sink is asked for one place") {
  const MemorySink plain = sample_of(Compose{ToTensor{}, Double{}}, picture.view());
  const MemorySink first = sample_of(Compose{ToTensor{}, FirstChannel{}, Double{}}, picture.view());
  REQUIRE(first.shape == Shape{1, 37, 50});
  CHECK(first.asked == 1);
  CHECK(std::equal(first.floats.begin(), first.floats.end(), plain.floats.begin()));

  const MemorySink flat =
      sample_of(Compose{ToTensor{}, Double{}, FirstChannel{}, Flatten{}, AddRandom{}}, picture.view(), {0, 0, 5});
  REQUIRE(flat.shape == Shape{37 * 50});
  CHECK(flat.asked == 1);
  RandomStream same(0, 0, 5);
  CHECK(flat.floats[77] == plain.floats[77] + static_cast<float>(same.below(10)));
}

TEST_CASE("A number of channels that Normalize has no mean for is an Error") {
  const Image grey = noise(4, 4, 1, 3);
  const Compose rgb{ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  CHECK_THROWS_WITH(sample_of(rgb, grey.view()),
                    "Normalize: mean and std have 3 values, but the picture has 1 channel");
  const Compose two{ToTensor{}, Normalize{{0.5, 0.5}, {0.5, 0.5}}};
  CHECK_THROWS_WITH(sample_of(two, picture.view()),
                    "Normalize: mean and std have 2 values, but the picture has 3 channels");
  const Compose late{ToTensor{}, FirstChannel{}, Normalize{imagenet::mean, imagenet::std}};
  CHECK_THROWS_AS(sample_of(late, picture.view()), Error);
  const Compose flat{ToTensor{}, Flatten{}, Normalize{{0.5}, {0.5}}};
  CHECK_THROWS_WITH(sample_of(flat, picture.view()),
                    "Compose: a sample of shape [5550] is no picture: it has no channels to work on");
}

TEST_CASE("Wrong options of Normalize and Resize are Errors when they are made") {
  CHECK_THROWS_WITH((Normalize{{0.5, 0.5}, {0.5}}),
                    "Normalize: mean and std must have as many values as there are channels, or one, but got 2 and 1");
  CHECK_THROWS_WITH((Normalize{{0.5, 0.5}, {0.5, 0.0}}), "Normalize: std must not be 0");
  CHECK_THROWS_AS((Normalize{std::vector<double>{}, std::vector<double>{}}), Error);
  CHECK_THROWS_WITH(Resize{0}, "Resize: size must be at least 1, but got 0");
  CHECK_THROWS_WITH((Resize{image::Size{3, 0}}), "Resize: size must be at least 1, but got 0");
}
