#pragma once

#include <hearth/image/rotate.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include <hearth/image/warp.hpp>

namespace hearth::image {

namespace detail {

/// Python's round(value, 15) of a value within -1 and 1: the double nearest to the decimal number.
inline double rounded_to_15_digits(double value) noexcept {
  constexpr double unit = 1e15;  // an integer, and so is `count`, of less than 53 bits
  double count = std::nearbyint(value * unit);
  const double over = std::fma(value, unit, -count);
  count += over > 0.5 ? 1.0 : over < -0.5 ? -1.0 : 0.0;
  return count / unit;
}

/// Fills `out`, whose size is set: its pixel (x, y) is `source` at `first` + x * `next` + y * `below`, in bytes.
inline void rearrange(const ImageView& source, std::ptrdiff_t first, std::ptrdiff_t next, std::ptrdiff_t below,
                      Image& out) {
  with_channels(source.channels, [&]<int Channels>(ChannelCount<Channels> count) {
    std::uint8_t* pixel = out.pixels().data();
    for (int y = 0; y < out.height(); ++y) {
      const std::uint8_t* from = source.data + first + y * below;
      for (int x = 0; x < out.width(); ++x, from += next, pixel += source.channels) {
        count.copy(from, source.channels, pixel);
      }
    }
  });
}

/// Turns by a multiple of 90 degrees.
inline void rotate_exactly(const ImageView& source, int quarters, Image& out) {
  const std::ptrdiff_t pixel = source.channels;
  const std::ptrdiff_t right = (source.width - 1) * pixel;
  const std::ptrdiff_t bottom = (source.height - 1) * source.stride;
  const bool turned = quarters % 2 == 1;
  out.reset(turned ? source.width : source.height, turned ? source.height : source.width, source.channels);
  switch (quarters) {
    case 0:
      return rearrange(source, 0, pixel, source.stride, out);
    case 1:
      return rearrange(source, right, source.stride, -pixel, out);
    case 2:
      return rearrange(source, bottom + right, -pixel, -source.stride, out);
    default:
      return rearrange(source, bottom, -source.stride, pixel, out);
  }
}

inline Point transformed(const AffineMatrix& a, Point at) noexcept {
  return {a[0] * at.x + a[1] * at.y + a[2], a[3] * at.x + a[4] * at.y + a[5]};
}

/// The size that holds the whole of an image turned by the matrix.
inline Size expanded(Size size, const AffineMatrix& matrix) noexcept {
  const double width = size.width;
  const double height = size.height;
  std::array<double, 4> x{};
  std::array<double, 4> y{};
  std::size_t i = 0;
  for (const Point corner : {Point{0, 0}, Point{width, 0}, Point{width, height}, Point{0, height}}) {
    const Point at = transformed(matrix, corner);
    x[i] = at.x;
    y[i++] = at.y;
  }
  const auto extent = [](const std::array<double, 4>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return static_cast<int>(std::ceil(*high) - std::floor(*low));
  };
  return {extent(y), extent(x)};
}

}  // namespace detail

HEARTH_INLINE double whole_turns_removed(double angle) noexcept {
  const double rest = std::fmod(angle, 360.0);
  return rest < 0.0 ? rest + 360.0 : rest;
}

HEARTH_INLINE Image rotate(const ImageView& source, const Rotation& rotation, std::span<const std::uint8_t> fill) {
  Image out;
  rotate(source, rotation, fill, out);
  return out;
}

HEARTH_INLINE void rotate(const ImageView& source, const Rotation& rotation, std::span<const std::uint8_t> fill,
                          Image& out) {
  Size size = source.size();
  check_warp(source, size, "rotate");
  const double angle = whole_turns_removed(rotation.angle);
  if (!rotation.center && std::fmod(angle, 90.0) == 0.0 && angle < 360.0) {
    const int quarters = static_cast<int>(angle / 90.0);
    if (quarters % 2 == 0 || rotation.expand || size.width == size.height) {
      return detail::rotate_exactly(source, quarters, out);
    }
  }
  const Point center = rotation.center.value_or(Point{size.width / 2.0, size.height / 2.0});
  const double turn = -(angle * (std::numbers::pi / 180.0));
  const double cosine = detail::rounded_to_15_digits(std::cos(turn));
  const double sine = detail::rounded_to_15_digits(std::sin(turn));
  AffineMatrix matrix{cosine, sine, 0.0, detail::rounded_to_15_digits(-std::sin(turn)), cosine, 0.0};
  const auto move_origin = [&](Point to) {
    const Point at = detail::transformed(matrix, to);
    matrix[2] = at.x;
    matrix[5] = at.y;
  };
  move_origin({-center.x, -center.y});
  matrix[2] += center.x;
  matrix[5] += center.y;
  if (rotation.expand) {
    const Size larger = detail::expanded(size, matrix);
    move_origin({-(larger.width - size.width) / 2.0, -(larger.height - size.height) / 2.0});
    size = larger;
  }
  affine(source, size, matrix, rotation.interpolation, fill, out);
}

}  // namespace hearth::image
