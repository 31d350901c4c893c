// The random transforms: how they fall, and what they draw.
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/draws.hpp"

using namespace hearth;

namespace {

constexpr std::size_t draws = 100'000;

void check_distribution(const std::string& name, std::vector<double> values) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/crops.pack");
  ::check_distribution(pack[name], draws, std::move(values));
}

void check_crops(const std::string& name, image::Size size, const RandomResizedCrop& crop) {
  std::vector<double> area;
  std::vector<double> ratio;
  std::vector<double> row;
  std::vector<double> column;
  for (std::size_t i = 0; i < draws; ++i) {
    RandomStream random(1, 2, i);
    const image::Rect rect = crop.draw(size, random);
    area.push_back(static_cast<double>(rect.height) * rect.width / (static_cast<double>(size.height) * size.width));
    ratio.push_back(static_cast<double>(rect.width) / rect.height);
    row.push_back((rect.top + rect.height / 2.0) / size.height);
    column.push_back((rect.left + rect.width / 2.0) / size.width);
  }
  check_distribution(name + " area", area);
  check_distribution(name + " ratio", ratio);
  check_distribution(name + " row", row);
  check_distribution(name + " column", column);
}

template <class Flip>
double rate(const Flip& flip) {
  const Image image(2, 2, 1);
  int flips = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    RandomStream random(3, 4, i);
    transforms::Plan plan(image.view());
    flip.plan(plan, random);
    flips += plan.flipped_horizontally() || plan.flipped_vertically() ? 1 : 0;
  }
  return flips / static_cast<double>(draws);
}

}  // namespace

TEST_CASE("RandomResizedCrop's area, ratio and place are distributed as torchvision's") {
  check_crops("square", {64, 64}, RandomResizedCrop{8});
  check_crops("photo", {375, 500}, RandomResizedCrop{8});
  check_crops("strip", {40, 130}, RandomResizedCrop{8});
  check_crops("options", {100, 80}, RandomResizedCrop{8, {.scale = {0.3, 0.6}, .ratio = {0.5, 2.0}}});
}

TEST_CASE("RandomResizedCrop stays within the image and its bounds, whatever the image's shape") {
  const RandomResizedCrop crop{8};
  for (const image::Size size : {image::Size{1, 1}, image::Size{1, 100}, image::Size{100, 1}, image::Size{2, 3},
                                 image::Size{3, 500}, image::Size{64, 64}}) {
    for (std::uint64_t i = 0; i < 200; ++i) {
      RandomStream random(0, 0, i);
      const image::Rect rect = crop.draw(size, random);
      CAPTURE(size.height, size.width, i);
      CHECK(rect.height >= 1);
      CHECK(rect.width >= 1);
      CHECK(rect.top >= 0);
      CHECK(rect.left >= 0);
      CHECK(rect.top + rect.height <= size.height);
      CHECK(rect.left + rect.width <= size.width);
    }
  }
}

TEST_CASE("RandomResizedCrop plans its crop and the size") {
  const Image image(50, 70, 3);
  RandomStream random(8, 0, 0);
  RandomStream same(8, 0, 0);
  const RandomResizedCrop crop{image::Size{20, 30}};
  transforms::Plan plan(image.view());
  crop.plan(plan, random);
  CHECK(plan.source() == crop.draw({50, 70}, same));
  CHECK(plan.resized() == image::Size{20, 30});
}

TEST_CASE("The draws are those documented") {
  const Image image(60, 60, 1);
  const auto plan_with = [&](const auto& stage) {
    return [&](RandomStream& random) {
      transforms::Plan plan(image.view());
      stage.plan(plan, random);
    };
  };
  CHECK(numbers_drawn(plan_with(RandomHorizontalFlip{})) == 2);
  CHECK(numbers_drawn(plan_with(RandomVerticalFlip{0.0})) == 2);
  CHECK(numbers_drawn(plan_with(CenterCrop{10})) == 0);
  // Area, ratio, row, column; ten times area and ratio when nothing fits.
  CHECK(numbers_drawn(plan_with(RandomResizedCrop{8, {.scale = {0.2, 0.3}}})) == 8);
  CHECK(numbers_drawn(plan_with(RandomResizedCrop{8, {.scale = {1, 1}, .ratio = {2, 2}}})) == 40);

  RandomStream random(9, 9, 9);
  const image::Rect rect = RandomResizedCrop{8, {.scale = {0.2, 0.3}}}.draw({60, 60}, random);
  RandomStream same(9, 9, 9);
  const double area = 3600 * same.uniform(0.2, 0.3);
  const double ratio = std::exp(same.uniform(std::log(3.0 / 4.0), std::log(4.0 / 3.0)));
  CHECK(rect.width == std::lround(std::sqrt(area * ratio)));
  CHECK(rect.height == std::lround(std::sqrt(area / ratio)));
  CHECK(rect.top == static_cast<int>(same.below(static_cast<std::uint64_t>(61 - rect.height))));
  CHECK(rect.left == static_cast<int>(same.below(static_cast<std::uint64_t>(61 - rect.width))));
}

TEST_CASE("Flips happen at the rate asked for") {
  const auto tolerance = [](double p) { return 4 * std::sqrt(p * (1 - p) / static_cast<double>(draws)); };
  CHECK(std::abs(rate(RandomHorizontalFlip{}) - 0.5) < tolerance(0.5));
  CHECK(std::abs(rate(RandomHorizontalFlip{0.2}) - 0.2) < tolerance(0.2));
  CHECK(std::abs(rate(RandomVerticalFlip{}) - 0.5) < tolerance(0.5));
  CHECK(rate(RandomVerticalFlip{0.0}) == 0.0);
  CHECK(rate(RandomHorizontalFlip{1.0}) == 1.0);
}

TEST_CASE("What is wrong in the options is an Error when the transform is made") {
  CHECK_THROWS_WITH(RandomResizedCrop{0}, "RandomResizedCrop: size must be at least 1, but got 0");
  CHECK_THROWS_WITH((RandomResizedCrop{image::Size{5, -1}}), "RandomResizedCrop: size must be at least 1, but got -1");
  CHECK_THROWS_WITH((RandomResizedCrop{8, {.scale = {0.5, 0.1}}}),
                    "RandomResizedCrop: scale must be positive, the lower bound first, but got 0.5 to 0.1");
  CHECK_THROWS_AS((RandomResizedCrop{8, {.scale = {0.0, 1.0}}}), Error);
  CHECK_THROWS_AS((RandomResizedCrop{8, {.ratio = {-1.0, 1.0}}}), Error);
  CHECK_THROWS_AS((RandomResizedCrop{8, {.ratio = {0.5, std::nan("")}}}), Error);
  CHECK_THROWS_WITH(CenterCrop{0}, "CenterCrop: size must be at least 1, but got 0");
  CHECK_THROWS_WITH(RandomHorizontalFlip{1.5}, "RandomHorizontalFlip: p must be within 0 and 1, but got 1.5");
  CHECK_THROWS_AS(RandomVerticalFlip{-0.1}, Error);
}
