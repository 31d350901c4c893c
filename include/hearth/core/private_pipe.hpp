/// A pipe that programs which are started do not see.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>

namespace hearth::core {

/// Its two ends.
struct Pipe {
  Descriptor out;  // the end that is read
  Descriptor in;
};

/// A pipe that programs which are started do not see. Its numbers are none of a standard stream's. Throws Error, which
/// begins with `who`, when the system has none left.
inline Pipe make_pipe(std::string_view who) {
  std::array<int, 2> ends{-1, -1};
  require(::pipe(ends.data()) == 0, "{}: the system has no pipe left: {}", who, std::generic_category().message(errno));
  const Descriptor out(ends[0]);
  const Descriptor in(ends[1]);
  Pipe pipe{Descriptor(::fcntl(out.number(), F_DUPFD_CLOEXEC, 3)),
            Descriptor(::fcntl(in.number(), F_DUPFD_CLOEXEC, 3))};
  require(pipe.out && pipe.in, "{}: the system has no pipe left: {}", who, std::generic_category().message(errno));
  return pipe;
}

}  // namespace hearth::core
