/// What a program says on stderr.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <type_traits>

#include "temporary_folder.hpp"

namespace hearth_test {

/// What stderr is told meanwhile; `body` may take the file that it goes to.
template <class Body>
inline std::string told_by(Body body) {
  const TemporaryFolder temporary;
  std::fflush(stderr);
  const int before = ::dup(2);
  hearth::core::require(std::freopen((temporary / "err").c_str(), "w", stderr) != nullptr,
                        "stderr cannot go to a file");
  std::exception_ptr failure;
  try {
    if constexpr (std::is_invocable_v<Body, std::filesystem::path>) {
      body(temporary / "err");
    } else {
      body();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  std::fflush(stderr);
  ::dup2(before, 2);
  ::close(before);
  if (failure) {
    std::rethrow_exception(failure);
  }
  return read_text(temporary / "err");
}

}  // namespace hearth_test
