#pragma once

#include <hearth/weights/read.hpp>

#include <memory>

#include <hearth/core/error.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/weights/formats.hpp>
#include <hearth/weights/mapped_tensors.hpp>
#include <hearth/weights/stored_tensor.hpp>

namespace hearth {

HEARTH_INLINE StateDict read_weights(const std::filesystem::path& path, const ReadOptions& options) {
  weights::MappedTensors tensors(std::make_shared<core::MappedFile>(path));
  try {
    StateDict state;
    for (const weights::StoredTensor& stored : weights::read_stored_tensors(tensors.bytes(), options.key)) {
      state.add(stored.name, tensors.make(stored));
    }
    return state;
  } catch (const Error& error) {
    core::fail("cannot read the weights of {}: {}", core::printable(path), core::printable(error.what(), 5000));
  }
}

HEARTH_INLINE std::vector<std::string> read_classes(const std::filesystem::path& path) {
  const core::MappedFile file(path);
  try {
    return weights::read_stored_classes(file.bytes());
  } catch (const Error& error) {
    core::fail("cannot read the classes of {}: {}", core::printable(path), core::printable(error.what(), 5000));
  }
}

}  // namespace hearth
