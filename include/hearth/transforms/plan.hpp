/// What is to become of a picture's geometry: crops, resizes and flips are noted, and carried out in one pass.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/resample.hpp>
#include <hearth/transforms/thread_spare.hpp>

namespace hearth::transforms {

/// One row of a picture as it will be written: pixel x begins at `first + x * step`, its channels side by side.
struct PixelRow {
  const std::uint8_t* first = nullptr;
  std::ptrdiff_t step = 0;
};

/// A plan over a picture. Each step is given in the pixels of what the steps before it made. Steps are merged into one
/// crop, one resize, one crop or zero padding of the result, and one flip of each kind; a step that doesn't fit that
/// (a second resize, say) has the plan drawn first and goes on from the drawing. A flip before a resize is carried out
/// after it.
class Plan {
 public:
  /// `picture` must outlive the plan.
  explicit Plan(const ImageView& picture) { start_from(picture); }

  /// The size and the channels of what the steps so far make.
  image::Size size() const noexcept { return {window_.height, window_.width}; }
  int channels() const noexcept { return picture_.channels; }

  /// Keeps what lies in `rect`; where it reaches outside, pixels are 0.
  void crop(image::Rect rect) {
    core::require(rect.height > 0 && rect.width > 0, "Plan: a crop must have pixels, but got one of {} x {}",
                  rect.height, rect.width);
    if (!contains({0, 0, window_.height, window_.width}, rect) && !contains(window_, all_resized())) {
      draw();  // else the new window would bring back what an earlier one has cut off
    }
    if (flipped_vertically_) {
      rect.top = window_.height - rect.top - rect.height;
    }
    if (flipped_horizontally_) {
      rect.left = window_.width - rect.left - rect.width;
    }
    window_ = {window_.top + rect.top, window_.left + rect.left, rect.height, rect.width};
    if (!resizes() && contains(all_resized(), window_)) {
      source_ = {source_.top + window_.top, source_.left + window_.left, window_.height, window_.width};
      resized_ = size();
      window_ = all_resized();
    }
  }

  /// Resizes to `size`, antialiased and bilinear; to the size it has, nothing happens.
  void resize(image::Size size) {
    core::require(size.height > 0 && size.width > 0, "Plan: a picture cannot be resized to {} x {} pixels", size.height,
                  size.width);
    if (size == this->size()) {
      return;
    }
    if (resizes() || window_ != all_resized()) {
      draw();
    }
    resized_ = size;
    window_ = all_resized();
  }

  void flip_horizontal() noexcept { flipped_horizontally_ = !flipped_horizontally_; }
  void flip_vertical() noexcept { flipped_vertically_ = !flipped_vertically_; }

  /// What the steps since the last drawing have come to: the part of the picture that is used, the size which that is
  /// resized to, the part of the result that is kept (it may reach outside), and how that is flipped.
  const image::Rect& source() const noexcept { return source_; }
  image::Size resized() const noexcept { return resized_; }
  const image::Rect& window() const noexcept { return window_; }
  bool flipped_horizontally() const noexcept { return flipped_horizontally_; }
  bool flipped_vertically() const noexcept { return flipped_vertically_; }

  /// Carries the plan out: calls `consume(y, row)` once for every row y of the result, with a PixelRow that is valid
  /// during the call.
  template <class Consume>
  void rows(Consume&& consume) {
    const image::Rect inside = intersection(window_, all_resized());
    const std::ptrdiff_t pixel = picture_.channels;
    const std::ptrdiff_t last_pixel = (window_.width - 1) * pixel;
    int count = 0;
    const auto pass_on = [&](const std::uint8_t* row) {
      const int y = flipped_vertically_ ? window_.height - 1 - count : count;
      ++count;
      consume(y, flipped_horizontally_ ? PixelRow{row + last_pixel, -pixel} : PixelRow{row, pixel});
    };
    if (inside == window_) {
      memory_->resampler.resize(picture_.crop(source_), resized_, inside, pass_on);
      return;
    }
    std::vector<std::uint8_t>& line = memory_->line;
    const auto pass_on_zeros_until = [&](int end) {
      line.assign(static_cast<std::size_t>(window_.width * pixel), 0);
      for (int left = end - count; left > 0; --left) {
        pass_on(line.data());
      }
    };
    pass_on_zeros_until(std::min(inside.top - window_.top, window_.height));
    memory_->resampler.resize(picture_.crop(source_), resized_, inside, [&](const std::uint8_t* row) {
      std::copy_n(row, inside.width * pixel, line.data() + (inside.left - window_.left) * pixel);
      pass_on(line.data());
    });
    pass_on_zeros_until(window_.height);
  }

  /// Carries the plan out, lets `change(Image&)` change the result, its size too if it likes, and goes on from that.
  template <class Change>
  void edit(Change&& change) {
    const std::size_t drawing = 1 - last_drawing_;
    Image& image = memory_->drawings[drawing];
    image.reset(window_.height, window_.width, picture_.channels);
    rows([&](int y, PixelRow row) {
      std::uint8_t* out = image.row(y);
      if (row.step > 0) {
        std::copy_n(row.first, image.stride(), out);
        return;
      }
      for (int x = 0; x < image.width(); ++x, row.first += row.step, out -= row.step) {
        std::copy_n(row.first, image.channels(), out);
      }
    });
    change(image);
    last_drawing_ = drawing;
    start_from(image.view());
  }

 private:
  struct Memory {
    image::Resampler resampler;
    std::array<Image, 2> drawings;  // the last one, and the one being drawn from it
    std::vector<std::uint8_t> line;
  };

  static constexpr bool contains(const image::Rect& outer, const image::Rect& inner) noexcept {
    return inner.top >= outer.top && inner.left >= outer.left && inner.top + inner.height <= outer.top + outer.height &&
           inner.left + inner.width <= outer.left + outer.width;
  }

  static constexpr image::Rect intersection(const image::Rect& a, const image::Rect& b) noexcept {
    const int top = std::max(a.top, b.top);
    const int left = std::max(a.left, b.left);
    const int height = std::min(a.top + a.height, b.top + b.height) - top;
    const int width = std::min(a.left + a.width, b.left + b.width) - left;
    return height > 0 && width > 0 ? image::Rect{top, left, height, width} : image::Rect{};
  }

  void start_from(const ImageView& picture) {
    core::require(picture.height > 0 && picture.width > 0, "Plan: a picture must have pixels, but got one of {} x {}",
                  picture.height, picture.width);
    picture_ = picture;
    source_ = {0, 0, picture.height, picture.width};
    resized_ = picture.size();
    window_ = all_resized();
    flipped_horizontally_ = false;
    flipped_vertically_ = false;
  }

  void draw() {
    edit([](Image&) {});
  }

  bool resizes() const noexcept { return resized_ != image::Size{source_.height, source_.width}; }
  image::Rect all_resized() const noexcept { return {0, 0, resized_.height, resized_.width}; }

  ImageView picture_;
  image::Rect source_;
  image::Size resized_;
  image::Rect window_;
  bool flipped_horizontally_ = false;
  bool flipped_vertically_ = false;
  std::size_t last_drawing_ = 0;
  ThreadSpare<Memory> memory_;
};

}  // namespace hearth::transforms
