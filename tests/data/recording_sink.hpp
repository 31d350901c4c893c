/// A place for one sample, to see what a dataset writes.
#pragma once

#include <cstddef>
#include <vector>

#include <hearth/core/sample.hpp>

namespace hearth_test {

class RecordingSink final : public hearth::SampleSink {
 public:
  explicit RecordingSink(hearth::Layout layout = hearth::Layout::contiguous) : layout_(layout) {}

  hearth::SamplePlace place(const hearth::Shape& shape) override {
    shape_ = shape;
    values_.assign(static_cast<std::size_t>(shape.numel()), -1.0F);
    return {values_.data(), shape, layout_};
  }

  const hearth::Shape& shape() const noexcept { return shape_; }
  const std::vector<float>& values() const noexcept { return values_; }

 private:
  hearth::Layout layout_;
  hearth::Shape shape_;
  std::vector<float> values_;
};

}  // namespace hearth_test
