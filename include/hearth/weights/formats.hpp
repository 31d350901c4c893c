/// The formats of weights files: told by the content when a file is read, by the name when one is written.
///
/// This is the one place that decides whether a program has safetensors: it does where nlohmann_json is there.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/weights/output_file.hpp>
#include <hearth/weights/pth/reader.hpp>
#include <hearth/weights/pth/writer.hpp>
#include <hearth/weights/state_dict.hpp>
#include <hearth/weights/stored_tensor.hpp>
#if __has_include(<nlohmann/json.hpp>)
#define HEARTH_HAS_SAFETENSORS 1
#include <hearth/weights/safetensors/reader.hpp>
#include <hearth/weights/safetensors/writer.hpp>
HEARTH_RULE_1(hearth_all_parts_of_a_program_are_compiled_with_nlohmann_json_or_none_is);
#else
#define HEARTH_HAS_SAFETENSORS 0
HEARTH_RULE_0(hearth_all_parts_of_a_program_are_compiled_with_nlohmann_json_or_none_is);
#endif

namespace hearth::weights {

/// The tensors of a weights file, those of the state_dict `key` where the format has several. Throws Error saying what
/// is wrong with the file.
inline std::vector<StoredTensor> read_stored_tensors(std::span<std::byte> file, const std::string& key) {
  if (pth::is_zip_pth(file) || pth::is_older_pth(file)) {
    return pth::read_pth(file, key);
  }
#if HEARTH_HAS_SAFETENSORS
  core::require(safetensors::is_safetensors(file),
                "it is no file of weights: neither torch.save nor safetensors begins one like this");
  core::require(key.empty(), "a safetensors file has no entry '{}', only tensors", key);
  return safetensors::read_safetensors(file);
#else
  core::fail(
      "it does not begin as torch.save's files do, and the program was compiled without safetensors: nlohmann_json");
#endif
}

/// The names of the classes in a weights file; empty when it has none. Throws Error saying what is wrong with the file.
inline std::vector<std::string> read_stored_classes(std::span<std::byte> file) {
#if HEARTH_HAS_SAFETENSORS
  if (safetensors::is_safetensors(file)) {
    return safetensors::stored_classes(file);
  }
#endif
  return pth::stored_classes(pth::open_pth(file).document);
}

/// Writes the weights and the names of the classes, where there are some, to the open file in the format that the name
/// `path` asks for. Throws Error naming what cannot be written.
inline void write_state(const StateDict& state, const std::vector<std::string>& classes,
                        const std::filesystem::path& path, OutputFile& file) {
  for (const std::string& name : classes) {
    core::require(pickle::is_pickled_text(name), "save_weights: the name of class {} is not UTF-8",
                  &name - classes.data());
  }
  if (path.extension() == ".safetensors") {
#if HEARTH_HAS_SAFETENSORS
    safetensors::write_safetensors(state, classes, file);
#else
    core::fail("cannot write {}: the program was compiled without nlohmann_json", core::printable(path));
#endif
  } else {
    Value::Dict attributes;
    if (!classes.empty()) {
      attributes.set("classes", Value::List(classes.begin(), classes.end()));
    }
    pth::write_pth(state, file, "save_weights", attributes);
  }
}

}  // namespace hearth::weights
