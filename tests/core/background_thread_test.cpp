#include <hearth/core/background_thread.hpp>

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

int own_nice() {
  return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)));
}

int first_core() {
  ::cpu_set_t cores;
  CPU_ZERO(&cores);
  REQUIRE(::sched_getaffinity(0, sizeof(cores), &cores) == 0);
  int core = 0;
  while (!CPU_ISSET(static_cast<std::size_t>(core), &cores)) {
    ++core;
  }
  return core;
}

}  // namespace

TEST_CASE("A background thread has its name, priority and cores, and the others keep theirs", "[background_thread]") {
  const int nice = own_nice();
  const int core = first_core();
  std::string name;
  int thread_nice = 0;
  ::cpu_set_t cores;
  std::thread([&] {
    core::enter_background({.name = "hearth-load-1234567", .nice = 3, .cores = {core}});
    std::array<char, 32> bytes{};
    ::pthread_getname_np(::pthread_self(), bytes.data(), bytes.size());
    name = bytes.data();
    thread_nice = own_nice();
    CPU_ZERO(&cores);
    ::sched_getaffinity(0, sizeof(cores), &cores);
  }).join();
  CHECK(name == "hearth-load-123");  // what the kernel keeps
  CHECK(thread_nice == std::min(nice + 3, 19));
  CHECK(CPU_COUNT(&cores) == 1);
  CHECK(CPU_ISSET(static_cast<std::size_t>(core), &cores));
  CHECK(own_nice() == nice);
}

TEST_CASE("A background thread of no options stays as it is", "[background_thread]") {
  int nice = -100;
  std::thread([&] {
    core::enter_background({});
    nice = own_nice();
  }).join();
  CHECK(nice == own_nice());
}

TEST_CASE("Priorities and cores that there are not are errors", "[background_thread]") {
  core::check_background("DataLoader", 0, {});
  core::check_background("DataLoader", 19, {first_core()});
  CHECK_THROWS_WITH(core::check_background("DataLoader", 20, {}),
                    "DataLoader: nice must be between 0 and 19, but got 20");
  CHECK_THROWS_WITH(core::check_background("DataLoader", -1, {}), ContainsSubstring("but got -1"));
  CHECK_THROWS_WITH(core::check_background("DataLoader", 0, {first_core(), 1000000}),
                    ContainsSubstring("DataLoader: core 1000000 is none that this process may use, which are " +
                                      std::to_string(first_core())));
  CHECK_THROWS_WITH(core::check_background("DataLoader", 0, {-1}), ContainsSubstring("core -1 is none"));
}
#endif
