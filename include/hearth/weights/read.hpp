/// Reads weights from a file into tensors: torch.save's .pth in both its formats, and safetensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/weights/mapped_tensors.hpp>
#include <hearth/weights/pth/reader.hpp>
#include <hearth/weights/state_dict.hpp>
#include <hearth/weights/stored_tensor.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <hearth/weights/safetensors/reader.hpp>
#endif

namespace hearth {

/// How `read_weights` reads.
struct ReadOptions {
  /// Which state_dict of a checkpoint: a key of its dict, or several joined by '/', like "model_ema" or "state/model".
  /// Empty: the file's only one, or the one that `find_state_dict` prefers.
  std::string key = {};
};

namespace detail {

/// The tensors of a weights file of any format that is known.
inline std::vector<weights::StoredTensor> read_stored_tensors(std::span<std::byte> file, const std::string& key) {
  if (pth::is_zip_pth(file) || pth::is_older_pth(file)) {
    return pth::read_pth(file, key);
  }
#if __has_include(<nlohmann/json.hpp>)
  core::require(safetensors::is_safetensors(file),
                "it is no file of weights: neither torch.save nor safetensors begins one like this");
  core::require(key.empty(), "a safetensors file has no entry '{}', only tensors", key);
  return safetensors::read_safetensors(file);
#else
  core::fail(
      "it does not begin as torch.save's files do, and the program was compiled without safetensors: nlohmann_json");
#endif
}

}  // namespace detail

/// The state_dict in a file that torch.save or safetensors wrote; the format is told by its content. Tensors lie on the
/// CPU, have the file's types, and share memory where they shared it when saved. The file is mapped, not copied: its
/// pages are read when they are used, and what is written to the tensors does not reach it. It may be replaced or
/// deleted meanwhile, but not shortened in place. Throws Error naming the file and what is wrong with it.
inline StateDict read_weights(const std::filesystem::path& path, const ReadOptions& options = {}) {
  weights::MappedTensors tensors(std::make_shared<core::MappedFile>(path));
  try {
    StateDict state;
    for (const weights::StoredTensor& stored : detail::read_stored_tensors(tensors.bytes(), options.key)) {
      state.add(stored.name, tensors.make(stored));
    }
    return state;
  } catch (const Error& error) {
    core::fail("cannot read the weights of {}: {}", path.string(), error.what());
  }
}

}  // namespace hearth
