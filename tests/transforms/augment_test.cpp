// AutoAugment, RandAugment, TrivialAugmentWide and AugMix: what they draw, and what comes of it.
#include <hearth/transforms/aug_mix.hpp>
#include <hearth/transforms/auto_augment.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/rand_augment.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/bytes_of.hpp"
#include "transforms/draws.hpp"

using namespace hearth;
using transforms::Augmentation;
using transforms::AugmentationOp;
using transforms::AugmentationSpace;

namespace {

constexpr std::size_t draws = 10'000;

const Pack& pack() {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/augment.pack");
  return pack;
}

/// Equal but for the few steps of single precision by which torch.linspace may be off.
bool nearly_equal(double a, double b) {
  return std::abs(a - b) <= 5e-7 * std::abs(b);
}

std::vector<Augmentation> draw_with(const TrivialAugmentWide& transform, image::Size, RandomStream& random) {
  return {transform.draw(random)};
}

std::vector<Augmentation> draw_with(const AugMix& transform, image::Size size, RandomStream& random) {
  std::vector<Augmentation> all;
  for (const transforms::AugMixChain& chain : transform.draw(size, random).chains) {
    all.insert(all.end(), chain.augmentations.begin(), chain.augmentations.end());
  }
  return all;
}

template <class Transform>
std::vector<Augmentation> draw_with(const Transform& transform, image::Size size, RandomStream& random) {
  return transform.draw(size, random);
}

/// Compares with all that Python drew and made by this name. Values may be `apart`.
template <class Transform>
void check(const std::string& name, const Transform& transform, int apart = 0) {
  int images = 0;
  int lists = 0;
  for (const Pack::Array& expected : pack().arrays()) {
    std::istringstream words(expected.name);
    std::string kind;
    std::string what;
    int height = 0;
    int width = 0;
    int channels = 0;
    std::uint32_t number = 0;
    words >> kind >> height >> width >> channels >> number >> what;
    if (kind != name) {
      continue;
    }
    CAPTURE(expected.name);
    RandomStream random(21, 22, number);
    if (what == "image") {
      const Image photo = noise(height, width, channels, number);
      const Image result = bytes_of(photo.view(), random, transform);
      REQUIRE(result.size() == expected.image().size());
      REQUIRE(result.channels() == expected.image().channels);
      CHECK(std::equal(result.pixels().begin(), result.pixels().end(), expected.image().data,
                       [&](int a, int b) { return std::abs(a - b) <= apart; }));
      ++images;
    } else {
      const std::vector<Augmentation> found = draw_with(transform, {height, width}, random);
      REQUIRE(found.size() == static_cast<std::size_t>(expected.shape[0]));
      const std::vector<double> wanted = found.empty() ? std::vector<double>{} : expected.values<double>();
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(static_cast<double>(found[i].op) == wanted[2 * i]);
        CHECK(found[i].magnitude == wanted[2 * i + 1]);
      }
      ++lists;
    }
  }
  CHECK(images >= 20);
  CHECK(lists == images);
}

/// The rows of a table of Python's.
std::vector<std::vector<double>> table(const std::string& name, std::size_t columns) {
  const std::vector<double> values = pack()[name].values<double>();
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < values.size(); i += columns) {
    rows.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(i),
                      values.begin() + static_cast<std::ptrdiff_t>(i + columns));
  }
  return rows;
}

void check_space(const std::string& name, int bins, const AugmentationSpace& space, std::size_t ops) {
  const auto rows = table("space " + name, static_cast<std::size_t>(1 + bins));
  for (std::size_t op = 0; op < ops; ++op) {
    const auto which = static_cast<AugmentationOp>(op);
    CHECK(transforms::has_sign(which) == (rows[op][0] == 1));
    for (int bin = 0; bin < bins; ++bin) {
      CAPTURE(name, op, bin);
      CHECK(nearly_equal(space.magnitude(which, bin, bins), rows[op][static_cast<std::size_t>(1 + bin)]));
    }
  }
}

}  // namespace

TEST_CASE("RandAugment draws what torchvision's does, and makes the same pixels of it") {
  check("rand", RandAugment{});
  check("rand_bilinear", RandAugment{{.num_ops = 3,
                                      .magnitude = 25,
                                      .num_magnitude_bins = 31,
                                      .interpolation = Interpolation::bilinear,
                                      .fill = 128}});
  check("rand_bicubic", RandAugment{{.num_ops = 1,
                                     .magnitude = 6,
                                     .num_magnitude_bins = 10,
                                     .interpolation = Interpolation::bicubic,
                                     .fill = {200, 10, 60}}});
}

TEST_CASE("TrivialAugmentWide draws what torchvision's does, and makes the same pixels of it") {
  check("trivial", TrivialAugmentWide{});
  check("trivial_bilinear",
        TrivialAugmentWide{{.num_magnitude_bins = 5, .interpolation = Interpolation::bilinear, .fill = 77}});
}

TEST_CASE("AutoAugment draws what torchvision's does, and makes the same pixels of it") {
  check("imagenet", AutoAugment{});
  check("imagenet_bilinear", AutoAugment{{.interpolation = Interpolation::bilinear, .fill = 50}});
  check("cifar10", AutoAugment{{.policy = AutoAugmentPolicy::cifar10}});
  check("svhn", AutoAugment{{.policy = AutoAugmentPolicy::svhn, .fill = 9}});
}

TEST_CASE("The magnitudes of all operations are torchvision's") {
  check_space("auto 10 100 331", 10, transforms::rand_augment_space({100, 331}), 15);
  check_space("rand 31 224 200", 31, transforms::rand_augment_space({224, 200}), 14);
  check_space("rand 7 32 500", 7, transforms::rand_augment_space({32, 500}), 14);
  check_space("trivial 31 0 0", 31, transforms::trivial_augment_wide_space(), 14);
  check_space("trivial 2 0 0", 2, transforms::trivial_augment_wide_space(), 14);
}

TEST_CASE("AutoAugment's policies are torchvision's, pair by pair") {
  const std::array<std::pair<AutoAugmentPolicy, std::string>, 3> policies{{{AutoAugmentPolicy::imagenet, "imagenet"},
                                                                           {AutoAugmentPolicy::cifar10, "cifar10"},
                                                                           {AutoAugmentPolicy::svhn, "svhn"}}};
  for (const auto& [policy, name] : policies) {
    const auto steps = table("policy " + name, 3);  // two for each pair
    const AutoAugment transform{{.policy = policy}};
    const AugmentationSpace space = transforms::rand_augment_space({100, 331});
    std::array<int, 25> seen{};
    for (std::uint64_t i = 0; i < 3000; ++i) {
      RandomStream random(3, 0, i);
      RandomStream same = random;
      const std::size_t pair = same.below(25);
      const std::array<double, 2> chances{same.uniform(), same.uniform()};
      const std::array<std::uint64_t, 2> signs{same.below(2), same.below(2)};
      std::vector<Augmentation> expected;
      for (std::size_t step = 0; step < 2; ++step) {
        const std::vector<double>& wanted = steps[2 * pair + step];
        if (chances[step] < wanted[1]) {
          const auto op = static_cast<AugmentationOp>(static_cast<int>(wanted[0]));
          const double magnitude = space.magnitude(op, static_cast<int>(wanted[2]), 10);
          expected.push_back({op, transforms::has_sign(op) && signs[step] == 0 ? -magnitude : magnitude});
        }
      }
      CAPTURE(name, i, pair);
      REQUIRE(transform.draw({100, 331}, random) == expected);
      CHECK(random() == same());
      ++seen[pair];
    }
    for (const int times : seen) {
      CHECK(times > 0);
    }
  }
}

TEST_CASE("All operations are drawn equally often, with either sign, and with all magnitudes") {
  const TrivialAugmentWide trivial{{.num_magnitude_bins = 4}};
  const RandAugment rand{{.num_ops = 1}};
  std::array<std::size_t, 14> by_trivial{};
  std::array<std::size_t, 14> by_rand{};
  std::size_t turned = 0;
  std::size_t negative = 0;
  std::size_t thresholds = 0;
  std::size_t greatest = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    RandomStream random(4, 5, i);
    const Augmentation drawn = trivial.draw(random);
    ++by_trivial.at(static_cast<std::size_t>(drawn.op));
    RandomStream other(4, 6, i);
    const std::vector<Augmentation> list = rand.draw({32, 32}, other);
    REQUIRE(list.size() == 1);
    ++by_rand.at(static_cast<std::size_t>(list[0].op));
    if (list[0].op == AugmentationOp::rotate) {
      ++turned;
      negative += list[0].magnitude < 0 ? 1 : 0;
    }
    if (drawn.op == AugmentationOp::solarize) {
      ++thresholds;
      greatest += drawn.magnitude == 255 ? 1 : 0;
    }
  }
  for (std::size_t op = 0; op < 14; ++op) {
    check_share(by_trivial[op], draws, 1.0 / 14);
    check_share(by_rand[op], draws, 1.0 / 14);
  }
  check_share(negative, turned, 0.5);
  check_share(greatest, thresholds, 0.25);
}

TEST_CASE("An operation's name is torchvision's") {
  CHECK(transforms::name_of(AugmentationOp::identity) == "Identity");
  CHECK(transforms::name_of(AugmentationOp::shear_x) == "ShearX");
  CHECK(transforms::name_of(AugmentationOp::color) == "Color");
  CHECK(transforms::name_of(AugmentationOp::auto_contrast) == "AutoContrast");
  CHECK(transforms::name_of(AugmentationOp::invert) == "Invert");
}

TEST_CASE("Options of the augmentations that make no sense are errors") {
  CHECK_THROWS_WITH((RandAugment{{.num_ops = -1}}), "RandAugment: num_ops must be at least 0, but got -1");
  CHECK_THROWS_WITH((RandAugment{{.num_magnitude_bins = 1}}),
                    "RandAugment: num_magnitude_bins must be at least 2, but got 1");
  CHECK_THROWS_WITH((RandAugment{{.magnitude = 31}}),
                    "RandAugment: magnitude must be one of the bins, 0 to 30, but got 31");
  CHECK_THROWS_AS((RandAugment{{.magnitude = -1}}), Error);
  CHECK_THROWS_WITH((TrivialAugmentWide{{.num_magnitude_bins = 1}}),
                    "TrivialAugmentWide: num_magnitude_bins must be at least 2, but got 1");
  CHECK_THROWS_WITH((AutoAugment{{.fill = 256}}), "AutoAugment: fill must be within 0 and 255, but got 256");
  CHECK_THROWS_AS((RandAugment{{.fill = -1}}), Error);
  CHECK_THROWS_AS((TrivialAugmentWide{{.fill = {1, 2, 300}}}), Error);
  const Image photo(5, 5, 3);
  transforms::Plan plan(photo.view());
  CHECK_THROWS_WITH(transforms::augment(plan, {AugmentationOp::shear_x, 0.1}, {.fill = {1, 2}}, "RandAugment"),
                    "RandAugment: fill must have one value, or one for each of the image's 3 channels, but has 2");
}

TEST_CASE("AugMix draws and mixes as torchvision's, with the operations on PIL images", "[augment]") {
  // A weight that is rounded otherwise may move a sum over an integer.
  check("mix", AugMix{}, 1);
  check("mix_wide",
        AugMix{{.severity = 8,
                .mixture_width = 2,
                .chain_depth = 2,
                .all_ops = false,
                .interpolation = Interpolation::nearest,
                .fill = 60}},
        1);
}

TEST_CASE("AugMix's shares add up to 1, and any alpha mixes", "[augment]") {
  for (const double alpha : {0.3, 1.0, 4.0}) {
    const AugMix mix{{.alpha = alpha}};
    double of_itself = 0;
    for (std::uint32_t i = 0; i < 2000; ++i) {
      RandomStream random(5, 0, i);
      const transforms::AugMixDraw drawn = mix.draw({8, 8}, random);
      double sum = drawn.weight;
      for (const transforms::AugMixChain& chain : drawn.chains) {
        CHECK(chain.weight >= 0);
        sum += chain.weight;
        CHECK((chain.augmentations.size() >= 1 && chain.augmentations.size() <= 3));
      }
      CHECK(std::abs(sum - 1) < 1e-12);
      of_itself += drawn.weight;
    }
    // Beta(alpha, alpha) has the mean 1/2 and the variance 1 / (8 alpha + 4): within five standard errors.
    CHECK(std::abs(of_itself / 2000 - 0.5) < 5 * std::sqrt(1 / (8 * alpha + 4) / 2000));
  }
}

TEST_CASE("AugMix refuses options that make no sense", "[augment]") {
  CHECK_THROWS_WITH(AugMix({.severity = 11}), Catch::Matchers::ContainsSubstring("from 1 to 10"));
  CHECK_THROWS_WITH(AugMix({.mixture_width = 0}), Catch::Matchers::ContainsSubstring("mixture_width"));
  CHECK_THROWS_WITH(AugMix({.alpha = 0}), Catch::Matchers::ContainsSubstring("alpha"));
}
