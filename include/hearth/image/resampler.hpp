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

/// What is resized: `box` of an image of size `whole`, within which it lies.
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
  /// The part of the image that `resize` looks at with the same arguments: not a pixel more than the window takes where
  /// it interpolates, up to one more at each side otherwise. Throws Error where resize does; a window without pixels
  /// takes none.
  static Rect reach(const ResizeSource& source, Size resized, const Rect& window, Interpolation interpolation) {
    check(source, resized, window);
    if (window.height == 0 || window.width == 0) {
      return {};
    }
    const auto along = [&](const ResampleTaps::Axis& axis, int begin, int size) -> ResampleTaps::Span {
      if (interpolation == Interpolation::nearest) {
        const double step = axis.length / axis.target;
        const int first = std::clamp(static_cast<int>(axis.offset + begin * step) - 1, 0, axis.source - 1);
        const int last = std::min(static_cast<int>(axis.offset + (begin + size) * step) + 1, axis.source - 1);
        return {first, last + 1 - first};
      }
      return resamples(axis) ? ResampleTaps::reach(filter_of(interpolation), axis, begin, size)
                             : ResampleTaps::Span{begin, size};
    };
    const auto [left, width] = along(across(source, resized), window.left, window.width);
    const auto [top, height] = along(down(source, resized), window.top, window.height);
    return {top, left, height, width};
  }

  /// Makes the part inside `window` of what the source's box becomes at size `resized`, and calls `consume(row)` with
  /// each of its rows from the top: a `const std::uint8_t*` to window.width pixels, valid during the call. `pixels` are
  /// those of the part that `reach` says (Error where their number differs). Throws Error when a size is not positive,
  /// the box has no pixels or reaches outside of the image, or the window outside of the result.
  ///
  /// Bilinear and bicubic follow ImagingResample of Pillow 13 (src/libImaging/Resample.c): each row is resized and
  /// rounded to eight bits, then each column; columns come first where the height shrinks, and by more than twice as
  /// many pixels as the width, the box aside; a direction that keeps its size is left out. (Pillow up to 12 always
  /// begins with the rows; where the order differs, results are 1 of 255 apart here and there.) The box is that of
  /// Pillow's resize(…, box=…), its corners rounded to float: the filter reads beyond it where the image goes on.
  template <class Consume>
  void resize(const ImageView& pixels, const ResizeSource& source, Size resized, const Rect& window,
              Interpolation interpolation, Consume&& consume) {
    const Rect part = reach(source, resized, window, interpolation);
    core::require(pixels.size() == Size{part.height, part.width},
                  "Resampler: the window takes {} x {} pixels of the image, but got {} x {}", part.height, part.width,
                  pixels.height, pixels.width);
    if (part.height == 0) {
      return;
    }
    const ResampleTaps::Axis horizontal = across(source, resized);
    const ResampleTaps::Axis vertical = down(source, resized);
    if (interpolation == Interpolation::nearest) {
      pick(pixels, {part.top, part.left}, horizontal, vertical, window, consume);
      return;
    }
    const ResampleKernels& kernels = resample_kernels();
    const bool rows = resamples(horizontal);
    const bool columns = resamples(vertical);
    if (rows) {
      horizontal_.prepare(filter_of(interpolation), horizontal, window.left, window.width);
      kernels.prepare(part.left, pixels.channels, horizontal_, table_);
    }
    if (columns) {
      vertical_.prepare(filter_of(interpolation), vertical, window.top, window.height);
    }
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{window.width} * pixels.channels;
    const auto stretch = [&](const std::uint8_t* row, std::uint8_t* out) {
      kernels.stretch(row, part.left, pixels.channels, horizontal_, table_, out);
    };
    const std::int64_t height_lost = std::int64_t{source.whole.height} - resized.height;  // also where there is a box
    const std::int64_t width_lost = std::int64_t{source.whole.width} - resized.width;
    stretched_.resize(static_cast<std::size_t>(row_bytes * (columns ? pixels.height : 1)) + stretch_slack);

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
      blend_rows(kernels, pixels, part.top, consume);
    } else if (height_lost > std::max<std::int64_t>(2 * width_lost, 0)) {
      blend_rows(kernels, pixels, part.top, [&](const std::uint8_t* row) {
        stretch(row, stretched_.data());
        consume(std::as_const(stretched_).data());
      });
    } else {
      for (int y = 0; y < pixels.height; ++y) {
        stretch(with_slack(pixels, y), stretched_.data() + y * row_bytes);
      }
      const ImageView between{stretched_.data(), pixels.height, window.width, pixels.channels, row_bytes};
      blend_rows(kernels, between, part.top, consume);
    }
  }

  /// The same of a whole image.
  template <class Consume>
  void resize(const ImageView& image, Size resized, const Rect& window, Interpolation interpolation,
              Consume&& consume) {
    const ResizeSource source = ResizeSource::all(image.size());
    const Rect part = reach(source, resized, window, interpolation);
    resize(image.crop(part), source, resized, window, interpolation, consume);
  }

 private:
  static ResampleTaps::Axis axis(int source, double begin, double length, int target) noexcept {
    const auto first = static_cast<float>(begin);
    const auto end = static_cast<float>(begin + length);
    return {source, static_cast<double>(first), static_cast<double>(end - first), target};
  }
  static ResampleTaps::Axis across(const ResizeSource& source, Size resized) noexcept {
    return axis(source.whole.width, source.box.left, source.box.width, resized.width);
  }
  static ResampleTaps::Axis down(const ResizeSource& source, Size resized) noexcept {
    return axis(source.whole.height, source.box.top, source.box.height, resized.height);
  }

  /// Whether anything changes along the axis.
  static bool resamples(const ResampleTaps::Axis& axis) noexcept {
    return axis.target != axis.source || axis.offset != 0.0 || axis.length != axis.target;
  }

  static ResampleTaps::Filter filter_of(Interpolation interpolation) noexcept {
    return interpolation == Interpolation::bicubic ? ResampleTaps::Filter::bicubic : ResampleTaps::Filter::bilinear;
  }

  static void check(const ResizeSource& source, Size resized, const Rect& window) {
    const Size whole = source.whole;
    const Box& box = source.box;
    core::require(whole.height > 0 && whole.width > 0, "Resampler: cannot resize an image of {} x {} pixels",
                  whole.height, whole.width);
    core::require(box.top >= 0 && box.left >= 0 && box.height > 0 && box.width > 0 &&
                      box.top + box.height <= whole.height && box.left + box.width <= whole.width,
                  "Resampler: the box of {} x {} pixels at ({}, {}) must have pixels and lie within {} x {}",
                  box.height, box.width, box.top, box.left, whole.height, whole.width);
    core::require(resized.height > 0 && resized.width > 0, "Resampler: cannot resize to {} x {} pixels", resized.height,
                  resized.width);
    core::require(window.top >= 0 && window.left >= 0 && window.height >= 0 && window.width >= 0 &&
                      window.height <= resized.height - window.top && window.width <= resized.width - window.left,
                  "Resampler: the window of {} x {} pixels at ({}, {}) reaches outside of {} x {}", window.height,
                  window.width, window.top, window.left, resized.height, resized.width);
  }

  /// Row `y`, readable beyond its end; what follows the last rows of an image may not be ours.
  const std::uint8_t* with_slack(const ImageView& source, int y) {
    const std::ptrdiff_t bytes = std::ptrdiff_t{source.width} * source.channels;
    if ((source.height - 1 - y) * source.stride >= static_cast<std::ptrdiff_t>(stretch_slack)) {
      return source.row(y);
    }
    line_.resize(static_cast<std::size_t>(bytes) + stretch_slack);
    std::copy_n(source.row(y), bytes, line_.data());
    return line_.data();
  }

  /// Resizes the columns of `source`, whose first row is row `origin` of the image.
  template <class Consume>
  void blend_rows(const ResampleKernels& kernels, const ImageView& source, int origin, Consume&& consume) {
    const std::size_t bytes = static_cast<std::size_t>(source.width) * static_cast<std::size_t>(source.channels);
    line_.resize(bytes + stretch_slack);
    for (std::size_t y = 0; y < vertical_.size(); ++y) {
      const std::uint8_t* const first = source.row(vertical_.firsts()[y] - origin);
      kernels.blend(first, source.stride, vertical_, y, bytes, line_.data());
      consume(std::as_const(line_).data());
    }
  }

  struct Origin {
    int top = 0;
    int left = 0;
  };

  /// Takes whole pixels, the nearest; `pixels` begin at `origin` of the image.
  template <class Consume>
  void pick(const ImageView& pixels, Origin origin, const ResampleTaps::Axis& across, const ResampleTaps::Axis& down,
            const Rect& window, Consume&& consume) {
    const auto positions = [](const ResampleTaps::Axis& axis, int end, std::vector<int>& places) {
      nearest_positions(end, axis.length / axis.target, axis.offset, axis.source, places);
    };
    positions(across, window.left + window.width, columns_);
    positions(down, window.top + window.height, rows_);
    const std::ptrdiff_t pixel = pixels.channels;
    line_.resize(static_cast<std::size_t>(window.width * pixel));
    for (int y = window.top, last = -1; y < window.top + window.height; ++y) {
      if (const int from = std::max(rows_[static_cast<std::size_t>(y)], 0); from != last) {
        const std::uint8_t* const row = pixels.row(from - origin.top);
        std::uint8_t* out = line_.data();
        for (int x = window.left; x < window.left + window.width; ++x, out += pixel) {
          const int column = std::max(columns_[static_cast<std::size_t>(x)], 0) - origin.left;
          std::copy_n(row + column * pixel, pixel, out);
        }
        last = from;
      }
      consume(std::as_const(line_).data());
    }
  }

  ResampleTaps horizontal_;
  ResampleTaps vertical_;
  StretchTable table_;
  std::vector<std::uint8_t> stretched_;  // rows after the horizontal pass
  std::vector<std::uint8_t> line_;
  std::vector<int> columns_;  // of the nearest pixels
  std::vector<int> rows_;
};

}  // namespace hearth::image
