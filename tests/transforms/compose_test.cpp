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
#include <hearth/image/resample.hpp>

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

struct ReplaceBy {
  Image other;
  void apply(Image& image, RandomStream&) const { image = other; }
};

struct CutPixels {
  void apply(Image& image, RandomStream&) const { image.pixels().resize(100); }
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

const Image photo = noise(37, 50, 3, 1);

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
    const MemorySink planes = sample_of(augment, photo.view(), {0, 0, i});
    const MemorySink mixed = sample_of(augment, photo.view(), {0, 0, i}, Layout::channels_last);
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

TEST_CASE("A sample depends on its image and its random stream alone") {
  const Compose augment{RandomResizedCrop{16}, RandomHorizontalFlip{}, RandomVerticalFlip{}, ToTensor{}, AddRandom{}};
  const std::vector<float> first = sample_of(augment, photo.view(), {1, 2, 3}).floats;
  sample_of(augment, noise(90, 20, 3, 2).view(), {1, 2, 4});
  CHECK(sample_of(augment, photo.view(), {1, 2, 3}).floats == first);
  CHECK(sample_of(augment, photo.view(), {1, 2, 4}).floats != first);
  CHECK(sample_of(augment, photo.view(), {1, 3, 3}).floats != first);
  CHECK(sample_of(augment, photo.view(), {2, 2, 3}).floats != first);
}

TEST_CASE("Several threads use one transform at once") {
  const Compose augment{RandomResizedCrop{16}, Invert{}, RandomHorizontalFlip{}, ToTensor{}, FirstChannel{}};
  std::vector<std::vector<float>> expected;
  for (std::uint64_t i = 0; i < 8; ++i) {
    expected.push_back(sample_of(augment, photo.view(), {0, 0, i}).floats);
  }
  std::vector<std::vector<float>> got(expected.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 5; ++repeat) {
        got[i] = sample_of(augment, photo.view(), {0, 0, i}).floats;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(got == expected);
}

TEST_CASE("A geometric stage of the user's own is planned with the others") {
  const MemorySink sample = sample_of(Compose{DropFirstColumn{}, ToTensor{}}, photo.view());
  REQUIRE(sample.shape == Shape{3, 37, 49});
  CHECK(sample.floats[0] == static_cast<float>(photo.row(0)[3]) / 255.0F);
}

TEST_CASE("A pixel stage works on what the stages before it made, and those after it on its image") {
  const Compose around{DropFirstColumn{}, Invert{}, DropFirstColumn{}, Invert{}, Invert{}, ToTensor{}};
  const MemorySink sample = sample_of(around, photo.view());
  REQUIRE(sample.shape == Shape{3, 37, 48});
  CHECK(sample.floats[0] == static_cast<float>(255 - photo.row(0)[6]) / 255.0F);
  CHECK(sample.floats.back() == static_cast<float>(255 - photo.row(36)[149]) / 255.0F);
}

TEST_CASE("The image given is never changed") {
  const Image before = photo;
  sample_of(Compose{Invert{}, ToTensor{}}, photo.view());
  CHECK(photo == before);
}

TEST_CASE("Stages of floats work in their order, in either layout") {
  const auto byte = [](std::size_t i) { return static_cast<float>(photo.pixels()[i]) / 255.0F; };
  const Compose stages{ToTensor{}, Double{}, AddRandom{}, Normalize{{1, 2, 3}, {2, 2, 2}}};
  RandomStream same(0, 0, 5);
  const auto amount = static_cast<float>(same.below(10));
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    const MemorySink sample = sample_of(stages, photo.view(), {0, 0, 5}, layout);
    const std::size_t blue = layout == Layout::contiguous ? 2 * 37 * 50 : 2;
    CHECK(sample.floats[0] == (2 * byte(0) + amount - 1) / 2);
    CHECK(sample.floats[blue] == (2 * byte(2) + amount - 3) / 2);
  }
}

TEST_CASE("A rewriting stage may change the shape; the sink is asked for one place") {
  const MemorySink plain = sample_of(Compose{ToTensor{}, Double{}}, photo.view());
  const MemorySink first = sample_of(Compose{ToTensor{}, FirstChannel{}, Double{}}, photo.view());
  REQUIRE(first.shape == Shape{1, 37, 50});
  CHECK(first.asked == 1);
  CHECK(std::equal(first.floats.begin(), first.floats.end(), plain.floats.begin()));

  const MemorySink flat =
      sample_of(Compose{ToTensor{}, Double{}, FirstChannel{}, Flatten{}, AddRandom{}}, photo.view(), {0, 0, 5});
  REQUIRE(flat.shape == Shape{37 * 50});
  CHECK(flat.asked == 1);
  RandomStream same(0, 0, 5);
  CHECK(flat.floats[77] == plain.floats[77] + static_cast<float>(same.below(10)));
}

TEST_CASE("An image of any number of channels becomes a sample of as many, in either layout") {
  const auto expected = [](const Image& image, Layout layout) {
    const auto channels = static_cast<std::size_t>(image.channels());
    const std::size_t pixels = image.pixels().size() / channels;
    std::vector<float> floats(image.pixels().size());
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t place = layout == Layout::contiguous ? c * pixels + i : i * channels + c;
        floats[place] = static_cast<float>(image.pixels()[i * channels + c]) / 255.0F;
      }
    }
    return floats;
  };
  for (const int channels : {1, 2, 3, 4, 5, 13}) {
    const Image image = noise(9, 11, channels, 4);
    const Image half = resize_bilinear(image.view(), {5, 6});
    for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
      CAPTURE(channels, layout == Layout::channels_last);
      const MemorySink sample = sample_of(ToTensor{}, image.view(), {0, 0, 0}, layout);
      CHECK(sample.shape == Shape{channels, 9, 11});
      CHECK(sample.floats == expected(image, layout));
      CHECK(sample_of(Compose{ToTensor{}}, image.view(), {0, 0, 0}, layout).floats == expected(image, layout));
      const Compose stages{Resize{image::Size{5, 6}}, RandomHorizontalFlip{1.0}, RandomHorizontalFlip{1.0}, ToTensor{}};
      CHECK(sample_of(stages, image.view(), {0, 0, 0}, layout).floats == expected(half, layout));
    }
  }
}

TEST_CASE("A stage of images may change the number of channels, and Normalize has a mean for each of any number") {
  const Image wide = noise(37, 50, 4, 5);
  const auto flipped = [](const Image& image) {
    return sample_of(Compose{RandomHorizontalFlip{1.0}, ToTensor{}}, image.view()).floats;
  };
  CHECK(sample_of(Compose{ReplaceBy{wide}, RandomHorizontalFlip{1.0}, ToTensor{}}, photo.view()).floats ==
        flipped(wide));
  const Image two = noise(3, 4, 2, 6);
  CHECK(sample_of(Compose{ReplaceBy{two}, RandomHorizontalFlip{1.0}, ToTensor{}}, photo.view()).floats == flipped(two));

  const MemorySink sample = sample_of(Compose{ToTensor{}, Normalize{{0, 1, 2, 3}, {1, 2, 4, 8}}}, wide.view());
  const MemorySink plain = sample_of(ToTensor{}, wide.view());
  REQUIRE(sample.shape == Shape{4, 37, 50});
  for (std::size_t i = 0; i < sample.floats.size(); ++i) {
    const std::size_t channel = i / (37 * 50);
    const auto mean = static_cast<float>(channel);
    const auto deviation = static_cast<float>(1 << channel);
    REQUIRE(sample.floats[i] == (plain.floats[i] - mean) / deviation);
  }
}

TEST_CASE("A stage that leaves pixels of another number than the image's size needs is an Error") {
  CHECK_THROWS_WITH(sample_of(Compose{CutPixels{}, ToTensor{}}, photo.view()),
                    "Compose: a stage left an image of 37 x 50 pixels and 3 channels, which are 5550 bytes, but it "
                    "has 100");
  CHECK_THROWS_AS(sample_of(ToTensor{}, ImageView{photo.row(0), 3, 3, 0, 9}), Error);
}

TEST_CASE("A number of channels that Normalize has no mean for is an Error") {
  const Image grey = noise(4, 4, 1, 3);
  const Compose rgb{ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
  CHECK_THROWS_WITH(sample_of(rgb, grey.view()), "Normalize: mean and std have 3 values, but the image has 1 channel");
  const Compose two{ToTensor{}, Normalize{{0.5, 0.5}, {0.5, 0.5}}};
  CHECK_THROWS_WITH(sample_of(two, photo.view()),
                    "Normalize: mean and std have 2 values, but the image has 3 channels");
  const Compose late{ToTensor{}, FirstChannel{}, Normalize{imagenet::mean, imagenet::std}};
  CHECK_THROWS_AS(sample_of(late, photo.view()), Error);
  const Compose flat{ToTensor{}, Flatten{}, Normalize{{0.5}, {0.5}}};
  CHECK_THROWS_WITH(sample_of(flat, photo.view()),
                    "Compose: a sample of shape [5550] is no image: it has no channels to work on");
}

TEST_CASE("Wrong options of Normalize and Resize are Errors when they are made") {
  CHECK_THROWS_WITH((Normalize{{0.5, 0.5}, {0.5}}),
                    "Normalize: mean and std must have as many values as there are channels, or one, but got 2 and 1");
  CHECK_THROWS_WITH((Normalize{{0.5, 0.5}, {0.5, 0.0}}), "Normalize: std must not be 0");
  CHECK_THROWS_AS((Normalize{std::vector<double>{}, std::vector<double>{}}), Error);
  CHECK_THROWS_WITH(Resize{0}, "Resize: size must be at least 1, but got 0");
  CHECK_THROWS_WITH((Resize{image::Size{3, 0}}), "Resize: size must be at least 1, but got 0");
}
