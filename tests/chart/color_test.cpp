#include <hearth/chart/color.hpp>
#include <hearth/chart/curve_style.hpp>

#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "catch.hpp"
#include "chart/pixels.hpp"

using namespace hearth;

namespace {

using Triple = std::array<double, 3>;
using Table = std::array<Triple, 3>;

/// What those see who lack a kind of cones: Machado, Oliveira and Fernandes, "A Physiologically-based Model for
/// Simulation of Color Vision Deficiency" (2009), severity 1.0; on linear RGB.
constexpr Table protanopia{
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Table deuteranopia{
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
constexpr Table nobody{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

Triple times(const Table& table, const Triple& values) {
  Triple product{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      product[i] += table[i][j] * values[j];
    }
  }
  return product;
}

double linear(std::uint8_t value) {
  const double v = value / 255.0;
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

/// CIE L*a*b* (D65) of the colour as it is seen.
Triple lab(chart::Color color, const Table& seen) {
  Triple rgb = times(seen, {linear(color.red), linear(color.green), linear(color.blue)});
  for (double& value : rgb) {
    value = std::clamp(value, 0.0, 1.0);
  }
  const Table to_xyz{
      {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};
  const Triple xyz = times(to_xyz, rgb);
  const auto f = [](double t) { return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116; };
  const double x = f(xyz[0] / 0.95047), y = f(xyz[1]), z = f(xyz[2] / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double distance(chart::Color a, chart::Color b, const Table& seen) {
  const Triple one = lab(a, seen), other = lab(b, seen);
  return std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

double contrast(chart::Color a, chart::Color b) {
  const auto luminance = [](chart::Color c) {
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue) + 0.05;
  };
  return std::max(luminance(a) / luminance(b), luminance(b) / luminance(a));
}

}  // namespace

TEST_CASE("The first six colours of curves are told apart with red-green blindness") {
  // A red and a green that many charts have, as a measure: far apart for most people, and the same for some.
  CHECK(distance({214, 39, 40}, {44, 160, 44}, nobody) > 100);
  CHECK(distance({214, 39, 40}, {44, 160, 44}, deuteranopia) < 10);
  for (const Table& seen : {nobody, protanopia, deuteranopia}) {
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        INFO("colours " << i << " and " << j);
        CHECK(distance(chart::chart_colors[i], chart::chart_colors[j], seen) > 15);
      }
    }
    CHECK(distance(chart::right_color, chart::wrong_color, seen) > 30);
  }
}

TEST_CASE("The colours of curves are seen on white") {
  for (const chart::Color color : chart::chart_colors) {
    CHECK(contrast(color, chart::white) > 2);
  }
}

TEST_CASE("Shares become darker and darker, for everybody") {
  CHECK(chart::shade(0) == chart::Color{247, 251, 255});
  CHECK(chart::shade(0.25) == chart::Color{198, 219, 239});
  CHECK(chart::shade(0.375) == chart::Color{153, 197, 227});  // half-way: 152.5, 196.5, 226.5
  CHECK(chart::shade(0.5) == chart::Color{107, 174, 214});
  CHECK(chart::shade(0.75) == chart::Color{33, 113, 181});
  CHECK(chart::shade(1) == chart::Color{8, 48, 107});
  CHECK(chart::shade(-1) == chart::shade(0));
  CHECK(chart::shade(7) == chart::shade(1));
  for (const Table& seen : {nobody, protanopia, deuteranopia}) {
    for (int i = 1; i <= 100; ++i) {
      CHECK(lab(chart::shade(i / 100.0), seen)[0] < lab(chart::shade((i - 1) / 100.0), seen)[0]);
    }
  }
}

TEST_CASE("Text on a shade is the one of two that is easier to read") {
  for (int i = 0; i <= 100; ++i) {
    const chart::Color background = chart::shade(i / 100.0);
    const chart::Color text = chart::text_on(background);
    const chart::Color other = text == chart::white ? chart::dark : chart::white;
    CHECK(contrast(background, text) >= contrast(background, other));
    CHECK(contrast(background, text) > 3.9);
  }
  CHECK(chart::text_on(chart::shade(0)) == chart::dark);
  CHECK(chart::text_on(chart::shade(1)) == chart::white);
}

TEST_CASE("Curves differ in more than their colours") {
  std::set<std::tuple<int, int>> looks;  // without the colours
  for (std::size_t i = 0; i < 21; ++i) {
    const chart::CurveStyle style = chart::curve_style(i);
    CHECK(looks.emplace(static_cast<int>(style.mark), style.dashes).second);
  }
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(chart::curve_style(i).dashes == 0);
    CHECK(chart::curve_style(i).color == chart::chart_colors[i]);
  }
}

TEST_CASE("Marks of different shapes cover about as much, and none looks like another") {
  std::vector<Image> pictures;
  for (std::size_t i = 0; i < 7; ++i) {
    chart::Canvas canvas({20, 20});
    chart::CurveStyle style = chart::curve_style(i);
    style.color = {0, 0, 0};
    chart::draw_mark(canvas, {10, 10}, 4.5, style);
    double ink = 0;
    for (const int grey : pixels::grey(canvas.image())) {
      ink += (255 - grey) / 255.0;
    }
    INFO("mark " << i);
    CHECK(ink > 35);  // a disc of radius 4.5 covers 64
    CHECK(ink < 80);
    for (const Image& other : pictures) {
      CHECK(pixels::different_in_grey(canvas.image(), other, 60) >= 6);
    }
    pictures.push_back(canvas.image());
  }
  chart::Canvas empty({20, 20});
  for (std::size_t i = 0; i < 7; ++i) {
    chart::draw_mark(empty, {NAN, 3}, 4, chart::curve_style(i));
    chart::draw_mark(empty, {3, 1e9}, 4, chart::curve_style(i));
  }
  CHECK(pixels::is_white(empty.image(), {0, 0, 20, 20}));
}
