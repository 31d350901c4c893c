#include <hearth/core/interrupt.hpp>

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "catch.hpp"

using namespace hearth;
using namespace std::chrono_literals;

namespace {

/// Runs `body` in a child process and gives what waitpid says of it.
template <class Body>
int status_of_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGINT, SIG_DFL);  // Catch has its own handler
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGHUP, SIG_DFL);
    body();
    std::_Exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("SIGINT stops the token, and the program goes on to its own end", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(10s);
    ::kill(::getpid(), SIGINT);
    while (!interrupt.token().stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    std::_Exit(7);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a program that does not end in time is ended after its stop callbacks have run", "[interrupt]") {
  int channel[2];
  REQUIRE(::pipe(channel) == 0);
  const int status = status_of_child([&] {
    InterruptSignal interrupt(20ms);
    const StopCallback saved(interrupt.token(), [&] {
      std::this_thread::sleep_for(100ms);
      [[maybe_unused]] const auto written = ::write(channel[1], "s", 1);
    });
    ::kill(::getpid(), SIGTERM);
    std::this_thread::sleep_for(60s);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
  char byte = 0;
  CHECK(::read(channel[0], &byte, 1) == 1);
  CHECK(byte == 's');
  ::close(channel[0]);
  ::close(channel[1]);
}

TEST_CASE("a program that has waited for a save beyond the patience goes on to its own end", "[interrupt]") {
  const int status = status_of_child([] {
    std::atomic<bool> is_saved{false};
    {
      InterruptSignal interrupt(20ms);
      const StopCallback slow(interrupt.token(), [&] {
        std::this_thread::sleep_for(100ms);
        is_saved = true;
      });
      ::kill(::getpid(), SIGTERM);
      while (!is_saved) {
        std::this_thread::sleep_for(1ms);
      }
      std::this_thread::sleep_for(20ms);  // its last words
    }
    std::_Exit(7);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a stop callback that never returns does not keep the program", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(1ms, 30ms);
    const StopCallback blocked(interrupt.token(), [] { std::this_thread::sleep_for(60s); });
    ::kill(::getpid(), SIGTERM);
    std::this_thread::sleep_for(60s);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
}

TEST_CASE("a thread that has stopped in the middle of writing does not keep the program", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(1ms);
    ::flockfile(stdout);
    ::kill(::getpid(), SIGTERM);
    std::this_thread::sleep_for(60s);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
}

TEST_CASE("a second signal ends the program at once, whatever its callbacks do", "[interrupt]") {
  for (const int second : {SIGTERM, SIGINT}) {
    const int status = status_of_child([&] {
      InterruptSignal interrupt(60s, 60s);
      const StopCallback slow(interrupt.token(), [&] {
        std::this_thread::sleep_for(50ms);  // the same signal within 20 ms is taken for the first
        ::kill(::getpid(), second);
        std::this_thread::sleep_for(60s);
      });
      ::kill(::getpid(), SIGINT);
      std::this_thread::sleep_for(60s);
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + SIGINT);
  }
}

TEST_CASE("a terminal that goes sends its signal twice, and the program goes on to its own end", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(60s);
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGHUP);
    while (!interrupt.token().stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    std::_Exit(interrupt.exit_code());
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGHUP);
}

TEST_CASE("a signal stops the token whichever thread it comes to, also one that was there before", "[interrupt]") {
  const int status = status_of_child([] {
    std::thread older([] { std::this_thread::sleep_for(60s); });
    InterruptSignal interrupt(60s);
    ::pthread_kill(older.native_handle(), SIGINT);
    while (!interrupt.token().stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    std::_Exit(7);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("signals that are none of its own change nothing", "[interrupt]") {
  const int status = status_of_child([] {
    ::signal(SIGUSR1, [](int) {});
    ::signal(SIGUSR2, [](int) {});
    InterruptSignal interrupt(60s);
    for (int i = 0; i < 20; ++i) {
      ::kill(::getpid(), SIGUSR1);
      ::kill(::getpid(), SIGUSR2);
      std::this_thread::sleep_for(1ms);
    }
    ::kill(::getpid(), SIGINT);
    while (!interrupt.token().stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    std::_Exit(7);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("a signal that the program was started to ignore stays ignored", "[interrupt]") {
  const int status = status_of_child([] {
    ::signal(SIGHUP, SIG_IGN);  // as nohup does
    InterruptSignal interrupt(60s);
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
    while (!interrupt.token().stop_requested()) {
      std::this_thread::sleep_for(1ms);
    }
    std::_Exit(interrupt.exit_code());
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
}

TEST_CASE("the exit code is 0 without a signal and 128 + the first one otherwise", "[interrupt]") {
  for (const int signal : {0, SIGINT, SIGTERM, SIGHUP}) {
    const int status = status_of_child([&] {
      InterruptSignal interrupt(60s);
      ::kill(::getpid(), signal);
      while (signal != 0 && !interrupt.token().stop_requested()) {
        std::this_thread::sleep_for(1ms);
      }
      std::_Exit(interrupt.exit_code());
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == (signal == 0 ? 0 : 128 + signal));
  }
}

// ThreadSanitizer passes no signals on in the child of a process that has threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEARTH_TEST_NO_SIGNALS_AFTER_FORK
#endif
#elif defined(__SANITIZE_THREAD__)
#define HEARTH_TEST_NO_SIGNALS_AFTER_FORK
#endif

#ifndef HEARTH_TEST_NO_SIGNALS_AFTER_FORK
TEST_CASE("a child made by fork ends by a signal, and its parent goes on", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(60s);
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      ::kill(::getpid(), SIGTERM);
      ::sleep(60);
    }
    int end = 0;
    ::waitpid(grandchild, &end, 0);
    std::_Exit(WIFEXITED(end) && WEXITSTATUS(end) == 128 + SIGTERM && interrupt.exit_code() == 0 ? 7 : 8);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
#endif

TEST_CASE("without a signal it goes as quietly as it came, and restores handlers and mask", "[interrupt]") {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  struct sigaction handler_before {};
  struct sigaction handler_after {};
  ::sigaction(SIGINT, nullptr, &handler_before);
  for (int i = 0; i < 20; ++i) {
    const InterruptSignal interrupt;
    CHECK_FALSE(interrupt.token().stop_requested());
    CHECK_THROWS_WITH(InterruptSignal(), "InterruptSignal: there is one already, and a process has one at most");
  }
  ::sigaction(SIGINT, nullptr, &handler_after);
  CHECK(handler_before.sa_handler == handler_after.sa_handler);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    CHECK(sigismember(&before, signal) == sigismember(&after, signal));
  }
}
