// The transforms of colour: agreement with torchvision on PIL images, and what they draw.
#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/filter.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/grayscale.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/tone.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/bytes_of.hpp"
#include "transforms/draws.hpp"
#include "transforms/reference_cases.hpp"

using namespace hearth;

namespace {

constexpr std::size_t draws = 10'000;

/// Compares with all the images that Python made under this name; at most so many values of each may differ, by 1.
template <class... Stages>
void check(const std::string& name, std::size_t unequal_at_most, const Stages&... stages) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/colors.pack");
  const int cases = for_each_case(pack, name, [&](const Pack::Array& expected, const Image& photo, std::istream&) {
    const Image result = bytes_of(photo.view(), {0, 0, 0}, stages...);
    const ImageView wanted = expected.image();
    REQUIRE(result.size() == wanted.size());
    REQUIRE(result.channels() == wanted.channels);
    int most = 0;
    std::size_t unequal = 0;
    for (std::size_t i = 0; i < result.pixels().size(); ++i) {
      const int difference = std::abs(result.pixels()[i] - wanted.data[i]);
      most = std::max(most, difference);
      unequal += difference != 0 ? 1 : 0;
    }
    CHECK(most <= 1);
    CHECK(unequal <= unequal_at_most);
  });
  CHECK(cases == 4);
}

/// A ColorJitter whose draws are given.
struct GivenJitter {
  ColorJitter::Params params;
  void apply(Image& image, RandomStream&) const { ColorJitter::apply(image, params); }
};

/// How often a stage changes an image of these colours.
template <class Stage>
std::size_t times_changed(const Stage& stage) {
  const Image photo(1, 3, 3, {10, 20, 30, 200, 100, 50, 90, 91, 92});
  const auto results = drawn(draws, [&](RandomStream& random) {
    Image result;
    transforms::Plan plan(photo.view());
    transforms::carry_out(stage, plan, random);
    plan.edit([&](Image& image) { result = image; });
    return result;
  });
  return draws - static_cast<std::size_t>(std::count(results.begin(), results.end(), photo));
}

/// How many 32-bit numbers a stage draws for an image.
template <class Stage>
int numbers_drawn_by(const Stage& stage) {
  const Image photo = noise(9, 9, 3, 1);
  return numbers_drawn([&](RandomStream& random) {
    transforms::Plan plan(photo.view());
    transforms::carry_out(stage, plan, random);
  });
}

}  // namespace

TEST_CASE("Pipelines with transforms of colour are torchvision's, pixel by pixel") {
  const RandomHorizontalFlip flip{1.0};
  check("grey_1", 0, Grayscale{});
  check("grey_3", 0, Resize{20}, Grayscale{3}, flip);
  check("random_grey", 0, RandomGrayscale{1.0});
  check("never", 0, RandomGrayscale{0.0}, RandomInvert{0.0}, Resize{20}, RandomEqualize{0.0}, CenterCrop{16});
  check("invert_resize", 0, flip, RandomInvert{1.0}, Resize{21});
  check("crop_posterize", 0, CenterCrop{40}, RandomPosterize{3, 1.0}, CenterCrop{17});
  check("solarize", 0, RandomSolarize{100.5, 1.0});
  check("resize_equalize", 0, Resize{40}, RandomEqualize{1.0}, RandomVerticalFlip{1.0});
  check("autocontrast", 0, RandomPosterize{2, 1.0}, RandomAutocontrast{1.0});
  check("sharpness", 0, RandomAdjustSharpness{2.5, 1.0}, Resize{17});
  // One sum in a hundred thousand lies so near to a half that its order decides.
  check("blur", 1, Resize{image::Size{19, 23}}, GaussianBlur{image::Size{3, 7}, 1.1}, CenterCrop{15});
}

TEST_CASE("ColorJitter changes what is drawn, in the drawn order, as torchvision's") {
  check("jitter_3120", 0, CenterCrop{18}, GivenJitter{{{3, 1, 2, 0}, 1.3, 0.6, 1.7, 0.2}}, Resize{25});
  check("jitter_0213", 0, GivenJitter{{{0, 2, 1, 3}, 0.4, 1.4, {}, -0.35}});
  check("jitter_2031", 0, GivenJitter{{{2, 0, 3, 1}, {}, 1.9, 0.3, {}}});
}

TEST_CASE("ColorJitter's factors are uniform in torchvision's intervals, and all orders equally frequent") {
  const ColorJitter jitter{{.brightness = 0.4, .contrast = {0.2, 0.9}, .saturation = 1.5, .hue = 0.1}};
  const auto all = drawn(draws, [&](RandomStream& random) { return jitter.draw(random); });
  std::map<std::array<int, 4>, std::size_t> orders;
  std::vector<double> brightness;
  std::vector<double> contrast;
  std::vector<double> saturation;
  std::vector<double> hue;
  for (const ColorJitter::Params& params : all) {
    ++orders[params.order];
    brightness.push_back(params.brightness.value());
    contrast.push_back(params.contrast.value());
    saturation.push_back(params.saturation.value());
    hue.push_back(params.hue.value());
  }
  check_uniform(brightness, 0.6, 1.4);
  check_uniform(contrast, 0.2, 0.9);
  check_uniform(saturation, 0, 2.5);  // none is negative
  check_uniform(hue, -0.1, 0.1);
  CHECK(orders.size() == 24);
  for (const auto& [order, count] : orders) {
    check_share(count, draws, 1.0 / 24);
  }
}

TEST_CASE("ColorJitter draws the order, and the factors of what it changes") {
  CHECK(numbers_drawn_by(ColorJitter{}) == 6);
  CHECK(numbers_drawn_by(ColorJitter{{.brightness = {1, 1}, .hue = {0, 0}}}) == 6);
  CHECK(numbers_drawn_by(ColorJitter{{.contrast = 0.1}}) == 8);
  CHECK(numbers_drawn_by(ColorJitter{{.brightness = 1, .contrast = 1, .saturation = 1, .hue = 0.5}}) == 14);
  RandomStream random(1, 2, 3);
  const ColorJitter::Params params =
      ColorJitter{{.brightness = 0.2, .saturation = {2, 3}, .hue = {-0.2, 0.4}}}.draw(random);
  RandomStream same(1, 2, 3);
  std::array<int, 4> order{0, 1, 2, 3};
  core::shuffle(order, same);
  CHECK(params.order == order);
  CHECK(params.brightness == same.uniform(0.8, 1.2));
  CHECK(!params.contrast);
  CHECK(params.saturation == same.uniform(2, 3));
  CHECK(params.hue == same.uniform(-0.2, 0.4));
}

TEST_CASE("ColorJitter changes an image by what it draws") {
  const ColorJitter jitter{{.brightness = 0.5, .contrast = 0.5, .saturation = 0.5, .hue = 0.3}};
  for (std::uint64_t i = 0; i < 30; ++i) {
    RandomStream random(0, 0, i);
    RandomStream same(0, 0, i);
    Image image = noise(5, 6, 3, 4);
    Image expected = image;
    jitter.apply(image, random);
    ColorJitter::apply(expected, jitter.draw(same));
    CHECK(image == expected);
    CHECK(random() == same());
  }
}

TEST_CASE("A random transform of colour changes an image with probability p, for one draw") {
  check_share(times_changed(RandomGrayscale{}), draws, 0.1);
  check_share(times_changed(RandomInvert{0.3}), draws, 0.3);
  check_share(times_changed(RandomPosterize{4}), draws, 0.5);
  check_share(times_changed(RandomSolarize{128}), draws, 0.5);
  check_share(times_changed(RandomAutocontrast{0.9}), draws, 0.9);
  CHECK(times_changed(RandomInvert{0}) == 0);
  CHECK(times_changed(RandomInvert{1}) == draws);
  const auto share_drawn = [](const auto& stage) {
    const auto all = drawn(draws, [&](RandomStream& random) { return stage.draw(random); });
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), true));
  };
  check_share(share_drawn(RandomEqualize{0.2}), draws, 0.2);
  check_share(share_drawn(RandomAdjustSharpness{2, 0.7}), draws, 0.7);
  for (const double p : {0.0, 0.5, 1.0}) {
    CHECK(numbers_drawn_by(RandomGrayscale{p}) == 2);
    CHECK(numbers_drawn_by(RandomInvert{p}) == 2);
    CHECK(numbers_drawn_by(RandomPosterize{4, p}) == 2);
    CHECK(numbers_drawn_by(RandomSolarize{4, p}) == 2);
    CHECK(numbers_drawn_by(RandomEqualize{p}) == 2);
    CHECK(numbers_drawn_by(RandomAutocontrast{p}) == 2);
    CHECK(numbers_drawn_by(RandomAdjustSharpness{4, p}) == 2);
  }
  CHECK(numbers_drawn_by(Grayscale{}) == 0);
}

TEST_CASE("GaussianBlur's deviation is uniform, and one draw") {
  check_uniform(drawn(draws, [](RandomStream& random) { return GaussianBlur{3}.draw(random); }), 0.1, 2);
  const GaussianBlur blur{3, {0.5, 5}};
  check_uniform(drawn(draws, [&](RandomStream& random) { return blur.draw(random); }), 0.5, 5);
  CHECK(numbers_drawn_by(blur) == 2);
  CHECK(numbers_drawn_by(GaussianBlur{3, 1.5}) == 2);
  Image image = noise(7, 8, 3, 9);
  Image expected = image;
  RandomStream random(3, 2, 1);
  RandomStream same(3, 2, 1);
  blur.apply(image, random);
  image::gaussian_blur(expected, {3, 3}, blur.draw(same));
  CHECK(image == expected);
}

TEST_CASE("A random transform that does not change an image does not have the plan drawn") {
  const Image photo = noise(40, 30, 3, 0);
  transforms::Plan plan(photo.view());
  RandomStream random(0, 0, 0);
  plan.crop({5, 5, 20, 20});
  RandomInvert{0}.plan(plan, random);
  RandomGrayscale{0}.plan(plan, random);
  plan.crop({1, 1, 10, 10});
  CHECK(plan.source() == image::Rect{6, 6, 10, 10});
}

TEST_CASE("Options of transforms of colour that make no sense are errors") {
  CHECK_THROWS_WITH(Grayscale{2}, "Grayscale: num_output_channels must be 1 or 3, but got 2");
  CHECK_THROWS_WITH(RandomGrayscale{1.5}, "RandomGrayscale: p must be within 0 and 1, but got 1.5");
  CHECK_THROWS_WITH(RandomInvert{-0.1}, "RandomInvert: p must be within 0 and 1, but got -0.1");
  CHECK_THROWS_WITH(RandomPosterize{0}, "RandomPosterize: bits must be within 1 and 8, but got 0");
  CHECK_THROWS_WITH((RandomPosterize{4, 2}), "RandomPosterize: p must be within 0 and 1, but got 2");
  CHECK_THROWS_AS(RandomSolarize{std::nan("")}, Error);
  CHECK_THROWS_AS((RandomSolarize{128, 3}), Error);
  CHECK_THROWS_AS(RandomEqualize{-1}, Error);
  CHECK_THROWS_AS(RandomAutocontrast{-1}, Error);
  CHECK_THROWS_WITH(RandomAdjustSharpness{-2},
                    "RandomAdjustSharpness: sharpness_factor must be finite and at least 0, but got -2");
  CHECK_THROWS_AS((RandomAdjustSharpness{2, 3}), Error);
  CHECK_THROWS_WITH(GaussianBlur{4}, "GaussianBlur: kernel_size must be odd and positive, but got 4 x 4");
  CHECK_THROWS_AS((GaussianBlur{image::Size{3, -1}}), Error);
  CHECK_THROWS_WITH((GaussianBlur{3, 0.0}),
                    "GaussianBlur: sigma must be positive, the lower bound first, but got 0 to 0");
  CHECK_THROWS_AS((GaussianBlur{3, {2, 1}}), Error);
  CHECK_THROWS_WITH((ColorJitter{{.brightness = -0.5}}),
                    "ColorJitter: brightness must be a number of at least 0 or an interval, the lower bound first, "
                    "within 0 and 1000000, but allows 1.5 to 0.5");
  CHECK_THROWS_WITH((ColorJitter{{.hue = 0.6}}),
                    "ColorJitter: hue must be a number of at least 0 or an interval, the lower bound first, within "
                    "-0.5 and 0.5, but allows -0.5 to 0.6");
  CHECK_THROWS_AS((ColorJitter{{.contrast = {-0.1, 1}}}), Error);
  CHECK_THROWS_AS((ColorJitter{{.saturation = {1.2, 1.1}}}), Error);
  CHECK_THROWS_AS((ColorJitter{{.saturation = std::nan("")}}), Error);
}
