#include <hearth/dist/launcher.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/error.hpp>
#include <hearth/dist/launch_processes.hpp>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;

namespace {

/// launched_program at work. Every process of it holds the pipe `life`, which ends when the last of them has gone.
class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    words.insert(words.begin(), HEARTH_LAUNCHED_PROGRAM);
    std::vector<char*> pointers = dist::detail::pointers(words);
    std::array<int, 2> life{};
    REQUIRE(::pipe(life.data()) == 0);
    pipe_ = core::make_pipe("launch");
    life_ = core::Descriptor(life[0]);
    pid_ = ::fork();
    if (pid_ == 0) {
      for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        ::signal(signal, SIG_DFL);  // Catch has its own handlers
      }
      ::close(life[0]);
      ::dup2(pipe_.in.number(), 1);
      ::dup2(::open((folder_ / "error").c_str(), O_WRONLY | O_CREAT, 0600), 2);
      ::execv(HEARTH_LAUNCHED_PROGRAM, pointers.data());
      std::_Exit(96);
    }
    ::close(life[1]);
    pipe_.in = core::Descriptor();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  /// Reads stdout until it has the text so many times, and gives what it has read so far.
  const std::string& read_until(const std::string& text, std::size_t times) {
    while (count(out_, text) < times && read()) {
    }
    return out_;
  }

  /// Waits for the end, and gives the exit code, as a shell does.
  int finish() {
    while (read()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    char byte = 0;
    while (::read(life_.number(), &byte, 1) < 0 && errno == EINTR) {  // waits for whatever would still be there
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  void signal(int number) const { ::kill(pid_, number); }
  const std::string& out() const { return out_; }
  std::string error() const { return read_text(folder_ / "error"); }

  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++times;
    }
    return times;
  }

 private:
  bool read() {
    std::array<char, 4096> piece{};
    const ssize_t size = ::read(pipe_.out.number(), piece.data(), piece.size());
    out_.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return size > 0 || (size < 0 && errno == EINTR);
  }

  TemporaryFolder folder_;
  core::Pipe pipe_;
  core::Descriptor life_;
  pid_t pid_ = -1;
  std::string out_;
};

std::multiset<std::string> lines(const std::string& text) {
  std::multiset<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    all.insert(line);
  }
  return all;
}

constexpr const char* hour = "3600000";

}  // namespace

TEST_CASE("each process is told its place, where to meet, and its share of the cores", "[launcher]") {
  const hearth_test::Environment threads("OMP_NUM_THREADS");
  const hearth_test::Environment agent("TORCHELASTIC_USE_AGENT_STORE", "True");
  Program program({"3", hour, hour, "environment"});
  REQUIRE(program.finish() == 0);
  const std::string out = program.out();
  const std::string port = out.substr(out.find("MASTER_PORT=") + 12, out.find(" OMP_") - out.find("MASTER_PORT=") - 12);
  CHECK(std::stoi(port) > 1023);
  const std::string share = std::to_string(std::max(1U, std::thread::hardware_concurrency() / 3));
  for (const std::string rank : {"0", "1", "2"}) {
    CHECK_THAT(out, ContainsSubstring((rank == "0" ? "" : "[rank " + rank + "] ") + "RANK=" + rank +
                                      " WORLD_SIZE=3 LOCAL_RANK=" + rank +
                                      " LOCAL_WORLD_SIZE=3 GROUP_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port +
                                      " OMP_NUM_THREADS=" + share + " TORCHELASTIC_USE_AGENT_STORE=- \n"));
  }
}

TEST_CASE("threads that the user has chosen stay as they are", "[launcher]") {
  const hearth_test::Environment threads("OMP_NUM_THREADS", "7");
  Program program({"2", hour, hour, "environment"});
  REQUIRE(program.finish() == 0);
  CHECK(Program::count(program.out(), "OMP_NUM_THREADS=7 ") == 2);
}

TEST_CASE("lines have their rank before them, but for the output of rank 0, and none is lost", "[launcher]") {
  Program program({"3", hour, hour, "say"});
  REQUIRE(program.finish() == 0);
  CHECK(lines(program.out()) == std::multiset<std::string>{"first 0", "last 0", "[rank 1] first 1", "[rank 1] last 1",
                                                           "[rank 2] first 2", "[rank 2] last 2"});
  CHECK(lines(program.error()) == std::multiset<std::string>{"[rank 0] error 0", "[rank 0] last error 0",
                                                             "[rank 1] error 1", "[rank 1] last error 1",
                                                             "[rank 2] error 2", "[rank 2] last error 2"});
}

TEST_CASE("much output of all at once comes whole, line by line", "[launcher]") {
  Program program({"3", hour, hour, "much"});
  REQUIRE(program.finish() == 0);
  std::multiset<std::string> out;
  std::multiset<std::string> error;
  for (const std::string rank : {"0", "1", "2"}) {
    for (int i = 0; i < 20'000; ++i) {
      const std::string rest = std::to_string(i) + " of " + rank;
      out.insert((rank == "0" ? "" : "[rank " + rank + "] ") + "out " + rest);
      error.insert("[rank " + rank + "] error " + rest);
    }
  }
  CHECK((lines(program.out()) == out));
  CHECK((lines(program.error()) == error));
}

TEST_CASE("a very long line passes in parts", "[launcher]") {
  Program program({"2", hour, hour, "long"});
  REQUIRE(program.finish() == 0);
  CHECK(Program::count(program.out(), "x") == 600'000);
}

TEST_CASE("a process that closes its stdout goes on", "[launcher]") {
  Program program({"2", hour, hour, "close"});
  REQUIRE(program.finish() == 0);
  CHECK(lines(program.error()) == std::multiset<std::string>{"[rank 0] closed 0", "[rank 1] closed 1"});
}

TEST_CASE("when one fails, the others are ended, and its exit code is the launcher's", "[launcher]") {
  Program program({"3", "10", hour, "exit", "2", "7"});
  CHECK(program.finish() == 7);
  const std::string error = program.error();
  CHECK_THAT(error, ContainsSubstring("[rank 2] cannot go on\nlaunched_program: rank 2 (process "));
  CHECK_THAT(error, ContainsSubstring(") ended with exit code 7\n"));
  CHECK(Program::count(error, "\n") == 2);
}

TEST_CASE("the one that a signal ended is named, not those that ended because of it", "[launcher]") {
  Program program({"2", hour, hour, "raise", "1", std::to_string(SIGKILL)});
  const int code = program.finish();
  CHECK((code == 128 + SIGKILL || code == 9));  // 9: rank 0 came to its end by itself before
  CHECK_THAT(program.error(), ContainsSubstring(code == 9 ? "rank 0 (process " : "rank 1 (process "));
  CHECK_THAT(program.error(), ContainsSubstring(code == 9 ? "exit code 9" : "signal 9 (Killed)"));
}

TEST_CASE("a process that ignores SIGTERM is killed when its time is over", "[launcher]") {
  const TemporaryFolder folder;
  Program program({"2", "10", "10", "deaf", folder / "deaf"});
  CHECK(program.finish() == 3);
  CHECK_THAT(program.error(), ContainsSubstring("rank 0 (process ") && ContainsSubstring("ended with exit code 3\n") &&
                                  ContainsSubstring("rank 1 (process ") &&
                                  ContainsSubstring("does not end, and is killed\n"));
}

TEST_CASE("a process that is stopped ends with the others, without being killed", "[launcher]") {
  Program program({"2", "300", "600000", "stopped"});
  CHECK(program.finish() == 3);
  CHECK_THAT(program.error(), !ContainsSubstring("is killed"));
}

TEST_CASE("signals come to every process once", "[launcher]") {
  Program program({"2", hour, hour, "signals"});
  program.read_until("ready", 2);
  for (const int signal : {SIGUSR1, SIGHUP, SIGINT, SIGTERM}) {
    program.signal(signal);
    if (signal != SIGTERM) {
      program.read_until("signal " + std::to_string(signal) + " ", 2);
    }
  }
  CHECK(program.finish() == 0);
  for (const int signal : {SIGUSR1, SIGHUP, SIGINT, SIGTERM}) {
    CHECK(Program::count(program.out(), "signal " + std::to_string(signal) + " ") == 2);
  }
}

TEST_CASE("a launcher that is asked to end gives the signal's exit code, without blaming a rank", "[launcher]") {
  Program program({"2", hour, hour, "wait"});
  program.read_until("ready", 2);
  program.signal(SIGTERM);
  CHECK(program.finish() == 128 + SIGTERM);
  CHECK(program.error().empty());
}

TEST_CASE("nothing outlives a launcher that is killed", "[launcher]") {
  Program program({"3", hour, hour, "wait"});
  program.read_until("ready", 3);
  program.signal(SIGKILL);
  CHECK(program.finish() == 128 + SIGKILL);  // returns when the last one has gone
}

TEST_CASE("nothing outlives a process that starts others itself", "[launcher]") {
  Program program({"2", hour, hour, "grandchild"});
  CHECK(program.finish() == 0);
  CHECK(lines(program.out()) == std::multiset<std::string>{"done 0", "[rank 1] done 1"});
}

TEST_CASE("a guard kills the processes that it was told of when their launcher is gone", "[launcher]") {
  std::array<int, 2> life{};
  REQUIRE(::pipe(life.data()) == 0);
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const dist::detail::LaunchGuard guard;
    for (int i = 0; i < 2; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::setsid();
        [[maybe_unused]] const auto written = ::write(ready[1], "r", 1);
        ::execl("/bin/sleep", "sleep", "3600", nullptr);
        std::_Exit(96);
      }
      guard.add(child);
    }
    char bytes[2];
    for (int i = 0; i < 2; ++i) {
      [[maybe_unused]] const auto size = ::read(ready[0], bytes, 1);
    }
    ::kill(::getpid(), SIGKILL);
  }
  ::close(life[1]);
  ::waitpid(launcher, nullptr, 0);
  char byte = 0;
  CHECK(::read(life[0], &byte, 1) == 0);
  for (const int end : {life[0], ready[0], ready[1]}) {
    ::close(end);
  }
}

TEST_CASE("on a terminal rank 0 has it itself, and Ctrl-C comes to each process once", "[launcher]") {
  const core::Descriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(terminal);
  REQUIRE((::grantpt(terminal.number()) == 0 && ::unlockpt(terminal.number()) == 0));
  const std::string name = ::ptsname(terminal.number());
  const pid_t program = ::fork();
  if (program == 0) {
    ::setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      ::signal(signal, SIG_DFL);
    }
    const int end = ::open(name.c_str(), O_RDWR);
    ::ioctl(end, TIOCSCTTY, 0);
    for (int stream = 0; stream < 3; ++stream) {
      ::dup2(end, stream);
    }
    ::execl(HEARTH_LAUNCHED_PROGRAM, HEARTH_LAUNCHED_PROGRAM, "2", hour, hour, "terminal", nullptr);
    std::_Exit(96);
  }
  std::string out;
  const auto read_until = [&](const std::string& text, std::size_t times) {
    std::array<char, 256> piece{};
    for (ssize_t size = 1; Program::count(out, text) < times && size > 0;) {
      size = ::read(terminal.number(), piece.data(), piece.size());
      out.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
  };
  read_until("ready", 2);
  CHECK_THAT(out, ContainsSubstring("rank 0 has terminal") && ContainsSubstring("[rank 1] rank 1 has no terminal"));
  REQUIRE(::write(terminal.number(), "\x03", 1) == 1);
  const std::string interrupt = "signal " + std::to_string(SIGINT) + " ";
  read_until(interrupt, 2);
  ::kill(program, SIGTERM);
  read_until("signal " + std::to_string(SIGTERM) + " ", 2);
  CHECK(Program::count(out, interrupt) == 2);
  int status = 0;
  ::waitpid(program, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("spawn calls the body in processes of its own, each for its own call", "[launcher]") {
  Program program({"spawn"});
  CHECK(program.finish() == 1);
  const std::multiset<std::string> out = lines(program.out());
  CHECK(out.count("first, rank 0") == 1);
  CHECK(out.count("[rank 1] first, rank 1") == 1);
  CHECK(out.count("second, rank 0") == 1);
  CHECK_THAT(program.error(), ContainsSubstring("[rank 1] launched_program: rank 1: no data on this one\n"));
}

TEST_CASE("a reserved port is nobody else's, and rank 0 can listen on it", "[launcher]") {
  const dist::detail::ReservedPort port;
  const core::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port.number()));
  const auto bind = [&] {
    return ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
#ifdef __linux__
  CHECK_FALSE(bind());
#endif
  const int on = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  CHECK(bind());
  CHECK(::listen(socket.number(), 1) == 0);
}

TEST_CASE("wrong options of a launch are errors", "[launcher]") {
  CHECK_THROWS_WITH(dist::launch({.processes = 0}, {"a"}), ContainsSubstring("processes must be 1 to 4096, but got 0"));
  CHECK_THROWS_WITH(dist::launch({.nodes = 2, .node_rank = 2}, {"a"}), ContainsSubstring("got 2 of 2 nodes"));
  CHECK_THROWS_WITH(dist::launch({.master_port = 80}, {"a"}), ContainsSubstring("but got \"\" and 80"));
  CHECK_THROWS_WITH(dist::launch({}, {}), ContainsSubstring("is empty"));
}
