#pragma once

#include <hearth/image/affine.hpp>

#include <cmath>
#include <numbers>

#include <hearth/core/thread_spare.hpp>
#include <hearth/image/nearest_positions.hpp>
#include <hearth/image/simd.hpp>
#include <hearth/image/warp.hpp>

#ifdef HEARTH_SIMD_X86
#include <hearth/image/warp_avx512.hpp>
#endif

namespace hearth::image {

namespace detail {

struct GridPositions {
  std::vector<int> columns;
  std::vector<int> rows;
};

/// Without rotation or shear: rows and columns are chosen once.
inline void scale_nearest(const ImageView& source, const AffineMatrix& a, const std::uint8_t* fill, Image& out) {
  const core::ThreadSpare<GridPositions> at;
  nearest_positions(out.width(), a[0], a[2], source.width, at->columns);
  nearest_positions(out.height(), a[4], a[5], source.height, at->rows);
  take_grid(source, at->rows, at->columns, fill, out);
}

/// In 16.16 fixed point.
inline void affine_fixed(const ImageView& source, const AffineMatrix& a, const std::uint8_t* fill, Image& out) {
  const auto fixed = [](double value) { return static_cast<std::int64_t>(std::floor(value * 65536.0 + 0.5)); };
  const std::int64_t dx = fixed(a[0]);
  const std::int64_t dy = fixed(a[3]);
  std::int64_t first_x = fixed(a[2] + a[0] * 0.5 + a[1] * 0.5);
  std::int64_t first_y = fixed(a[5] + a[3] * 0.5 + a[4] * 0.5);
#ifdef HEARTH_SIMD_X86
  constexpr std::int64_t most = 1 << 30;
  const auto fits = [](std::int64_t first, std::int64_t step, std::int64_t count) {
    return std::abs(first) < most && std::abs(first + step * count) < most;
  };
  if (source.channels == 3 && simd_level() == Simd::avx512 && source.width < 16384 && source.height < 16384 &&
      source.stride > 0 && source.height * source.stride < most) {
    const std::int64_t down_x = fixed(a[1]);
    const std::int64_t down_y = fixed(a[4]);
    // The corners, and sixteen pixels more, for what is computed and not used.
    if (fits(first_x, dx, out.width() + 16) && fits(first_y, dy, out.width() + 16) &&
        fits(first_x + down_x * out.height(), dx, out.width() + 16) &&
        fits(first_y + down_y * out.height(), dy, out.width() + 16)) {
      for (int row = 0; row < out.height(); ++row, first_x += down_x, first_y += down_y) {
        take_nearest_rgb_avx512(source, static_cast<std::int32_t>(first_x), static_cast<std::int32_t>(first_y),
                                static_cast<std::int32_t>(dx), static_cast<std::int32_t>(dy), fill, out.width(),
                                out.row(row));
      }
      return;
    }
  }
#endif
  const auto end_x = static_cast<std::uint64_t>(source.width) << 16;
  const auto end_y = static_cast<std::uint64_t>(source.height) << 16;
  with_channels(source.channels, [&]<int Channels>(ChannelCount<Channels> count) {
    std::uint8_t* pixel = out.pixels().data();
    for (int row = 0; row < out.height(); ++row, first_x += fixed(a[1]), first_y += fixed(a[4])) {
      std::int64_t x = first_x;
      std::int64_t y = first_y;
      for (int column = 0; column < out.width(); ++column, x += dx, y += dy, pixel += source.channels) {
        const bool inside = static_cast<std::uint64_t>(x) < end_x && static_cast<std::uint64_t>(y) < end_y;
        count.copy(inside ? source.data + (y >> 16) * source.stride + (x >> 16) * source.channels : fill,
                   source.channels, pixel);
      }
    }
  });
}

/// Where the corners lie, the fixed point has room.
inline bool fits_fixed(const AffineMatrix& a, Size size) noexcept {
  for (const int x : {0, size.width}) {
    for (const int y : {0, size.height}) {
      if (!(std::abs(x * a[0] + y * a[1] + a[2]) < 32768.0 && std::abs(x * a[3] + y * a[4] + a[5]) < 32768.0)) {
        return false;
      }
    }
  }
  return true;
}

/// Larger images, in double precision; positions are added up, as Pillow does.
inline void affine_added(const ImageView& source, const AffineMatrix& a, const std::uint8_t* fill, Image& out) {
  Point first{a[2] + a[1] * 0.5 + a[0] * 0.5, a[5] + a[4] * 0.5 + a[3] * 0.5};
  const auto row = [&](int) {
    const Point begin = first;
    first = {first.x + a[1], first.y + a[4]};
    return [&a, at = begin](int) mutable {
      const Point here = at;
      at = {at.x + a[0], at.y + a[3]};
      return here;
    };
  };
  warp(source, row, Interpolation::nearest, fill, out);
}

}  // namespace detail

HEARTH_INLINE Image affine(const ImageView& source, Size size, const AffineMatrix& inverse, Interpolation interpolation,
                           std::span<const std::uint8_t> fill) {
  Image out;
  affine(source, size, inverse, interpolation, fill, out);
  return out;
}

HEARTH_INLINE void affine(const ImageView& source, Size size, const AffineMatrix& inverse, Interpolation interpolation,
                          std::span<const std::uint8_t> fill, Image& out) {
  check_warp(source, size, "affine");
  const FillPixel outside = fill_pixel(fill, source.channels, "affine");
  const AffineMatrix& a = inverse;
  out.reset(size.height, size.width, source.channels);
  if (interpolation != Interpolation::nearest) {
    const auto row = [&a](int y) {
      const double across = a[1] * (y + 0.5);
      const double down = a[4] * (y + 0.5);
      return [&a, across, down](int x) -> Point {
        return {a[0] * (x + 0.5) + across + a[2], a[3] * (x + 0.5) + down + a[5]};
      };
    };
    warp(source, row, interpolation, outside.data(), out);
  } else if (a[1] == 0 && a[3] == 0) {
    detail::scale_nearest(source, a, outside.data(), out);
  } else if (detail::fits_fixed(a, size)) {
    detail::affine_fixed(source, a, outside.data(), out);
  } else {
    detail::affine_added(source, a, outside.data(), out);
  }
}

HEARTH_INLINE AffineMatrix inverse_matrix(const AffineParameters& parameters, Point center) noexcept {
  const double degree = std::numbers::pi / 180.0;
  const double turn = parameters.angle * degree;
  const double shear_x = parameters.shear.x * degree;
  const double shear_y = parameters.shear.y * degree;
  // The rotation, the shear along y and that along x as one matrix [a b; c d], whose determinant is 1.
  const double a = std::cos(turn - shear_y) / std::cos(shear_y);
  const double b = -std::cos(turn - shear_y) * std::tan(shear_x) / std::cos(shear_y) - std::sin(turn);
  const double c = std::sin(turn - shear_y) / std::cos(shear_y);
  const double d = -std::sin(turn - shear_y) * std::tan(shear_x) / std::cos(shear_y) + std::cos(turn);
  const double scale = parameters.scale;
  AffineMatrix inverse{d / scale, -b / scale, 0.0, -c / scale, a / scale, 0.0};
  const double x = -center.x - parameters.translate.x;
  const double y = -center.y - parameters.translate.y;
  inverse[2] = inverse[0] * x + inverse[1] * y + center.x;
  inverse[5] = inverse[3] * x + inverse[4] * y + center.y;
  return inverse;
}

}  // namespace hearth::image
