#pragma once

#include <hearth/core/key.hpp>

#include <fmt/format.h>

#include <hearth/core/printable.hpp>

namespace hearth::core {

HEARTH_INLINE std::string to_string(const Key& key) {
  return key.text() != nullptr ? printable(key.text()->substr(0, 64)) : fmt::to_string(*key.number());
}

HEARTH_INLINE std::string join_keys(std::string_view path, const Key& key) {
  return path.empty() ? to_string(key) : fmt::format("{}/{}", path, to_string(key));
}

}  // namespace hearth::core
