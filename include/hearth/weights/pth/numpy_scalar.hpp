/// numpy's numbers in a pickle, like the best accuracy of a run.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/pickle/value.hpp>
#include <hearth/weights/pth/state_dict.hpp>

namespace hearth::pth {

/// A number of numpy's; of no type where the value is none, or one that hearth has no form for.
using NumpyScalar = std::variant<std::monostate, bool, std::int64_t, double>;

namespace detail {

/// The arguments of a call, when it is one of this function.
inline const pickle::Value::Tuple* arguments_of(const pickle::Value* value, std::string_view function) {
  return value != nullptr && called_function(*value) == function
             ? value->as<pickle::Value::Call>()->arguments->as<pickle::Value::Tuple>()
             : nullptr;
}

inline const pickle::Value* item_of(const pickle::Value::Tuple* tuple, std::size_t index) {
  return tuple != nullptr && index < tuple->items.size() ? tuple->items[index] : nullptr;
}

inline std::string_view text_of(const pickle::Value* value) {
  const auto* const text = value != nullptr ? value->as<std::string>() : nullptr;
  return text != nullptr ? std::string_view(*text) : std::string_view();
}

/// Bytes as such, or as protocol 2 has them: _codecs.encode(text, "latin1"), the text in UTF-8. Empty when malformed,
/// or more than a number has.
inline std::string pickled_bytes(const pickle::Value* value) {
  if (const auto* const bytes = value != nullptr ? value->as<pickle::Value::Bytes>() : nullptr) {
    return bytes->bytes.size() <= sizeof(std::int64_t) ? bytes->bytes : std::string();
  }
  const std::string_view text = text_of(item_of(arguments_of(value, "_codecs.encode"), 0));
  std::string bytes;
  if (text.size() > 2 * sizeof(std::int64_t)) {
    return bytes;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.size()) {  // U+0080 to U+00FF
      bytes += static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(text[++i]) & 0x3F));
    } else {
      return {};
    }
  }
  return bytes;
}

}  // namespace detail

/// What numpy.core.multiarray.scalar(numpy.dtype('f8'), bytes) stands for: a boolean, an integer or a float of numpy's.
inline NumpyScalar numpy_scalar(const pickle::Value& value) {
  const auto* arguments = detail::arguments_of(&value, "numpy.core.multiarray.scalar");
  arguments = arguments != nullptr ? arguments : detail::arguments_of(&value, "numpy._core.multiarray.scalar");
  const pickle::Value* const dtype = detail::item_of(arguments, 0);
  const std::string_view type = detail::text_of(detail::item_of(detail::arguments_of(dtype, "numpy.dtype"), 0));
  if (type.empty()) {
    return {};
  }
  const pickle::Value* const state = dtype->as<pickle::Value::Call>()->state;  // (version, byte order, …)
  const auto* const facts = state != nullptr ? state->as<pickle::Value::Tuple>() : nullptr;
  const std::string bytes = detail::pickled_bytes(detail::item_of(arguments, 1));
  if (detail::text_of(detail::item_of(facts, 1)) == ">" ||
      bytes.size() != static_cast<std::size_t>(type.back() - '0')) {
    return {};
  }
  const auto load = [&bytes]<class T>(T) { return core::load_little_endian<T>(std::as_bytes(std::span(bytes)), 0); };
  // clang-format off
  return type == "f8" ? NumpyScalar(load(double{}))
       : type == "f4" ? NumpyScalar(double{load(float{})})
       : type == "i8" ? NumpyScalar(load(std::int64_t{}))
       : type == "i4" ? NumpyScalar(std::int64_t{load(std::int32_t{})})
       : type == "i2" ? NumpyScalar(std::int64_t{load(std::int16_t{})})
       : type == "i1" ? NumpyScalar(std::int64_t{load(std::int8_t{})})
       : type == "u4" ? NumpyScalar(std::int64_t{load(std::uint32_t{})})
       : type == "u2" ? NumpyScalar(std::int64_t{load(std::uint16_t{})})
       : type == "u1" ? NumpyScalar(std::int64_t{load(std::uint8_t{})})
       : type == "b1" ? NumpyScalar(load(char{}) != 0)
                      : NumpyScalar();
  // clang-format on
}

}  // namespace hearth::pth
