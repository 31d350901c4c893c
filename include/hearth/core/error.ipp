#pragma once

#include <hearth/core/error.hpp>

#include <fmt/format.h>

namespace hearth::core {

HEARTH_INLINE void fail_formatted(fmt::string_view sentence, fmt::format_args args) {
  throw Error(fmt::vformat(sentence, args));
}

}  // namespace hearth::core
