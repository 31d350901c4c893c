#include <hearth/chart/canvas.hpp>
#include <hearth/chart/coverage.hpp>
#include <hearth/chart/font.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

constexpr chart::Color white{255, 255, 255};
constexpr chart::Color black{0, 0, 0};
constexpr chart::Color red{200, 30, 10};
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

chart::Color at(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

/// How black a black-on-white image is, in pixels.
double ink(const Image& image) {
  double sum = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      sum += (255 - at(image, x, y).red) / 255.0;
    }
  }
  return sum;
}

/// The smallest rectangle outside of which the image is white.
image::Rect extent(const Image& image) {
  int top = image.height(), left = image.width(), bottom = 0, right = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (at(image, x, y) != white) {
        top = std::min(top, y);
        left = std::min(left, x);
        bottom = std::max(bottom, y + 1);
        right = std::max(right, x + 1);
      }
    }
  }
  return {top, left, bottom - top, right - left};
}

}  // namespace

TEST_CASE("Canvas begins as an image of one colour") {
  const chart::Canvas canvas({3, 5}, red);
  REQUIRE(canvas.image().size() == image::Size{3, 5});
  REQUIRE(canvas.image().channels() == 3);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 5; ++x) {
      CHECK(at(canvas.image(), x, y) == red);
    }
  }
  CHECK_THROWS_WITH(chart::Canvas({0, 5}), "Canvas: both sides must be at least 1 pixel, but got 0 x 5");
}

TEST_CASE("Canvas fills exactly the pixels of a rectangle, as far as they exist") {
  chart::Canvas canvas({6, 8});
  canvas.fill({2, 3, 2, 4}, red);
  CHECK(extent(canvas.image()) == image::Rect{2, 3, 2, 4});
  CHECK(at(canvas.image(), 3, 2) == red);
  CHECK(at(canvas.image(), 6, 3) == red);

  canvas.fill({-5, -5, 6, 7}, black);
  CHECK(at(canvas.image(), 0, 0) == black);
  CHECK(at(canvas.image(), 1, 0) == black);
  CHECK(at(canvas.image(), 2, 0) == white);
  CHECK(at(canvas.image(), 0, 1) == white);

  const Image before = canvas.image();
  constexpr int most = std::numeric_limits<int>::max();
  canvas.fill({6, 0, 4, 8}, red);
  canvas.fill({0, most, most, most}, red);
  canvas.fill({1, 1, -3, 2}, red);
  canvas.fill({1, 1, 0, 2}, red);
  CHECK(canvas.image() == before);
  canvas.fill({-1, -1, most, most}, red);
  CHECK(at(canvas.image(), 7, 5) == red);
}

TEST_CASE("A line covers the pixels by the distance of their centres") {
  SECTION("two pixels wide between two rows of pixels, with round ends") {
    chart::Canvas canvas({10, 12});
    const std::vector<chart::Point> line{{3, 5}, {8, 5}};
    canvas.polyline(line, 2, black);
    for (int x = 3; x < 8; ++x) {
      CHECK(at(canvas.image(), x, 3) == white);
      CHECK(at(canvas.image(), x, 4) == black);
      CHECK(at(canvas.image(), x, 5) == black);
      CHECK(at(canvas.image(), x, 6) == white);
    }
    // The centre (2.5, 4.5) is sqrt(0.5) from the end: it is covered by 1.5 - 0.7071, so 0.2071 of 255 is left.
    CHECK(at(canvas.image(), 2, 4).red == 53);
    CHECK(at(canvas.image(), 8, 5).red == 53);
    CHECK(at(canvas.image(), 1, 4) == white);
  }
  SECTION("one pixel wide on a row of pixels, and between two") {
    chart::Canvas canvas({10, 12});
    const std::vector<chart::Point> on{{1, 2.5}, {11, 2.5}};
    const std::vector<chart::Point> between{{1, 7}, {11, 7}};
    canvas.polyline(on, 1, red);
    canvas.polyline(between, 1, black);
    CHECK(at(canvas.image(), 5, 1) == white);
    CHECK(at(canvas.image(), 5, 2) == red);
    CHECK(at(canvas.image(), 5, 3) == white);
    CHECK(at(canvas.image(), 5, 6).red == 128);
    CHECK(at(canvas.image(), 5, 7).red == 128);
  }
  SECTION("diagonal") {
    chart::Canvas canvas({12, 12});
    const std::vector<chart::Point> line{{1, 1}, {11, 11}};
    canvas.polyline(line, 1, black);
    for (int i = 2; i < 10; ++i) {
      CHECK(at(canvas.image(), i, i) == black);
      // sqrt(0.5) away: 1 - 0.7071 covered, 0.7071 * 255 left.
      CHECK(at(canvas.image(), i + 1, i).red == 180);
      CHECK(at(canvas.image(), i, i + 1).red == 180);
      CHECK(at(canvas.image(), i + 2, i) == white);
    }
  }
  SECTION("steep: as the flat one with x and y exchanged") {
    chart::Canvas flat({40, 40});
    chart::Canvas steep({40, 40});
    const std::vector<chart::Point> line{{2.3, 5.1}, {35.7, 11.9}};
    const std::vector<chart::Point> exchanged{{5.1, 2.3}, {11.9, 35.7}};
    flat.polyline(line, 3, black);
    steep.polyline(exchanged, 3, black);
    REQUIRE(ink(flat.image()) > 90);
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 40; ++x) {
        CHECK(at(flat.image(), x, y) == at(steep.image(), y, x));
      }
    }
  }
}

TEST_CASE("A line's joints are as dark as the line") {
  chart::Canvas whole({30, 30});
  chart::Canvas joined({30, 30});
  const std::vector<chart::Point> line{{2, 3}, {26, 21}};
  const std::vector<chart::Point> pieces{{2, 3}, {10, 9}, {14, 12}, {26, 21}};
  whole.polyline(line, 2.5, red);
  joined.polyline(pieces, 2.5, red);
  CHECK(extent(whole.image()).width > 20);
  CHECK(whole.image() == joined.image());
}

TEST_CASE("A disc has the area of a circle, and one point alone is a disc") {
  chart::Canvas canvas({40, 40});
  canvas.disc({20.3, 19.6}, 10, black);
  CHECK(ink(canvas.image()) == Approx(std::numbers::pi * 100).epsilon(0.01));
  CHECK(extent(canvas.image()) == image::Rect{9, 10, 21, 21});

  chart::Canvas point({40, 40});
  const std::vector<chart::Point> alone{{20.3, 19.6}};
  point.polyline(alone, 20, black);
  CHECK(point.image() == canvas.image());
  CHECK_THROWS_WITH(canvas.disc({1, 1}, 0, black), "Canvas: a line's width must be above 0 pixels, but got 0");
  CHECK_THROWS_AS(canvas.polyline(alone, not_a_number, black), Error);
}

TEST_CASE("A point that is not finite leaves a gap without ink") {
  for (const double gap : {not_a_number, std::numeric_limits<double>::infinity(), -1e300, 2e7, -2e7}) {
    INFO("the gap is " << gap);
    chart::Canvas canvas({10, 40});
    const std::vector<chart::Point> line{{2, 5}, {12, 5}, {gap, 5}, {20, gap}, {gap, 5}, {28, 5}, {38, 5}};
    canvas.polyline(line, 2, black);
    for (int x = 14; x < 26; ++x) {
      for (int y = 0; y < 10; ++y) {
        CHECK(at(canvas.image(), x, y) == white);
      }
    }
    CHECK(at(canvas.image(), 7, 5) == black);
    CHECK(at(canvas.image(), 33, 5) == black);

    chart::Canvas empty({10, 40});
    const std::vector<chart::Point> nothing{{gap, 5}, {5, gap}};
    empty.polyline(nothing, 2, black);
    empty.disc({gap, gap}, 3, black);
    empty.text({gap, 3}, "text", {});
    CHECK(extent(empty.image()).width <= 0);
  }
}

TEST_CASE("What lies outside is left out, and what lies inside is drawn as on a larger canvas") {
  chart::Canvas small({30, 40}, white);
  chart::Canvas large({230, 240}, white);
  const auto draw = [](chart::Canvas& canvas, double offset) {
    const std::vector<chart::Point> line{
        {offset - 60, offset + 3}, {offset + 90, offset + 25}, {offset + 20, offset - 70}, {offset + 3, offset + 90}};
    canvas.polyline(line, 3, red);
    canvas.disc({offset + 39, offset + 1}, 6, black);
    canvas.text({offset - 20, offset + 12}, "clipped on both sides", {.size = 12});
    canvas.text({offset + 4, offset + 4}, "top", {.size = 15, .color = red});
    canvas.text({offset + 36, offset + 45}, "upwards and away", {.size = 14, .upwards = true});
    const int whole = static_cast<int>(offset);
    canvas.fill({whole + 25, whole + 30, 40, 40}, red);
  };
  draw(small, 0);
  draw(large, 100);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      INFO("x " << x << ", y " << y);
      const chart::Color one = at(small.image(), x, y);
      const chart::Color other = at(large.image(), x + 100, y + 100);
      REQUIRE(std::abs(one.red - other.red) <= 1);
      REQUIRE(std::abs(one.blue - other.blue) <= 1);
    }
  }
  CHECK(at(small.image(), 39, 29) == red);
}

TEST_CASE("Drawing anywhere at all never touches memory outside the image") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(-2, 9);
  const auto number = [&] { return (random() % 2 == 0 ? 1 : -1) * std::pow(10, exponent(random)); };
  chart::Canvas canvas({7, 9});
  for (int i = 0; i < 300; ++i) {
    const std::vector<chart::Point> line{{number(), number()}, {number(), number()}, {number(), number()}};
    canvas.polyline(line, std::min(std::abs(number()), 1e6), red);
    canvas.text({number(), number()}, "gQ%|", {.size = 20, .align = chart::Align::centre, .upwards = i % 2 == 0});
  }
  CHECK(canvas.image().size() == image::Size{7, 9});
}

TEST_CASE("Coverage is the exact area of an outline") {
  const auto cover = [](const std::vector<std::vector<chart::Point>>& outlines) {
    chart::Coverage coverage(4, 4);
    for (const auto& outline : outlines) {
      for (std::size_t i = 0; i < outline.size(); ++i) {
        const chart::Point a = outline[i];
        const chart::Point b = outline[(i + 1) % outline.size()];
        coverage.add({a.x, a.y, b.x, b.y});
      }
    }
    std::vector<double> shares(16, 0);
    coverage.each([&](int x, int y, double share) { shares.at(static_cast<std::size_t>(4 * y + x)) = share; });
    return shares;
  };

  SECTION("a rectangle from (0.5, 1.25) to (2.25, 3)") {
    const auto shares = cover({{{0.5, 1.25}, {0.5, 3}, {2.25, 3}, {2.25, 1.25}}});
    const std::vector<double> expected{0, 0, 0, 0, 0.375, 0.75, 0.1875, 0, 0.5, 1, 0.25, 0, 0, 0, 0, 0};
    for (std::size_t i = 0; i < 16; ++i) {
      CHECK(shares[i] == Approx(expected[i]).margin(1e-12));
    }
  }
  SECTION("the triangle below the diagonal of the grid, either way round") {
    for (const auto& triangle :
         {std::vector<chart::Point>{{0, 0}, {0, 4}, {4, 4}}, std::vector<chart::Point>{{0, 0}, {4, 4}, {0, 4}}}) {
      const auto shares = cover({triangle});
      for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t x = i % 4, y = i / 4;
        CHECK(shares[i] == Approx(x < y ? 1 : x == y ? 0.5 : 0).margin(1e-12));
      }
    }
  }
  SECTION("an outline that runs the other way is a hole; one that runs the same way adds nothing") {
    const std::vector<chart::Point> outer{{0, 0}, {0, 4}, {4, 4}, {4, 0}};
    const auto hole = cover({outer, {{1, 1}, {3, 1}, {3, 3}, {1, 3}}});
    const auto twice = cover({outer, {{1, 1}, {1, 3}, {3, 3}, {3, 1}}});
    CHECK(hole[0] == Approx(1));
    CHECK(hole[5] == Approx(0).margin(1e-12));
    CHECK(twice[5] == Approx(1));
  }
}

TEST_CASE("Text shows its letters: an E has a stem, three bars and nothing to the right") {
  chart::Canvas canvas({60, 60});
  canvas.text({10, 50}, "E", {.size = 50, .color = red});
  const Image& image = canvas.image();
  const image::Rect place = extent(image);
  CHECK(place.top == 15);  // 50 - 0.69 * 50 = 15.5
  CHECK(place.top + place.height == 50);
  CHECK(place.left + place.width < 10 + chart::text_width("E", 50));
  const auto runs_in_column = [&](int x) {
    int runs = 0;
    for (int y = 1; y < 60; ++y) {
      runs += at(image, x, y - 1) == white && at(image, x, y) != white ? 1 : 0;
    }
    return runs;
  };
  CHECK(runs_in_column(place.left + 2) == 1);
  CHECK(runs_in_column(place.left + place.width / 2) == 3);
  CHECK(at(image, place.left + 2, 30) == red);
}

TEST_CASE("Text starts, is centred or ends at its point") {
  const auto place = [](chart::Align align, bool upwards) {
    chart::Canvas canvas({200, 200});
    canvas.text({100, 100}, "HHHH", {.size = 20, .align = align, .upwards = upwards});
    return extent(canvas.image());
  };
  const int width = static_cast<int>(chart::text_width("HHHH", 20));
  const image::Rect start = place(chart::Align::start, false);
  CHECK(start.left >= 100);
  CHECK(start.left <= 103);
  CHECK(start.top == 86);
  CHECK(start.height == 14);
  CHECK(std::abs(place(chart::Align::centre, false).left - (start.left - width / 2)) <= 1);
  CHECK(std::abs(place(chart::Align::end, false).left - (start.left - width)) <= 1);

  const image::Rect up = place(chart::Align::start, true);
  CHECK(up.left == 86);
  CHECK(up.width == 14);
  CHECK(up.top + up.height == 200 - start.left);
  const image::Rect centred = place(chart::Align::centre, true);
  CHECK(std::abs(2 * centred.top + centred.height - 200) <= 1);
}

TEST_CASE("Text that reads upwards is the level text turned to the left") {
  chart::Canvas level({30, 100});
  chart::Canvas turned({100, 30});
  level.text({3, 22}, "Rag, 12%", {.size = 18});
  turned.text({22, 97}, "Rag, 12%", {.size = 18, .upwards = true});
  REQUIRE(ink(level.image()) > 100);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 100; ++x) {
      CHECK(std::abs(at(level.image(), x, y).red - at(turned.image(), y, 99 - x).red) <= 1);
    }
  }
}

TEST_CASE("A text without a sensible size is refused") {
  chart::Canvas canvas({9, 9});
  CHECK_THROWS_WITH(canvas.text({1, 8}, "x", {.size = 0}), "text: size must be from 1 to 1000 pixels, but got 0");
  CHECK_THROWS_AS(chart::text_width("x", not_a_number), Error);
  CHECK_THROWS_AS(chart::text_width("x", 1001), Error);
}

TEST_CASE("A polygon covers the area between its corners, and no pixel outside the image") {
  chart::Canvas canvas({40, 40});
  const std::vector<chart::Point> triangle{{5, 5}, {35, 5}, {5, 25}};
  canvas.polygon(triangle, black);
  CHECK(ink(canvas.image()) == Approx(300).epsilon(0.005));
  CHECK(extent(canvas.image()) == image::Rect{5, 5, 20, 30});

  chart::Canvas turned({40, 40});
  const std::vector<chart::Point> backwards{{5, 25}, {35, 5}, {5, 5}};
  turned.polygon(backwards, black);
  CHECK(turned.image() == canvas.image());

  chart::Canvas outside({10, 10});
  const std::vector<chart::Point> beyond{{-20.5, -20.5}, {30.5, -20.5}, {30.5, 30.5}, {-20.5, 30.5}};
  outside.polygon(beyond, red);
  CHECK(at(outside.image(), 0, 0) == red);
  CHECK(at(outside.image(), 9, 9) == red);
  const std::vector<chart::Point> unknown{{1, 1}, {not_a_number, 3}, {5, 5}};
  outside.polygon(unknown, black);
  outside.polygon({}, black);
  CHECK(at(outside.image(), 2, 2) == red);
}

TEST_CASE("Dashes are as long as they should be, across corners and on both sides of a gap") {
  const std::vector<chart::Point> line{{0, 5}, {100, 5}};
  std::vector<double> ends;
  for (const chart::Point& point : chart::dashed(line, 20, 10)) {
    if (!std::isnan(point.x)) {
      ends.push_back(point.x);
    }
  }
  CHECK(ends == std::vector<double>{0, 20, 30, 50, 60, 80, 90, 100});
  // 90 of 100 pixels lie on dashes of 20 and 80 off; with corners, as many.
  const auto drawn = [](const std::vector<chart::Point>& points) {
    double length = 0;
    const std::vector<chart::Point> dashes = chart::dashed(points, 20, 10);
    for (std::size_t i = 1; i < dashes.size(); ++i) {
      const double piece = std::hypot(dashes[i].x - dashes[i - 1].x, dashes[i].y - dashes[i - 1].y);
      length += std::isnan(piece) ? 0 : piece;
    }
    return length;
  };
  CHECK(drawn({{0, 0}, {100, 0}}) == Approx(70));
  CHECK(drawn({{0, 0}, {13, 0}, {13, 37}, {63, 37}}) == Approx(70));
  CHECK(drawn({{0, 0}, {25, 0}, {not_a_number, 0}, {40, 0}, {45, 0}, {65, 0}}) == Approx(40));
  CHECK(drawn({{0, 0}}) == 0);
  CHECK(drawn({}) == 0);
  CHECK(drawn({{0, 0}, {0, 0}, {0, 0}}) == 0);
}

TEST_CASE("A frame lies inside of its rectangle, and stripes fill their share of it") {
  chart::Canvas canvas({20, 20});
  canvas.frame({2, 3, 10, 12}, 2, red);
  CHECK(extent(canvas.image()) == image::Rect{2, 3, 10, 12});
  CHECK(at(canvas.image(), 4, 3) == red);
  CHECK(at(canvas.image(), 5, 4) == white);
  chart::Canvas striped({20, 20});
  striped.hatch({0, 0, 20, 20}, 1, 5, black);
  CHECK(ink(striped.image()) == Approx(80));
  striped.hatch({-3, -3, 40, 40}, 1, 1, red);
  CHECK(at(striped.image(), 19, 19) == red);
}

TEST_CASE("A pasted image keeps its pixels, as far as there is room for them") {
  Image picture(2, 3, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
  chart::Canvas canvas({4, 5});
  canvas.paste(1, 1, picture.view());
  CHECK(at(canvas.image(), 1, 1) == chart::Color{1, 2, 3});
  CHECK(at(canvas.image(), 3, 2) == chart::Color{16, 17, 18});
  CHECK(at(canvas.image(), 0, 1) == white);
  canvas.paste(-1, 4, picture.view());
  CHECK(at(canvas.image(), 4, 0) == chart::Color{10, 11, 12});
  const Image grey(1, 1, 1, {99});
  canvas.paste(3, 0, grey.view());
  CHECK(at(canvas.image(), 0, 3) == chart::Color{99, 99, 99});
}
