/// The files of tests/weights/reference, and the lines that say what is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hearth/weights/stored_tensor.hpp>

#include "temporary_folder.hpp"

/// The path of a file there.
inline std::filesystem::path reference(const std::string& name) {
  return std::filesystem::path(HEARTH_TEST_DIR) / "weights" / "reference" / name;
}

/// The lines of a text file there.
inline std::vector<std::string> reference_lines(const std::string& name) {
  std::ifstream file(reference(name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// "name dtype 2x3 hex", as make_reference.py has it: the bytes are those of the values in order.
inline std::string reference_line(std::string_view name, std::string_view dtype, const std::vector<std::int64_t>& sizes,
                                  std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return fmt::format("{} {} {} {}", name, dtype, sizes.empty() ? "scalar" : fmt::format("{}", fmt::join(sizes, "x")),
                     hex.empty() ? "-" : hex);
}

/// The values of a described tensor in order, gathered from its storage one by one.
inline std::string gather(const hearth::weights::StoredTensor& tensor) {
  std::string bytes;
  std::vector<std::int64_t> index(tensor.sizes.size(), 0);
  for (;;) {
    std::int64_t place = tensor.offset;
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (tensor.sizes[i] == 0) {
        return bytes;
      }
      place += index[i] * tensor.strides[i];
    }
    const auto element =
        tensor.storage.subspan(static_cast<std::size_t>(place) * tensor.dtype->bytes, tensor.dtype->bytes);
    bytes.append(reinterpret_cast<const char*>(element.data()), element.size());
    std::size_t i = index.size();
    while (i > 0 && ++index[i - 1] == tensor.sizes[i - 1]) {
      index[--i] = 0;
    }
    if (i == 0) {
      return bytes;
    }
  }
}

using hearth_test::TemporaryFolder;
