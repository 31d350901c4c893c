#include <hearth/download/part_file.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
using Names = std::vector<std::string>;

namespace {

void append(download::PartFile& part, std::string_view text) {
  part.append(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

TEST_CASE("A part is seen under the file's name when it is committed", "[part]") {
  const TemporaryFolder folder;
  const auto path = folder.write("file", "older");
  download::PartFile part(path);
  part.restart("here");
  append(part, "new");
  CHECK(read_text(path) == "older");
  part.commit();
  CHECK(read_text(path) == "new");
  CHECK(folder.names() == Names{"file"});
}

TEST_CASE("A part stays for the next one, with its source", "[part]") {
  const TemporaryFolder folder;
  {
    download::PartFile part(folder / "file");
    CHECK(part.size() == 0);
    CHECK(part.source().empty());
    part.restart("here");
    append(part, "first, ");
  }
  download::PartFile part(folder / "file");
  CHECK(part.size() == 7);
  CHECK(part.source() == "here");
  append(part, "second");
  part.commit();
  CHECK(read_text(folder / "file") == "first, second");
}

TEST_CASE("A restart drops what was there", "[part]") {
  const TemporaryFolder folder;
  download::PartFile part(folder / "file");
  part.restart("here");
  append(part, "a longer one");
  part.restart("there");
  CHECK(part.size() == 0);
  append(part, "short");
  CHECK(part.source() == "there");
  part.commit();
  CHECK(read_text(folder / "file") == "short");
}

TEST_CASE("An empty part goes, and a removed one", "[part]") {
  const TemporaryFolder folder;
  {
    download::PartFile part(folder / "file");
    part.restart("here");
  }
  CHECK(folder.names().empty());
  download::PartFile part(folder / "file");
  part.restart("here");
  append(part, "bytes");
  part.remove();
  CHECK(folder.names().empty());
}

TEST_CASE("A part that cannot be made is an error that names it", "[part]") {
  const TemporaryFolder folder;
  const std::string part = (folder / "none/file.part").string();
  CHECK_THROWS_WITH(download::PartFile(folder / "none/file"),
                    ContainsSubstring("cannot write " + part + ": No such file"));
  std::filesystem::create_symlink(folder / "elsewhere", folder / "file.part");
  CHECK_THROWS_WITH(download::PartFile(folder / "file"), ContainsSubstring("cannot write"));
  CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}

TEST_CASE("One at a time has the part, and all add to the same one", "[part]") {
  const TemporaryFolder folder;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      download::PartFile part(folder / "file");
      most = std::max(most.load(), ++inside);
      append(part, "x");
      std::this_thread::yield();
      --inside;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(most == 1);
  CHECK(read_text(folder / "file.part") == "xxxxxx");
}

TEST_CASE("Who waited for a part that became the file gets a new one", "[part]") {
  const TemporaryFolder folder;
  std::optional<download::PartFile> first(std::in_place, folder / "file");
  append(*first, "whole");
  std::atomic<bool> waits = false;
  std::thread second([&] {
    download::PartFile part(folder / "file", [&] { waits = true; });
    append(part, part.size() == 0 ? "new" : "more");
  });
  while (!waits) {
    std::this_thread::yield();
  }
  first->commit();
  second.join();
  CHECK(read_text(folder / "file") == "whole");
  CHECK(read_text(folder / "file.part") == "new");
}

TEST_CASE("A process that is killed leaves its part to the next", "[part]") {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    download::PartFile part(folder / "file");
    append(part, "from the first process");
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  const download::PartFile part(folder / "file");
  CHECK(part.size() == std::string_view("from the first process").size());
}
