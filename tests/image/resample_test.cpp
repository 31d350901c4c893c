#include <hearth/image/resample.hpp>
#include <hearth/image/resampler.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

Image resized_by(image::Simd level, const ImageView& source, image::Size size, const image::Rect& window,
                 Interpolation interpolation = Interpolation::bilinear) {
  const image::SimdOverride in_use(level);
  std::vector<std::uint8_t> pixels;
  image::Resampler resampler;
  resampler.resize(source, size, window, interpolation, [&](const std::uint8_t* row) {
    pixels.insert(pixels.end(), row, row + std::ptrdiff_t{window.width} * source.channels);
  });
  return Image(window.height, window.width, source.channels, std::move(pixels));
}

/// The image's pixels alone in memory of their own, so that a sanitizer sees a step beyond them.
struct Tight {
  explicit Tight(const Image& image) : pixels(image.pixels()), view(image.view()) {
    pixels.shrink_to_fit();
    view.data = pixels.data();
  }
  std::vector<std::uint8_t> pixels;
  ImageView view;
};

Image cut(const Image& image, const image::Rect& part) {
  Image out(part.height, part.width, image.channels());
  for (int y = 0; y < part.height; ++y) {
    std::copy_n(image.row(part.top + y) + part.left * image.channels(), out.stride(), out.row(y));
  }
  return out;
}

}  // namespace

TEST_CASE("An image is resized as Pillow resizes it, bit for bit") {
  const Pack pack(HEARTH_TEST_DIR "/image/reference/resample.pack");
  REQUIRE(pack.arrays().size() == 3 * 48);
  for (const Pack::Array& expected : pack.arrays()) {
    int height = 0;
    int width = 0;
    std::uint32_t index = 0;
    std::string mode;
    std::istringstream(expected.name) >> height >> width >> index >> mode;
    const Interpolation interpolation = mode == "NEAREST"   ? Interpolation::nearest
                                        : mode == "BICUBIC" ? Interpolation::bicubic
                                                            : Interpolation::bilinear;
    const ImageView target = expected.image();
    Image source = noise(height, width, target.channels, index);
    if (index % 3 == 0) {
      for (std::uint8_t& byte : source.pixels()) {
        byte = byte > 127 ? 255 : 0;
      }
    }
    CAPTURE(expected.name, mode, target.height, target.width, target.channels);
    for (const image::Simd level : image::simd_levels()) {
      const image::SimdOverride in_use(level);
      CAPTURE(name_of(level));
      const Image resized = resize_image(Tight(source).view, target.size(), interpolation);
      CHECK(std::equal(resized.pixels().begin(), resized.pixels().end(), target.data));
    }
  }
}

TEST_CASE("Every processor's kernels and the portable ones agree to the last bit") {
  RandomStream random(0, 0, 0);
  for (int i = 0; i < 400; ++i) {
    const int largest = i % 4 == 0 ? 4 : i % 16 == 1 ? 700 : 90;
    const auto side = [&] { return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(largest))); };
    const int channels = i % 5 == 0 ? 1 + i / 5 % 5 : i % 5 == 1 ? 1 : 3;
    Image noise_image = noise(side(), side(), channels, static_cast<std::uint32_t>(i));
    if (i % 3 == 0) {
      for (std::uint8_t& byte : noise_image.pixels()) {
        byte = byte > 127 ? 255 : 0;
      }
    }
    const Tight source(noise_image);
    const image::Size size{side(), side()};
    CAPTURE(i, source.view.height, source.view.width, source.view.channels, size.height, size.width);
    const image::Rect whole{0, 0, size.height, size.width};
    for (const Interpolation interpolation : {Interpolation::bilinear, Interpolation::bicubic}) {
      const Image expected = resized_by(image::Simd::portable, source.view, size, whole, interpolation);
      for (const image::Simd level : image::simd_levels()) {
        CAPTURE(name_of(level));
        CHECK(resized_by(level, source.view, size, whole, interpolation) == expected);
      }
    }
  }
}

TEST_CASE("Columns are blended without a touch of what lies beside them") {
  image::ResampleTaps taps;
  for (const int height : {3, 20}) {  // two taps, and many
    taps.prepare(image::ResampleTaps::Filter::bicubic, {height, 0, static_cast<double>(height), 7}, 0, 7);
    for (const std::size_t bytes : {1U, 15U, 16U, 17U, 31U, 33U, 63U, 64U, 65U, 127U, 130U}) {
      const Tight rows(noise(height, static_cast<int>(bytes), 1, 9));
      std::vector<std::uint8_t> expected(bytes + 128, 0xA5);
      const std::uint8_t* const first = rows.view.row(taps.firsts()[6]);
      image::portable_resample_kernels.blend(first, rows.view.stride, taps, 6, bytes, expected.data() + 64);
      for (const image::Simd level : image::simd_levels()) {
        const image::SimdOverride in_use(level);
        std::vector<std::uint8_t> blended(bytes + 128, 0xA5);
        image::resample_kernels().blend(first, rows.view.stride, taps, 6, bytes, blended.data() + 64);
        CAPTURE(height, bytes, name_of(level));
        CHECK(blended == expected);
      }
    }
  }
}

TEST_CASE("A window has the same pixels as the whole") {
  for (const image::Size size :
       {image::Size{60, 50}, image::Size{13, 17}, image::Size{20, 60}, image::Size{60, 20}, image::Size{30, 40}}) {
    const Tight source(noise(30, 40, 3, 1));
    for (const Interpolation interpolation :
         {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic}) {
      const Image whole = resize_image(source.view, size, interpolation);
      const image::Rect window{3, 2, size.height - 7, size.width - 4};
      const Image part = resized_by(image::simd_level(), source.view, size, window, interpolation);
      for (int y = 0; y < window.height; ++y) {
        CAPTURE(size.height, size.width, y);
        CHECK(std::equal(part.row(y), part.row(y) + part.stride(), whole.row(window.top + y) + window.left * 3));
      }
    }
  }
}

TEST_CASE("A box of an image is resized as Pillow resizes it, from no more pixels than its reach") {
  const Pack pack(HEARTH_TEST_DIR "/image/reference/box.pack");
  REQUIRE(pack.arrays().size() == 2 * 30);
  for (const Pack::Array& expected : pack.arrays()) {
    int height = 0;
    int width = 0;
    std::uint32_t index = 0;
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
    std::string mode;
    std::istringstream(expected.name) >> height >> width >> index >> left >> top >> right >> bottom >> mode;
    const Interpolation interpolation = mode == "NEAREST"   ? Interpolation::nearest
                                        : mode == "BICUBIC" ? Interpolation::bicubic
                                                            : Interpolation::bilinear;
    const ImageView target = expected.image();
    const Image source = noise(height, width, target.channels, index);
    const image::Box box{top, left, bottom - top, right - left};
    CAPTURE(expected.name, target.height, target.width, target.channels);
    const image::Size size = target.size();
    for (const image::Rect& window : {image::Rect{0, 0, size.height, size.width}, image::Rect{1, 2, 2, 3},
                                      image::Rect{size.height - 1, size.width - 2, 1, 2}}) {
      const image::Rect reach = image::Resampler::reach({source.size(), box}, size, window, interpolation);
      const Tight part(cut(source, reach));
      image::Resampler resampler;
      int y = window.top;
      resampler.resize(part.view, {source.size(), box}, size, window, interpolation, [&](const std::uint8_t* row) {
        const std::uint8_t* const same = target.row(y++) + window.left * target.channels;
        CHECK(std::equal(row, row + window.width * target.channels, same));
      });
      CHECK(y == window.top + window.height);
    }
  }
}

TEST_CASE("The reach of a window is what its filter spans") {
  const auto reach = [](image::Size source, image::Size resized, const image::Rect& window, Interpolation by) {
    return image::Resampler::reach(image::ResizeSource::all(source), resized, window, by);
  };
  using enum Interpolation;
  const image::Size half{50, 100};  // of 100 rows; columns stay
  // Row 10's centre lies at 21 and row 19's at 39; the triangle is 2 pixels wide to each side, the cubic 4.
  CHECK(reach({100, 100}, half, {10, 5, 10, 7}, bilinear) == image::Rect{19, 5, 22, 7});
  CHECK(reach({100, 100}, half, {10, 5, 10, 7}, bicubic) == image::Rect{17, 5, 26, 7});
  CHECK(reach({100, 100}, half, {0, 0, 50, 100}, bilinear) == image::Rect{0, 0, 100, 100});
  CHECK(reach({100, 100}, half, {10, 5, 0, 7}, bilinear) == image::Rect{});
  const image::Rect nearest_pixels = reach({100, 100}, half, {10, 5, 10, 7}, nearest);  // rows 21 to 39
  CHECK(nearest_pixels.top <= 21);
  CHECK(nearest_pixels.top >= 19);
  CHECK(nearest_pixels.top + nearest_pixels.height >= 40);
  CHECK(nearest_pixels.top + nearest_pixels.height <= 42);
}

TEST_CASE("A part of an image is resized as if there were nothing around it") {
  const Image around = noise(40, 40, 3, 2);
  const image::Rect part{7, 5, 20, 30};
  const Image alone = cut(around, part);
  for (const image::Size size : {image::Size{64, 64}, image::Size{9, 11}, image::Size{12, 50}}) {
    CHECK(resize_bilinear(around.view().crop(part), size) == resize_bilinear(alone.view(), size));
  }
}

TEST_CASE("A Resampler's earlier images leave no trace") {
  image::Resampler resampler;
  const Image first = noise(50, 60, 3, 3);
  const Image second = noise(20, 60, 1, 4);
  resampler.resize(first.view(), {30, 30}, {0, 0, 30, 30}, Interpolation::bilinear, [](const std::uint8_t*) {});
  std::vector<std::uint8_t> pixels;
  resampler.resize(second.view(), {30, 30}, {0, 0, 30, 30}, Interpolation::bilinear,
                   [&](const std::uint8_t* row) { pixels.insert(pixels.end(), row, row + 30); });
  CHECK(pixels == resize_bilinear(second.view(), {30, 30}).pixels());
}

TEST_CASE("Sizes and windows that make no sense are Errors") {
  const Image image = noise(4, 4, 3, 5);
  CHECK_THROWS_WITH(resize_bilinear(image.view(), {0, 5}), "Resampler: cannot resize to 0 x 5 pixels");
  CHECK_THROWS_AS(resize_bilinear(ImageView{}, {5, 5}), Error);
  CHECK_THROWS_AS(resized_by(image::simd_level(), image.view(), {8, 8}, {1, 0, 8, 8}), Error);
  CHECK_THROWS_AS(resized_by(image::simd_level(), image.view(), {8, 8}, {0, -1, 8, 8}), Error);
  const auto resize_box = [&](const ImageView& pixels, const image::Box& box) {
    image::Resampler().resize(pixels, {{4, 4}, box}, {8, 8}, {0, 0, 8, 8}, Interpolation::bilinear,
                              [](const std::uint8_t*) {});
  };
  CHECK_THROWS_WITH(resize_box(image.view(), {0.5, 1.0, 3.5, 3.25}),
                    "Resampler: the box of 3.5 x 3.25 pixels at (0.5, 1) must have pixels and lie within 4 x 4");
  CHECK_THROWS_AS(resize_box(image.view(), {1, 1, 0, 2}), Error);
  CHECK_THROWS_WITH(resize_box(image.view(), {1, 0.25, 2, 2}),
                    "Resampler: the window takes 4 x 3 pixels of the image, but got 4 x 4");
}
