#include <hearth/core/file.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/file_aside.hpp>
#include <hearth/core/mapped_file.hpp>

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
  CHECK_THROWS_WITH(core::read_file(folder / "."), ContainsSubstring("it is a folder, not a regular file"));
}

TEST_CASE("read_file waits for no pipe and reads no device", "[file]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(core::read_file(folder / "pipe"),
                    "cannot read " + (folder / "pipe").string() + ": it is a pipe, not a regular file");
  CHECK_THROWS_WITH(core::MappedFile(folder / "pipe"), ContainsSubstring("it is a pipe, not a regular file"));
  CHECK_THROWS_WITH(core::read_file("/dev/zero"),
                    "cannot read /dev/zero: it is a device or terminal, not a regular file");
}

TEST_CASE("a file that is too large to read is refused before it is read", "[file]") {
  const TemporaryFolder folder;
  core::write_file(folder / "notes", "12345");
  CHECK_THROWS_WITH(core::read_file(folder / "notes", 4),
                    ContainsSubstring("it has 5 bytes, and at most 4 are expected"));
  CHECK(core::read_file(folder / "notes", 5).size() == 5);
  if (::truncate((folder / "notes").c_str(), off_t{1} << 42) == 0) {  // 4 TiB without a block on the disk
    CHECK_THROWS_WITH(core::read_file(folder / "notes"),
                      ContainsSubstring("its 4398046511104 bytes are more than there is memory for"));
  }
}

TEST_CASE("a name with a line end stays on one line in a message", "[file]") {
  CHECK_THROWS_WITH(core::read_file("/absent/a\nb\xff"), "cannot open /absent/a\\nb\\xff: No such file or directory");
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

TEST_CASE("a writer that removes its file is an error", "[file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(core::replace_file(folder / "notes", [](const fs::path& aside) { fs::remove(aside); }),
                    ContainsSubstring("cannot write " + (folder / "notes").string()));
  CHECK(folder.names().empty());
}

TEST_CASE("a file aside is new, and named as no other", "[file]") {
  // Whoever could guess the name could put a link there, which the writer would follow.
  const TemporaryFolder folder;
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    core::replace_file(folder / "notes", [&](const fs::path& aside) {
      const std::string name = aside.filename().string();
      CHECK(name.starts_with("notes."));
      CHECK(name.ends_with(".part"));
      CHECK(fs::is_empty(aside));
      names.insert(name.substr(name.size() - 21));  // sixteen digits and the ending
    });
  }
  CHECK(names.size() == 50);
}

TEST_CASE("a file whose name is as long as a name can be is written", "[file]") {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  core::write_file(folder / name, "text");
  CHECK(read_text(folder / name) == "text");
}

TEST_CASE("what killed writers left is removed by the next, and nothing else", "[file]") {
  const TemporaryFolder folder;
  // As a killed process of this machine leaves it.
  std::array<int, 2> channel{};
  REQUIRE(::pipe(channel.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    core::replace_file(folder / "last.pth", [&](const fs::path& aside) {
      std::ofstream(aside) << "half";
      [[maybe_unused]] const auto written = ::write(channel[1], "x", 1);
      ::pause();
    });
    std::_Exit(0);
  }
  char byte = 0;
  REQUIRE(::read(channel[0], &byte, 1) == 1);
  ::close(channel[0]);
  ::close(channel[1]);
  REQUIRE(folder.names().size() == 1);
  const std::string of_child = folder.names()[0];
  // As one of another machine leaves it, a moment ago and before two days; and names that are none of ours.
  const std::string of_other = "last.pth.00000000000000aa-7-8-0123456789abcdef.part";
  const std::string old_one = "last.pth.00000000000000aa-7-9-0123456789abcdef.part";
  const std::vector<std::string> others{"last.pth.part", "last.pth.123-0.part", "x.aa-7-8-0123456789abcdef.part",
                                        "last.pth.00000000000000aa-7-x-0123456789abcdef.part"};
  for (const std::string& name : others) {
    std::ofstream(folder / name) << "x";
  }
  for (const std::string& name : {of_other, old_one}) {
    std::ofstream(folder / name) << "x";
  }
  for (const std::string& name : {old_one, others[0], others[3]}) {
    fs::last_write_time(folder / name, fs::file_time_type::clock::now() - std::chrono::hours(48));
  }

  core::detail::remove_left_aside(folder / "");  // the maker of the first lives
  CHECK(fs::exists(folder / of_child));
  REQUIRE(::kill(child, SIGKILL) == 0);
  ::waitpid(child, nullptr, 0);
  core::write_file(folder / "best.pth", "whole");
  CHECK_FALSE(fs::exists(folder / of_child));
  CHECK_FALSE(fs::exists(folder / old_one));
  CHECK(fs::exists(folder / of_other));
  for (const std::string& name : others) {
    CHECK(fs::exists(folder / name));
  }
}

TEST_CASE("a symbolic link stays, and the file that it leads to is replaced", "[file]") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "store");
  folder.write("store/epoch_3", "old");
  fs::create_symlink("store/epoch_3", folder / "middle");
  fs::create_symlink(folder / "middle", folder / "last");
  core::write_file(folder / "last", "new");
  CHECK(fs::is_symlink(folder / "last"));
  CHECK(fs::is_symlink(folder / "middle"));
  CHECK(read_text(folder / "store/epoch_3") == "new");
  fs::create_symlink("store/epoch_4", folder / "next");  // leads to a file that is not there yet
  core::write_file(folder / "next", "first");
  CHECK(fs::is_symlink(folder / "next"));
  CHECK(read_text(folder / "store/epoch_4") == "first");
  fs::create_symlink("loop", folder / "loop");
  CHECK_THROWS_WITH(core::write_file(folder / "loop", "text"),
                    ContainsSubstring("cannot write") && ContainsSubstring("loop"));
}

TEST_CASE("what is no regular file is not replaced by one", "[file]") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(core::write_file(folder / "pipe", "text"),
                    ContainsSubstring("it is a pipe, which no new file can replace"));
  CHECK(fs::is_fifo(folder / "pipe"));
  fs::create_symlink("pipe", folder / "link");
  CHECK_THROWS_WITH(core::write_file(folder / "link", "text"), ContainsSubstring("it is a pipe"));
  CHECK_THROWS_WITH(core::write_file("/dev/null", "text"), ContainsSubstring("it is a device or terminal"));
}

TEST_CASE("/dev/stdout is not replaced, even where it leads to a plain file", "[file]") {
  const TemporaryFolder folder;
  folder.write("log", "");
  const pid_t child = ::fork();
  if (child == 0) {
    const int log = ::open((folder / "log").c_str(), O_WRONLY);
    ::dup2(log, 1);
    int code = 1;
    try {
      core::write_file("/dev/stdout", "text");
    } catch (const Error& error) {
      code = std::string_view(error.what()).find("an open file or stream") != std::string_view::npos ? 0 : 2;
    }
    std::_Exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(folder.names() == std::vector<std::string>{"log"});
}

TEST_CASE("a file that is replaced keeps its permissions", "[file]") {
  const TemporaryFolder folder;
  folder.write("notes", "old");
  fs::permissions(folder / "notes", fs::perms(0640));
  core::write_file(folder / "notes", "new");
  CHECK(fs::status(folder / "notes").permissions() == fs::perms(0640));
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
