/// Where one sample of a batch goes: its shape, its place in the batch's memory, and the sink that hands the place out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The sizes of one sample, without the batch dimension: [channels, height, width] for a picture. At most six.
class Shape {
 public:
  static constexpr std::size_t max_rank = 6;  ///< the most dimensions that a sample may have

  constexpr Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const std::int64_t> sizes);

  /// How many dimensions there are, and how long one of them is.
  constexpr std::size_t rank() const noexcept { return rank_; }
  constexpr std::int64_t operator[](std::size_t dimension) const noexcept { return sizes_[dimension]; }
  constexpr const std::int64_t* begin() const noexcept { return sizes_.data(); }
  constexpr const std::int64_t* end() const noexcept { return sizes_.data() + rank_; }

  /// How many numbers a sample has.
  constexpr std::int64_t numel() const noexcept {
    std::int64_t count = 1;
    for (const std::int64_t size : *this) {
      count *= size;
    }
    return count;
  }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;

  /// "[3, 224, 224]"
  std::string to_string() const;

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  std::size_t rank_ = 0;
};

/// How the numbers of a picture lie in memory: `contiguous`, [C, H, W], or `channels_last`, [H, W, C] as
/// torch::MemoryFormat::ChannelsLast has it.
enum class Layout { contiguous, channels_last };

/// The type of a batch's numbers: `float32`, `bfloat16`, `float16`, or `uint8`, an image's bytes, which are normalised
/// on the device (see Normalization).
enum class Dtype { float32, bfloat16, float16, uint8 };

/// How many bytes a number of the type takes.
constexpr std::ptrdiff_t bytes_of(Dtype dtype) noexcept {
  return dtype == Dtype::float32 ? 4 : dtype == Dtype::uint8 ? 1 : 2;
}

/// What the bytes of a batch of them stand for: byte * scale[c] + shift[c] in channel c.
struct Normalization {
  std::vector<float> scale;
  std::vector<float> shift;
  friend bool operator==(const Normalization&, const Normalization&) = default;
};

/// One sample's own stretch of a batch's memory: `shape.numel()` floats, densely packed in the given layout.
/// A sample that is not a picture (its rank is not 3) is always contiguous.
struct SamplePlace {
  float* data = nullptr;  ///< the first of the floats
  Shape shape;
  Layout layout = Layout::contiguous;
};

/// The same for a writer that can write any type: `dtype` is that of the numbers, `shape` and `layout` as above.
struct RawPlace {
  void* data = nullptr;  ///< the first of `shape.numel()` numbers of the type
  Dtype dtype = Dtype::float32;
  Shape shape;
  Layout layout = Layout::contiguous;
};

/// What a dataset writes its sample to. It asks for the place once, when it knows the sample's shape, and fills it.
class SampleSink {
 public:
  /// The place for a sample of this shape. Throws Error when the shape differs from that of the batch's other samples.
  virtual SamplePlace place(const Shape& shape) = 0;

  /// The same in the batch's own type, for who makes the sample of an image's bytes: `bytes` says what they stand for,
  /// where that can be said; it lives as long as the batch. A sink that does not know better gives floats. Throws Error
  /// also when the batch holds bytes that stand for something else, or `bytes` is nullptr.
  virtual RawPlace raw_place(const Shape& shape, const std::shared_ptr<const Normalization>& bytes);

 protected:
  ~SampleSink() = default;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/sample.ipp>
#endif
