#include <hearth/core/folder_lock.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/process.hpp>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using core::FolderLock;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The text of a lock, as another machine or another program would have written it.
std::string lock_of(const core::Process& holder, const std::string& token = "0123456789abcdef") {
  return "hearth lock\ntoken " + token + "\nmachine " + holder.machine + "\npid " + std::to_string(holder.pid) +
         "\nstarted " + std::to_string(holder.started) +
         "\nhost gpu-07\nsince 2026-01-02 03:04:05\nprogram tiny_imagenet\nend\n";
}

/// The text itself as a file, not by way of one aside.
void put(const fs::path& path, const std::string& text) {
  const core::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
  REQUIRE(::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

void touch_before(const fs::path& path, std::chrono::seconds age) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::array<timespec, 2> times{timespec{(now - age).count(), 0}, timespec{(now - age).count(), 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

const core::Process elsewhere{.machine = "00000000000000aa", .pid = 1, .started = 1};

/// A process id of this machine that belongs to no process any more.
core::Process ended_process() {
  const pid_t child = ::fork();
  if (child == 0) {
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
  core::Process process = core::this_process();
  process.pid = child;
  return process;
}

}  // namespace

TEST_CASE("a lock keeps every other one out, and goes with its object", "[folder_lock]") {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder / ".lock");
    CHECK(lock.is_held());
    CHECK_NOTHROW(lock.require_held());
    CHECK_THROWS_AS(FolderLock(folder / ".lock"), Error);
    CHECK(fs::exists(folder / ".lock"));
  }
  CHECK(folder.names().empty());
  CHECK_NOTHROW(FolderLock(folder / ".lock"));
}

TEST_CASE("whoever gets no lock is told who has it", "[folder_lock]") {
  const TemporaryFolder folder;
  const FolderLock lock(folder / ".lock");
  const std::string sentence = error_of([&] { FolderLock(folder / ".lock"); });
  CHECK_THAT(sentence, ContainsSubstring((folder / ".lock").string() + " is locked"));
  CHECK_THAT(sentence, ContainsSubstring(core::program_name()));
  CHECK_THAT(sentence, ContainsSubstring("process " + std::to_string(::getpid()) + " on " + core::host_name()));
  CHECK_THAT(sentence, ContainsSubstring("since 20"));
  CHECK_THAT(sentence, ContainsSubstring("wait until it has ended, or name another folder"));
}

TEST_CASE("a lock from another machine holds as long as it is touched", "[folder_lock]") {
  const TemporaryFolder folder;
  put(folder / ".lock", lock_of(elsewhere));
  touch_before(folder / ".lock", 50s);
  const std::string sentence = error_of([&] { FolderLock(folder / ".lock"); });
  CHECK_THAT(sentence, ContainsSubstring("tiny_imagenet (process 1 on gpu-07) works there since 2026-01-02 03:04:05"));
  CHECK_THAT(sentence, ContainsSubstring("the lock would end 60 s after its last sign of life"));
  touch_before(folder / ".lock", 70s);
  CHECK_NOTHROW(FolderLock(folder / ".lock"));
  CHECK(folder.names().empty());
}

TEST_CASE("a lock whose process of this machine has ended is taken over at once", "[folder_lock]") {
  const TemporaryFolder folder;
  put(folder / ".lock", lock_of(ended_process()));
  const FolderLock lock(folder / ".lock");
  CHECK_THAT(read_text(folder / ".lock"), ContainsSubstring("pid " + std::to_string(::getpid()) + "\n"));
  CHECK(folder.names() == std::vector<std::string>{".lock"});
}

TEST_CASE("a process id that was given again does not keep a lock", "[folder_lock]") {
  core::Process process = core::this_process();
  if (process.started == 0) {
    return;  // this system does not say when a process started
  }
  const TemporaryFolder folder;
  process.started -= 1;
  put(folder / ".lock", lock_of(process));
  CHECK_NOTHROW(FolderLock(folder / ".lock"));
}

TEST_CASE("a process of this machine keeps its lock, however long it stands still", "[folder_lock]") {
  if (core::this_process().started == 0) {
    return;
  }
  const TemporaryFolder folder;
  put(folder / ".lock", lock_of(core::this_process()));
  touch_before(folder / ".lock", 24h);
  CHECK_THROWS_WITH(FolderLock(folder / ".lock"), ContainsSubstring("is locked"));
}

TEST_CASE("a holder that is killed leaves a lock that the next one gets", "[folder_lock]") {
  const TemporaryFolder folder;
  std::array<int, 2> channel{};
  REQUIRE(::pipe(channel.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const FolderLock lock(folder / ".lock");
      [[maybe_unused]] const auto written = ::write(channel[1], "x", 1);
      ::pause();
    } catch (...) {
    }
    std::_Exit(1);
  }
  char byte = 0;
  REQUIRE(::read(channel[0], &byte, 1) == 1);
  CHECK_THROWS_WITH(FolderLock(folder / ".lock"), ContainsSubstring("process " + std::to_string(child)));
  REQUIRE(::kill(child, SIGKILL) == 0);
  // It is dead from here, whether its parent has asked for its end already or not.
  const FolderLock lock = FolderLock::wait(folder / ".lock");
  CHECK(lock.is_held());
  ::waitpid(child, nullptr, 0);
  ::close(channel[0]);
  ::close(channel[1]);
}

TEST_CASE("a lock that is made but not written yet holds for the lease", "[folder_lock]") {
  const TemporaryFolder folder;
  for (const std::string& text : {std::string(), lock_of(ended_process()).substr(0, 70)}) {
    put(folder / ".lock", text);
    CHECK_THROWS_WITH(FolderLock(folder / ".lock"), ContainsSubstring("is locked"));
    touch_before(folder / ".lock", 2min);
    CHECK_NOTHROW(FolderLock(folder / ".lock"));
    CHECK(folder.names().empty());
  }
}

TEST_CASE("a file that is no lock is left alone", "[folder_lock]") {
  const TemporaryFolder folder;
  put(folder / ".lock", "a user's notes\n");
  touch_before(folder / ".lock", 24h);
  CHECK_THROWS_WITH(FolderLock(folder / ".lock"), ContainsSubstring("is in the way: it is no lock"));
  CHECK(read_text(folder / ".lock") == "a user's notes\n");
  fs::create_directory(folder / "inside");
  CHECK_THROWS_WITH(FolderLock(folder / "inside"), ContainsSubstring("is in the way: it is no lock"));
}

TEST_CASE("a lock that cannot be made is an error with the reason", "[folder_lock]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(FolderLock(folder / "absent/.lock"), ContainsSubstring("cannot lock " + folder.path().string()) &&
                                                             ContainsSubstring("No such file or directory"));
}

TEST_CASE("of many that wait for one stale lock, one at a time gets it", "[folder_lock]") {
  const TemporaryFolder folder;
  const core::Process ended = ended_process();
  for (int round = 0; round < 15; ++round) {
    put(folder / ".lock", lock_of(ended, "0123456789abcde" + std::to_string(round % 10)));
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> served{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const FolderLock lock = FolderLock::wait(folder / ".lock");
        const int now = ++inside;
        if (now > most) {
          most = now;
        }
        std::this_thread::yield();
        --inside;
        ++served;
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(most == 1);
    CHECK(served == 4);
    CHECK(folder.names().empty());
  }
}

TEST_CASE("processes that are killed in the middle neither share the lock nor block the others", "[folder_lock]") {
  // Each holder makes `busy` with O_EXCL, which fails when there is a second one, and removes it. A victim that is
  // killed before its lock says whose it is leaves one that ends with its lease, so that is short here.
  const TemporaryFolder folder;
  const auto wait = [&] { return FolderLock::wait(folder / ".lock", {}, {.lease = 100ms}); };
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int code = 0;
      try {
        for (int round = 0; round < 15; ++round) {
          const pid_t victim = ::fork();  // takes the lock again and again until it is killed, often while it has it
          if (victim == 0) {
            try {
              for (;;) {
                const FolderLock taken = wait();
              }
            } catch (...) {
            }
            std::_Exit(0);
          }
          ::usleep(static_cast<useconds_t>(300 * round));
          ::kill(victim, SIGKILL);
          ::waitpid(victim, nullptr, 0);
          const FolderLock lock = wait();
          const int busy = ::open((folder / "busy").c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
          code = busy < 0 ? 2 : code;
          ::close(busy);
          ::unlink((folder / "busy").c_str());
        }
      } catch (...) {
        code = 3;
      }
      std::_Exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  wait();
  CHECK(folder.names().empty());
}

TEST_CASE("a waiter is told once for whom it waits, and gets the lock then", "[folder_lock]") {
  const TemporaryFolder folder;
  auto first = std::make_unique<FolderLock>(folder / ".lock");
  std::vector<std::string> told;
  const FolderLock second = FolderLock::wait(folder / ".lock", [&](const std::string& sentence) {
    told.push_back(sentence);
    first.reset();
  });
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], ContainsSubstring("is locked: " + core::program_name()));
  CHECK(second.is_held());
}

TEST_CASE("what a waiter's callback throws ends the wait", "[folder_lock]") {
  const TemporaryFolder folder;
  const FolderLock lock(folder / ".lock");
  CHECK_THROWS_WITH(FolderLock::wait(folder / ".lock", [](const std::string&) { throw std::runtime_error("enough"); }),
                    "enough");
}

TEST_CASE("a lock that is held is touched again and again", "[folder_lock]") {
  const TemporaryFolder folder;
  const FolderLock lock(folder / ".lock", {.lease = 60s, .beat = 1ms});
  touch_before(folder / ".lock", 24h);
  const auto old = fs::last_write_time(folder / ".lock");
  while (fs::last_write_time(folder / ".lock") == old) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(lock.is_held());
}

TEST_CASE("a holder whose lock was taken over or removed notices, and leaves the other's alone", "[folder_lock]") {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder / ".lock", {.lease = 60s, .beat = 1ms});
    fs::remove(folder / ".lock");
    put(folder / ".lock", lock_of(elsewhere));
    while (lock.is_held()) {
      std::this_thread::sleep_for(1ms);
    }
    CHECK_THROWS_WITH(lock.require_held(), ContainsSubstring("is no longer this run's"));
  }
  CHECK(read_text(folder / ".lock") == lock_of(elsewhere));
  fs::remove(folder / ".lock");
  const FolderLock lock(folder / ".lock");
  fs::remove(folder / ".lock");
  CHECK_THROWS_WITH(lock.require_held(), ContainsSubstring("is no longer this run's"));
}

TEST_CASE("a child made by fork does not end its parent's lock", "[folder_lock]") {
  const TemporaryFolder folder;
  auto lock = std::make_unique<FolderLock>(folder / ".lock");
  const pid_t child = ::fork();
  if (child == 0) {
    lock.reset();
    std::_Exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK_NOTHROW(lock->require_held());
}

TEST_CASE("a lock moves with its object", "[folder_lock]") {
  const TemporaryFolder folder;
  FolderLock first(folder / ".lock");
  {
    const FolderLock second(std::move(first));
    CHECK(second.is_held());
    CHECK_THROWS_AS(FolderLock(folder / ".lock"), Error);
  }
  CHECK(folder.names().empty());
}
