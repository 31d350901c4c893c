#pragma once

#include <hearth/core/file_error.hpp>

#include <system_error>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::core {

HEARTH_INLINE void fail_on_file(std::string_view action, const std::filesystem::path& path, int reason) {
  fail("{} {}: {}", action, printable(path), std::generic_category().message(reason));
}

}  // namespace hearth::core
