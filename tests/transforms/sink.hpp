/// A place in memory for the samples that the tests of transforms make.
#pragma once

#include <cstddef>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>

class MemorySink final : public hearth::SampleSink {
 public:
  explicit MemorySink(hearth::Layout layout = hearth::Layout::contiguous) : layout_(layout) {}

  hearth::SamplePlace place(const hearth::Shape& sample_shape) override {
    ++asked;
    shape = sample_shape;
    floats.assign(static_cast<std::size_t>(sample_shape.numel()), -1000.0F);
    return {floats.data(), shape, layout_};
  }

  hearth::Shape shape;
  std::vector<float> floats;
  int asked = 0;

 private:
  hearth::Layout layout_;
};

/// What the transform makes of the image.
template <class Transform>
MemorySink sample_of(const Transform& transform, const hearth::ImageView& image,
                     hearth::RandomStream random = {0, 0, 0}, hearth::Layout layout = hearth::Layout::contiguous) {
  MemorySink sink(layout);
  transform.write(image, random, sink);
  return sink;
}
