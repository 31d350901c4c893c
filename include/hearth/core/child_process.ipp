#pragma once

#include <hearth/core/child_process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/core/private_pipe.hpp>

extern "C" char** environ;

namespace hearth::core {

namespace detail {

/// What posix_spawn is told.
struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

}  // namespace detail

HEARTH_INLINE ChildProcess::ChildProcess(const std::vector<std::string>& words) {
  Pipe input = make_pipe(words.front());
  Pipe output = make_pipe(words.front());
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);

  detail::SpawnPlan plan;
  ::posix_spawn_file_actions_adddup2(&plan.files, input.out.number(), 0);
  ::posix_spawn_file_actions_adddup2(&plan.files, output.in.number(), 1);
  sigset_t signals;
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&plan.attributes, &signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGCHLD}) {
    sigaddset(&signals, signal);
  }
  ::posix_spawnattr_setsigdefault(&plan.attributes, &signals);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int reason = ::posix_spawnp(&pid_, arguments.front(), &plan.files, &plan.attributes, arguments.data(), environ);
  require(reason == 0, "{} cannot be started: {}", words.front(), std::generic_category().message(reason));
  in_ = std::move(input.in);
  out_ = std::move(output.out);
  ::fcntl(in_.number(), F_SETFL, O_NONBLOCK);
  ::fcntl(out_.number(), F_SETFL, O_NONBLOCK);
}

HEARTH_INLINE ChildProcess::~ChildProcess() {
  close_input();
  ending();
}

HEARTH_INLINE bool ChildProcess::exchange(std::string_view& bytes, std::string& output,
                                          std::chrono::milliseconds wait) {
  // poll() leaves out what has a number below 0.
  std::array<pollfd, 2> events{{{bytes.empty() ? -1 : in_.number(), POLLOUT, 0}, {out_.number(), POLLIN, 0}}};
  ::poll(events.data(), events.size(), static_cast<int>(wait.count()));
  const NoPipeSignal scope;
  if (events[1].revents != 0) {
    std::array<char, 4096> part{};
    for (ssize_t size = 1; size > 0;) {
      size = ::read(out_.number(), part.data(), part.size());
      if (size > 0) {
        output.append(part.data(), static_cast<std::size_t>(size));
      } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        out_ = Descriptor();
      }
    }
  }
  if (bytes.empty() || !in_) {
    return static_cast<bool>(in_);
  }
  const ssize_t size = ::write(in_.number(), bytes.data(), bytes.size());
  if (size >= 0) {
    bytes.remove_prefix(static_cast<std::size_t>(size));
  } else if (errno != EAGAIN && errno != EINTR) {
    close_input();
  }
  return static_cast<bool>(in_);
}

HEARTH_INLINE void ChildProcess::close_input() noexcept {
  in_ = Descriptor();
}

HEARTH_INLINE std::optional<int> ChildProcess::ending() {
  int status = 0;
  if (!ending_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    ending_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return ending_;
}

}  // namespace hearth::core
