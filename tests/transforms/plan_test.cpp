#include <hearth/transforms/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/image_source.hpp>
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

/// An image that is "decoded" into memory that holds what was asked for and not a byte more.
class PartsOf final : public image::ImageSource {
 public:
  explicit PartsOf(const Image& whole, int most_reduction = 1) : whole_(whole), most_reduction_(most_reduction) {}

  image::Size size() const override { return whole_.size(); }
  int channels() const override { return whole_.channels(); }
  int reduction(int wanted) const override { return wanted >= 2 ? std::min(most_reduction_, 2) : 1; }

  ImageView pixels(const image::Rect& needed, int reduction) override {
    asked.push_back(needed);
    const image::Size size{(whole_.height() + reduction - 1) / reduction, (whole_.width() + reduction - 1) / reduction};
    part_ = cropped(reduction == 1 ? whole_ : resize_bilinear(whole_.view(), size), needed);
    return part_.view();
  }

  std::vector<image::Rect> asked;

 private:
  const Image& whole_;
  int most_reduction_;
  Image part_;
};

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
    PartsOf parts(photo);
    transforms::Plan plan = i % 2 == 0 ? transforms::Plan(photo.view()) : transforms::Plan(parts);
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

TEST_CASE("Of an image that is not decoded yet, a plan has only what it needs decoded, once") {
  const Image photo = noise(100, 80, 3, 11);
  PartsOf parts(photo);
  transforms::Plan plan(parts);
  plan.crop({20, 10, 40, 30});
  plan.flip_horizontal();
  plan.resize({20, 15});
  plan.crop({5, 0, 10, 5});
  CHECK(parts.asked.empty());
  Image expected = mirrored(resize_bilinear(cropped(photo, {20, 10, 40, 30}).view(), {20, 15}), true);
  CHECK(drawn(plan) == cropped(expected, {5, 0, 10, 5}));
  REQUIRE(parts.asked.size() == 1);
  const image::Rect& asked = parts.asked.front();
  CHECK(asked.top == 20 + 9);  // target row 5 has its centre at 11, and reaches 2 rows up
  CHECK(asked.height == 22);
  CHECK(asked.left == 10 + 19);
  CHECK(asked.width == 11);
}

TEST_CASE("A plan that keeps nothing but padding decodes nothing") {
  const Image photo = noise(8, 8, 3, 12);
  PartsOf parts(photo);
  transforms::Plan plan(parts);
  plan.crop({-16, -16, 40, 40});
  plan.crop({0, 0, 8, 8});
  CHECK(drawn(plan) == Image(8, 8, 3));
  CHECK(parts.asked.empty());
}

TEST_CASE("Where an image becomes smaller and the decoder may reduce it, what is resampled is the reduced one") {
  Image photo(102, 84, 3);  // smooth, so that two ways to make it smaller come to the same
  for (int y = 0; y < photo.height(); ++y) {
    for (int x = 0; x < photo.width(); ++x) {
      std::uint8_t* const pixel = photo.row(y) + x * 3;
      pixel[0] = static_cast<std::uint8_t>(y * 2);
      pixel[1] = static_cast<std::uint8_t>(x * 2);
      pixel[2] = static_cast<std::uint8_t>(x + y);
    }
  }
  const auto made = [&](int most_reduction, image::Rect crop, image::Size size) {
    PartsOf parts(photo, most_reduction);
    transforms::Plan plan(parts);
    plan.crop(crop);
    plan.resize(size);
    return drawn(plan);
  };
  const auto furthest = [](const Image& a, const Image& b) {
    int most = 0;
    for (std::size_t i = 0; i < a.pixels().size(); ++i) {
      most = std::max(most, std::abs(int{a.pixels()[i]} - int{b.pixels()[i]}));
    }
    return most;
  };
  for (const image::Rect& crop : {image::Rect{0, 0, 102, 84}, {13, 7, 60, 51}, {40, 20, 61, 63}}) {
    CHECK(furthest(made(2, crop, {24, 20}), made(1, crop, {24, 20})) <= 2);
    CHECK(made(2, crop, {50, 50}) == made(1, crop, {50, 50}));  // it would be too small
  }
}

TEST_CASE("A plan without pixels is an Error") {
  const Image photo = noise(4, 4, 3, 8);
  transforms::Plan plan(photo.view());
  CHECK_THROWS_AS(plan.crop({0, 0, 0, 3}), Error);
  CHECK_THROWS_AS(plan.resize({0, 3}), Error);
  CHECK_THROWS_AS(transforms::Plan(ImageView{}), Error);
}
