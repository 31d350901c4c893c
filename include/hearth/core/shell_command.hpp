/// A command as a shell reads it.
#pragma once

#include <span>
#include <string>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The words with blanks between them, each in single quotes where a POSIX shell would see more in it than a word.
std::string shell_command(std::span<const std::string> words);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/shell_command.ipp>
#endif
