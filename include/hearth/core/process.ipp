#pragma once

#include <hearth/core/process.hpp>

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <random>
#include <string_view>

namespace hearth::core {

namespace detail {

/// When a process started and whether it has ended already and waits for its parent to notice.
struct ProcessStart {
  std::uint64_t time = 0;  // 0: unknown
  bool has_ended = false;
};

#ifdef __linux__

/// The beginning of a file of the kernel's; empty when it cannot be read.
inline std::string read_kernel_file(const std::string& path) {
  std::string text;
  if (std::FILE* const file = std::fopen(path.c_str(), "re"); file != nullptr) {
    text.resize(4096);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
  }
  return text;
}

inline std::string machine_text() {
  const std::string boot = read_kernel_file("/proc/sys/kernel/random/boot_id");
  std::array<char, 64> space{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  return boot.empty() || length < 0 ? std::string()
                                    : boot + std::string(space.data(), static_cast<std::size_t>(length));
}

/// From the fields 3 (state) and 22 (start) of /proc/PID/stat; the name, field 2, may hold blanks and brackets.
inline ProcessStart process_start(std::int64_t pid) {
  const std::string text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  ProcessStart start;
  std::size_t place = text.rfind(')');
  if (place == std::string::npos || place + 2 >= text.size()) {
    return start;
  }
  start.has_ended = text[place + 2] == 'Z' || text[place + 2] == 'X';
  for (int field = 2; field < 22 && place != std::string::npos; ++field) {
    place = text.find(' ', place + 1);
  }
  if (place != std::string::npos) {
    std::from_chars(text.data() + place + 1, text.data() + text.size(), start.time);
  }
  return start;
}

#elif defined(__APPLE__)

inline std::string machine_text() {
  std::array<char, 64> session{};
  std::size_t size = session.size() - 1;
  return ::sysctlbyname("kern.bootsessionuuid", session.data(), &size, nullptr, 0) == 0 ? std::string(session.data())
                                                                                        : std::string();
}

inline ProcessStart process_start(std::int64_t pid) {
  struct kinfo_proc info {};
  std::size_t size = sizeof info;
  std::array<int, 4> name{CTL_KERN, KERN_PROC, KERN_PROC_PID, static_cast<int>(pid)};
  if (::sysctl(name.data(), 4, &info, &size, nullptr, 0) != 0 || size == 0) {
    return {};
  }
  const auto& time = info.kp_proc.p_starttime;
  return {static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec),
          info.kp_proc.p_stat == SZOMB};
}

#else

inline std::string machine_text() {
  return {};
}
inline ProcessStart process_start(std::int64_t) {
  return {};
}

#endif

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
inline std::uint64_t fnv1a(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

}  // namespace detail

HEARTH_INLINE Process this_process() {
  const std::string machine = detail::machine_text();
  return {fmt::format("{:016x}", machine.empty() ? 0 : detail::fnv1a(machine)), ::getpid(),
          detail::process_start(::getpid()).time};
}

HEARTH_INLINE Running is_running(const Process& process) {
  const std::string machine = detail::machine_text();
  if (machine.empty() || process.machine != fmt::format("{:016x}", detail::fnv1a(machine)) || process.pid <= 0 ||
      process.pid > std::numeric_limits<pid_t>::max()) {
    return Running::unknown;
  }
  if (::kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == ESRCH) {
    return Running::no;
  }
  const detail::ProcessStart start = detail::process_start(process.pid);
  if (start.has_ended) {
    return Running::no;
  }
  if (start.time == 0 || process.started == 0) {
    return Running::unknown;
  }
  return start.time == process.started ? Running::yes : Running::no;
}

HEARTH_INLINE std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("an unknown host");
}

HEARTH_INLINE std::string program_name() {
#ifdef __linux__
  const std::string command = detail::read_kernel_file("/proc/self/cmdline");
  const std::string path = command.substr(0, command.find('\0'));
#elif defined(__APPLE__)
  const std::string path = ::getprogname();
#else
  const std::string path;
#endif
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() ? "a program" : name;
}

HEARTH_INLINE std::string random_digits() {
  std::random_device bits;
  return fmt::format("{:08x}{:08x}", bits(), bits());
}

}  // namespace hearth::core
