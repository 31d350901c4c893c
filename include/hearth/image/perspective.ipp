#pragma once

#include <hearth/image/perspective.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <hearth/image/warp.hpp>

namespace hearth::image {

namespace detail {

/// Eight linear equations, the right sides in the last column, solved by elimination with pivots.
inline PerspectiveCoefficients solve(std::array<std::array<double, 9>, 8>& rows) noexcept {
  constexpr std::size_t count = 8;
  for (std::size_t k = 0; k < count; ++k) {
    const auto larger = [k](const auto& a, const auto& b) { return std::abs(a[k]) < std::abs(b[k]); };
    std::iter_swap(rows.begin() + k, std::max_element(rows.begin() + k, rows.end(), larger));
    for (std::size_t row = k + 1; row < count; ++row) {
      const double factor = rows[row][k] / rows[k][k];
      for (std::size_t column = k; column <= count; ++column) {
        rows[row][column] -= factor * rows[k][column];
      }
    }
  }
  PerspectiveCoefficients solution{};
  for (std::size_t k = count; k-- > 0;) {
    double sum = rows[k][count];
    for (std::size_t column = k + 1; column < count; ++column) {
      sum -= rows[k][column] * solution[column];
    }
    solution[k] = sum / rows[k][k];
  }
  return solution;
}

}  // namespace detail

HEARTH_INLINE PerspectiveCoefficients perspective_coefficients(const Corners& from, const Corners& to) noexcept {
  std::array<std::array<double, 9>, 8> rows{};
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto [x, y] = to[i];
    rows[2 * i] = {x, y, 1, 0, 0, 0, -from[i].x * x, -from[i].x * y, from[i].x};
    rows[2 * i + 1] = {0, 0, 0, x, y, 1, -from[i].y * x, -from[i].y * y, from[i].y};
  }
  PerspectiveCoefficients solution = detail::solve(rows);
  for (double& coefficient : solution) {
    coefficient = static_cast<float>(coefficient);
  }
  return solution;
}

HEARTH_INLINE void perspective(const ImageView& source, const PerspectiveCoefficients& coefficients,
                               Interpolation interpolation, std::span<const std::uint8_t> fill, Image& out) {
  check_warp(source, source.size(), "perspective");
  const FillPixel outside = fill_pixel(fill, source.channels, "perspective");
  const PerspectiveCoefficients& a = coefficients;
  out.reset(source.height, source.width, source.channels);
  const auto row = [&a](int y) {
    const double down = y + 0.5;
    return [&a, x_part = a[1] * down, y_part = a[4] * down, depth_part = a[7] * down](int x) -> Point {
      const double across = x + 0.5;
      const double depth = a[6] * across + depth_part + 1;
      return {(a[0] * across + x_part + a[2]) / depth, (a[3] * across + y_part + a[5]) / depth};
    };
  };
  warp(source, row, interpolation, outside.data(), out);
}

}  // namespace hearth::image
