#include <hearth/chart/reliability.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "chart/pixels.hpp"

using namespace hearth;

namespace {

constexpr chart::Color bar = chart::chart_colors[0];
constexpr chart::Color gap = chart::chart_colors[1];
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The rows of a column that have this colour, below the legend.
int rows_of(const Image& image, int x, chart::Color color) {
  int rows = 0;
  for (int y = 50; y < image.height(); ++y) {
    rows += pixels::at(image, x, y) == color ? 1 : 0;
  }
  return rows;
}

}  // namespace

TEST_CASE("The bars of a reliability diagram are as high as the accuracies") {
  // Five bins that are as accurate as they are confident.
  std::vector<chart::ReliabilityBin> bins;
  for (const double share : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    bins.push_back({10, share, share});
  }
  const Image image = chart::draw_reliability(bins, 0);
  REQUIRE(image.size() == image::Size{640, 640});
  // The bars' columns, a quarter into each, where the diagonal does not cross the top of a bar.
  const int left = 78, width = 640 - 28 - 78;
  std::vector<int> heights;
  for (int i = 0; i < 5; ++i) {
    heights.push_back(rows_of(image, left + width * (4 * i + 1) / 20, bar));
  }
  const double unit = heights[4] / 0.9;
  for (int i = 0; i < 5; ++i) {
    CHECK(std::abs(heights[static_cast<std::size_t>(i)] - unit * (0.1 + 0.2 * i)) < 5);  // the diagonal covers some
  }
  CHECK(unit > 350);
  // Nothing is said of gaps but in the legend.
  CHECK(pixels::extent(image, gap).top < 40);
  CHECK(pixels::extent(image, gap).height < 20);
}

TEST_CASE("A gap shows how far accuracy and confidence are apart, whichever is greater") {
  const std::vector<chart::ReliabilityBin> over{{0, 0, 0}, {10, 0.75, 0.25}};
  const std::vector<chart::ReliabilityBin> under{{0, 0, 0}, {10, 0.75, 1.0}};
  const Image sure = chart::draw_reliability(over, 0.5);
  const Image unsure = chart::draw_reliability(under, 0.25);
  const int right = 640 - 28;
  const auto gap_rows = [&](const Image& image) { return rows_of(image, right - 2, gap); };  // the frame of the gap
  CHECK(gap_rows(sure) > 0.45 * 400);
  CHECK(gap_rows(unsure) == Approx(gap_rows(sure) / 2.0).margin(3));
  // A bin without samples has no bar.
  CHECK(rows_of(sure, 150, bar) == 0);
  CHECK(rows_of(sure, 150, gap) == 0);
  CHECK(rows_of(sure, 150, chart::muted) == 0);
}

TEST_CASE("Below the diagram stands which share of the samples each bin has") {
  const std::vector<chart::ReliabilityBin> bins{{10, 0.1, 0.1}, {0, 0, 0}, {20, 0.6, 0.6}, {40, 0.9, 0.9}};
  const Image image = chart::draw_reliability(bins, 0);
  const auto height = [&](int bin) { return rows_of(image, 78 + 534 * (2 * bin + 1) / 8, chart::muted); };
  CHECK(height(3) > 50);
  CHECK(height(2) == Approx(height(3) / 2.0).margin(1.5));
  CHECK(height(0) == Approx(height(3) / 4.0).margin(1.5));
  CHECK(height(1) == 0);
}

TEST_CASE("The calibration error is written unless it is not a number") {
  const std::vector<chart::ReliabilityBin> bins{{10, 0.4, 0.1}};
  const Image with = chart::draw_reliability(bins, 0.3);
  const Image without = chart::draw_reliability(bins, not_a_number);
  CHECK_FALSE(with == without);
  CHECK(with == chart::draw_reliability(bins, 0.3));
  CHECK_FALSE(with == chart::draw_reliability(bins, 0.31));
  CHECK(pixels::is_white(without, {0, 450, 50, 190}));
  CHECK_FALSE(pixels::is_white(with, {0, 450, 50, 190}));
}

TEST_CASE("A reliability diagram of any size keeps within its edges") {
  std::vector<chart::ReliabilityBin> bins;
  for (int i = 0; i < 100; ++i) {
    bins.push_back({i % 7 == 0 ? 0 : 1'000'000'000'000LL * i, i % 7 == 0 ? not_a_number : i / 99.0, (99 - i) / 99.0});
  }
  for (const image::Size size : {image::Size{240, 300}, image::Size{400, 900}, image::Size{1600, 1600}}) {
    const Image image = chart::draw_reliability(bins, 0.5, size);
    CHECK(image.size() == size);
    CHECK(pixels::has_margin(image, 4));
  }
  const std::vector<chart::ReliabilityBin> none(15);
  CHECK(pixels::count(chart::draw_reliability(none, not_a_number), bar) < 300);  // the legend alone
  const std::vector<chart::ReliabilityBin> rounded{{3, 1 + 1e-12, -1e-12}};
  CHECK(chart::draw_reliability(rounded, 1).size() == image::Size{640, 640});
}

TEST_CASE("What is no reliability is refused") {
  CHECK_THROWS_WITH(chart::draw_reliability({}, 0), "draw_reliability: needs from 1 to 100 bins, but got 0");
  CHECK_THROWS_AS(chart::draw_reliability(std::vector<chart::ReliabilityBin>(101), 0), Error);
  const std::vector<chart::ReliabilityBin> good{{1, 0.5, 0.5}};
  CHECK_THROWS_WITH(chart::draw_reliability(good, 0, {239, 300}),
                    "draw_reliability: the image has at least 300 x 240 pixels, but got 300 x 239");
  for (const chart::ReliabilityBin& bad :
       {chart::ReliabilityBin{-1, 0.5, 0.5}, {1, 1.5, 0.5}, {1, 0.5, -0.5}, {1, not_a_number, 0.5}}) {
    const std::vector<chart::ReliabilityBin> bins{good[0], bad};
    CHECK_THROWS_WITH(chart::draw_reliability(bins, 0), Catch::Matchers::ContainsSubstring("bin 1 has"));
  }
}
