/// LibTorch's element types for those of weight files, and back.
#pragma once

#include <c10/core/ScalarType.h>

#include <array>
#include <cstddef>

#include <hearth/weights/dtype.hpp>

namespace hearth::weights {

namespace detail {

/// In the order of `dtypes`.
// clang-format off
inline constexpr std::array<c10::ScalarType, dtypes.size()> scalar_types{
    c10::ScalarType::Float,
    c10::ScalarType::Double,
    c10::ScalarType::Half,
    c10::ScalarType::BFloat16,
    c10::ScalarType::Byte,
    c10::ScalarType::Char,
    c10::ScalarType::Short,
    c10::ScalarType::Int,
    c10::ScalarType::Long,
    c10::ScalarType::Bool,
    c10::ScalarType::ComplexFloat,
    c10::ScalarType::ComplexDouble,
    c10::ScalarType::ComplexHalf,
    c10::ScalarType::UInt16,
    c10::ScalarType::UInt32,
    c10::ScalarType::UInt64,
    c10::ScalarType::Float8_e5m2,
    c10::ScalarType::Float8_e4m3fn,
    c10::ScalarType::Float8_e5m2fnuz,
    c10::ScalarType::Float8_e4m3fnuz,
    c10::ScalarType::Float8_e8m0fnu,
    c10::ScalarType::Float4_e2m1fn_x2,
    c10::ScalarType::Bits8,
    c10::ScalarType::Bits16,
    c10::ScalarType::Bits1x8,
    c10::ScalarType::Bits2x4,
    c10::ScalarType::Bits4x2,
};

}  // namespace detail

/// LibTorch's type for one of `dtypes`.
inline c10::ScalarType scalar_type(const Dtype& dtype) noexcept {
  return detail::scalar_types[static_cast<std::size_t>(&dtype - dtypes.data())];
}

/// The type in weight files, or null for those that they do not hold: quantised types and integers of under 8 bits.
constexpr const Dtype* find_dtype(c10::ScalarType type) noexcept {
  for (std::size_t i = 0; i < dtypes.size(); ++i) {
    if (detail::scalar_types[i] == type) {
      return &dtypes[i];
    }
  }
  return nullptr;
}

}  // namespace hearth::weights
