/// What launcher_test.cpp starts: a launcher of itself, `launched_program PROCESSES PATIENCE GRACE MODE …` (times in
/// milliseconds), and in each process what MODE says.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <hearth/core/console.hpp>
#include <hearth/dist/error_file.hpp>
#include <hearth/dist/launcher.hpp>

namespace dist = hearth::dist;

namespace {

std::string variable(const char* name) {
  const char* const value = ::getenv(name);
  return value == nullptr ? "-" : value;
}

/// Writes by itself, past the stream's memory.
void say(int stream, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t size = ::write(stream, text.data() + done, text.size() - done);
    if (size < 0) {
      std::_Exit(77);
    }
    done += static_cast<std::size_t>(size);
  }
}

[[noreturn]] void wait_forever() {
  for (;;) {
    ::pause();
  }
}

/// Says which signals come, until it is SIGTERM.
void tell_signals(const std::string& rank) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGHUP, SIGUSR1, SIGTERM}) {
    sigaddset(&set, signal);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  say(1, "ready " + rank + "\n");
  for (int signal = 0; signal != SIGTERM;) {
    if (::sigwait(&set, &signal) == 0) {
      say(1, "signal " + std::to_string(signal) + " " + rank + "\n");
    }
  }
}

int run(const std::vector<std::string>& words) {
  const std::string& mode = words[0];
  const std::string rank = variable("RANK");
  const auto argument = [&](std::size_t i) { return std::stoi(words.at(i)); };
  if (mode == "environment") {
    std::string text;
    for (const char* const name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR",
                                   "MASTER_PORT", "OMP_NUM_THREADS", "TORCHELASTIC_USE_AGENT_STORE"}) {
      text += std::string(name) + "=" + variable(name) + " ";
    }
    say(1, text + "\n");
  } else if (mode == "say") {
    say(1, "first " + rank + "\nlast " + rank);
    say(2, "error " + rank + "\nlast error " + rank);
  } else if (mode == "much") {
    for (int i = 0; i < 20'000; ++i) {
      say(1, "out " + std::to_string(i) + " of " + rank + "\n");
      say(2, "error " + std::to_string(i) + " of " + rank + "\n");
    }
  } else if (mode == "long") {
    say(1, std::string(300'000, 'x') + "\n");
  } else if (mode == "close") {
    ::close(1);
    say(2, "closed " + rank + "\n");
  } else if (mode == "exit") {  // exit RANK CODE: the others wait
    if (rank == words.at(1)) {
      say(2, "cannot go on");
      std::_Exit(argument(2));
    }
    wait_forever();
  } else if (mode == "raise") {  // raise RANK SIGNAL: the others notice, and end by themselves
    if (rank == words.at(1)) {
      ::raise(argument(2));
    }
    return 9;
  } else if (mode == "deaf") {  // rank 0 fails when rank 1 hears nothing any more, which FILE says
    if (rank == "1") {
      ::signal(SIGTERM, SIG_IGN);
      ::close(::open(words.at(1).c_str(), O_WRONLY | O_CREAT, 0600));
      wait_forever();
    }
    while (::access(words.at(1).c_str(), F_OK) != 0) {
      ::usleep(1000);
    }
    return 3;
  } else if (mode == "stopped") {  // rank 1 stops, rank 0 fails
    if (rank == "1") {
      ::raise(SIGSTOP);
      wait_forever();
    }
    return 3;
  } else if (mode == "signals") {
    tell_signals(rank);
  } else if (mode == "wait") {
    say(1, "ready " + rank + "\n");
    wait_forever();
  } else if (mode == "grandchild") {  // ends, but not what it has started, which holds its streams
    if (::fork() == 0) {
      ::signal(SIGHUP, SIG_IGN);
      wait_forever();
    }
    say(1, "done " + rank + "\n");
  } else if (mode == "terminal") {
    say(1, "rank " + rank + (::isatty(1) == 1 ? " has" : " has no") + " terminal\n");
    tell_signals(rank);
  } else {
    return 98;
  }
  return 0;
}

/// spawn SECOND_FAILS: two calls of `spawn`, whose bodies tell who they are.
int spawn_twice(int argc, char** argv) {
  const int first = dist::spawn(2, argc, argv, [](int rank) { say(1, "first, rank " + std::to_string(rank) + "\n"); });
  say(1, "after the first\n");
  const int second = dist::spawn(2, argc, argv, [&](int rank) {
    if (rank == 1) {
      throw std::runtime_error("no data on this one");
    }
    say(1, "second, rank " + std::to_string(rank) + "\n");
  });
  return first * 10 + second;
}

/// report SENTENCE: the last of two ranks fails, and tells torchrun why.
int report(const std::string& sentence) {
  if (variable("RANK") != "1") {
    return 0;
  }
  return dist::write_error_file(sentence) ? 5 : 6;
}

}  // namespace

int main(int argc, char** argv) {
  const hearth::Console console;
  const std::vector<std::string> words(argv, argv + argc);
  try {
    if (words.at(1) == "spawn") {
      return spawn_twice(argc, argv);
    }
    if (words.at(1) == "report") {
      return report(words.at(2));
    }
    if (dist::is_launched()) {
      return run({words.begin() + 4, words.end()});
    }
    dist::LaunchOptions options{.processes = std::stoi(words.at(1)),
                                .patience = std::chrono::milliseconds(std::stoi(words.at(2))),
                                .grace = std::chrono::milliseconds(std::stoi(words.at(3)))};
    return console.finish(dist::launch(options, words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 99;
  }
}
