/// The colour of pixels that come from outside an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::transforms {

/// One value for all channels, or one for each: `.fill = 128`, `.fill = {124, 116, 104}`. Values are within 0 and 255.
class Fill {
 public:
  Fill(int value = 0) : Fill({value}) {}
  Fill(std::initializer_list<int> values) : values_(values), bytes_(values.size()) {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      bytes_[i] = static_cast<std::uint8_t>(values_[i]);
    }
  }

  /// Throws Error, in the name of `transform`, unless there are values, all of them within 0 and 255.
  void check(std::string_view transform) const;

  /// The values as bytes: one, or one for each channel. Throws Error, in the name of `transform`, when there are more
  /// or fewer values than that.
  std::span<const std::uint8_t> pixel(int channels, std::string_view transform) const;

  /// True where all values are 0.
  bool is_black() const noexcept;

 private:
  std::vector<int> values_;
  std::vector<std::uint8_t> bytes_;  // the same; `check` says whether they are
};

}  // namespace hearth::transforms

#ifndef HEARTH_COMPILED
#include <hearth/transforms/fill.ipp>
#endif
