/// Little-endian numbers and text in and out of bytes, as zip, pickle and safetensors have them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <hearth/core/error.hpp>

namespace hearth::core {

static_assert(std::endian::native == std::endian::little, "hearth's weight files need a little-endian machine");

/// The number of type T at `offset`. Throws Error when the bytes end before it does.
template <class T>
T load_little_endian(std::span<const std::byte> bytes, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  require(offset <= bytes.size() && bytes.size() - offset >= sizeof(T), "the data ends at byte {}, inside a number",
          bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

/// The bytes as text, in place.
inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends the bytes of the number.
template <class T>
void append_little_endian(std::string& bytes, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes.append(raw, sizeof(T));
}

}  // namespace hearth::core
