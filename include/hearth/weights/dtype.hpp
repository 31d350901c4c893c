/// The element types that weight files hold, with the names that each format gives them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace hearth::weights {

/// One element type. Formats and LibTorch know it by different names; an empty name: the format does not have it.
struct Dtype {
  std::string_view name;         ///< PyTorch's: `torch.float32` is "float32"
  std::size_t bytes;             ///< of one element
  std::string_view storage;      ///< the typed storage class of torch.save; newer types use UntypedStorage
  std::string_view safetensors;  ///< in the header of a safetensors file

  friend bool operator==(const Dtype& a, const Dtype& b) noexcept { return a.name == b.name; }
};

/// All of them: torch.storage._dtype_to_storage_type_map and _new_dtypes, without the quantised ones.
inline constexpr std::array<Dtype, 27> dtypes{{
    {"float32", 4, "FloatStorage", "F32"},
    {"float64", 8, "DoubleStorage", "F64"},
    {"float16", 2, "HalfStorage", "F16"},
    {"bfloat16", 2, "BFloat16Storage", "BF16"},
    {"uint8", 1, "ByteStorage", "U8"},
    {"int8", 1, "CharStorage", "I8"},
    {"int16", 2, "ShortStorage", "I16"},
    {"int32", 4, "IntStorage", "I32"},
    {"int64", 8, "LongStorage", "I64"},
    {"bool", 1, "BoolStorage", "BOOL"},
    {"complex64", 8, "ComplexFloatStorage", "C64"},
    {"complex128", 16, "ComplexDoubleStorage", ""},
    {"complex32", 4, "", ""},
    {"uint16", 2, "", "U16"},
    {"uint32", 4, "", "U32"},
    {"uint64", 8, "", "U64"},
    {"float8_e5m2", 1, "", "F8_E5M2"},
    {"float8_e4m3fn", 1, "", "F8_E4M3"},
    {"float8_e5m2fnuz", 1, "", "F8_E5M2FNUZ"},
    {"float8_e4m3fnuz", 1, "", "F8_E4M3FNUZ"},
    {"float8_e8m0fnu", 1, "", "F8_E8M0"},
    {"float4_e2m1fn_x2", 1, "", ""},
    {"bits8", 1, "", ""},
    {"bits16", 2, "", ""},
    {"bits1x8", 1, "", ""},
    {"bits2x4", 1, "", ""},
    {"bits4x2", 1, "", ""},
}};

/// The type whose `field` is `name`, or null: `find_dtype(&Dtype::safetensors, "BF16")`.
constexpr const Dtype* find_dtype(std::string_view Dtype::*field, std::string_view name) noexcept {
  for (const Dtype& dtype : dtypes) {
    if (!name.empty() && dtype.*field == name) {
      return &dtype;
    }
  }
  return nullptr;
}

}  // namespace hearth::weights
