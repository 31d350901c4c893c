/// The names that are known in a .pth file: those of torch.load(weights_only=True), and numpy's numbers.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <hearth/weights/dtype.hpp>

namespace hearth::pth {

namespace detail {

/// torch/_weights_only_unpickler.py, _get_allowed_globals, but for the types and storages, which `Dtype` lists.
/// hearth runs none of them: it takes tensors from those it knows and leaves the others alone.
inline constexpr std::array<std::string_view, 41> pth_globals{
    "collections.OrderedDict",
    "collections.Counter",
    "builtins.set",
    "builtins.bytearray",
    "builtins.complex",
    "__builtin__.set",
    "__builtin__.bytearray",
    "__builtin__.complex",
    "_codecs.encode",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "torch.Size",
    "torch.Tensor",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.UntypedStorage",
    "torch.per_tensor_affine",
    "torch.per_tensor_symmetric",
    "torch.per_channel_affine",
    "torch.per_channel_symmetric",
    "torch.per_channel_affine_float_qparams",
    "torch.QInt8Storage",
    "torch.QUInt8Storage",
    "torch.QInt32Storage",
    "torch.QUInt4x2Storage",
    "torch.QUInt2x4Storage",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_nested_tensor",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._tensor._rebuild_from_type_v2",
    "torch.tensor._rebuild_from_type_v2",
};

}  // namespace detail

/// The type that a global like "torch.float32" names, or null.
constexpr const weights::Dtype* torch_dtype(std::string_view global) noexcept {
  constexpr std::string_view module = "torch.";
  return global.starts_with(module) ? weights::find_dtype(&weights::Dtype::name, global.substr(module.size()))
                                    : nullptr;
}

/// The element type of a storage class like "torch.FloatStorage", or null; "torch.cuda.FloatStorage" is the same here.
constexpr const weights::Dtype* torch_storage(std::string_view global) noexcept {
  for (const std::string_view module : {"torch.cuda.", "torch."}) {
    if (global.starts_with(module)) {
      return weights::find_dtype(&weights::Dtype::storage, global.substr(module.size()));
    }
  }
  return nullptr;
}

/// Whether the name is one of those. Others may stand beside the weights, but no tensor is made of them.
constexpr bool is_pth_global(std::string_view global) noexcept {
  return std::find(detail::pth_globals.begin(), detail::pth_globals.end(), global) != detail::pth_globals.end() ||
         torch_dtype(global) != nullptr || torch_storage(global) != nullptr;
}

}  // namespace hearth::pth
