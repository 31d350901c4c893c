/// Weights as the safetensors library writes them.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/safetensors/header.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth::safetensors {

/// Writes the tensors densely, those of wide types first so that each is aligned; the header keeps their order. The
/// format has no shared storages: tensors that share one are written each. The names of the classes go into the
/// metadata. Throws Error naming the tensor whose type it lacks, or the file when it cannot be written.
inline void write_safetensors(const StateDict& state, const std::vector<std::string>& classes,
                              weights::OutputFile& file) {
  Header contents;
  std::vector<Entry>& entries = contents.entries;
  std::vector<std::size_t> order;
  for (const auto& [name, tensor] : state) {
    const weights::Dtype* const dtype = tensor.defined() ? weights::find_dtype(tensor.scalar_type()) : nullptr;
    core::require(
        dtype != nullptr && !dtype->safetensors.empty() && tensor.layout() == at::kStrided && !tensor.is_meta(),
        "save_weights: {} is not a dense tensor of a type that safetensors files hold", name);
    order.push_back(entries.size());
    entries.push_back({name, std::string(dtype->safetensors), tensor.sizes().vec(), 0, tensor.nbytes()});
  }
  const auto begin = state.begin();
  const auto tensor_at = [&](std::size_t i) -> const at::Tensor& {
    return (begin + static_cast<std::ptrdiff_t>(i))->second;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tensor_at(a).element_size() > tensor_at(b).element_size();
  });
  std::uint64_t position = 0;
  for (const std::size_t i : order) {
    entries[i].begin = position;
    entries[i].end = position += entries[i].end;
  }

  if (!classes.empty()) {
    contents.metadata["classes"] = nlohmann::json(classes).dump();
  }
  const std::string header = write_safetensors_header(contents);
  std::string size;
  core::append_little_endian(size, std::uint64_t{header.size()});
  file.write(size + header);
  for (const std::size_t i : order) {
    const at::Tensor dense = tensor_at(i).cpu().contiguous().resolve_conj().resolve_neg();
    file.write({static_cast<const std::byte*>(dense.const_data_ptr()), dense.nbytes()});
  }
}

}  // namespace hearth::safetensors
