// Agreement of the geometric transforms with torchvision's, given what they draw.
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/rotation.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/bytes_of.hpp"

using namespace hearth;

namespace {

constexpr auto nearest = Interpolation::nearest;
constexpr auto bilinear = Interpolation::bilinear;
constexpr auto bicubic = Interpolation::bicubic;

/// Compares with all the images that Python made under this name, byte by byte.
template <class... Stages>
void check(const std::string& name, const Stages&... stages) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/geometry.pack");
  int cases = 0;
  for (const Pack::Array& expected : pack.arrays()) {
    std::istringstream words(expected.name);
    std::string kind;
    int height = 0;
    int width = 0;
    int channels = 0;
    std::uint64_t number = 0;
    words >> kind >> height >> width >> channels >> number;
    if (kind != name) {
      continue;
    }
    ++cases;
    CAPTURE(expected.name);
    const Image photo = noise(height, width, channels, static_cast<std::uint32_t>(height * 100 + width));
    const Image result = bytes_of(photo.view(), RandomStream(5, 0, number), stages...);
    REQUIRE(result.size() == expected.image().size());
    REQUIRE(result.channels() == expected.image().channels);
    CHECK(result.pixels() == expected.values<std::uint8_t>());
  }
  CHECK(cases > 0);
}

constexpr std::uint64_t draws = 10'000;

/// The mean of a number that `draw` makes of a stream, over many streams.
template <class Draw>
double mean_of(Draw draw) {
  double sum = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    RandomStream random(11, 3, i);
    sum += draw(random);
  }
  return sum / static_cast<double>(draws);
}

/// Five standard deviations of the mean of numbers with this one.
double five_sigma(double deviation) {
  return 5 * deviation / std::sqrt(static_cast<double>(draws));
}

/// The standard deviation of a uniform number in an interval.
double uniform_deviation(double width) {
  return width / std::sqrt(12.0);
}

}  // namespace

TEST_CASE("RandomRotation turns images to torchvision's pixels", "[rotation]") {
  check("rotation_90", RandomRotation{90});
  check("rotation_bilinear", RandomRotation{{-30, 60}, {.interpolation = bilinear, .fill = 128}});
  check("rotation_expand", RandomRotation{180, {.interpolation = bicubic, .expand = true, .fill = 255}});
  check("rotation_center", RandomRotation{45, {.center = image::Point{3, 7.5}, .fill = 9}});
}

TEST_CASE("RandomRotation by quarter turns is torchvision's, in the plan and beside it", "[rotation]") {
  check("rotation_by_0", RandomRotation{{0, 0}});
  check("rotation_by_90", RandomRotation{{90, 90}});
  check("rotation_by_180", RandomRotation{{180, 180}});
  check("rotation_by_270", RandomRotation{{270, 270}});
  check("rotation_by_360", RandomRotation{{360, 360}});
  check("flip_rotation_by_180_resize", RandomHorizontalFlip{1.0}, RandomRotation{{180, 180}},
        Resize{image::Size{20, 9}});
  check("crop_rotation_flip", CenterCrop{image::Size{9, 14}}, RandomRotation{90}, RandomHorizontalFlip{1.0});
}

TEST_CASE("A half turn is planned, and draws no image", "[rotation]") {
  const Image image = noise(5, 7, 3, 1);
  RandomStream random(0, 0, 0);
  transforms::Plan plan(image.view());
  RandomRotation{{-180, -180}}.plan(plan, random);
  CHECK(plan.flipped_horizontally());
  CHECK(plan.flipped_vertically());
  RandomRotation{{540, 540}}.plan(plan, random);
  CHECK_FALSE(plan.flipped_horizontally());
  CHECK_FALSE(plan.flipped_vertically());
}

TEST_CASE("RandomRotation draws one angle, uniform in its degrees", "[rotation]") {
  const RandomRotation rotation{{-20, 70}};
  RandomStream random(1, 2, 3);
  RandomStream same(1, 2, 3);
  CHECK(rotation.draw(random) == same.uniform(-20, 70));
  CHECK(random() == same());
  CHECK(std::abs(mean_of([&](RandomStream& stream) { return rotation.draw(stream); }) - 25) <
        five_sigma(uniform_deviation(90)));
  CHECK(std::abs(mean_of([&](RandomStream& stream) { return rotation.draw(stream) < 2.5 ? 1.0 : 0.0; }) - 0.25) <
        five_sigma(std::sqrt(0.25 * 0.75)));
  CHECK(std::abs(mean_of([](RandomStream& stream) { return RandomRotation{90}.draw(stream); })) <
        five_sigma(uniform_deviation(180)));
}

TEST_CASE("RandomRotation refuses what makes no sense", "[rotation]") {
  CHECK_THROWS_WITH(RandomRotation{-1},
                    "RandomRotation: degrees must be at least 0 where it is one number, and is then from minus that to "
                    "that, but got -1");
  CHECK_THROWS_WITH((RandomRotation{{30, 20}}),
                    "RandomRotation: degrees must be finite, the lower bound first, but got 30 to 20");
  CHECK_THROWS_AS((RandomRotation{{0, std::numeric_limits<double>::infinity()}}), Error);
  CHECK_THROWS_WITH((RandomRotation{10, {.fill = 256}}), "RandomRotation: fill must be within 0 and 255, but got 256");
  CHECK_THROWS_WITH((RandomRotation{10, {.fill = {1, -2, 3}}}),
                    "RandomRotation: fill must be within 0 and 255, but got -2");
  const Image grey(4, 4, 1);
  CHECK_THROWS_WITH(bytes_of(grey.view(), RandomStream(0, 0, 0), RandomRotation{{10, 20}, {.fill = {1, 2, 3}}}),
                    "RandomRotation: fill must have one value, or one for each of the image's 1 channels, but has 3");
}
