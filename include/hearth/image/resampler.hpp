/// How images are resized: window by window and row by row, in memory that is kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/interpolation.hpp>
#include <hearth/image/nearest_positions.hpp>
#include <hearth/image/resample_kernels.hpp>
#include <hearth/image/resample_taps.hpp>

namespace hearth::image {

/// A part of an image, in pixels that need not be whole ones.
struct Box {
  double top = 0;
  double left = 0;
  double height = 0;
  double width = 0;
};

/// What is resized: `box` of an image of size `whole`.
struct ResizeSource {
  Size whole;
  Box box;

  /// All of it.
  static constexpr ResizeSource all(Size whole) noexcept {
    return {whole, {0, 0, static_cast<double>(whole.height), static_cast<double>(whole.width)}};
  }
};

/// Resizes images, one after the other, in memory that it keeps. For one thread at a time.
class Resampler {
 public:
  /// The part of the image that `resize` looks at with the same arguments: little more than the window takes. Throws
  /// Error when a size is not positive or the window reaches outside of what the box becomes.
  Rect reach(const ResizeSource& source, Size resized, const Rect& window, Interpolation interpolation) {
    check(source, resized, window);
    if (window.height == 0 || window.width == 0) {
      return {};
    }
    if (interpolation == Interpolation::nearest) {
      return {0, 0, source.whole.height, source.whole.width};
    }
    const auto filter =
        interpolation == Interpolation::bicubic ? ResampleTaps::Filter::bicubic : ResampleTaps::Filter::bilinear;
    ResampleTaps::Span across{window.left, window.width};
    ResampleTaps::Span down{window.top, window.height};
    if (resizes_rows(source, resized)) {
      horizontal_.prepare(filter, {source.whole.width, source.box.left, source.box.width}, resized.width, window.left,
                          window.width);
      across = horizontal_.reach();
    }
    if (resizes_columns(source, resized)) {
      vertical_.prepare(filter, {source.whole.height, source.box.top, source.box.height}, resized.height, window.top,
                        window.height);
      down = vertical_.reach();
    }
    return {down.first, across.first, down.count, across.count};
  }

  /// Makes the part inside `window` of what the source's box becomes at size `resized`, and calls `consume(row)` with
  /// each of its rows from the top: a `const std::uint8_t*` to window.width pixels, valid during the call. `pixels` are
  /// those of the part that `reach` says. With nearest the box is all of the image.
  ///
  /// Bilinear and bicubic follow ImagingResample of Pillow 13 (src/libImaging/Resample.c): each row is resized and
  /// rounded to eight bits, then each column; columns come first where the height shrinks, and by more than twice as
  /// many pixels as the width; a direction that keeps its size is left out. (Pillow up to 12 always begins with the
  /// rows; where the order differs, results are 1 of 255 apart here and there.)
  template <class Kernels = FastestKernels, class Consume>
  void resize(const ImageView& pixels, const ResizeSource& source, Size resized, const Rect& window,
              Interpolation interpolation, Consume&& consume) {
    const Rect part = reach(source, resized, window, interpolation);
    if (part.height == 0 || part.width == 0) {
      return;
    }
    if (interpolation == Interpolation::nearest) {
      pick(pixels, resized, window, consume);
      return;
    }
    const bool rows = resizes_rows(source, resized);
    const bool columns = resizes_columns(source, resized);
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{window.width} * pixels.channels;
    const auto stretch = [&](const std::uint8_t* row, std::uint8_t* out) {
      Kernels::stretch(row, part.left, pixels.channels, horizontal_, out);
    };
    const std::int64_t height_lost = std::int64_t{source.whole.height} - resized.height;
    const std::int64_t width_lost = std::int64_t{source.whole.width} - resized.width;
    stretched_.resize(static_cast<std::size_t>(row_bytes * (columns ? part.height : 1)) + kernel_slack);

    if (!rows && !columns) {
      for (int y = 0; y < pixels.height; ++y) {
        consume(pixels.row(y));
      }
    } else if (!columns) {
      for (int y = 0; y < pixels.height; ++y) {
        stretch(with_slack(pixels, y), stretched_.data());
        consume(std::as_const(stretched_).data());
      }
    } else if (!rows) {
      blend_rows<Kernels>(pixels, part.top, consume);
    } else if (height_lost > std::max<std::int64_t>(2 * width_lost, 0)) {
      blend_rows<Kernels>(pixels, part.top, [&](const std::uint8_t* row) {
        stretch(row, stretched_.data());
        consume(std::as_const(stretched_).data());
      });
    } else {
      for (int y = 0; y < pixels.height; ++y) {
        stretch(with_slack(pixels, y), stretched_.data() + y * row_bytes);
      }
      const ImageView between{stretched_.data(), pixels.height, window.width, pixels.channels, row_bytes};
      blend_rows<Kernels>(between, part.top, consume);
    }
  }

  /// The same of a whole image.
  template <class Kernels = FastestKernels, class Consume>
  void resize(const ImageView& image, Size resized, const Rect& window, Interpolation interpolation,
              Consume&& consume) {
    const ResizeSource source = ResizeSource::all(image.size());
    const Rect part = reach(source, resized, window, interpolation);
    resize<Kernels>(image.crop(part), source, resized, window, interpolation, consume);
  }

 private:
  static constexpr std::size_t kernel_slack = 1;  // bytes that kernels may touch past the end of a row

  static void check(const ResizeSource& source, Size resized, const Rect& window) {
    core::require(source.whole.height > 0 && source.whole.width > 0,
                  "Resampler: cannot resize an image of {} x {} pixels", source.whole.height, source.whole.width);
    core::require(resized.height > 0 && resized.width > 0, "Resampler: cannot resize to {} x {} pixels", resized.height,
                  resized.width);
    core::require(window.top >= 0 && window.left >= 0 && window.height >= 0 && window.width >= 0 &&
                      window.height <= resized.height - window.top && window.width <= resized.width - window.left,
                  "Resampler: the window of {} x {} pixels at ({}, {}) reaches outside of {} x {}", window.height,
                  window.width, window.top, window.left, resized.height, resized.width);
  }

  static bool resizes_rows(const ResizeSource& source, Size resized) noexcept {
    return source.box.left != 0 || source.box.width != resized.width || source.whole.width != resized.width;
  }

  static bool resizes_columns(const ResizeSource& source, Size resized) noexcept {
    return source.box.top != 0 || source.box.height != resized.height || source.whole.height != resized.height;
  }

  /// Row `y`, readable beyond its end; what follows the last row of an image may not be ours.
  const std::uint8_t* with_slack(const ImageView& source, int y) {
    if (y + 1 < source.height) {
      return source.row(y);
    }
    line_.assign(source.row(y), source.row(y) + std::ptrdiff_t{source.width} * source.channels);
    line_.resize(line_.size() + kernel_slack);
    return line_.data();
  }

  /// Resizes the columns of `source`, whose first row is row `origin` of the image.
  template <class Kernels, class Consume>
  void blend_rows(const ImageView& source, int origin, Consume&& consume) {
    const std::size_t bytes = static_cast<std::size_t>(source.width) * static_cast<std::size_t>(source.channels);
    line_.resize(bytes + kernel_slack);
    for (std::size_t y = 0; y < vertical_.size(); ++y) {
      const std::uint8_t* const first = source.row(vertical_.firsts()[y] - origin);
      Kernels::blend(first, source.stride, vertical_, y, bytes, line_.data());
      consume(std::as_const(line_).data());
    }
  }

  /// Takes whole pixels, the nearest.
  template <class Consume>
  void pick(const ImageView& source, Size resized, const Rect& window, Consume&& consume) {
    nearest_positions(window.left + window.width, static_cast<double>(source.width) / resized.width, 0, source.width,
                      columns_);
    nearest_positions(window.top + window.height, static_cast<double>(source.height) / resized.height, 0, source.height,
                      rows_);
    const std::ptrdiff_t pixel = source.channels;
    line_.resize(static_cast<std::size_t>(window.width * pixel));
    for (int y = window.top, last = -1; y < window.top + window.height; ++y) {
      if (const int from = std::max(rows_[static_cast<std::size_t>(y)], 0); from != last) {
        const std::uint8_t* const row = source.row(from);
        std::uint8_t* out = line_.data();
        for (int x = window.left; x < window.left + window.width; ++x, out += pixel) {
          std::copy_n(row + std::max(columns_[static_cast<std::size_t>(x)], 0) * pixel, pixel, out);
        }
        last = from;
      }
      consume(std::as_const(line_).data());
    }
  }

  ResampleTaps horizontal_;
  ResampleTaps vertical_;
  std::vector<std::uint8_t> stretched_;  // rows after the horizontal pass
  std::vector<std::uint8_t> line_;
  std::vector<int> columns_;  // of the nearest pixels
  std::vector<int> rows_;
};

}  // namespace hearth::image
