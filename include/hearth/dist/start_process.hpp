/// This program started once more, as a process that does not outlive the one that started it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/private_pipe.hpp>
#include <hearth/dist/launch_signals.hpp>

extern "C" char** environ;

namespace hearth::dist::detail {

/// Whether the kernel ends a process with the one that started it.
#ifdef __linux__
inline constexpr bool has_death_signal = true;
#else
inline constexpr bool has_death_signal = false;
#endif

/// The file of this program, by which it is started again.
inline std::string program_path(const std::string& name) {
  std::array<char, 4096> path{};
#ifdef __linux__
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length > 0) {
    // A program that was built anew since has another file: the old one is still there by this name.
    return ::access(path.data(), X_OK) == 0 ? std::string(path.data()) : "/proc/self/exe";
  }
#elif defined(__APPLE__)
  std::uint32_t size = path.size();
  if (::_NSGetExecutablePath(path.data(), &size) == 0) {
    return path.data();
  }
#endif
  return name;
}

/// A process's environment: ours, but for these variables.
inline std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables,
                                                 const std::vector<std::string>& without) {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool is_replaced =
        std::any_of(variables.begin(), variables.end(), [&](const auto& variable) { return variable.first == name; });
    if (!is_replaced && std::find(without.begin(), without.end(), name) == without.end()) {
      all.emplace_back(text);
    }
  }
  for (const auto& [name, value] : variables) {
    all.push_back(name + "=" + value);
  }
  return all;
}

/// The pointers that exec takes.
inline std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) {
    all.push_back(word.data());
  }
  all.push_back(nullptr);
  return all;
}

/// What a process needs between fork and exec, where nothing may be allocated.
struct Start {
  const char* path = nullptr;
  char* const* words = nullptr;
  char* const* environment = nullptr;
  int out = -1;  // its stdout and stderr; -1: ours
  int error = -1;
  int failure = -1;  // where it writes the errno of an exec that failed
  pid_t launcher = 0;
  sigset_t signals{};  // its mask
};

[[noreturn]] inline void become(const Start& start) noexcept {
  LaunchSignals::reset();
  ::setsid();
#ifdef __linux__
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (::getppid() != start.launcher) {
    ::_exit(127);  // it has gone before that
  }
  if (const int empty = ::open("/dev/null", O_RDONLY); empty > 0) {
    ::dup2(empty, 0);
    ::close(empty);
  }
  if (start.out >= 0) {
    ::dup2(start.out, 1);
  }
  if (start.error >= 0) {
    ::dup2(start.error, 2);
  }
  ::pthread_sigmask(SIG_SETMASK, &start.signals, nullptr);
  ::execve(start.path, start.words, start.environment);
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = ::write(start.failure, &reason, sizeof reason);
  ::_exit(127);
}

/// Starts a process; throws Error when that is not possible.
inline pid_t start_process(Start start) {
  core::Pipe failure = core::make_pipe("launch");
  start.failure = failure.in.number();
  start.launcher = ::getpid();
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &start.signals);  // no handler of ours runs in it
  const pid_t pid = ::fork();
  if (pid == 0) {
    become(start);
  }
  int reason = errno;
  ::pthread_sigmask(SIG_SETMASK, &start.signals, nullptr);
  core::require(pid > 0, "launch: a process cannot be started: {}", std::generic_category().message(reason));
  failure.in = core::Descriptor();
  ssize_t size = 0;
  do {
    size = ::read(failure.out.number(), &reason, sizeof reason);  // until exec closes it
  } while (size < 0 && errno == EINTR);
  if (size == sizeof reason) {
    ::waitpid(pid, nullptr, 0);
    core::fail("launch: {} cannot be started: {}", start.path, std::generic_category().message(reason));
  }
  return pid;
}

/// Kills processes when the one that has made it is gone, however that has ended: for systems where the kernel does
/// not. A process of its own, which waits for the end of a pipe.
class LaunchGuard {
 public:
  LaunchGuard() {
    core::Pipe pipe = core::make_pipe("launch");
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(pipe.in.number());
      watch(pipe.out.number());
    }
    const int reason = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    core::require(pid_ > 0, "launch: a process cannot be started: {}", std::generic_category().message(reason));
    pipe_ = std::move(pipe.in);
  }
  LaunchGuard(const LaunchGuard&) = delete;
  LaunchGuard& operator=(const LaunchGuard&) = delete;
  ~LaunchGuard() {
    pipe_ = core::Descriptor();
    ::waitpid(pid_, nullptr, 0);
  }

  /// Kills the process, and those of its group, when this one is gone.
  void add(pid_t process) const noexcept { tell(process); }

  /// No more: it has ended.
  void remove(pid_t process) const noexcept { tell(-process); }

 private:
  static constexpr std::size_t most = 4096;

  void tell(pid_t process) const noexcept {
    [[maybe_unused]] const ssize_t written = ::write(pipe_.number(), &process, sizeof process);
  }

  [[noreturn]] static void watch(int pipe) noexcept {  // after a fork: nothing may be allocated
    ::setsid();
    std::array<pid_t, most> processes{};
    pid_t told = 0;
    for (ssize_t size = 1; size != 0;) {
      size = ::read(pipe, &told, sizeof told);
      if (size == sizeof told) {
        const auto place = std::find(processes.begin(), processes.end(), told > 0 ? 0 : -told);
        if (place != processes.end()) {
          *place = told > 0 ? told : 0;
        }
      }
    }
    for (const pid_t process : processes) {
      if (process != 0) {
        ::kill(-process, SIGKILL);
      }
    }
    ::_exit(0);
  }

  pid_t pid_ = -1;
  core::Descriptor pipe_;
};

}  // namespace hearth::dist::detail
