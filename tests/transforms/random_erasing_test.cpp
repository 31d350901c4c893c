// RandomErasing: what it erases, where, and what it draws.
#include <hearth/transforms/random_erasing.hpp>

#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/draws.hpp"
#include "transforms/sink.hpp"

using namespace hearth;

namespace {

constexpr std::size_t draws = 20'000;

/// The place of a [channels, height, width] sample's float.
std::size_t place_of(const Shape& shape, Layout layout, std::size_t channel, int y, int x) {
  const auto pixel = static_cast<std::size_t>(y * shape[2] + x);
  const auto channels = static_cast<std::size_t>(shape[0]);
  return layout == Layout::channels_last ? pixel * channels + channel
                                         : channel * static_cast<std::size_t>(shape[1] * shape[2]) + pixel;
}

bool contains(const std::optional<image::Rect>& rect, int y, int x) {
  return rect && y >= rect->top && y < rect->top + rect->height && x >= rect->left && x < rect->left + rect->width;
}

void check_rects(const std::string& name, image::Size size, const RandomErasing& erase) {
  static const Pack pack(HEARTH_TEST_DIR "/transforms/reference/erasing.pack");
  std::vector<double> area;
  std::vector<double> ratio;
  std::vector<double> row;
  std::vector<double> column;
  for (const auto& rect : drawn(draws, [&](RandomStream& random) { return erase.draw(size, random); })) {
    if (rect) {
      area.push_back(static_cast<double>(rect->height) * rect->width / (static_cast<double>(size.height) * size.width));
      ratio.push_back(static_cast<double>(rect->height) / rect->width);
      row.push_back((rect->top + rect->height / 2.0) / size.height);
      column.push_back((rect->left + rect->width / 2.0) / size.width);
    }
  }
  const double reference_draws = pack[name + " count"].values<double>().at(0);
  check_share(area.size(), draws, reference_draws / 100'000);
  check_distribution(pack[name + " area"], reference_draws, area);
  check_distribution(pack[name + " ratio"], reference_draws, ratio);
  check_distribution(pack[name + " row"], reference_draws, row);
  check_distribution(pack[name + " column"], reference_draws, column);
}

}  // namespace

TEST_CASE("RandomErasing's area, ratio and place are distributed as torchvision's") {
  check_rects("square", {64, 64}, RandomErasing{{.p = 1}});
  check_rects("options", {100, 80}, RandomErasing{{.p = 1, .scale = {0.3, 0.6}, .ratio = {0.5, 2.0}}});
}

TEST_CASE("RandomErasing's distribution is torchvision's where many rectangles do not fit") {
  check_rects("strip", {20, 130}, RandomErasing{{.p = 1}});
}

TEST_CASE("RandomErasing erases with probability p, and nothing where no rectangle fits") {
  std::size_t erased = 0;
  for (const auto& rect : drawn(draws, [](RandomStream& random) { return RandomErasing{}.draw({64, 64}, random); })) {
    erased += rect ? 1 : 0;
  }
  check_share(erased, draws, 0.5);
  const RandomErasing whole{{.p = 1, .scale = {1, 1}, .ratio = {1, 1}}};
  for (const auto& rect : drawn(100, [&](RandomStream& random) { return whole.draw({30, 30}, random); })) {
    CHECK(!rect);
  }
  // A rectangle is lower and narrower than the image, so one pixel is never erased, but an empty one may be drawn.
  for (const auto& rect : drawn(100, [](RandomStream& random) {
         return RandomErasing{{.p = 1}}.draw({1, 1}, random);
       })) {
    CHECK((!rect || rect->height == 0 || rect->width == 0));
  }
}

TEST_CASE("RandomErasing writes its value to the drawn rectangle of each channel, and nowhere else") {
  const Image photo = noise(17, 23, 3, 5);
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      const RandomErasing one{{.p = 0.9, .value = 0.25}};
      const RandomErasing three{{.p = 0.9, .value = {2, -3, 4}}};
      RandomStream random(1, 1, i);
      const MemorySink before = sample_of(Compose{ToTensor{}}, photo.view(), random, layout);
      const MemorySink with_one = sample_of(Compose{ToTensor{}, one}, photo.view(), random, layout);
      const MemorySink with_three = sample_of(Compose{ToTensor{}, three}, photo.view(), random, layout);
      const std::optional<image::Rect> rect = one.draw(photo.size(), random);
      int wrong = 0;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        for (int y = 0; y < photo.height(); ++y) {
          for (int x = 0; x < photo.width(); ++x) {
            const std::size_t at = place_of(before.shape, layout, channel, y, x);
            const bool inside = contains(rect, y, x);
            const float value = std::vector<float>{2, -3, 4}[channel];
            wrong += with_one.floats[at] != (inside ? 0.25F : before.floats[at]) ? 1 : 0;
            wrong += with_three.floats[at] != (inside ? value : before.floats[at]) ? 1 : 0;
          }
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("RandomErasing's random values are drawn from the normal distribution, in one order for both layouts") {
  const Image photo(40, 40, 3);
  const RandomErasing erase{{.p = 1, .scale = {0.3, 0.3}, .value = ErasingValue::random()}};
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    RandomStream random(2, 2, i);
    const MemorySink first = sample_of(Compose{ToTensor{}, erase}, photo.view(), random);
    const MemorySink last = sample_of(Compose{ToTensor{}, erase}, photo.view(), random, Layout::channels_last);
    const std::optional<image::Rect> rect = erase.draw(photo.size(), random);
    REQUIRE(rect);
    int wrong = 0;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      for (int y = rect->top; y < rect->top + rect->height; ++y) {
        for (int x = rect->left; x < rect->left + rect->width; ++x) {
          const auto value = static_cast<float>(random.normal());
          wrong += first.floats[place_of(first.shape, Layout::contiguous, channel, y, x)] != value ? 1 : 0;
          wrong += last.floats[place_of(first.shape, Layout::channels_last, channel, y, x)] != value ? 1 : 0;
          sum += static_cast<double>(value);
          squares += static_cast<double>(value) * static_cast<double>(value);
          ++count;
        }
      }
    }
    CHECK(wrong == 0);
  }
  CHECK(std::abs(sum / count) < 5 / std::sqrt(count));
  CHECK(std::abs(squares / count - 1) < 5 * std::sqrt(2 / count));
}

TEST_CASE("RandomErasing's draws are those documented") {
  const auto numbers = [](const RandomErasing& erase) {
    return numbers_drawn([&](RandomStream& random) { erase.draw({64, 64}, random); });
  };
  CHECK(numbers(RandomErasing{{.p = 0}}) == 2);
  CHECK(numbers(RandomErasing{{.p = 1, .scale = {0.1, 0.2}, .ratio = {0.5, 2}}}) == 10);
  CHECK(numbers(RandomErasing{{.p = 1, .scale = {1, 1}, .ratio = {1, 1}}}) == 42);
}

TEST_CASE("RandomErasing's options that make no sense are errors, and so are samples that do not fit") {
  CHECK_THROWS_WITH((RandomErasing{{.p = 1.5}}), "RandomErasing: p must be within 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((RandomErasing{{.scale = {0.2, 1.5}}}),
                    "RandomErasing: scale must be within 0 and 1, the lower bound first, but got 0.2 to 1.5");
  CHECK_THROWS_AS((RandomErasing{{.scale = {0.3, 0.2}}}), Error);
  CHECK_THROWS_WITH((RandomErasing{{.ratio = {0, 2}}}),
                    "RandomErasing: ratio must be positive, the lower bound first, but got 0 to 2");
  CHECK_THROWS_AS((RandomErasing{{.ratio = {3, 2}}}), Error);
  const Image grey(8, 8, 1);
  CHECK_THROWS_WITH(sample_of(Compose{ToTensor{}, RandomErasing{{.p = 1, .value = {1, 2, 3}}}}, grey.view()),
                    "RandomErasing: value has 3 numbers, but the image has 1 channel");
  float data[4];
  RandomStream random(0, 0, 0);
  CHECK_THROWS_WITH(RandomErasing{}.apply({data, Shape{4}, Layout::contiguous}, random),
                    "RandomErasing: a sample of shape [4] is no image");
}
