/// Reads weights from a file into tensors: torch.save's .pth in both its formats, and safetensors.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/_neg_view.h>
#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Storage.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/weights/pth_reader.hpp>
#include <hearth/weights/scalar_type.hpp>
#include <hearth/weights/state_dict.hpp>
#include <hearth/weights/stored_tensor.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <hearth/weights/safetensors_reader.hpp>
#endif

namespace hearth {

/// How `read_weights` reads.
struct ReadOptions {
  /// Which state_dict of a checkpoint: a key of its dict, or several joined by '/', like "model_ema" or "state/model".
  /// Empty: the file's only one, or the one that `find_state_dict` prefers.
  std::string key = {};
};

namespace detail {

/// A storage on the bytes of a mapped file, which it keeps mapped. Bytes that do not lie as the type needs are copied.
inline c10::Storage make_storage(const std::shared_ptr<MappedFile>& file, std::span<std::byte> bytes,
                                 std::size_t element_size) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % element_size != 0) {
    c10::DataPtr copy = c10::GetCPUAllocator()->allocate(bytes.size());
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    return {c10::Storage::use_byte_size_t(), bytes.size(), std::move(copy)};
  }
  auto owner = std::make_unique<std::shared_ptr<MappedFile>>(file);
  c10::DataPtr view(
      bytes.data(), owner.get(), [](void* kept) { delete static_cast<std::shared_ptr<MappedFile>*>(kept); },
      c10::Device(c10::DeviceType::CPU));
  static_cast<void>(owner.release());
  return {c10::Storage::use_byte_size_t(), bytes.size(), std::move(view)};
}

inline at::Tensor make_tensor(const StoredTensor& stored, const c10::Storage& storage) {
  at::Tensor tensor = at::empty({0}, scalar_type(*stored.dtype));
  tensor.set_(storage, stored.offset, stored.sizes, stored.strides);
  if (stored.conjugate) {
    tensor = tensor.conj();
  }
  if (stored.negative) {
    require(tensor.is_floating_point() || tensor.is_complex(), "the tensor {} has the neg bit but is of the type {}",
            stored.name, stored.dtype->name);
    tensor = at::_neg_view(tensor);
  }
  return tensor;
}

/// The tensors of a weights file of any format that is known.
inline std::vector<StoredTensor> read_stored_tensors(std::span<std::byte> file, const std::string& key) {
  if (is_zip_pth(file) || is_older_pth(file)) {
    return read_pth(file, key);
  }
#if __has_include(<nlohmann/json.hpp>)
  require(is_safetensors(file), "it is no file of weights: neither torch.save nor safetensors begins one like this");
  require(key.empty(), "a safetensors file has no entry '{}', only tensors", key);
  return read_safetensors(file);
#else
  fail("it does not begin as torch.save's files do, and the program was compiled without safetensors: nlohmann_json");
#endif
}

}  // namespace detail

/// The state_dict in a file that torch.save or safetensors wrote; the format is told by its content. Tensors lie on the
/// CPU, have the file's types, and share memory where they shared it when saved. The file is mapped, not copied: its
/// pages are read when they are used, and what is written to the tensors does not reach it. It may be replaced or
/// deleted meanwhile, but not shortened in place. Throws Error naming the file and what is wrong with it.
inline StateDict read_weights(const std::filesystem::path& path, const ReadOptions& options = {}) {
  const auto file = std::make_shared<MappedFile>(path);
  try {
    StateDict state;
    std::map<std::tuple<const std::byte*, std::size_t, std::size_t>, c10::Storage> storages;
    for (const StoredTensor& stored : detail::read_stored_tensors(file->bytes(), options.key)) {
      auto& storage = storages[{stored.storage.data(), stored.storage.size(), stored.dtype->bytes}];
      if (!storage) {
        storage = detail::make_storage(file, stored.storage, stored.dtype->bytes);
      }
      state.add(stored.name, detail::make_tensor(stored, storage));
    }
    return state;
  } catch (const Error& error) {
    fail("cannot read the weights of {}: {}", path.string(), error.what());
  }
}

}  // namespace hearth
