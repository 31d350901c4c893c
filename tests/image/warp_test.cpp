// Agreement with Pillow's Image.transform and Image.rotate, and with torchvision's matrices.
#include <hearth/image/affine.hpp>
#include <hearth/image/rotate.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

/// The bytes of `fills` in warp_reference.py.
std::vector<std::uint8_t> fill_for(int channels) {
  switch (channels) {
    case 1:
      return {77};
    case 3:
      return {12, 200, 255};
    default:
      return {9, 8, 7, 250};
  }
}

/// Calls `make(source, interpolation, numbers)` for each case of this kind and compares what it returns with Python's
/// image, byte by byte; returns how many there are.
template <class Make>
int check_all(const std::string& kind, Make&& make) {
  static const Pack pack(HEARTH_TEST_DIR "/image/reference/warp.pack");
  int cases = 0;
  for (std::size_t i = 0; i + 1 < pack.arrays().size(); ++i) {
    std::istringstream words(pack.arrays()[i].name);
    std::string word;
    int height = 0;
    int width = 0;
    int channels = 0;
    int mode = 0;
    std::uint32_t seed = 0;
    words >> word >> height >> width >> channels >> mode >> seed;
    if (word != kind) {
      continue;
    }
    ++cases;
    Image source = noise(height, width, channels, seed);
    if (seed % 3 == 0) {
      for (std::uint8_t& byte : source.pixels()) {
        byte = byte > 127 ? 255 : 0;
      }
    }
    std::vector<std::uint8_t> tight = source.pixels();  // the pixels alone, so that a sanitizer sees a step beyond them
    tight.shrink_to_fit();
    ImageView view = source.view();
    view.data = tight.data();
    const Interpolation interpolation = mode == 0   ? Interpolation::nearest
                                        : mode == 2 ? Interpolation::bilinear
                                                    : Interpolation::bicubic;
    const ImageView wanted = pack.arrays()[i + 1].image();
    const std::vector<double> numbers = pack.arrays()[i].values<double>();
    const Image result = make(view, interpolation, numbers);
    CAPTURE(pack.arrays()[i].name, numbers);
    REQUIRE(result.size() == wanted.size());
    CHECK(result.pixels() == pack.arrays()[i + 1].values<std::uint8_t>());
  }
  return cases;
}

}  // namespace

TEST_CASE("An affine transform has Pillow's pixels, whatever the matrix", "[warp]") {
  const int cases = check_all("affine", [](const ImageView& source, Interpolation mode, const std::vector<double>& n) {
    const image::AffineMatrix matrix{n[2], n[3], n[4], n[5], n[6], n[7]};
    const image::Size size{static_cast<int>(n[0]), static_cast<int>(n[1])};
    return image::affine(source, size, matrix, mode, fill_for(source.channels));
  });
  CHECK(cases == 225);
}

TEST_CASE("A rotation has Pillow's pixels, at the angles that need no arithmetic and at the others", "[warp]") {
  const int cases = check_all("rotate", [](const ImageView& source, Interpolation mode, const std::vector<double>& n) {
    image::Rotation rotation{.angle = n[0], .interpolation = mode, .expand = n[1] != 0};
    if (n[2] >= 0) {
      rotation.center = image::Point{n[2], n[3]};
    }
    return image::rotate(source, rotation, fill_for(source.channels));
  });
  CHECK(cases > 500);
}

TEST_CASE("The inverse matrix of an affine transform is torchvision's", "[warp]") {
  const Pack pack(HEARTH_TEST_DIR "/image/reference/warp.pack");
  for (int i = 0; i < 6; ++i) {
    const std::vector<double> n = pack["matrix " + std::to_string(i)].values<double>();
    const image::AffineMatrix matrix = image::inverse_matrix(
        {.angle = n[0], .translate = {n[1], n[2]}, .scale = n[3], .shear = {n[4], n[5]}}, {n[6], n[7]});
    for (std::size_t k = 0; k < matrix.size(); ++k) {
      CAPTURE(i, k);
      CHECK(matrix[k] == Approx(n[8 + k]).epsilon(1e-13).margin(1e-13));
    }
  }
}

TEST_CASE("One fill value is for all channels, and none is black", "[warp]") {
  const Image source = noise(3, 3, 3, 1);
  const image::AffineMatrix away{1, 0, 100, 0, 1, 100};
  const std::array<std::uint8_t, 1> seven{7};
  CHECK(image::affine(source.view(), {1, 2}, away, Interpolation::nearest, seven).pixels() ==
        std::vector<std::uint8_t>(6, 7));
  CHECK(image::affine(source.view(), {1, 2}, away, Interpolation::bicubic).pixels() == std::vector<std::uint8_t>(6, 0));
}

TEST_CASE("Positions that are no numbers are outside, and nothing to transform is an Error", "[warp]") {
  const Image source = noise(3, 3, 3, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic}) {
    CHECK(image::affine(source.view(), {2, 2}, {nan, 1, 0, 1, nan, 0}, mode) == Image(2, 2, 3));
  }
  CHECK_THROWS_WITH(image::affine(source.view(), {0, 2}, {1, 0, 0, 0, 1, 0}, Interpolation::nearest),
                    "affine: the result must have pixels, but it would have 0 x 2");
  CHECK_THROWS_WITH(image::rotate(ImageView{}, {}), "rotate: an image must have pixels, but got one of 0 x 0");
  const std::array<std::uint8_t, 2> two{1, 2};
  CHECK_THROWS_WITH(image::rotate(source.view(), {.angle = 3}, two),
                    "affine: fill must have one value, or one for each of the 3 channels, but has 2");
}
