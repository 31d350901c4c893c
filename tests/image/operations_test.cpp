// The operations on the values of images: agreement with torchvision on PIL images.
#include <hearth/image/color.hpp>
#include <hearth/image/filter.hpp>
#include <hearth/image/tone.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

/// `KINDS` of operations_reference.py.
std::uint8_t value_of(const std::string& kind, int noise) {
  if (kind == "extremes") {
    return noise > 127 ? 255 : 0;
  }
  return static_cast<std::uint8_t>(kind == "narrow" ? 100 + noise % 40
                                   : kind == "dark" ? noise / 16
                                   : kind == "flat" ? 77
                                                    : noise);
}

Image picture(const std::string& kind, int height, int width, int channels) {
  Image image = noise(height, width, channels, static_cast<std::uint32_t>(height * 100 + width));
  for (std::uint8_t& value : image.pixels()) {
    value = value_of(kind, value);
  }
  return image;
}

const Pack& pack() {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/operations.pack");
  return pack;
}

/// How far the images that an operation makes lie from all those that Python made by its name.
struct Distance {
  std::size_t pictures = 0;
  std::size_t values = 0;
  std::size_t unequal = 0;
  int most = 0;

  double equal_share() const { return 1.0 - static_cast<double>(unequal) / static_cast<double>(values); }
};

/// `operation(image, parameter)` works in place.
template <class Operation>
Distance distance(const std::string& name, Operation operation) {
  Distance distance;
  for (const Pack::Array& expected : pack().arrays()) {
    std::istringstream words(expected.name);
    std::string operation_name;
    std::string kind;
    double parameter = 0;
    int height = 0;
    int width = 0;
    int channels = 0;
    words >> operation_name >> parameter >> kind >> height >> width >> channels;
    if (operation_name != name) {
      continue;
    }
    CAPTURE(expected.name);
    Image image = picture(kind, height, width, channels);
    operation(image, parameter);
    const ImageView wanted = expected.image();
    REQUIRE(image.size() == wanted.size());
    REQUIRE(image.channels() == wanted.channels);
    int most = 0;
    for (std::size_t i = 0; i < image.pixels().size(); ++i) {
      const int difference = std::abs(image.pixels()[i] - wanted.data[i]);
      distance.unequal += difference != 0 ? 1 : 0;
      most = std::max(most, difference);
    }
    CHECK(most <= 1);
    distance.most = std::max(distance.most, most);
    distance.values += image.pixels().size();
    ++distance.pictures;
  }
  REQUIRE(distance.pictures > 0);
  return distance;
}

template <class Operation>
void check_equal(const std::string& name, Operation operation) {
  const Distance found = distance(name, operation);
  CAPTURE(name, found.pictures, found.values, found.most);
  CHECK(found.unequal == 0);
}

template <class Operation>
void check_close(const std::string& name, Operation operation) {
  const Distance found = distance(name, operation);
  INFO(name << ": " << found.values << " values, " << found.unequal << " unequal, by " << found.most << " at most");
  CHECK(found.most <= 1);
  CHECK(found.equal_share() >= 0.999);
}

}  // namespace

TEST_CASE("Brightness, contrast, saturation and greyness are torchvision's of PIL images, value by value") {
  check_equal("grayscale",
              [](Image& image, double channels) { image::to_grayscale(image, static_cast<int>(channels)); });
  check_equal("brightness", image::adjust_brightness);
  check_equal("contrast", image::adjust_contrast);
  check_equal("saturation", image::adjust_saturation);
}

TEST_CASE("The turned hue is torchvision's of PIL images, for colours of all kinds") {
  check_equal("hue", image::adjust_hue);
  int turns = 0;
  for (const Pack::Array& expected : pack().arrays()) {
    std::istringstream words(expected.name);
    std::string name;
    double turn = 0;
    words >> name >> turn;
    if (name == "colours") {
      Image colours(52 * 52, 52, 3);
      for (std::size_t i = 0; i < colours.pixels().size(); i += 3) {
        const std::size_t number = i / 3;
        colours.pixels()[i] = static_cast<std::uint8_t>(5 * (number / 52 / 52));
        colours.pixels()[i + 1] = static_cast<std::uint8_t>(5 * (number / 52 % 52));
        colours.pixels()[i + 2] = static_cast<std::uint8_t>(5 * (number % 52));
      }
      image::adjust_hue(colours, turn);
      CAPTURE(turn);
      CHECK(core::crc32(std::as_bytes(std::span(colours.pixels()))) == expected.values<std::uint32_t>().at(0));
      ++turns;
    }
  }
  CHECK(turns == 5);
}

TEST_CASE("Inverted, posterized, solarized, equalized and stretched values are torchvision's of PIL images") {
  check_equal("invert", [](Image& image, double) { image::invert(image); });
  check_equal("posterize", [](Image& image, double bits) { image::posterize(image, static_cast<int>(bits)); });
  check_equal("solarize", image::solarize);
  check_equal("equalize", [](Image& image, double) { image::equalize(image); });
  check_equal("autocontrast", [](Image& image, double) { image::autocontrast(image); });
}

TEST_CASE("A sharpened image is torchvision's of a PIL image, its border and small images too") {
  check_equal("sharpness", image::adjust_sharpness);
}

TEST_CASE("A blurred image is torchvision's of a PIL image, but for the rounding of a sum in another order") {
  check_equal("blur_1_1", [](Image& image, double sigma) { image::gaussian_blur(image, {1, 1}, sigma); });
  check_close("blur_5_5", [](Image& image, double sigma) { image::gaussian_blur(image, {5, 5}, sigma); });
  check_close("blur_3_9", [](Image& image, double sigma) { image::gaussian_blur(image, {3, 9}, sigma); });
  check_close("blur_23_23", [](Image& image, double sigma) { image::gaussian_blur(image, {23, 23}, sigma); });
}

TEST_CASE("An operation's error names it, the rule and the value") {
  Image two(4, 5, 2);
  Image rgb(4, 5, 3);
  const Image before = rgb;
  CHECK_THROWS_WITH(image::to_grayscale(rgb, 2), "to_grayscale: the result has 1 or 3 channels, but 2 were asked for");
  CHECK_THROWS_WITH(image::to_grayscale(two, 1), "to_grayscale: an image must have 1 or 3 channels, but got 2");
  CHECK_THROWS_WITH(image::adjust_contrast(two, 1), "adjust_contrast: an image must have 1 or 3 channels, but got 2");
  CHECK_THROWS_WITH(image::adjust_saturation(two, 1),
                    "adjust_saturation: an image must have 1 or 3 channels, but got 2");
  CHECK_THROWS_WITH(image::adjust_hue(two, 0), "adjust_hue: an image must have 1 or 3 channels, but got 2");
  CHECK_THROWS_WITH(image::adjust_brightness(rgb, -0.5),
                    "adjust_brightness: the factor must be finite and at least 0, but got -0.5");
  CHECK_THROWS_AS(image::adjust_sharpness(rgb, std::numeric_limits<double>::quiet_NaN()), Error);
  CHECK_THROWS_AS(image::adjust_saturation(rgb, std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_WITH(image::adjust_hue(rgb, 0.6), "adjust_hue: the factor must be within -0.5 and 0.5, but got 0.6");
  CHECK_THROWS_WITH(image::posterize(rgb, 0), "posterize: bits must be within 1 and 8, but got 0");
  CHECK_THROWS_AS(image::posterize(rgb, 9), Error);
  CHECK_THROWS_WITH(image::gaussian_blur(rgb, {3, 4}, 1),
                    "gaussian_blur: the kernel's sides must be odd and positive, but got 3 x 4");
  CHECK_THROWS_WITH(image::gaussian_blur(rgb, {3, 3}, 0), "gaussian_blur: sigma must be positive, but got 0");
  CHECK_THROWS_WITH(image::gaussian_blur(rgb, {9, 3}, 1),
                    "gaussian_blur: a kernel of 9 x 3 reaches beyond the reflection of an image of 4 x 5 pixels");
  CHECK(rgb == before);
}

TEST_CASE("Values are changed alike in images of any number of channels") {
  Image two(13, 24, 2);
  Image first = picture("noise", 13, 24, 1);
  Image second = picture("narrow", 13, 24, 1);
  for (std::size_t i = 0; i < first.pixels().size(); ++i) {
    two.pixels()[2 * i] = first.pixels()[i];
    two.pixels()[2 * i + 1] = second.pixels()[i];
  }
  const auto change = [](Image& image) {
    image::adjust_brightness(image, 1.2);
    image::autocontrast(image);
    image::adjust_sharpness(image, 1.7);
    image::gaussian_blur(image, {3, 5}, 0.8);
    image::solarize(image, 99);
    image::equalize(image);
  };
  change(two);
  change(first);
  change(second);
  bool same = true;
  for (std::size_t i = 0; i < first.pixels().size(); ++i) {
    same = same && two.pixels()[2 * i] == first.pixels()[i] && two.pixels()[2 * i + 1] == second.pixels()[i];
  }
  CHECK(same);
}
