#include <hearth/image/affine.hpp>
#include <hearth/image/color.hpp>
#include <hearth/image/filter.hpp>
#include <hearth/image/rotate.hpp>
#include <hearth/image/simd.hpp>
#include <hearth/image/tone.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

using Change = std::function<void(Image&)>;

Image changed(image::Simd level, const Image& image, const Change& change) {
  const image::SimdOverride in_use(level);
  Image copy = image;
  copy.pixels().shrink_to_fit();  // a sanitizer sees a step beyond the pixels
  change(copy);
  return copy;
}

/// Checks that all levels do the same to the image.
void check_all(const std::string& name, const Image& image, const Change& change) {
  const Image expected = changed(image::Simd::portable, image, change);
  for (const image::Simd level : image::simd_levels()) {
    INFO(name << " by " << name_of(level) << " of " << image.height() << " x " << image.width() << ", "
              << image.channels() << " channels");
    CHECK(changed(level, image, change) == expected);
  }
}

void check_colors(const Image& image, double factor) {
  check_all("brightness", image, [=](Image& i) { image::adjust_brightness(i, factor); });
  check_all("sharpness", image, [=](Image& i) { image::adjust_sharpness(i, factor); });
  check_all("equalize", image, image::equalize);
  check_all("autocontrast", image, image::autocontrast);
  check_all("invert", image, image::invert);
  check_all("solarize", image, [=](Image& i) { image::solarize(i, 100 * factor); });
  check_all("posterize", image, [=](Image& i) { image::posterize(i, 1 + static_cast<int>(3 * factor)); });
  if (image.channels() == 1 || image.channels() == 3) {
    check_all("contrast", image, [=](Image& i) { image::adjust_contrast(i, factor); });
    check_all("saturation", image, [=](Image& i) { image::adjust_saturation(i, factor); });
    check_all("grey", image, [](Image& i) { image::to_grayscale(i, 3); });
    check_all("hue", image, [=](Image& i) { image::adjust_hue(i, factor / 4 - 0.25); });
  }
}

}  // namespace

TEST_CASE("Every processor's operations on colours and the portable ones agree to the last bit") {
  RandomStream random(0, 0, 1);
  for (int i = 0; i < 120; ++i) {
    const auto side = [&] { return 1 + static_cast<int>(random.below(i % 4 == 0 ? 5 : 80)); };
    Image image = noise(side(), side(), i % 6 == 0 ? 1 + i / 6 % 5 : 3, static_cast<std::uint32_t>(i));
    if (i % 5 == 0) {  // few values, and not the extremes
      for (std::uint8_t& value : image.pixels()) {
        value = static_cast<std::uint8_t>(50 + value % 70);
      }
    }
    check_colors(image, i % 7 == 0 ? 0.0 : random.uniform(0.0, 2.0));
  }
}

TEST_CASE("Every processor turns the hue of every colour alike") {
  constexpr int step = 3;  // 0, 3, … 255
  Image colors(86, 86, 3);
  for (const double turn : {0.0, 0.1, -0.37, 0.5}) {
    for (int red = 0; red < 256; red += step) {
      std::uint8_t* pixel = colors.pixels().data();
      for (int green = 0; green < 256; green += step) {
        for (int blue = 0; blue < 256; blue += step, pixel += 3) {
          pixel[0] = static_cast<std::uint8_t>(red);
          pixel[1] = static_cast<std::uint8_t>(green);
          pixel[2] = static_cast<std::uint8_t>(blue);
        }
      }
      check_all("hue", colors, [=](Image& image) { image::adjust_hue(image, turn); });
    }
  }
}

TEST_CASE("Every processor takes the same nearest pixels where an image is turned, sheared or moved") {
  RandomStream random(0, 0, 2);
  const std::vector<std::uint8_t> fill{7, 200, 99};
  for (int i = 0; i < 80; ++i) {
    const auto side = [&] { return 1 + static_cast<int>(random.below(i % 4 == 0 ? 6 : 90)); };
    const Image image = noise(side(), side(), i % 5 == 0 ? 1 : 3, static_cast<std::uint32_t>(i));
    const std::vector<std::uint8_t> outside(fill.begin(), fill.begin() + image.channels());
    const image::Size size{side(), side()};
    const image::AffineParameters parameters{random.uniform(-180.0, 180.0),
                                             {random.uniform(-20.0, 20.0), random.uniform(-20.0, 20.0)},
                                             i % 3 == 0 ? 1.0 : random.uniform(0.3, 3.0),
                                             {random.uniform(-20.0, 20.0), i % 2 == 0 ? 0.0 : 10.0}};
    const image::AffineMatrix inverse = image::inverse_matrix(parameters, {image.width() / 2.0, image.height() / 2.0});
    check_all("affine", image, [&](Image& source) {
      source = image::affine(source.view(), size, inverse, Interpolation::nearest, outside);
    });
    check_all("turn", image, [&](Image& source) {
      source = image::rotate(source.view(), {.angle = parameters.angle, .expand = i % 2 == 0}, outside);
    });
  }
}

TEST_CASE("An image that is moved by whole pixels keeps them, and what comes in is filled") {
  const Image image = noise(5, 9, 3, 1);
  for (const auto& [right, down] :
       {std::pair{2, 1}, std::pair{-3, -2}, std::pair{8, 4}, std::pair{9, 0}, std::pair{0, -5}}) {
    const image::AffineMatrix inverse =
        image::inverse_matrix({0, {static_cast<double>(right), static_cast<double>(down)}, 1, {}}, {4.5, 2.5});
    const std::vector<std::uint8_t> fill{1, 2, 3};
    const Image moved = image::affine(image.view(), image.size(), inverse, Interpolation::nearest, fill);
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        const bool inside = x - right >= 0 && x - right < image.width() && y - down >= 0 && y - down < image.height();
        const std::uint8_t* const expected = inside ? image.row(y - down) + (x - right) * 3 : fill.data();
        CAPTURE(right, down, x, y);
        CHECK(std::equal(expected, expected + 3, moved.row(y) + x * 3));
      }
    }
  }
}
