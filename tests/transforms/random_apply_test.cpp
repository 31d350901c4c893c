// Stages applied all or none, one of several, or in any order.
#include <hearth/transforms/random_apply.hpp>

#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/filter.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/grayscale.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/random_erasing.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/tone.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/bytes_of.hpp"
#include "transforms/draws.hpp"
#include "transforms/sink.hpp"

using namespace hearth;

namespace {

constexpr std::size_t draws = 10'000;

template <class Combinator>
auto drawn_by(const Combinator& combinator) {
  return drawn(draws, [&](RandomStream& random) { return combinator.draw(random); });
}

/// A stream after the draws of `combinator`.
template <class Combinator>
RandomStream after_draw(const Combinator& combinator, RandomStream random) {
  combinator.draw(random);
  return random;
}

/// The floats that stages make of an image.
template <class... Stages>
std::vector<float> floats_of(const Image& photo, const RandomStream& random, const Stages&... stages) {
  return sample_of(Compose{ToTensor{}, stages...}, photo.view(), random).floats;
}

}  // namespace

TEST_CASE("RandomApply applies all of its stages in their order, or none") {
  const Image photo = noise(30, 40, 3, 1);
  const RandomApply apply{
      {.p = 0.5}, CenterCrop{25}, ColorJitter{{.brightness = 0.5, .hue = 0.2}}, Resize{20}, RandomHorizontalFlip{}};
  int applied = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const RandomStream random(1, 2, i);
    RandomStream same = random;
    const Image result = bytes_of(photo.view(), random, apply);
    if (apply.draw(same)) {
      ++applied;
      CHECK(result == bytes_of(photo.view(), same, CenterCrop{25}, ColorJitter{{.brightness = 0.5, .hue = 0.2}},
                               Resize{20}, RandomHorizontalFlip{}));
    } else {
      CHECK(result == photo);
    }
  }
  CHECK(applied > 5);
  CHECK(applied < 35);
}

TEST_CASE("RandomApply applies with probability p, one half where nothing is said") {
  const auto share = [](const auto& apply) {
    const auto all = drawn_by(apply);
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), true));
  };
  check_share(share(RandomApply{RandomInvert{1}}), draws, 0.5);
  check_share(share(RandomApply{{.p = 0.8}, RandomInvert{1}, Grayscale{}}), draws, 0.8);
  CHECK(share(RandomApply{{.p = 0}, RandomInvert{1}}) == 0);
  CHECK(share(RandomApply{{.p = 1}, RandomInvert{1}}) == draws);
}

TEST_CASE("RandomApply draws once where it does not apply") {
  const Image photo(8, 8, 3);
  const auto numbers = [&](double p) {
    return numbers_drawn([&](RandomStream& random) {
      transforms::Plan plan(photo.view());
      RandomApply{{.p = p}, RandomHorizontalFlip{}, GaussianBlur{3}}.plan(plan, random);
    });
  };
  CHECK(numbers(0) == 2);
  CHECK(numbers(1) == 6);
}

TEST_CASE("RandomChoice applies the stage that it draws") {
  const Image photo = noise(30, 40, 3, 1);
  const RandomChoice choice{CenterCrop{25}, GaussianBlur{5}, RandomVerticalFlip{1}};
  std::array<int, 3> seen{};
  for (std::uint64_t i = 0; i < 40; ++i) {
    const RandomStream random(1, 2, i);
    RandomStream same = random;
    const Image result = bytes_of(photo.view(), random, choice);
    const std::size_t which = choice.draw(same);
    REQUIRE(which < 3);
    ++seen[which];
    CHECK(result == (which == 0   ? bytes_of(photo.view(), same, CenterCrop{25})
                     : which == 1 ? bytes_of(photo.view(), same, GaussianBlur{5})
                                  : bytes_of(photo.view(), same, RandomVerticalFlip{1})));
  }
  CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times > 0; }));
}

TEST_CASE("RandomChoice draws its stages in proportion to p, equally where there is none") {
  const auto count = [](const auto& all, std::size_t which) {
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), which));
  };
  const auto equal = drawn_by(RandomChoice{RandomInvert{}, Grayscale{}, Resize{3}});
  for (std::size_t i = 0; i < 3; ++i) {
    check_share(count(equal, i), draws, 1.0 / 3);
  }
  const auto weighted = drawn_by(RandomChoice{{.p = {1, 0, 5, 2}}, RandomInvert{}, Grayscale{}, Resize{3}, Resize{4}});
  check_share(count(weighted, 0), draws, 1.0 / 8);
  CHECK(count(weighted, 1) == 0);
  check_share(count(weighted, 2), draws, 5.0 / 8);
  check_share(count(weighted, 3), draws, 2.0 / 8);
}

TEST_CASE("RandomOrder applies all of its stages, in the order that it draws") {
  const Image photo = noise(30, 40, 3, 1);
  const RandomPosterize posterize{2, 1};
  const GaussianBlur blur{3};
  const RandomOrder order{posterize, blur, CenterCrop{20}};
  for (std::uint64_t i = 0; i < 30; ++i) {
    const RandomStream random(1, 2, i);
    RandomStream same = random;
    Image expected = photo;
    for (const std::size_t which : order.draw(same)) {
      transforms::Plan plan(expected.view());
      if (which == 0) {
        transforms::carry_out(posterize, plan, same);
      } else if (which == 1) {
        transforms::carry_out(blur, plan, same);
      } else {
        transforms::carry_out(CenterCrop{20}, plan, same);
      }
      Image next;
      plan.edit([&](Image& image) { next = image; });
      expected = next;
    }
    CHECK(bytes_of(photo.view(), random, order) == expected);
  }
}

TEST_CASE("RandomOrder draws all orders equally often") {
  std::map<std::array<std::size_t, 3>, std::size_t> orders;
  for (const auto& order : drawn_by(RandomOrder{RandomInvert{}, Grayscale{}, Resize{3}})) {
    ++orders[order];
  }
  CHECK(orders.size() == 6);
  for (const auto& [order, count] : orders) {
    check_share(count, draws, 1.0 / 6);
  }
}

TEST_CASE("Combinators hold one another") {
  const Image photo = noise(30, 40, 3, 1);
  const RandomOrder inner{RandomInvert{1}, Resize{12}};
  const RandomApply apply{{.p = 1}, inner, RandomChoice{Grayscale{3}}};
  for (std::uint64_t i = 0; i < 5; ++i) {
    const RandomStream random(1, 2, i);
    const RandomStream within = after_draw(apply, random);
    CHECK(bytes_of(photo.view(), random, apply) == bytes_of(photo.view(), within, inner, Grayscale{3}));
  }
}

TEST_CASE("Combinators of floats stand after ToTensor") {
  const Image photo = noise(12, 14, 3, 1);
  const Normalize normalize{{0.5}, {0.25}};
  const RandomErasing erase{{.p = 1, .value = ErasingValue::random()}};
  const RandomApply apply{normalize, erase};
  const RandomChoice choice{normalize, erase};
  const RandomOrder order{normalize, erase};
  int applied = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RandomStream random(1, 2, i);
    RandomStream same = random;
    const bool applies = apply.draw(same);
    applied += applies ? 1 : 0;
    CHECK(floats_of(photo, random, apply) ==
          (applies ? floats_of(photo, same, normalize, erase) : floats_of(photo, same)));
    same = random;
    const bool first = choice.draw(same) == 0;
    CHECK(floats_of(photo, random, choice) ==
          (first ? floats_of(photo, same, normalize) : floats_of(photo, same, erase)));
    same = random;
    const bool forth = order.draw(same)[0] == 0;
    CHECK(floats_of(photo, random, order) ==
          (forth ? floats_of(photo, same, normalize, erase) : floats_of(photo, same, erase, normalize)));
  }
  CHECK(applied > 0);
  CHECK(applied < 20);
}

TEST_CASE("Options of combinators that make no sense are errors") {
  CHECK_THROWS_WITH((RandomApply{{.p = 1.5}, RandomInvert{}}), "RandomApply: p must be within 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((RandomChoice{{.p = {1}}, RandomInvert{}, Grayscale{}}),
                    "RandomChoice: there are 1 weights for 2 stages");
  CHECK_THROWS_WITH((RandomChoice{{.p = {1, -1}}, RandomInvert{}, Grayscale{}}),
                    "RandomChoice: a weight must be a finite number of at least 0, but got -1");
  CHECK_THROWS_WITH((RandomChoice{{.p = {0, 0}}, RandomInvert{}, Grayscale{}}),
                    "RandomChoice: at least one weight must be above 0");
}
