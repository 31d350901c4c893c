/// The colour of pixels that come from outside an image.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::transforms {

/// One value for all channels, or one for each: `.fill = 128`, `.fill = {124, 116, 104}`. Values are within 0 and 255.
class Fill {
 public:
  Fill(int value = 0) : Fill({value}) {}
  Fill(std::initializer_list<int> values) : values_(values) {}

  /// Throws Error, in the name of `transform`, unless there are values, all of them within 0 and 255.
  void check(std::string_view transform) const;

  /// A byte for each channel. Throws Error, in the name of `transform`, when there are more or fewer values than that.
  std::vector<std::uint8_t> pixel(int channels, std::string_view transform) const;

  /// True where all values are 0.
  bool is_black() const noexcept;

 private:
  std::vector<int> values_;
};

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/fill.ipp>
#endif
