/// What an exception of LibTorch's says to people.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>

namespace hearth::dist::detail {

/// The words of an exception, without the places in LibTorch's sources where it comes from there.
inline std::string words_of(const std::exception& error) {
  const auto* const from_torch = dynamic_cast<const c10::Error*>(&error);
  return from_torch != nullptr ? from_torch->what_without_backtrace() : error.what();
}

}  // namespace hearth::dist::detail
