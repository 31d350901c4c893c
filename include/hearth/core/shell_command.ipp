#pragma once

#include <hearth/core/shell_command.hpp>

#include <string_view>

namespace hearth::core {

HEARTH_INLINE std::string shell_command(std::span<const std::string> words) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  std::string command;
  for (const std::string& word : words) {
    command += command.empty() ? "" : " ";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      command += word;
      continue;
    }
    command += '\'';
    for (const char letter : word) {
      command += letter == '\'' ? std::string(R"('\'')") : std::string(1, letter);
    }
    command += '\'';
  }
  return command;
}

}  // namespace hearth::core
