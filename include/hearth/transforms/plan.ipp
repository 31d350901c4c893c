#pragma once

#include <hearth/transforms/plan.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/resampler.hpp>
#include <hearth/image/write_row.hpp>

namespace hearth::transforms {

namespace detail {

constexpr bool contains(const image::Rect& outer, const image::Rect& inner) noexcept {
  return inner.top >= outer.top && inner.left >= outer.left && inner.top + inner.height <= outer.top + outer.height &&
         inner.left + inner.width <= outer.left + outer.width;
}

constexpr image::Rect intersection(const image::Rect& a, const image::Rect& b) noexcept {
  const int top = std::max(a.top, b.top);
  const int left = std::max(a.left, b.left);
  const int height = std::min(a.top + a.height, b.top + b.height) - top;
  const int width = std::min(a.left + a.width, b.left + b.width) - left;
  return height > 0 && width > 0 ? image::Rect{top, left, height, width} : image::Rect{};
}

/// The whole pixels that the rectangle covers when the image is reduced.
constexpr image::Rect reduced(const image::Rect& rect, int reduction) noexcept {
  const int top = rect.top / reduction;
  const int left = rect.left / reduction;
  return {top, left, (rect.top + rect.height + reduction - 1) / reduction - top,
          (rect.left + rect.width + reduction - 1) / reduction - left};
}

}  // namespace detail

struct Plan::Memory {
  image::Resampler resampler;
  std::array<Image, 2> drawings;  // the last one, and the one being drawn from it
  std::vector<std::uint8_t> line;
};

HEARTH_INLINE Plan::Plan(const ImageView& image) {
  start_from(image);
}

HEARTH_INLINE Plan::Plan(image::ImageSource& image) {
  start_from({nullptr, image.size().height, image.size().width, image.channels(), 0});
  undecoded_ = &image;
}

HEARTH_INLINE Plan::~Plan() = default;

HEARTH_INLINE void Plan::crop(image::Rect rect) {
  core::require(rect.height > 0 && rect.width > 0, "Plan: a crop must have pixels, but got one of {} x {}", rect.height,
                rect.width);
  if (!detail::contains({0, 0, window_.height, window_.width}, rect) && !detail::contains(window_, all_resized())) {
    draw();  // else the new window would bring back what an earlier one has cut off
  }
  if (flipped_vertically_) {
    rect.top = window_.height - rect.top - rect.height;
  }
  if (flipped_horizontally_) {
    rect.left = window_.width - rect.left - rect.width;
  }
  window_ = {window_.top + rect.top, window_.left + rect.left, rect.height, rect.width};
  if (!resizes() && detail::contains(all_resized(), window_)) {
    source_ = {source_.top + window_.top, source_.left + window_.left, window_.height, window_.width};
    resized_ = size();
    window_ = all_resized();
  }
}

HEARTH_INLINE void Plan::resize(image::Size size, Interpolation interpolation) {
  core::require(size.height > 0 && size.width > 0, "Plan: an image cannot be resized to {} x {} pixels", size.height,
                size.width);
  if (size == this->size()) {
    return;
  }
  const bool flips = flipped_horizontally_ || flipped_vertically_;
  if (resizes() || window_ != all_resized() || (flips && interpolation == Interpolation::nearest)) {
    draw();
  }
  resized_ = size;
  interpolation_ = interpolation;
  window_ = all_resized();
}

HEARTH_INLINE void Plan::rows(core::FunctionRef<void(int, PixelRow)> consume) {
  const image::Rect inside = detail::intersection(window_, all_resized());
  const std::ptrdiff_t pixel = image_.channels;
  const std::ptrdiff_t last_pixel = (window_.width - 1) * pixel;
  int count = 0;
  const auto pass_on = [&](const std::uint8_t* row) {
    const int y = flipped_vertically_ ? window_.height - 1 - count : count;
    ++count;
    consume(y, flipped_horizontally_ ? PixelRow{row + last_pixel, -pixel} : PixelRow{row, pixel});
  };
  if (inside == window_) {
    resample(inside, pass_on);
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
  resample(inside, [&](const std::uint8_t* row) {
    std::copy_n(row, inside.width * pixel, line.data() + (inside.left - window_.left) * pixel);
    pass_on(line.data());
  });
  pass_on_zeros_until(window_.height);
}

/// Passes on the rows of a part of what the source becomes at its new size.
HEARTH_INLINE void Plan::resample(const image::Rect& window, core::FunctionRef<void(const std::uint8_t* row)> consume) {
  image::Resampler& resampler = memory_->resampler;
  if (undecoded_ == nullptr) {
    resampler.resize(image_.crop(source_), resized_, window, interpolation_, consume);
    return;
  }
  if (window.height == 0 || window.width == 0) {  // the plan keeps nothing but padding
    return;
  }
  const int shrinks = std::min(source_.height / resized_.height, source_.width / resized_.width);
  const int reduction = shrinks > 1 && interpolation_ != Interpolation::nearest ? undecoded_->reduction(shrinks) : 1;
  const image::Rect area = detail::reduced(source_, reduction);
  const image::ResizeSource source{
      {area.height, area.width},
      {static_cast<double>(source_.top) / reduction - area.top,
       static_cast<double>(source_.left) / reduction - area.left, static_cast<double>(source_.height) / reduction,
       static_cast<double>(source_.width) / reduction}};
  const image::Rect part = resampler.reach(source, resized_, window, interpolation_);
  const ImageView pixels =
      undecoded_->pixels({area.top + part.top, area.left + part.left, part.height, part.width}, reduction);
  resampler.resize(pixels, source, resized_, window, interpolation_, consume);
}

HEARTH_INLINE ImageView Plan::drawn() {
  if (resizes() || window_ != all_resized() || flipped_horizontally_ || flipped_vertically_) {
    draw();
  }
  return undecoded_ != nullptr ? undecoded_->pixels(source_, 1) : image_.crop(source_);
}

HEARTH_INLINE void Plan::edit(core::FunctionRef<void(Image&)> change) {
  const bool whole = source_ == image::Rect{0, 0, image_.height, image_.width} && window_ == all_resized();
  if (starts_from_drawing_ && whole && !resizes() && !flipped_horizontally_ && !flipped_vertically_) {
    change(memory_->drawings[last_drawing_]);  // nobody else looks at it
    go_on_from(last_drawing_);
    return;
  }
  const std::size_t drawing = 1 - last_drawing_;
  Image& image = memory_->drawings[drawing];
  image.reset(window_.height, window_.width, image_.channels);
  rows([&](int y, PixelRow row) {
    image::copy_row(row.first, row.step, image.width(), image.channels(), image.row(y));
  });
  change(image);
  go_on_from(drawing);
}

HEARTH_INLINE void Plan::remake(core::FunctionRef<void(const ImageView&, Image&)> make) {
  const ImageView from = drawn();
  const std::size_t drawing = 1 - last_drawing_;
  make(from, memory_->drawings[drawing]);
  go_on_from(drawing);
}

HEARTH_INLINE void Plan::start_from(const ImageView& image) {
  core::require(image.height > 0 && image.width > 0, "Plan: an image must have pixels, but got one of {} x {}",
                image.height, image.width);
  core::require(image.channels > 0, "Plan: an image must have channels, but got one of {}", image.channels);
  undecoded_ = nullptr;
  starts_from_drawing_ = false;
  image_ = image;
  source_ = {0, 0, image.height, image.width};
  resized_ = image.size();
  window_ = all_resized();
  flipped_horizontally_ = false;
  flipped_vertically_ = false;
}

HEARTH_INLINE void Plan::go_on_from(std::size_t drawing) {
  const Image& image = memory_->drawings[drawing];
  const std::int64_t bytes = std::int64_t{image.height()} * image.width() * image.channels();
  core::require(bytes == static_cast<std::int64_t>(image.pixels().size()),
                "Compose: a stage left an image of {} x {} pixels and {} channels, which are {} bytes, but it has {}",
                image.height(), image.width(), image.channels(), bytes, image.pixels().size());
  last_drawing_ = drawing;
  start_from(image.view());
  starts_from_drawing_ = true;
}

HEARTH_INLINE void Plan::draw() {
  edit([](Image&) {});
}

}  // namespace hearth::transforms
