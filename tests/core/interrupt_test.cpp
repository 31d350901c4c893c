#include <hearth/core/interrupt.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stop_token>
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
    const std::stop_callback saved(interrupt.token(), [&] {
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

TEST_CASE("a second signal ends the program at once", "[interrupt]") {
  const int status = status_of_child([] {
    InterruptSignal interrupt(60s);
    const std::stop_callback slow(interrupt.token(), [] {
      ::kill(::getpid(), SIGINT);
      std::this_thread::sleep_for(60s);
    });
    ::kill(::getpid(), SIGINT);
    std::this_thread::sleep_for(60s);
  });
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE("without a signal it goes as quietly as it came, and restores the mask", "[interrupt]") {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  for (int i = 0; i < 20; ++i) {
    const InterruptSignal interrupt;
    CHECK_FALSE(interrupt.token().stop_requested());
  }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR2}) {
    CHECK(sigismember(&before, signal) == sigismember(&after, signal));
  }
}
