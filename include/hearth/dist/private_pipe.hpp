/// A pipe that programs which are started do not see.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>

namespace hearth::dist::detail {

struct Pipe {
  core::Descriptor out;  // the end that is read
  core::Descriptor in;
};

/// A pipe that programs which are started do not see. Its numbers are none of a standard stream's.
inline Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  core::require(::pipe(ends.data()) == 0, "launch: the system has no pipe left: {}",
                std::generic_category().message(errno));
  const core::Descriptor out(ends[0]);
  const core::Descriptor in(ends[1]);
  Pipe pipe{core::Descriptor(::fcntl(out.number(), F_DUPFD_CLOEXEC, 3)),
            core::Descriptor(::fcntl(in.number(), F_DUPFD_CLOEXEC, 3))};
  core::require(pipe.out && pipe.in, "launch: the system has no pipe left: {}", std::generic_category().message(errno));
  return pipe;
}

}  // namespace hearth::dist::detail
