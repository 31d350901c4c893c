/// Colours, and those in which curves are drawn.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace hearth::chart {

/// A colour in sRGB.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend constexpr bool operator==(const Color&, const Color&) = default;
};

/// What pictures are written and ruled in.
inline constexpr Color white{255, 255, 255};
inline constexpr Color dark{34, 34, 34};
inline constexpr Color muted{85, 85, 85};
inline constexpr Color grid_color{228, 228, 228};
inline constexpr Color frame_color{140, 140, 140};

/// How light a colour is, from 0 to 1: the relative luminance of WCAG 2.
inline double luminance(Color color) {
  const auto linear = [](std::uint8_t value) {
    const double share = value / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

/// `dark` or white: which of them is the easier to read on this colour, by the contrast of WCAG 2.
inline Color text_on(Color background) {
  const double light = luminance(background) + 0.05;
  return light / (luminance(dark) + 0.05) >= 1.05 / light ? dark : white;
}

/// The colour of a share from 0 to 1: single-hued and ever darker, from nearly white to dark blue, after ColorBrewer's
/// "Blues" (colorbrewer2.org), which colour-blind readers see alike.
inline Color shade(double share) {
  constexpr std::array<Color, 5> stops{
      {{247, 251, 255}, {198, 219, 239}, {107, 174, 214}, {33, 113, 181}, {8, 48, 107}}};
  const double place = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  const auto mix = [&](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(a + (place - static_cast<double>(below)) * (b - a)));
  };
  const Color from = stops[below], to = stops[below + 1];
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

/// What is right and what is wrong, told apart by the colour-blind too.
inline constexpr Color right_color{0, 125, 92};
inline constexpr Color wrong_color{200, 70, 0};

/// The colours of curves, which colour-blind readers tell apart too: those of Okabe and Ito, "Color Universal Design"
/// (2008), without the yellow that is lost on white.
inline constexpr std::array<Color, 7> chart_colors{{
    {0, 114, 178},    // blue
    {213, 94, 0},     // vermillion
    {0, 158, 115},    // bluish green
    {204, 121, 167},  // reddish purple
    {230, 159, 0},    // orange
    {86, 180, 233},   // sky blue
    {70, 70, 70},     // grey, for black
}};

}  // namespace hearth::chart
