#include <hearth/core/threads.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using hearth_test::Environment;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;

namespace {

struct Run {
  int code = -1;
  bool keeps_process = false;
  std::string text;  // what it prints after its process id
};

/// Runs threads_program with the arguments "a b" and "" and the standard input "input".
Run run_program() {
  const TemporaryFolder folder;
  const auto input = folder.write("input", "input");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open(input.c_str(), O_RDONLY), 0);
    ::dup2(::open((folder / "output").c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::execl(HEARTH_THREADS_PROGRAM, HEARTH_THREADS_PROGRAM, "a b", "", static_cast<char*>(nullptr));
    std::_Exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const std::string text = read_text(folder / "output");
  const std::size_t blank = text.find(' ');
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text.substr(0, blank) == std::to_string(child),
          text.substr(blank + 1)};
}

}  // namespace

TEST_CASE("a machine with a core to spare spins for a bounded time, a busy one not at all", "[threads]") {
  CHECK(std::string_view(hearth::core::detail::spin_count(2, 0)) == "10000");
  CHECK(std::string_view(hearth::core::detail::spin_count(2, 1)) == "10000");
  CHECK(std::string_view(hearth::core::detail::spin_count(2, 2)) == "0");
  CHECK(std::string_view(hearth::core::detail::spin_count(64, 63)) == "10000");
  CHECK(std::string_view(hearth::core::detail::spin_count(64, 70)) == "0");
}

TEST_CASE("a program starts itself anew with the setting, and keeps process, arguments and input", "[threads]") {
#ifdef __linux__
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) {
    return;
  }
  const Environment no_count("GOMP_SPINCOUNT");
  const Environment no_policy("OMP_WAIT_POLICY");
  const Run run = run_program();
  CHECK(run.code == 3);
  CHECK(run.keeps_process);
  const std::string rest = " [threads_program] [a b] []input";
  CHECK((run.text == "GOMP_SPINCOUNT=10000" + rest || run.text == "GOMP_SPINCOUNT=0" + rest));
#endif
}

TEST_CASE("what the user has set is not changed", "[threads]") {
  {
    const Environment count("GOMP_SPINCOUNT", "123");
    const Environment no_policy("OMP_WAIT_POLICY");
    CHECK(run_program().text == "GOMP_SPINCOUNT=123 [threads_program] [a b] []input");
  }
  {
    const Environment no_count("GOMP_SPINCOUNT");
    const Environment policy("OMP_WAIT_POLICY", "active");
    CHECK(run_program().text == "GOMP_SPINCOUNT=none [threads_program] [a b] []input");
  }
}

TEST_CASE("a program without libgomp goes on as it is", "[threads]") {
  const Environment no_count("GOMP_SPINCOUNT");
  const Environment no_policy("OMP_WAIT_POLICY");
  char* const argv[] = {nullptr};
  hearth::tune_threads(const_cast<char**>(argv));  // would not return, or would set the variable
  CHECK(::getenv("GOMP_SPINCOUNT") == nullptr);
}
