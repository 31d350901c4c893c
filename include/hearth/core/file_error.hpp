/// The sentence for a file that the operating system refuses.
#pragma once

#include <filesystem>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// Throws Error: `cannot write runs/best.pth: No space left on device`, for the action "cannot write" and the errno.
[[noreturn]] void fail_on_file(std::string_view action, const std::filesystem::path& path, int reason);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/file_error.ipp>
#endif
