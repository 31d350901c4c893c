#include <hearth/core/console.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include <hearth/core/no_pipe_signal.hpp>
#include <hearth/core/process.hpp>
#include <hearth/core/terminal.hpp>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;

namespace {

/// Runs `main` in a child process with its own stdout and stderr, and gives its exit code; 1000 + the signal when one
/// ended it.
template <class Main>
int run(const char* output, const char* errors, Main main) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    for (const auto& [name, number] : {std::pair(output, 1), std::pair(errors, 2)}) {
      const int file = name != nullptr ? ::open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
      if (file >= 0) {
        ::dup2(file, number);
        ::close(file);
      }
    }
    for (const auto& [name, number] : {std::pair(output, 1), std::pair(errors, 2)}) {
      if (name == nullptr) {
        ::close(number);
      }
    }
    std::exit(main());  // with the streams flushed, as at the end of main
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

const std::string lost = core::program_name() + ": the output could not be written: ";

int print_and_finish() {
  const Console console;
  Console::print("epoch {}\n", 3);
  Console::print_error("error {}\n", 4);
  return console.finish(0);
}

}  // namespace

TEST_CASE("what is printed arrives, and the exit code is that of the program", "[console]") {
  const TemporaryFolder folder;
  const std::string output = (folder / "output").string();
  const std::string errors = (folder / "errors").string();
  CHECK(run(output.c_str(), errors.c_str(), print_and_finish) == 0);
  CHECK(read_text(output) == "epoch 3\n");
  CHECK(read_text(errors) == "error 4\n");
  CHECK(run(output.c_str(), errors.c_str(), [] { return Console().finish(7); }) == 7);
}

TEST_CASE("a silent process shows its errors alone, until it speaks again", "[console]") {
  const TemporaryFolder folder;
  const std::string output = (folder / "output").string();
  const std::string errors = (folder / "errors").string();
  CHECK(run(output.c_str(), errors.c_str(), [] {
          Console::silence();
          print_and_finish();
          core::show(stdout, "lost\n");
          Console::silence(false);
          return print_and_finish();
        }) == 0);
  CHECK(read_text(output) == "epoch 3\n");
  CHECK(read_text(errors) == "error 4\nerror 4\n");
}

TEST_CASE("a full disk does not end the program, which says once at its end that its output is incomplete",
          "[console]") {
  if (::access("/dev/full", W_OK) != 0) {
    return;
  }
  const TemporaryFolder folder;
  const std::string errors = (folder / "errors").string();
  CHECK(run("/dev/full", errors.c_str(), [] {
          print_and_finish();
          return print_and_finish();
        }) == 1);
  CHECK_THAT(read_text(errors), ContainsSubstring("error 4\n" + lost + "No space left on device\n"));
  CHECK(run("/dev/full", "/dev/full", print_and_finish) == 1);
}

TEST_CASE("output that others print and lose is told of too", "[console]") {
  if (::access("/dev/full", W_OK) != 0) {
    return;
  }
  const TemporaryFolder folder;
  const std::string errors = (folder / "errors").string();
  CHECK(run("/dev/full", errors.c_str(), [] {
          const Console console;
          std::printf("by hand\n");
          return console.finish(0);
        }) == 1);
  CHECK(read_text(errors) == lost + "No space left on device\n");
}

TEST_CASE("stderr that cannot be written to is no failure of the program", "[console]") {
  const TemporaryFolder folder;
  const std::string output = (folder / "output").string();
  CHECK(run(output.c_str(), "/dev/full", print_and_finish) == 0);
  CHECK(run(output.c_str(), nullptr, print_and_finish) == 0);
  CHECK(read_text(output) == "epoch 3\nepoch 3\n");
}

TEST_CASE("what is printed to a closed stream does not get into a file that is opened later", "[console]") {
  const TemporaryFolder folder;
  const std::string output = (folder / "output").string();
  const std::string file = (folder / "file").string();
  CHECK(run(output.c_str(), nullptr, [&] {
          const Console console;
          std::FILE* const opened = std::fopen(file.c_str(), "w");
          Console::print_error("progress\n");
          std::fclose(opened);
          return console.finish(0);
        }) == 0);
  CHECK(read_text(file).empty());
  CHECK(run(nullptr, file.c_str(), print_and_finish) == 1);
  CHECK_THAT(read_text(file), ContainsSubstring(lost + "Bad file descriptor"));
}

TEST_CASE("a reader that has gone does not end the program", "[console]") {
  const TemporaryFolder folder;
  const std::string errors = (folder / "errors").string();
  CHECK(run("/dev/null", errors.c_str(), [] {
          std::array<int, 2> pipe{};
          if (::pipe(pipe.data()) != 0) {
            return 97;
          }
          ::dup2(pipe[1], 1);
          ::close(pipe[0]);
          ::close(pipe[1]);
          print_and_finish();
          return print_and_finish();
        }) == 1);
  CHECK_THAT(read_text(errors), ContainsSubstring(lost + "Broken pipe"));
}

TEST_CASE("the signal of a broken pipe is held back for one thread and one scope", "[console]") {
  // What was pending before stays pending, and outside the scope the signal is the program's own again.
  CHECK(run("/dev/null", "/dev/null", [] {
          std::array<int, 2> pipe{};
          if (::pipe(pipe.data()) != 0 || ::close(pipe[0]) != 0) {
            return 97;
          }
          {
            const core::NoPipeSignal scope;
            if (::write(pipe[1], "x", 1) != -1) {
              return 96;
            }
          }
          [[maybe_unused]] const auto ending = ::write(pipe[1], "x", 1);
          return 95;
        }) == 1000 + SIGPIPE);
}

TEST_CASE("a terminal's width is what it is now, else COLUMNS, else 80", "[terminal]") {
  const hearth_test::Environment columns("COLUMNS");
  std::FILE* const file = std::tmpfile();
  CHECK(core::terminal_width(file) == 80);
  {
    const hearth_test::Environment narrow("COLUMNS", "40");
    CHECK(core::terminal_width(file) == 40);
  }
  {
    const hearth_test::Environment nonsense("COLUMNS", "wide");
    CHECK(core::terminal_width(file) == 80);
  }
  std::fclose(file);
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) {
    return;
  }
  std::FILE* const stream = ::fdopen(terminal, "w");
  for (const unsigned short width : std::array<unsigned short, 2>{132, 57}) {
    struct winsize size {};
    size.ws_row = 24;
    size.ws_col = width;
    if (::ioctl(terminal, TIOCSWINSZ, &size) == 0) {
      CHECK(core::terminal_width(stream) == width);
    }
  }
  std::fclose(stream);
}

TEST_CASE("a line is cut to the columns that there are, never inside a character", "[terminal]") {
  CHECK(core::fit_columns("━━──", 3) == "━━─");
  CHECK(core::fit_columns("━━──", 4) == "━━──");
  CHECK(core::fit_columns("abc", 0).empty());
  CHECK(core::fit_columns("", 5).empty());
  const hearth_test::Environment columns("COLUMNS", "6");
  const TemporaryFolder folder;
  std::FILE* const file = std::fopen((folder / "line").c_str(), "w");
  core::rewrite_line(file, "━━━━━━━━");
  std::fclose(file);
  CHECK(read_text(folder / "line") == "\r━━━━━\033[K");
}

TEST_CASE("bars and durations are formatted for people", "[terminal]") {
  CHECK(core::format_bar(0, 3, 4) == "────");
  CHECK(core::format_bar(1, 2, 4) == "━━──");
  CHECK(core::format_bar(3, 3, 4) == "━━━━");
  CHECK(core::format_duration(7.4) == "0:07");
  CHECK(core::format_duration(754) == "12:34");
  CHECK(core::format_duration(12069) == "3:21:09");
}
