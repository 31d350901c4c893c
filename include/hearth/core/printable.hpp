/// Names and texts of others in a sentence: one line, readable, and safe to send to a terminal.
#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The text as it may stand in a message: valid UTF-8 stays as it is; line ends, other control characters and bytes
/// that are not UTF-8 become `\n`, `\t`, `\x1b`. Of a text with more than `most` bytes the beginning and "...".
std::string printable(std::string_view text, std::size_t most = 1000);

/// The same for a path.
template <std::same_as<std::filesystem::path> Path>
std::string printable(const Path& path) {
  return printable(std::string_view(path.native()), 5000);
}

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/printable.ipp>
#endif
