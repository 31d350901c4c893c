#pragma once

#include <hearth/train/autocast.hpp>

#include <ATen/autocast_mode.h>

#include <algorithm>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE Autocast::Autocast(c10::DeviceType device, std::optional<c10::ScalarType> type)
    : device_(device), is_on_(type.has_value()) {
  if (!type) {
    return;
  }
  core::require(*type == at::kBFloat16 || *type == at::kHalf,
                "Autocast: the type must be bfloat16 or half (16-bit float), but got {}", c10::toString(*type));
  const auto& known = at::autocast::_AUTOCAST_SUPPORTED_DEVICES;
  core::require(std::find(known.begin(), known.end(), device) != known.end(),
                "Autocast: LibTorch has no autocast for the device {}",
                c10::DeviceTypeName(device, /*lower_case=*/true));
  was_enabled_ = at::autocast::is_autocast_enabled(device);
  former_type_ = at::autocast::get_autocast_dtype(device);
  at::autocast::set_autocast_enabled(device, true);
  at::autocast::set_autocast_dtype(device, *type);
  at::autocast::increment_nesting();
}

HEARTH_INLINE void Autocast::restore() noexcept {
  if (at::autocast::decrement_nesting() == 0) {
    at::autocast::clear_cache();
  }
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, former_type_);
}

}  // namespace hearth::train
