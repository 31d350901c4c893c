/// Colours, and those in which curves are drawn.
#pragma once

#include <array>
#include <cstdint>

namespace hearth::chart {

/// A colour in sRGB.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  friend constexpr bool operator==(const Color&, const Color&) = default;
};

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
