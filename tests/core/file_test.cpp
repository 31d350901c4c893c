#include <hearth/core/file.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

TEST_CASE("write_file and read_file carry every byte", "[file]") {
  const TemporaryFolder folder;
  std::vector<std::byte> bytes(100'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(i * 7 % 256);
  }
  core::write_file(folder / "bytes", bytes);
  CHECK(core::read_file(folder / "bytes") == bytes);
  core::write_file(folder / "empty", std::string_view());
  CHECK(core::read_file(folder / "empty").empty());
}

TEST_CASE("read_file names the file that it cannot read, and why", "[file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(core::read_file(folder / "absent"),
                    ContainsSubstring((folder / "absent").string()) && ContainsSubstring("No such file"));
  CHECK_THROWS_WITH(core::read_file(folder / "."), ContainsSubstring("is a directory"));
}

TEST_CASE("make_folder makes the folders above too, and again is no error", "[file]") {
  const TemporaryFolder folder;
  core::make_folder(folder / "a/b/c");
  CHECK(fs::is_directory(folder / "a/b/c"));
  CHECK_NOTHROW(core::make_folder(folder / "a/b/c"));
}

TEST_CASE("make_folder says what is in the way", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "plain", "not a folder");
  CHECK_THROWS_WITH(core::make_folder(folder / "plain"), ContainsSubstring((folder / "plain").string()));
  CHECK_THROWS_WITH(core::make_folder(folder / "plain/below"), ContainsSubstring("Not a directory"));
}

TEST_CASE("write_file replaces the file that was there", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "notes", "a long first version");
  core::write_file(folder / "notes", "second");
  CHECK(read_text(folder / "notes") == "second");
  CHECK(folder.names() == std::vector<std::string>{"notes"});
}

TEST_CASE("a writer that throws leaves the old file and nothing aside", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "notes", "old");
  const auto half = [](const fs::path& aside) {
    std::ofstream(aside) << "half";
    throw std::runtime_error("interrupted");
  };
  CHECK_THROWS_WITH(core::replace_file(folder / "notes", half), "interrupted");
  CHECK(read_text(folder / "notes") == "old");
  CHECK(folder.names() == std::vector<std::string>{"notes"});
}

TEST_CASE("until the writer is done, readers see the old file", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "notes", "old");
  core::replace_file(folder / "notes", [&](const fs::path& aside) {
    std::ofstream(aside) << "new";
    CHECK(aside.parent_path() == (folder / "notes").parent_path());
    CHECK(read_text(folder / "notes") == "old");
  });
  CHECK(read_text(folder / "notes") == "new");
}

TEST_CASE("a writer that makes no file is an error", "[file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(core::replace_file(folder / "notes", [](const fs::path&) {}), Error);
  CHECK(folder.names().empty());
}

TEST_CASE("a folder that cannot be written to is an error that names the file", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "plain", "not a folder");
  CHECK_THROWS_WITH(
      core::write_file(folder / "plain/notes", "text"),
      ContainsSubstring("cannot write " + (folder / "plain/notes").string()) && ContainsSubstring("Not a directory"));
  CHECK_THROWS_WITH(core::write_file("/proc/hearth-notes", "text"),
                    ContainsSubstring("cannot write /proc/hearth-notes"));
}

TEST_CASE("a target that is a folder stays", "[file]") {
  const TemporaryFolder folder;
  core::make_folder(folder / "notes/inside");
  CHECK_THROWS_WITH(core::write_file(folder / "notes", "text"), ContainsSubstring("cannot write"));
  CHECK(fs::is_directory(folder / "notes/inside"));
  CHECK(folder.names() == std::vector<std::string>{"notes"});
}

TEST_CASE("a disk without room is an error, and the old file stays", "[file]") {
  // A limit on the size of files stands in for the full disk: writing past it fails (EFBIG where that is ENOSPC).
  const TemporaryFolder folder;
  core::write_file(folder / "notes", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      core::write_file(folder / "notes", std::string(1'000'000, 'x'));
    } catch (const Error& error) {
      code = std::string_view(error.what()).find("cannot write " + (folder / "notes").string()) == 0 ? 0 : 2;
    }
    std::_Exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_text(folder / "notes") == "old");
  CHECK(folder.names() == std::vector<std::string>{"notes"});
}
