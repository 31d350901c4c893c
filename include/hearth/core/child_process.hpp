/// Another program, started beside this one and fed through a pipe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/inline.hpp>

namespace hearth::core {

/// A program that reads its stdin from us and writes its stdout to us; its stderr is ours. It has a process group of
/// its own, so that Ctrl-C in a terminal is not for it, and no handler or mask of our signals. When we end, however
/// that happens, its stdin ends. Used by one thread.
class ChildProcess {
 public:
  /// Starts the program, which is looked for in PATH when its name has no slash. Throws Error when that is not
  /// possible.
  explicit ChildProcess(const std::vector<std::string>& words);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Leaves the program to itself, with its stdin at an end, unless it has ended.
  ~ChildProcess();

  pid_t id() const noexcept { return pid_; }

  /// Waits, at most so long, until the program has written something or, unless `bytes` is empty, can take something.
  /// Then writes what it takes of `bytes` without a wait, and moves their beginning behind that; adds to `output` what
  /// it has written. False when the program reads no more.
  bool exchange(std::string_view& bytes, std::string& output, std::chrono::milliseconds wait);

  /// Its stdin ends.
  void close_input() noexcept;

  /// Whether its stdout is still open.
  bool has_output() const noexcept { return static_cast<bool>(out_); }

  /// The exit code, as a shell gives it, once the program has ended.
  std::optional<int> ending();

 private:
  pid_t pid_ = -1;
  Descriptor in_;
  Descriptor out_;
  std::optional<int> ending_;
};

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/child_process.ipp>
#endif
