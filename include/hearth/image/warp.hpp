/// The inner loops of what moves pixels: each is taken from where a table or a function says that it lies.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/affine_matrix.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>

namespace hearth::image {

/// The bytes of one pixel, of which a few need no memory of their own.
class FillPixel {
 public:
  explicit FillPixel(std::size_t count) : many_(count > few_.size() ? count : 0) {}
  const std::uint8_t* data() const noexcept { return many_.empty() ? few_.data() : many_.data(); }
  std::uint8_t* data() noexcept { return many_.empty() ? few_.data() : many_.data(); }

 private:
  std::array<std::uint8_t, 16> few_{};
  std::vector<std::uint8_t> many_;
};

/// One pixel: a byte for each channel. Throws Error, in the name of `who`, unless `fill` has as many, or one, or none.
inline FillPixel fill_pixel(std::span<const std::uint8_t> fill, int channels, std::string_view who) {
  const auto count = static_cast<std::size_t>(channels);
  core::require(fill.size() <= 1 || fill.size() == count,
                "{}: fill must have one value, or one for each of the {} channels, but has {}", who, channels,
                fill.size());
  FillPixel pixel(count);
  if (fill.size() > 1) {
    std::copy(fill.begin(), fill.end(), pixel.data());
  } else {
    std::fill_n(pixel.data(), count, fill.empty() ? std::uint8_t{0} : fill[0]);
  }
  return pixel;
}

/// Throws Error, in the name of `who`, unless both have pixels.
inline void check_warp(const ImageView& source, Size size, std::string_view who) {
  core::require(source.height > 0 && source.width > 0 && source.channels > 0,
                "{}: an image must have pixels, but got one of {} x {}", who, source.height, source.width);
  core::require(size.height > 0 && size.width > 0, "{}: the result must have pixels, but it would have {} x {}", who,
                size.height, size.width);
}

/// A number of channels that loops are compiled for; 0 is any.
template <int Channels>
struct ChannelCount {
  static void copy(const std::uint8_t* from, int channels, std::uint8_t* to) noexcept {
    if constexpr (Channels != 0) {
      std::memcpy(to, from, Channels);
    } else {
      std::memcpy(to, from, static_cast<std::size_t>(channels));
    }
  }
};

/// Calls `use(ChannelCount<…>)` with one of 1, 3, 4 and any.
template <class Use>
void with_channels(int channels, Use&& use) {
  switch (channels) {
    case 1:
      return use(ChannelCount<1>());
    case 3:
      return use(ChannelCount<3>());
    case 4:
      return use(ChannelCount<4>());
    default:
      return use(ChannelCount<0>());
  }
}

/// True where the point lies in one of the image's pixels; false for what is no number.
inline bool lies_inside(const ImageView& image, Point at) noexcept {
  return at.x >= 0.0 && at.x < image.width && at.y >= 0.0 && at.y < image.height;
}

/// The source pixels about a point: the `Count` columns and rows from the one before, at the borders the last again,
/// and how far the point is beyond the second of the middle two.
template <int Count>
struct Neighbours {
  Neighbours(const ImageView& source, Point at) noexcept {
    const double x = at.x - 0.5;
    const double y = at.y - 0.5;
    const int left = rounded_down(x);
    const int top = rounded_down(y);
    dx = x - left;
    dy = y - top;
    for (int i = 0; i < Count; ++i) {
      columns[static_cast<std::size_t>(i)] =
          std::ptrdiff_t{std::clamp(left + i - (Count / 2 - 1), 0, source.width - 1)} * source.channels;
      rows[static_cast<std::size_t>(i)] = source.row(std::clamp(top + i - (Count / 2 - 1), 0, source.height - 1));
    }
  }

  /// std::floor without a call, of what fits.
  static int rounded_down(double value) noexcept {
    const int towards_zero = static_cast<int>(value);
    return towards_zero - (value < towards_zero ? 1 : 0);
  }

  std::array<std::ptrdiff_t, Count> columns;
  std::array<const std::uint8_t*, Count> rows;
  double dx;
  double dy;
};

// What follows is Pillow's arithmetic to the order of operations (src/libImaging/Geometry.c): double precision, and the
// fraction dropped. A row or column beyond the border is the last one again.

struct NearestFilter {
  template <int Channels>
  static void take(const ImageView& source, Point at, std::uint8_t* out) noexcept {
    const std::uint8_t* const row = source.row(static_cast<int>(at.y));
    ChannelCount<Channels>::copy(row + std::ptrdiff_t{static_cast<int>(at.x)} * source.channels, source.channels, out);
  }
};

struct BilinearFilter {
  template <int Channels>
  static void take(const ImageView& source, Point at, std::uint8_t* out) noexcept {
    const Neighbours<2> around(source, at);
    const int channels = Channels != 0 ? Channels : source.channels;
    for (int c = 0; c < channels; ++c) {
      const auto across = [&](const std::uint8_t* row) {
        const int left = row[around.columns[0] + c];
        const int right = row[around.columns[1] + c];
        return left + (right - left) * around.dx;
      };
      const double upper = across(around.rows[0]);
      const double lower = across(around.rows[1]);
      out[c] = static_cast<std::uint8_t>(upper + (lower - upper) * around.dy);
    }
  }
};

struct BicubicFilter {
  template <int Channels>
  static void take(const ImageView& source, Point at, std::uint8_t* out) noexcept {
    const Neighbours<4> around(source, at);
    const int channels = Channels != 0 ? Channels : source.channels;
    for (int c = 0; c < channels; ++c) {
      std::array<double, 4> v;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::uint8_t* const row = around.rows[i] + c;
        v[i] = cubic(row[around.columns[0]], row[around.columns[1]], row[around.columns[2]], row[around.columns[3]],
                     around.dx);
      }
      out[c] = static_cast<std::uint8_t>(std::clamp(cubic(v[0], v[1], v[2], v[3], around.dy), 0.0, 255.0));
    }
  }

 private:
  static double cubic(double v1, double v2, double v3, double v4, double d) noexcept {
    const double p2 = -v1 + v3;
    const double p3 = 2 * (v1 - v2) + v3 - v4;
    const double p4 = -v1 + v2 - v3 + v4;
    return v2 + d * (p2 + d * (p3 + d * p4));
  }
};

/// Fills `out`, whose size is set, with pixels at the crossings of these rows and columns of `source`; where one of the
/// two is -1, with `fill`, a pixel.
inline void take_grid(const ImageView& source, const std::vector<int>& rows, const std::vector<int>& columns,
                      const std::uint8_t* fill, Image& out) {
  // The columns inside lie together. Where none is skipped or repeated, as in an image that is moved, they are one
  // copy.
  const auto is_inside = [](int column) { return column >= 0; };
  const auto first = std::find_if(columns.begin(), columns.end(), is_inside);
  const auto last = std::find_if_not(first, columns.end(), is_inside);
  const auto jumps = [](int column, int next) { return next != column + 1; };
  const bool in_one = first != last && std::adjacent_find(first, last, jumps) == last;
  with_channels(source.channels, [&]<int Channels>(ChannelCount<Channels> count) {
    std::uint8_t* pixel = out.pixels().data();
    const auto fill_until = [&](std::uint8_t* end) {
      for (; pixel != end; pixel += source.channels) {
        count.copy(fill, source.channels, pixel);
      }
    };
    for (const int y : rows) {
      std::uint8_t* const begin = pixel;
      const auto place_of = [&](auto column) { return begin + (column - columns.begin()) * source.channels; };
      if (y >= 0) {
        const std::uint8_t* const row = source.row(y);
        fill_until(place_of(first));
        if (in_one) {
          std::memcpy(pixel, row + std::ptrdiff_t{*first} * source.channels,
                      static_cast<std::size_t>((last - first) * source.channels));
        } else {
          std::uint8_t* to = pixel;
          for (auto column = first; column != last; ++column, to += source.channels) {
            count.copy(row + std::ptrdiff_t{*column} * source.channels, source.channels, to);
          }
        }
        pixel = place_of(last);
      }
      fill_until(place_of(columns.end()));
    }
  });
}

/// Fills `out`, whose size is set: pixel (x, y) is what the interpolation takes at `row(y)(x)`, a Point of the source,
/// or `fill`, a pixel, where that lies outside.
template <class Row>
void warp(const ImageView& source, const Row& row, Interpolation interpolation, const std::uint8_t* fill, Image& out) {
  with_channels(source.channels, [&]<int Channels>(ChannelCount<Channels> count) {
    const auto by = [&]<class Filter>(Filter) {
      std::uint8_t* pixel = out.pixels().data();
      for (int y = 0; y < out.height(); ++y) {
        auto at = row(y);
        for (int x = 0; x < out.width(); ++x, pixel += source.channels) {
          if (const Point point = at(x); lies_inside(source, point)) {
            Filter::template take<Channels>(source, point, pixel);
          } else {
            count.copy(fill, source.channels, pixel);
          }
        }
      }
    };
    switch (interpolation) {
      case Interpolation::nearest:
        return by(NearestFilter());
      case Interpolation::bilinear:
        return by(BilinearFilter());
      case Interpolation::bicubic:
        return by(BicubicFilter());
    }
  });
}

}  // namespace hearth::image
