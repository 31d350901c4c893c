#include <hearth/transforms/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/resample.hpp>

#include "catch.hpp"
#include "image/reference.hpp"

using namespace hearth;

namespace {

Image drawn(transforms::Plan& plan) {
  Image copy;
  plan.edit([&](Image& image) { copy = image; });
  return copy;
}

// Each step done at once, pixel by pixel.

Image cropped(const Image& image, const image::Rect& rect) {
  Image result(rect.height, rect.width, image.channels());
  for (int y = 0; y < rect.height; ++y) {
    for (int x = 0; x < rect.width; ++x) {
      const int from_y = rect.top + y;
      const int from_x = rect.left + x;
      if (from_y >= 0 && from_y < image.height() && from_x >= 0 && from_x < image.width()) {
        std::copy_n(image.row(from_y) + from_x * image.channels(), image.channels(),
                    result.row(y) + x * image.channels());
      }
    }
  }
  return result;
}

Image mirrored(const Image& image, bool horizontally) {
  Image result(image.height(), image.width(), image.channels());
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const int to_y = horizontally ? y : image.height() - 1 - y;
      const int to_x = horizontally ? image.width() - 1 - x : x;
      std::copy_n(image.row(y) + x * image.channels(), image.channels(), result.row(to_y) + to_x * image.channels());
    }
  }
  return result;
}

}  // namespace

TEST_CASE("A plan of any steps gives what the steps give one by one") {
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(0, 0, i);
    const auto between = [&](int low, int high) {
      return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low) + 1));
    };
    const Image photo = noise(between(1, 20), between(1, 20), i % 4 == 0 ? 1 + static_cast<int>(i / 4 % 5) : 3,
                              static_cast<std::uint32_t>(i));
    Image expected = photo;
    transforms::Plan plan(photo.view());
    for (int step = between(1, 6); step > 0; --step) {
      switch (between(0, 5)) {
        case 0: {
          const image::Size size{between(1, 25), between(1, 25)};
          const auto interpolation = static_cast<Interpolation>(between(0, 2));
          expected = resize_image(expected.view(), size, interpolation);
          plan.resize(size, interpolation);
          break;
        }
        case 4: {
          const image::Rect rect{between(-4, 6), between(-4, 6), between(1, 20), between(1, 20)};
          expected = cropped(expected, rect);
          plan.remake([&](const ImageView& from, Image& to) {
            Image copy(from.height, from.width, from.channels);
            for (int y = 0; y < from.height; ++y) {
              std::copy_n(from.row(y), copy.stride(), copy.row(y));
            }
            to = cropped(copy, rect);
          });
          break;
        }
        case 1:
        case 2: {
          const image::Rect rect{between(-4, 6), between(-4, 6), between(1, 20), between(1, 20)};
          expected = cropped(expected, rect);
          plan.crop(rect);
          break;
        }
        case 3:
          expected = mirrored(expected, true);
          plan.flip_horizontal();
          break;
        default:
          expected = mirrored(expected, false);
          plan.flip_vertical();
      }
    }
    CAPTURE(i);
    CHECK(plan.size() == expected.size());
    const Image result = drawn(plan);
    REQUIRE(result.size() == expected.size());
    CHECK(result == expected);
    CHECK(drawn(plan) == result);
  }
}

TEST_CASE("Crop, resize, crop and flip are merged, not drawn") {
  const Image photo = noise(40, 60, 3, 1);
  transforms::Plan plan(photo.view());
  plan.crop({5, 6, 30, 40});
  plan.crop({1, 2, 20, 30});
  plan.flip_horizontal();
  plan.resize({50, 70});
  plan.crop({3, 4, 45, 50});
  CHECK(plan.source() == image::Rect{6, 8, 20, 30});
  CHECK(plan.resized() == image::Size{50, 70});
  CHECK(plan.window() == image::Rect{3, 16, 45, 50});
  CHECK(plan.flipped_horizontally());
  CHECK_FALSE(plan.flipped_vertically());
}

TEST_CASE("A resize to the size at hand is no step") {
  const Image photo = noise(40, 60, 3, 2);
  transforms::Plan plan(photo.view());
  plan.resize({20, 30});
  plan.crop({0, 0, 10, 10});
  plan.resize({10, 10});
  CHECK(plan.resized() == image::Size{20, 30});
}

TEST_CASE("Every row is handed out once") {
  const Image photo = noise(10, 12, 3, 3);
  transforms::Plan plan(photo.view());
  plan.crop({-3, 2, 20, 30});
  plan.flip_vertical();
  std::vector<int> rows;
  plan.rows([&](int y, transforms::PixelRow) { rows.push_back(y); });
  std::sort(rows.begin(), rows.end());
  REQUIRE(rows.size() == 20);
  for (int y = 0; y < 20; ++y) {
    CHECK(rows[static_cast<std::size_t>(y)] == y);
  }
}

TEST_CASE("An edit may change the image's size") {
  const Image photo = noise(10, 12, 3, 4);
  const Image other = noise(5, 30, 3, 5);
  transforms::Plan plan(photo.view());
  plan.edit([&](Image& image) { image = other; });
  CHECK(plan.size() == image::Size{5, 30});
  plan.crop({1, 1, 3, 3});
  CHECK(drawn(plan) == cropped(other, {1, 1, 3, 3}));
}

TEST_CASE("What is remade is made from the image itself where no step but a crop waits") {
  const Image photo = noise(10, 12, 3, 4);
  transforms::Plan plan(photo.view());
  plan.crop({2, 3, 5, 6});
  plan.remake([&](const ImageView& from, Image& to) {
    CHECK(from.data == photo.row(2) + 3 * 3);
    CHECK(from.size() == image::Size{5, 6});
    to = Image(1, 2, 1);
  });
  CHECK(plan.size() == image::Size{1, 2});
  CHECK(plan.channels() == 1);
  plan.remake([&](const ImageView&, Image& to) { to = Image(7, 7, 1); });
  CHECK(plan.drawn().size() == image::Size{7, 7});
}

TEST_CASE("Two plans at a time do not disturb each other") {
  const Image a = noise(10, 12, 3, 6);
  const Image b = noise(20, 11, 3, 7);
  transforms::Plan outer(a.view());
  outer.resize({30, 31});
  Image inner_result;
  outer.edit([&](Image&) {
    transforms::Plan inner(b.view());
    inner.resize({7, 9});
    inner_result = drawn(inner);
  });
  CHECK(inner_result == resize_bilinear(b.view(), {7, 9}));
  CHECK(drawn(outer) == resize_bilinear(a.view(), {30, 31}));
}

TEST_CASE("A thread's working memory is used again, but never by two at a time") {
  const int* first = nullptr;
  {
    const core::ThreadSpare<std::vector<int>> memory;
    memory->assign(100, 7);
    first = memory->data();
    const core::ThreadSpare<std::vector<int>> other;
    CHECK(&*other != &*memory);
  }
  const core::ThreadSpare<std::vector<int>> again;
  CHECK(again->data() == first);
}

TEST_CASE("A plan without pixels is an Error") {
  const Image photo = noise(4, 4, 3, 8);
  transforms::Plan plan(photo.view());
  CHECK_THROWS_AS(plan.crop({0, 0, 0, 3}), Error);
  CHECK_THROWS_AS(plan.resize({0, 3}), Error);
  CHECK_THROWS_AS(transforms::Plan(ImageView{}), Error);
}
