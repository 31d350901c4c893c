// Agreement of the geometric transforms with torchvision's, given what they draw.
#include <hearth/transforms/affine.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/pad.hpp>
#include <hearth/transforms/perspective.hpp>
#include <hearth/transforms/random_crop.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/rotation.hpp>

#include <algorithm>
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
#include "transforms/reference_cases.hpp"

using namespace hearth;

namespace {

constexpr auto nearest = Interpolation::nearest;
constexpr auto bilinear = Interpolation::bilinear;
constexpr auto bicubic = Interpolation::bicubic;

/// Calls `compare(result, expected)` with what the stages make of each image that Python made another of under this
/// name.
template <class Compare, class... Stages>
void compare_all(const std::string& name, const Compare& compare, const Stages&... stages) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/geometry.pack");
  const auto make = [&](const Pack::Array& expected, const Image& photo, std::istream& rest) {
    std::uint64_t number = 0;
    rest >> number;
    const Image result = bytes_of(photo.view(), RandomStream(5, 0, number), stages...);
    REQUIRE(result.size() == expected.image().size());
    REQUIRE(result.channels() == expected.image().channels);
    compare(result.pixels(), expected.values<std::uint8_t>());
  };
  CHECK(for_each_case(pack, name, make) > 0);
}

using Bytes = std::vector<std::uint8_t>;

/// Compares with all the images of this name, byte by byte.
template <class... Stages>
void check(const std::string& name, const Stages&... stages) {
  compare_all(
      name, [](const Bytes& result, const Bytes& expected) { CHECK(result == expected); }, stages...);
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

/// The second of FiveCrop's images, for an image of 9 x 9 and crops of 4.
struct TopRight {
  void plan(transforms::Plan& plan, RandomStream&) const { plan.crop({0, 5, 4, 4}); }
};

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

TEST_CASE("Resize takes nearest pixels and bicubic ones as torchvision does", "[resize]") {
  const RandomHorizontalFlip flip{1.0};
  const RandomVerticalFlip turn{1.0};
  const auto check_mode = [&](const std::string& mode, Interpolation interpolation) {
    const ResizeOptions options{.interpolation = interpolation};
    check("resize_" + mode + "_9", Resize{9, options});
    check("resize_" + mode + "_17_30", Resize{image::Size{17, 30}, options});
    check("flip_resize_" + mode + "_turn", flip, Resize{image::Size{11, 12}, options}, turn);
    check("crop_resize_" + mode + "_crop", CenterCrop{15}, Resize{image::Size{22, 19}, options},
          CenterCrop{image::Size{30, 14}});
  };
  check_mode("nearest", nearest);
  check_mode("bicubic", bicubic);
}

TEST_CASE("Resize keeps the longer side within max_size", "[resize]") {
  check("resize_max_size", Resize{12, {.max_size = 20}});
  CHECK(Resize{12, {.max_size = 20}}.target({100, 10}) == image::Size{20, 2});
  CHECK_THROWS_WITH((Resize{12, {.max_size = 12}}),
                    "Resize: max_size must be more than the 12 of the shorter side, but got 12");
  CHECK_THROWS_WITH((Resize{image::Size{12, 12}, {.max_size = 20}}),
                    "Resize: max_size goes with the size of the shorter side, but both sides are given");
}

TEST_CASE("RandomResizedCrop resizes with the interpolation asked for", "[resize]") {
  check("random_resized_crop_bicubic",
        RandomResizedCrop{image::Size{16, 14}, {.scale = {0.2, 1.0}, .interpolation = bicubic}});
}

TEST_CASE("Pad adds torchvision's pixels in each mode, also where an image is mirrored many times", "[pad]") {
  check("pad_3", Pad{3});
  check("pad_cut", Pad{{-2, 3, 4, -5}});
  check("pad_cut_fill", Pad{{-2, 3, 4, -5}, {.fill = 77}});
  const auto check_mode = [](const std::string& mode, PaddingMode padding_mode) {
    check("pad_" + mode, Pad{{4, 2, 7, 30}, {.padding_mode = padding_mode}});
    check("pad_" + mode + "_cut", Pad{{-3, 9, 5, -4}, {.padding_mode = padding_mode}});
  };
  check_mode("edge", PaddingMode::edge);
  check_mode("reflect", PaddingMode::reflect);
  check_mode("symmetric", PaddingMode::symmetric);
  check("resize_pad_flip", Resize{12}, Pad{{1, 2, 3, 4}}, RandomHorizontalFlip{1.0});
  check("flip_pad_reflect_resize", RandomHorizontalFlip{1.0}, Pad{4, {.padding_mode = PaddingMode::reflect}},
        Resize{image::Size{20, 21}});
}

TEST_CASE("Pad fills each channel with its own value", "[pad]") {
  check("pad_fill_rgb", Pad{{2, 5}, {.fill = {10, 20, 30}}});
  check("pad_fill_grey", Pad{{2, 5}, {.fill = {10}}});
}

TEST_CASE("Pad refuses to cut everything off, and fills that are none", "[pad]") {
  const Image image(4, 6, 3);
  CHECK_THROWS_WITH(
      bytes_of(image.view(), RandomStream(0, 0, 0), Pad{{0, -2}}),
      "Pad: nothing is left of an image of 4 x 6 pixels when 0 are cut off at the left, 2 at the top, 0 at "
      "the right and 2 below");
  CHECK_THROWS_AS(bytes_of(image.view(), RandomStream(0, 0, 0), Pad{{-6, 0, 9, 0}}), Error);
  CHECK_THROWS_WITH((Pad{1, {.fill = -1}}), "Pad: fill must be within 0 and 255, but got -1");
  CHECK_THROWS_WITH(bytes_of(image.view(), RandomStream(0, 0, 0), Pad{1, {.fill = {1, 2}}}),
                    "Pad: fill must have one value, or one for each of the image's 3 channels, but has 2");
}

TEST_CASE("RandomCrop cuts where torchvision does, with padding of each kind before", "[random_crop]") {
  check("random_crop", RandomCrop{image::Size{13, 8}});
  check("random_crop_4", RandomCrop{image::Size{24, 20}, {.padding = 4}});
  check("random_crop_reflect", RandomCrop{24, {.padding = {{2, 5}}, .padding_mode = PaddingMode::reflect}});
  check("random_crop_needed", RandomCrop{image::Size{20, 21}, {.pad_if_needed = true}});
  check("random_crop_needed_fill",
        RandomCrop{image::Size{20, 21}, {.padding = {{1, 2, 3, 4}}, .pad_if_needed = true, .fill = 99}});
}

TEST_CASE("RandomCrop's places are uniform, and an image of its size draws nothing", "[random_crop]") {
  const RandomCrop crop{image::Size{8, 10}};
  const auto deviation = [](int places) { return std::sqrt((places * places - 1) / 12.0); };
  const image::Size from{20, 15};  // 13 rows and 6 columns to begin at
  CHECK(std::abs(mean_of([&](RandomStream& random) { return crop.draw(from, random).top; }) - 6.0) <
        five_sigma(deviation(13)));
  CHECK(std::abs(mean_of([&](RandomStream& random) { return crop.draw(from, random).left; }) - 2.5) <
        five_sigma(deviation(6)));
  for (int left = 0; left < 6; ++left) {
    const double share =
        mean_of([&](RandomStream& random) { return crop.draw(from, random).left == left ? 1.0 : 0.0; });
    CHECK(std::abs(share - 1.0 / 6) < five_sigma(std::sqrt(1.0 / 6 * 5.0 / 6)));
  }
  RandomStream random(1, 2, 3);
  RandomStream same(1, 2, 3);
  CHECK(crop.draw({8, 10}, random) == image::Rect{0, 0, 8, 10});
  CHECK(random() == same());
  CHECK(crop.draw({9, 10}, random).top == static_cast<int>(same.below(2)));
  same.below(1);
  CHECK(random() == same());
}

TEST_CASE("RandomCrop refuses images that are too small, and says what helps", "[random_crop]") {
  CHECK_THROWS_WITH(RandomCrop{0}, "RandomCrop: size must be at least 1, but got 0");
  const Image image(30, 40, 3);
  CHECK_THROWS_WITH(
      bytes_of(image.view(), RandomStream(0, 0, 0), RandomCrop{32}),
      "RandomCrop: a crop of 32 x 32 pixels does not fit an image of 30 x 40; .pad_if_needed = true makes "
      "it large enough");
}

TEST_CASE("With black padding RandomCrop is one step of the plan", "[random_crop]") {
  const Image image = noise(24, 24, 3, 1);
  RandomStream random(4, 0, 0);
  RandomStream same(4, 0, 0);
  transforms::Plan plan(image.view());
  const RandomCrop crop{24, {.padding = 4}};
  crop.plan(plan, random);
  const image::Rect rect = crop.draw({32, 32}, same);
  CHECK(plan.source() == image::Rect{0, 0, 24, 24});
  CHECK(plan.window() == image::Rect{rect.top - 4, rect.left - 4, 24, 24});
}

TEST_CASE("FiveCrop and TenCrop make torchvision's images in its order, as one sample", "[five_crop]") {
  const auto check_crops = [](const std::string& name, std::int64_t count, const auto&... stages) {
    static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/geometry.pack");
    const int cases = for_each_case(pack, name, [&](const Pack::Array& expected, const Image& photo, std::istream&) {
      const int channels = photo.channels();
      const MemorySink sample = sample_of(Compose{stages..., ToTensor{}}, photo.view());
      const ImageView wanted = expected.image();  // the crops one below the other
      REQUIRE(sample.asked == 1);
      REQUIRE(sample.shape == Shape{count, channels, wanted.height / count, wanted.width});
      std::size_t i = 0;
      bool equal = true;
      for (std::int64_t image = 0; image < count; ++image) {
        for (int c = 0; c < channels; ++c) {
          for (std::int64_t y = 0; y < sample.shape[2]; ++y) {
            const std::uint8_t* const row = wanted.row(static_cast<int>(image * sample.shape[2] + y));
            for (int x = 0; x < wanted.width; ++x) {
              equal = equal && sample.floats[i++] == ToTensor().value(row[x * channels + c]);
            }
          }
        }
      }
      CHECK(equal);
    });
    CHECK(cases > 0);
  };
  check_crops("five_crop_10", 5, FiveCrop{10});
  check_crops("five_crop_9", 5, FiveCrop{image::Size{9, 14}});
  check_crops("ten_crop_10", 10, TenCrop{10});
  check_crops("ten_crop_9", 10, TenCrop{image::Size{9, 14}});
  check_crops("ten_crop_vertical", 10, TenCrop{image::Size{7, 8}, {.vertical_flip = true}});
  check_crops("resize_ten_crop", 10, Resize{16}, TenCrop{14});
}

TEST_CASE("What stands after FiveCrop is done to each of its images", "[five_crop]") {
  const Image image = noise(9, 9, 3, 1);
  const Compose crops{FiveCrop{4}, ToTensor{}};
  const Compose normalized{FiveCrop{4}, Resize{6}, RandomHorizontalFlip{1.0}, ToTensor{}, Normalize{{0.5}, {0.25}}};
  const MemorySink sample = sample_of(normalized, image.view(), {0, 0, 0}, Layout::channels_last);
  REQUIRE(sample.shape == Shape{5, 3, 6, 6});
  const Compose second{CenterCrop{9},           TopRight{}, Resize{6}, RandomHorizontalFlip{1.0}, ToTensor{},
                       Normalize{{0.5}, {0.25}}};
  const MemorySink alone = sample_of(second, image.view());
  CHECK(std::equal(alone.floats.begin(), alone.floats.end(), sample.floats.begin() + 3 * 6 * 6));
  CHECK(sample_of(crops, image.view()).floats.size() == 5 * 3 * 4 * 4);
}

TEST_CASE("FiveCrop and TenCrop refuse images that are smaller, and images that come out in two sizes", "[five_crop]") {
  CHECK_THROWS_WITH(FiveCrop{-2}, "FiveCrop: size must be at least 1, but got -2");
  CHECK_THROWS_WITH((TenCrop{image::Size{3, 0}}), "TenCrop: size must be at least 1, but got 0");
  const Image image = noise(9, 12, 3, 1);
  CHECK_THROWS_WITH(sample_of(Compose{FiveCrop{10}, ToTensor{}}, image.view()),
                    "FiveCrop: crops of 10 x 10 pixels do not fit an image of 9 x 12");
  CHECK_THROWS_WITH(sample_of(Compose{TenCrop{13}, ToTensor{}}, image.view()),
                    "TenCrop: crops of 13 x 13 pixels do not fit an image of 9 x 12");
  CHECK_THROWS_WITH(sample_of(Compose{FiveCrop{9}, RandomRotation{180, {.expand = true}}, ToTensor{}}, image.view()),
                    Catch::Matchers::ContainsSubstring("must become samples of one shape"));
}

TEST_CASE("RandomAffine has torchvision's pixels, given what it draws", "[affine]") {
  check("affine_turn", RandomAffine{40});
  check("affine_move", RandomAffine{0, {.translate = image::Point{0.3, 0.6}}});
  check("affine_move_fill", RandomAffine{0, {.translate = image::Point{1.0, 0.5}, .fill = 50}});
  check("affine_all", RandomAffine{{10, 80},
                                   {.translate = image::Point{0.2, 0.1},
                                    .scale = transforms::Interval{0.6, 1.7},
                                    .shear = transforms::Shear{15},
                                    .interpolation = bilinear,
                                    .fill = 128}});
  check("affine_shears", RandomAffine{180,
                                      {.scale = transforms::Interval{0.5, 1.1},
                                       .shear = transforms::Shear{-5, 25, -40, 3},
                                       .interpolation = bicubic,
                                       .fill = 255,
                                       .center = image::Point{4, 5.5}}});
}

TEST_CASE("RandomAffine draws angle, way, scale and shear within their bounds, in this order", "[affine]") {
  const RandomAffine affine{{-10, 30},
                            {.translate = image::Point{0.5, 0.25},
                             .scale = transforms::Interval{0.5, 2.0},
                             .shear = transforms::Shear{1, 2, 3, 5}}};
  const image::Size size{40, 20};
  RandomStream random(7, 0, 0);
  RandomStream same(7, 0, 0);
  const image::AffineParameters drawn = affine.draw(size, random);
  CHECK(drawn.angle == same.uniform(-10, 30));
  CHECK(drawn.translate.x == std::nearbyint(same.uniform(-10, 10)));
  CHECK(drawn.translate.y == std::nearbyint(same.uniform(-10, 10)));
  CHECK(drawn.scale == same.uniform(0.5, 2.0));
  CHECK(drawn.shear == image::Point{same.uniform(1, 2), same.uniform(3, 5)});
  CHECK(random() == same());

  const auto mean = [&](auto number) {
    return mean_of([&](RandomStream& stream) { return number(affine.draw(size, stream)); });
  };
  using Drawn = image::AffineParameters;
  CHECK(std::abs(mean([](const Drawn& d) { return d.angle; }) - 10) < five_sigma(uniform_deviation(40)));
  CHECK(std::abs(mean([](const Drawn& d) { return d.translate.x; })) < five_sigma(uniform_deviation(21)));
  CHECK(std::abs(mean([](const Drawn& d) { return d.translate.y; })) < five_sigma(uniform_deviation(21)));
  CHECK(std::abs(mean([](const Drawn& d) { return d.scale; }) - 1.25) < five_sigma(uniform_deviation(1.5)));
  CHECK(std::abs(mean([](const Drawn& d) { return d.shear.x; }) - 1.5) < five_sigma(uniform_deviation(1)));
  CHECK(std::abs(mean([](const Drawn& d) { return d.shear.y; }) - 4) < five_sigma(uniform_deviation(2)));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    RandomStream stream(8, 0, i);
    const Drawn any = affine.draw(size, stream);
    CHECK((any.angle >= -10 && any.angle < 30 && std::abs(any.translate.x) <= 10 && std::abs(any.translate.y) <= 10 &&
           any.scale >= 0.5 && any.scale < 2 && any.shear.x >= 1 && any.shear.x < 2));
  }
}

TEST_CASE("RandomAffine without options draws the angle alone, and a move over black is planned", "[affine]") {
  RandomStream random(7, 0, 0);
  RandomStream same(7, 0, 0);
  CHECK(RandomAffine{20}.draw({5, 5}, random) == image::AffineParameters{.angle = same.uniform(-20, 20)});
  CHECK(random() == same());
  const Image image = noise(10, 20, 3, 1);
  transforms::Plan plan(image.view());
  RandomAffine{0, {.translate = image::Point{1, 1}}}.plan(plan, random);
  CHECK(plan.source() == image::Rect{0, 0, 10, 20});
  CHECK(plan.window() != image::Rect{0, 0, 10, 20});
}

TEST_CASE("RandomAffine refuses what makes no sense", "[affine]") {
  CHECK_THROWS_WITH(RandomAffine{-3},
                    "RandomAffine: degrees must be at least 0 where it is one number, and is then from minus that to "
                    "that, but got -3");
  CHECK_THROWS_WITH(
      (RandomAffine{0, {.translate = image::Point{0.5, 1.5}}}),
      "RandomAffine: translate must be within 0 and 1, shares of the width and height, but got 0.5 and 1.5");
  CHECK_THROWS_WITH((RandomAffine{0, {.scale = transforms::Interval{0, 1}}}),
                    "RandomAffine: scale must be positive, but got 0 to 1");
  CHECK_THROWS_WITH((RandomAffine{0, {.scale = transforms::Interval{2, 1}}}),
                    "RandomAffine: scale must be finite, the lower bound first, but got 2 to 1");
  CHECK_THROWS_WITH((RandomAffine{0, {.shear = transforms::Shear{0, 1, 5, 4}}}),
                    "RandomAffine: shear along y must be finite, the lower bound first, but got 5 to 4");
  CHECK_THROWS_AS((RandomAffine{0, {.fill = 300}}), Error);
}

TEST_CASE("RandomPerspective has torchvision's pixels, given what it draws", "[perspective]") {
  check("perspective", RandomPerspective{});
  check("perspective_nearest",
        RandomPerspective{{.distortion_scale = 0.9, .p = 1, .interpolation = nearest, .fill = 40}});
  check("perspective_bicubic",
        RandomPerspective{{.distortion_scale = 0.3, .p = 1, .interpolation = bicubic, .fill = 255}});
}

TEST_CASE("RandomPerspective is within 1 of torchvision where the least squares round a 0", "[perspective]") {
  const auto nearly = [](const Bytes& result, const Bytes& expected) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      CHECK(std::abs(result[i] - expected[i]) <= 1);
    }
  };
  compare_all("perspective_with_zero", nearly, RandomPerspective{});
  compare_all("perspective_thin_with_zero", nearly, RandomPerspective{{.p = 1}});
  compare_all("perspective_bicubic_with_zero", nearly,
              RandomPerspective{{.distortion_scale = 0.3, .p = 1, .interpolation = bicubic, .fill = 255}});
}

TEST_CASE("RandomPerspective draws whether, and then each corner within its reach", "[perspective]") {
  const RandomPerspective perspective{{.distortion_scale = 0.5, .p = 0.3}};
  const image::Size size{41, 24};  // a corner moves by up to 10 rows and 6 columns
  const double share = mean_of([&](RandomStream& random) { return perspective.draw(size, random) ? 1.0 : 0.0; });
  CHECK(std::abs(share - 0.3) < five_sigma(std::sqrt(0.3 * 0.7)));
  const RandomPerspective always{{.distortion_scale = 0.5, .p = 1.0}};
  RandomStream random(7, 0, 0);
  RandomStream same(7, 0, 0);
  const image::Corners drawn = always.draw(size, random).value();
  same.bernoulli(1.0);
  const auto below = [&](std::uint64_t bound) { return static_cast<double>(same.below(bound)); };
  image::Corners wanted;
  wanted[0].x = below(7);
  wanted[0].y = below(11);
  wanted[1].x = 17 + below(7);
  wanted[1].y = below(11);
  wanted[2].x = 17 + below(7);
  wanted[2].y = 30 + below(11);
  wanted[3].x = below(7);
  wanted[3].y = 30 + below(11);
  CHECK(drawn == wanted);
  CHECK(random() == same());
  const auto mean = [&](std::size_t corner, auto member) {
    return mean_of([&](RandomStream& stream) { return always.draw(size, stream).value()[corner].*member; });
  };
  const double across = five_sigma(std::sqrt((7 * 7 - 1) / 12.0));
  const double down = five_sigma(std::sqrt((11 * 11 - 1) / 12.0));
  for (std::size_t corner = 0; corner < 4; ++corner) {
    CHECK(std::abs(mean(corner, &image::Point::x) - (corner == 1 || corner == 2 ? 20 : 3)) < across);
    CHECK(std::abs(mean(corner, &image::Point::y) - (corner >= 2 ? 35 : 5)) < down);
  }
}

TEST_CASE("RandomPerspective leaves images of one row or column alone, and refuses what makes no sense",
          "[perspective]") {
  const RandomPerspective always{{.p = 1.0}};
  for (const image::Size size : {image::Size{1, 9}, image::Size{9, 1}, image::Size{1, 1}}) {
    const Image image = noise(size.height, size.width, 3, 2);
    CHECK(bytes_of(image.view(), RandomStream(0, 0, 0), always) == image);
  }
  CHECK_THROWS_WITH((RandomPerspective{{.distortion_scale = 1.5}}),
                    "RandomPerspective: distortion_scale must be within 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((RandomPerspective{{.p = -0.5}}), "RandomPerspective: p must be within 0 and 1, but got -0.5");
  CHECK_THROWS_AS((RandomPerspective{{.fill = 300}}), Error);
}
