#include <hearth/archive/archive_content.hpp>
#include <hearth/archive/archive_reader.hpp>
#include <hearth/archive/extract.hpp>
#include <hearth/archive/zip_directory.hpp>
#include <hearth/datasets/gzip.hpp>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

fs::path reference(const std::string& name) {
  return fs::path(HEARTH_TEST_DIR) / "archive/reference" / name;
}

/// What make_reference.py has put into the good archives.
const std::map<std::string, std::string>& good_files() {
  static const std::map<std::string, std::string> files = [] {
    std::string numbers;
    for (int i = 0; i < 300 * 256; ++i) {
      numbers += static_cast<char>(i % 256);
    }
    return std::map<std::string, std::string>{{"top/readme.txt", "read me\n"},
                                              {"top/deep/er/numbers.bin", numbers},
                                              {"top/empty.txt", ""},
                                              {"top/stra\u00dfe.txt", "a name that is not ASCII\n"}};
  }();
  return files;
}

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (fs::exists(folder)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_directory()) {
        files[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
      }
    }
  }
  return files;
}

/// The first `share` of a file's bytes, as a file of the same name.
fs::path cut(const std::string& name, double share, const TemporaryFolder& folder) {
  const std::string bytes = read_text(reference(name));
  return folder.write(name, bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
}

/// The tar file inside a tar.gz.
std::string unpacked(const std::string& name) {
  const std::vector<std::byte> tar = datasets::read_gzip_or_plain(reference(name));
  return {reinterpret_cast<const char*>(tar.data()), tar.size()};
}

}  // namespace

TEST_CASE("an archive's entries come in order with name, kind, size and bytes", "[archive_reader]") {
  for (const std::string name : {"good.zip", "good.tar.gz"}) {
    INFO(name);
    archives::ArchiveReader archive(reference(name));
    std::vector<std::pair<std::string, archives::EntryKind>> entries;
    std::map<std::string, std::string> files;
    while (archive.next()) {
      entries.emplace_back(archive.name(), archive.kind());
      if (archive.kind() == archives::EntryKind::file) {
        const std::vector<std::byte> bytes = archive.read();
        CHECK(archive.size() == bytes.size());
        files[archive.name()].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
    }
    const std::vector<std::pair<std::string, archives::EntryKind>> expected{
        {"top/", archives::EntryKind::folder},         {"top/bare/", archives::EntryKind::folder},
        {"top/readme.txt", archives::EntryKind::file}, {"top/deep/er/numbers.bin", archives::EntryKind::file},
        {"top/empty.txt", archives::EntryKind::file},  {"top/stra\u00dfe.txt", archives::EntryKind::file}};
    CHECK(entries == expected);
    CHECK(files == good_files());
    CHECK_FALSE(archive.next());
  }
}

TEST_CASE("an entry may be left half read, and one that is too large is refused", "[archive_reader]") {
  archives::ArchiveReader archive(reference("good.zip"));
  while (archive.next() && archive.name() != "top/deep/er/numbers.bin") {
  }
  CHECK_THROWS_WITH(archive.read(1000),
                    ContainsSubstring("good.zip: the entry top/deep/er/numbers.bin is larger than"));
  REQUIRE(archive.next());
  CHECK(archive.name() == "top/empty.txt");
}

TEST_CASE("what is not an archive is an error that names the file", "[archive_reader]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(archives::ArchiveReader(folder / "none.zip"), ContainsSubstring("none.zip is not a file"));
  CHECK_THROWS_WITH(archives::ArchiveReader(folder.path()), ContainsSubstring("is not a file"));
  CHECK(error_of([&] {
          archives::ArchiveReader archive(folder.write("text.zip", "a text is no archive, whatever its name says\n"));
          archive.next();
        }).find("text.zip is not a zip, tar or tar.gz archive") != std::string::npos);
}

TEST_CASE("an archive that is cut short or damaged is an error that names it, and the entry", "[archive_reader]") {
  const TemporaryFolder folder;
  const auto go_through = [](const fs::path& path) {
    return error_of([&] {
      for (archives::ArchiveReader archive(path); archive.next();) {
        archive.read();
      }
    });
  };
  for (const double share : {0.3, 0.7, 0.99}) {
    INFO(share);
    CHECK_THAT(go_through(cut("good.zip", share, folder)),
               ContainsSubstring("good.zip is a zip file cut short: the list of its entries"));
  }
  for (const double share : {0.05, 0.5, 0.98}) {
    INFO(share);
    CHECK_THAT(go_through(cut("good.tar.gz", share, folder)),
               ContainsSubstring("good.tar.gz") && ContainsSubstring("cut short"));
  }
  const std::string tar = unpacked("good.tar.gz");
  CHECK_THAT(go_through(folder.write("cut.tar", tar.substr(0, tar.size() / 2))),
             ContainsSubstring("cut.tar: the entry top/deep/er/numbers.bin is damaged or cut short"));
  CHECK_THAT(go_through(reference("checksum.zip")),
             ContainsSubstring("checksum.zip: the entry third.txt is damaged or cut short"));
}

TEST_CASE("extract_archive writes every file and counts them", "[extract]") {
  for (const std::string name : {"good.zip", "good.tar.gz"}) {
    INFO(name);
    const TemporaryFolder folder;
    std::vector<std::pair<std::size_t, std::size_t>> told;
    const std::size_t count =
        extract_archive(reference(name), folder / "a/b",
                        {.progress = [&](std::size_t done, std::size_t total) { told.emplace_back(done, total); }});
    CHECK(count == 4);
    CHECK(files_below(folder / "a/b") == good_files());
    CHECK(fs::is_directory(folder / "a/b/top/bare"));
    CHECK(told == std::vector<std::pair<std::size_t, std::size_t>>{{1, 4}, {2, 4}, {3, 4}, {4, 4}});
    CHECK(extract_archive(reference(name), folder / "a/b") == 4);  // over what is there
    CHECK(files_below(folder / "a/b") == good_files());
  }
}

TEST_CASE("extract_archive puts entries where it is told, and leaves out the others", "[extract]") {
  const TemporaryFolder folder;
  const auto place = [](const std::string& name) {
    return name.ends_with(".txt") ? "texts/" + fs::path(name).filename().string() : std::string();
  };
  CHECK(extract_archive(reference("good.zip"), folder.path(), {.place = place}) == 3);
  CHECK(files_below(folder.path()) ==
        std::map<std::string, std::string>{{"texts/readme.txt", "read me\n"},
                                           {"texts/empty.txt", ""},
                                           {"texts/stra\u00dfe.txt", "a name that is not ASCII\n"}});
  CHECK_THROWS_WITH(extract_archive(reference("good.zip"), folder.path(),
                                    {.place = [](const std::string& name) { return "../" + name; }}),
                    ContainsSubstring("points outside"));
}

TEST_CASE("an archive with an entry that points outside is refused before anything is written", "[extract]") {
  const std::pair<std::string, std::string> hostile[] = {
      {"parent.zip", "the entry ../outside.txt points outside"},
      {"parent_inside.zip", "the entry a/../../outside.txt points outside"},
      {"parent.tar.gz", "the entry a/../../outside.txt points outside"},
      {"absolute.zip", "the entry /tmp/hearth-outside.txt has an absolute path"},
      {"link.zip", "the entry link is a link or a device"},
      {"link.tar.gz", "the entry link is a link or a device"},
      {"hard_link.tar.gz", "the entry link is a link or a device"},
      {"pipe.tar.gz", "the entry pipe is a link or a device"},
  };
  for (const auto& [name, sentence] : hostile) {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH(extract_archive(reference(name), folder / "target"),
                      ContainsSubstring(name) && ContainsSubstring(sentence));
    CHECK(files_below(folder.path()).empty());
    CHECK_FALSE(fs::exists("/tmp/hearth-outside.txt"));
  }
}

TEST_CASE("extract_archive does not write through links that stand in the target", "[extract]") {
  const TemporaryFolder folder;
  folder.write("elsewhere/readme.txt", "mine\n");
  fs::create_directory(folder / "target");
  fs::create_directory_symlink(folder / "elsewhere", folder / "target/top");
  CHECK_THROWS_WITH(extract_archive(reference("good.zip"), folder / "target"),
                    ContainsSubstring("target/top: it is a link"));
  fs::remove(folder / "target/top");
  fs::create_directory(folder / "target/top");
  fs::create_symlink(folder / "elsewhere/readme.txt", folder / "target/top/readme.txt");
  extract_archive(reference("good.zip"), folder / "target");
  CHECK(files_below(folder / "target") == good_files());
  CHECK(files_below(folder / "elsewhere") == std::map<std::string, std::string>{{"readme.txt", "mine\n"}});
}

TEST_CASE("a file that cannot be written is an error that names it and the reason", "[extract]") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "target/top/readme.txt");
  CHECK_THROWS_WITH(extract_archive(reference("good.zip"), folder / "target"),
                    ContainsSubstring("cannot write") && ContainsSubstring("target/top/readme.txt: Is a directory"));

  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);  // as a full disk: a write fails half way
  const std::string message = error_of([&] { extract_archive(reference("good.zip"), folder / "small"); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(message, ContainsSubstring("cannot write") && ContainsSubstring("numbers.bin: File too large"));
}

TEST_CASE("A zip entry whose name is damaged, before its data or in the list, is an error", "[archive_reader]") {
  const TemporaryFolder folder;
  const std::string whole = read_text(reference("good.zip"));
  for (std::size_t at = whole.find("readme.txt"); at != std::string::npos; at = whole.find("readme.txt", at + 1)) {
    std::string damaged = whole;
    damaged[at] = 'R';
    const fs::path zip = folder.write("damaged.zip", damaged);
    CHECK_THROWS_WITH(archives::ArchiveReader(zip),
                      ContainsSubstring("damaged.zip: the entry top/") && ContainsSubstring("is damaged: its name"));
    CHECK_THROWS_WITH(extract_archive(zip, folder / "out"), ContainsSubstring("its name in the list"));
  }
  CHECK_FALSE(fs::exists(folder / "out"));
  std::string shorter = whole;
  for (const std::size_t field : {8U, 10U}) {
    shorter[whole.rfind("PK\5\6") + field] = 5;
  }
  CHECK_THROWS_WITH(archives::ArchiveReader(folder.write("shorter.zip", shorter)),
                    ContainsSubstring("the list at its end has 6 entries, but should have 5"));
}

TEST_CASE("A zip behind a program, and one with zip64's records, are read by their lists", "[archive_reader]") {
  const TemporaryFolder folder;
  const std::string whole = read_text(reference("good.zip"));
  const fs::path behind = folder.write("behind.zip", std::string(1000, '#') + whole);
  const auto list = archives::read_zip_directory(reference("good.zip"), true);
  REQUIRE(list);
  CHECK(list->entries == 6);
  REQUIRE(archives::read_zip_directory(behind, true));
  CHECK(archives::read_zip_directory(behind, true)->checksum == list->checksum);
  const auto large = archives::read_zip_directory(reference("zip64.zip"), true);
  REQUIRE(large);
  CHECK(large->entries == 2);
  CHECK(extract_archive(reference("zip64.zip"), folder / "out") == 2);
  CHECK_FALSE(archives::read_zip_directory(reference("good.tar.gz")));
}

TEST_CASE("An archive's content is told from another's of the same size", "[archive_content]") {
  const TemporaryFolder folder;
  for (const std::string name : {"good.zip", "good.tar.gz"}) {
    const std::string whole = read_text(reference(name));
    const std::string line = archives::content_of_archive(reference(name));
    INFO(line);
    CHECK(archives::content_of_archive(folder.write("copy", whole)) == line);
    std::string other = whole;
    other[whole.size() - 6] = static_cast<char>(other[whole.size() - 6] ^ 1);
    if (name == "good.tar.gz") {
      CHECK(archives::content_of_archive(folder.write("other", other)) != line);
    } else {
      other = whole;
      other[whole.find("PK\1\2") + 16] = static_cast<char>(other[whole.find("PK\1\2") + 16] ^ 1);
      CHECK(archives::content_of_archive(folder.write("other", other)) != line);
    }
  }
}
