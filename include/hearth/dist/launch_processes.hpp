/// The processes of a launch, from their start to their end.
#pragma once

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/core/private_pipe.hpp>
#include <hearth/core/process.hpp>
#include <hearth/core/repeated_signal.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/dist/launch_options.hpp>
#include <hearth/dist/launch_output.hpp>
#include <hearth/dist/launch_signals.hpp>
#include <hearth/dist/reserved_port.hpp>
#include <hearth/dist/start_process.hpp>
#include <hearth/dist/variables.hpp>

namespace hearth::dist::detail {

/// How a process has ended.
struct Ending {
  int code = 0;  // as a shell gives it
  int signal = 0;
};

/// One that was started, until it has been waited for.
struct Child {
  int rank = 0;
  pid_t pid = -1;
  std::vector<Source> sources = {};
  std::optional<Ending> ending = {};

  void signal(int number) const noexcept {
    if (!ending) {
      ::kill(pid, number);
    }
  }
};

/// All processes of a launch, from their start to their end.
class Launch {
  using Clock = std::chrono::steady_clock;

 public:
  explicit Launch(const LaunchOptions& options) : options_(options) {
    std::fflush(stdout);
    if (options.master_port == 0 && options.nodes == 1) {
      port_.emplace();
    }
    if (!has_death_signal) {
      guard_.emplace();
    }
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  ~Launch() {
    for (const Child& child : children_) {  // after an exception alone: `run` returns when all have ended
      if (!child.ending) {
        ::kill(-child.pid, SIGKILL);
        ::waitpid(child.pid, nullptr, 0);
      }
    }
  }

  /// Starts the processes; returns the exit code when all have ended and what they wrote is passed on.
  int run(const std::vector<std::string>& words) {
    for (int local = 0; local < options_.processes; ++local) {
      start(local, words);
    }
    const core::NoPipeSignal scope;  // a reader of ours that has gone is none of their business
    while (is_any_running()) {
      poll_once();
      take_signals();
      take_endings();
      hurry();
    }
    for (Child& child : children_) {
      drain(child);
    }
    while (!is_given_up_ && !(out_.is_empty() && error_.is_empty())) {
      poll_once();
      take_signals();
    }
    return first_ ? first_->code : 0;
  }

 private:
  void start(int local, const std::vector<std::string>& words) {
    const auto& [processes, nodes, node_rank, master_addr, master_port, patience, grace, more] = options_;
    const int rank = node_rank * processes + local;
    std::vector<std::pair<std::string, std::string>> variables{{"RANK", std::to_string(rank)},
                                                               {"WORLD_SIZE", std::to_string(nodes * processes)},
                                                               {"LOCAL_RANK", std::to_string(local)},
                                                               {"LOCAL_WORLD_SIZE", std::to_string(processes)},
                                                               {"GROUP_RANK", std::to_string(node_rank)},
                                                               {launcher_variable, std::to_string(::getpid())}};
    std::vector<std::string> without{"TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RUN_ID",
                                     "TORCHELASTIC_RESTART_COUNT"};
    if (port_ || master_port != 0) {
      variables.emplace_back("MASTER_ADDR", port_ ? "127.0.0.1" : master_addr);
      variables.emplace_back("MASTER_PORT", std::to_string(port_ ? port_->number() : master_port));
    } else {
      without.insert(without.end(), {"MASTER_ADDR", "MASTER_PORT"});
    }
    if (::getenv("OMP_NUM_THREADS") == nullptr) {
      const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
      variables.emplace_back("OMP_NUM_THREADS", std::to_string(std::max(1U, cores / static_cast<unsigned>(processes))));
    }
    variables.insert(variables.end(), more.begin(), more.end());

    std::vector<std::string> arguments = words;
    std::vector<std::string> environment = environment_with(variables, without);
    const std::string path = program_path(words.front());
    const std::vector<char*> argument_pointers = pointers(arguments);
    const std::vector<char*> environment_pointers = pointers(environment);
    Start how{path.c_str(), argument_pointers.data(), environment_pointers.data()};
    Child child{rank};
    std::array<core::Pipe, 2> pipes;
    for (const bool is_error : {false, true}) {
      if (local == 0 && core::is_terminal(is_error ? stderr : stdout)) {
        continue;  // it has the terminal itself
      }
      core::Pipe& pipe = pipes[is_error ? 1 : 0];
      pipe = core::make_pipe("launch");
      (is_error ? how.error : how.out) = pipe.in.number();
      child.sources.emplace_back(std::move(pipe.out), is_error ? error_ : out_,
                                 rank == 0 && !is_error ? "" : fmt::format("[rank {}] ", rank));
    }
    child.pid = start_process(how);
    if (guard_) {
      guard_->add(child.pid);
    }
    children_.push_back(std::move(child));
  }

  bool is_any_running() const {
    return std::any_of(children_.begin(), children_.end(), [](const Child& child) { return !child.ending; });
  }

  /// Waits until something happens, and passes on what was written.
  void poll_once() {
    std::vector<pollfd> events{{signals_.descriptor(), POLLIN, 0}};
    std::vector<Source*> sources;
    std::vector<Sink*> sinks;
    for (Sink* const sink : {&out_, &error_}) {
      if (!sink->is_empty()) {
        events.push_back({sink->descriptor(), POLLOUT, 0});
        sinks.push_back(sink);
      }
    }
    for (Child& child : children_) {
      for (Source& source : child.sources) {
        if (source.is_open() && !source.is_waiting()) {
          events.push_back({source.descriptor(), POLLIN, 0});
          sources.push_back(&source);
        }
      }
    }
    int timeout = -1;
    if (deadline_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now()).count();
      timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
    }
    if (::poll(events.data(), static_cast<nfds_t>(events.size()), timeout) <= 0) {
      return;
    }
    std::size_t next = 1;
    for (Sink* const sink : sinks) {
      if (events[next++].revents != 0) {
        sink->write();
      }
    }
    for (Source* const source : sources) {
      if (events[next++].revents != 0) {
        source->read();
      }
    }
  }

  void take_signals() {
    while (const std::optional<SignalNote> note = signals_.take()) {
      const int signal = note->signal;
      if (signal == SIGCHLD) {
        continue;  // `take_endings` looks at all of them each time
      }
      if (signal == SIGTSTP) {
        signal_all(SIGSTOP);
        ::raise(SIGSTOP);
        signal_all(SIGCONT);
        continue;
      }
      if (core::is_repeated_signal(signal, last_.signal, note->milliseconds - last_.milliseconds)) {
        continue;
      }
      last_ = *note;
      signal_all(signal);
      if (signal != SIGUSR1) {
        is_given_up_ = !is_any_running();
        stop_ = stop_ == 0 ? signal : stop_;
        if (stage_ < Stage::ending) {
          stage_ = Stage::ending;
          deadline_ = Clock::now() + options_.grace;
        }
      }
    }
  }

  void signal_all(int signal) const {
    for (const Child& child : children_) {
      child.signal(signal);
    }
  }

  /// Waits for those that have ended.
  void take_endings() {
    std::vector<Child*> failed;
    for (Child& child : children_) {
      siginfo_t info{};
      if (child.ending || ::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
          info.si_pid != child.pid) {
        continue;
      }
      ::kill(-child.pid, SIGKILL);  // what it has started itself; its id is nobody else's until it is waited for
      if (guard_) {
        guard_->remove(child.pid);
      }
      ::waitpid(child.pid, nullptr, 0);
      const bool is_exit = info.si_code == CLD_EXITED;
      child.ending = is_exit ? Ending{info.si_status, 0} : Ending{128 + info.si_status, info.si_status};
      drain(child);
      if (child.ending->code != 0) {
        failed.push_back(&child);
      }
    }
    if (first_ || failed.empty()) {
      return;
    }
    // Of several at once: the others may have ended because one was killed, but nobody is killed by their end.
    const auto killed =
        std::find_if(failed.begin(), failed.end(), [](const Child* child) { return child->ending->signal != 0; });
    const Child& child = killed == failed.end() ? *failed.front() : **killed;
    first_ = *child.ending;
    if (stop_ == 0 || first_->code != 128 + stop_) {
      tell(child, first_->signal == 0
                      ? fmt::format("ended with exit code {}", first_->code)
                      : fmt::format("was ended by signal {} ({})", first_->signal, ::strsignal(first_->signal)));
    }
    if (stage_ == Stage::running) {
      stage_ = Stage::leaving;
      deadline_ = Clock::now() + options_.patience;
    }
  }

  /// Sends those that are still there what comes next, when their time is over.
  void hurry() {
    if (!deadline_ || Clock::now() < *deadline_) {
      return;
    }
    if (stage_ == Stage::leaving) {
      signal_all(SIGTERM);
      signal_all(SIGCONT);  // one that is stopped cannot end
      stage_ = Stage::ending;
      deadline_ = Clock::now() + options_.grace;
      return;
    }
    deadline_.reset();
    stage_ = Stage::killed;
    for (const Child& child : children_) {
      if (!child.ending) {
        ::kill(-child.pid, SIGKILL);
        tell(child, "does not end, and is killed");
      }
    }
  }

  void tell(const Child& child, std::string_view what) {
    error_.add_lines(fmt::format("{}: rank {} (process {}) {}\n", core::program_name(), child.rank, child.pid, what));
  }

  /// Passes on what is left of a process that has ended.
  static void drain(Child& child) {
    for (Source& source : child.sources) {
      while (source.is_open() && source.read()) {
      }
      if (source.is_open()) {
        source.close();  // something that it has started holds it still
      }
    }
  }

  /// running: nobody has failed; leaving: somebody has, the others may notice; ending: all were told to; killed.
  enum class Stage { running, leaving, ending, killed };

  const LaunchOptions& options_;
  LaunchSignals signals_;
  std::optional<ReservedPort> port_;
  Sink out_{stdout};
  Sink error_{stderr};
  std::optional<LaunchGuard> guard_;
  std::vector<Child> children_;
  Stage stage_ = Stage::running;
  std::optional<Clock::time_point> deadline_;
  std::optional<Ending> first_;  // that failed
  SignalNote last_;
  int stop_ = 0;              // the first signal that ends programs
  bool is_given_up_ = false;  // such a signal when only output was left to pass on
};

}  // namespace hearth::dist::detail
