#include <hearth/archive/archive_index.hpp>
#include <hearth/archive/index_cache.hpp>
#include <hearth/archive/indexed_archive.hpp>
#include <hearth/core/crc32.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "catch.hpp"
#include "environment.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using archives::IndexedArchive;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using hearth_test::Environment;
using hearth_test::error_of;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

const fs::path nowhere;  // for the index

fs::path reference(const std::string& name) {
  return fs::path(HEARTH_TEST_DIR) / "archive/reference" / name;
}

/// What the .list files say of an archive's files, by its index and by what is read.
std::string list_of(const IndexedArchive& archive) {
  std::string list;
  for (std::size_t i = 0; i < archive.index().size(); ++i) {
    if (archive.index().entry(i).kind == archives::EntryKind::file) {
      const std::vector<std::byte> bytes = archive.read(i);
      CHECK(bytes.size() == archive.index().entry(i).size);
      list += fmt::format("{}\t{}\t{:08x}\n", archive.index().name(i), bytes.size(), core::crc32(bytes));
    }
  }
  return list;
}

std::string list_of(const fs::path& path) {
  return list_of(IndexedArchive(path, nowhere));
}

std::string text_of(const IndexedArchive& archive, const std::string& name) {
  const std::vector<std::byte> bytes = archive.read(archive.index().find(name).value());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string error_of_opening(const fs::path& path) {
  return error_of([&] { IndexedArchive(path, nowhere); });
}

/// A header of a tar archive, made by hand from POSIX.1-1988's table, so that it can also be a wrong one.
std::string tar_header(const std::string& name, const std::string& size_field, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  put(0, name.substr(0, 100));
  put(100, "0000644");
  put(124, size_field);
  put(148, "        ");
  put(156, std::string(1, type));
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : header) {
    sum += static_cast<unsigned char>(byte);
  }
  put(148, fmt::format("{:06o}", sum) + '\0');
  return header;
}

std::string tar_entry(const std::string& name, const std::string& data, char type = '0') {
  std::string entry = tar_header(name, fmt::format("{:011o}", data.size()), type) + data;
  entry.resize((entry.size() + 511) / 512 * 512);
  return entry;
}

const std::string tar_end(1024, '\0');

void overwrite(const fs::path& path, std::size_t at, const std::string& text) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file << text;
  REQUIRE(file.flush().good());
}

}  // namespace

TEST_CASE("The files of tar and zip archives are read in place as Python wrote them", "[archive_index]") {
  for (const std::string name : {"gnu.tar", "pax.tar", "ustar.tar", "nested.tar", "good.zip", "streamed.zip"}) {
    INFO(name);
    CHECK(list_of(reference(name)) == read_text(reference(name).replace_extension(".list")));
  }
  const IndexedArchive wide(reference("zip64.zip"), nowhere);
  CHECK(text_of(wide, "first.txt") == "first of two\n");
  CHECK(text_of(wide, "second.txt") == "second\n");
}

TEST_CASE("An index knows kinds, finds names and gives what is below a folder", "[archive_index]") {
  const IndexedArchive archive(reference("gnu.tar"), nowhere);
  const archives::ArchiveIndex& index = archive.index();
  CHECK(index.entry(index.find("a").value()).kind == archives::EntryKind::folder);
  CHECK(index.entry(index.find("bare").value()).kind == archives::EntryKind::folder);
  CHECK(index.entry(index.find("a/pipe").value()).kind == archives::EntryKind::other);
  CHECK_FALSE(index.find("a/").has_value());
  CHECK_FALSE(index.find("c").has_value());
  CHECK_FALSE(index.find("zz").has_value());
  const archives::IndexRange a = index.below("a");
  std::vector<std::string> names;
  for (std::size_t i = a.begin; i < a.end; ++i) {
    names.emplace_back(index.name(i));
  }
  std::string long_name = "a/";
  for (int i = 0; i < 40; ++i) {
    long_name += "long ";
  }
  CHECK(names == std::vector<std::string>{"a/1.txt", long_name + ".txt", "a/pipe",
                                          "a/stra\xC3\x9F"
                                          "e.txt"});
  CHECK(index.below("a-").begin == index.below("a-").end);
  CHECK(index.below("").end == index.size());
  CHECK_THROWS_WITH(archive.read(index.find("a/pipe").value()), ContainsSubstring("a/pipe is no file"));
  CHECK_THROWS_WITH(archive.read(index.size()), ContainsSubstring("has no entry"));
  CHECK_THROWS_WITH(archive.read(index.find("a/1.txt").value(), 1023),
                    ContainsSubstring("a/1.txt is larger than the 1023 bytes that are allowed"));
}

TEST_CASE("A file of nine gigabytes in a tar is passed over, by GNU's sizes and by POSIX's", "[archive_index]") {
  const TemporaryFolder folder;  // where holes take no place
  for (const std::string kind : {"huge_gnu", "huge_pax"}) {
    const fs::path path = folder.write(kind + ".tar", read_text(reference(kind + ".head")));
    const std::uintmax_t head = fs::file_size(path);
    const std::string tail = read_text(reference(kind + ".tail"));
    const std::uintmax_t hole = std::uintmax_t{9} << 30;
    fs::resize_file(path, head + hole + tail.size());
    overwrite(path, head + hole, tail);
    const IndexedArchive archive(path, nowhere);
    CHECK(text_of(archive, "after.txt") == "after nine gigabytes\n");
    const std::size_t huge = archive.index().find("huge.bin").value();
    CHECK(archive.index().entry(huge).size == hole);
    CHECK_THROWS_WITH(archive.read(huge), ContainsSubstring("huge.bin is larger than"));
  }
}

TEST_CASE("Archives that are packed as a whole are refused with advice", "[archive_index]") {
  CHECK_THAT(error_of_opening(reference("good.tar.gz")),
             ContainsSubstring("good.tar.gz is packed as a whole, by gzip") && ContainsSubstring("(gunzip ") &&
                 ContainsSubstring("or unpack it"));
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> packed{{"BZh91AY&SY", "bzip2"},
                                                                {std::string("\xFD"
                                                                             "7zXZ\0\0",
                                                                             7),
                                                                 "xz"},
                                                                {"\x28\xB5\x2F\xFD", "zstd"},
                                                                {"\x04\x22\x4D\x18", "lz4"},
                                                                {"\x1F\x9D\x90", "compress"},
                                                                {"7z\xBC\xAF\x27\x1C", "7-Zip"},
                                                                {"Rar!\x1A", "RAR"}};
  for (const auto& [start, packer] : packed) {
    CHECK_THAT(error_of_opening(folder.write("x.tar", start + std::string(600, 'x'))),
               ContainsSubstring("x.tar is packed as a whole, by " + packer));
  }
}

TEST_CASE("What is no archive is an error that names it", "[archive_index]") {
  const TemporaryFolder folder;
  CHECK_THAT(error_of_opening(folder / "none.tar"), ContainsSubstring("none.tar"));
  CHECK_THAT(error_of_opening(folder.path()), ContainsSubstring("it is a folder"));
  CHECK_THAT(error_of_opening(folder.write("empty.tar", "")), ContainsSubstring("is not a tar or zip archive"));
  CHECK_THAT(error_of_opening(folder.write("text.tar", std::string(2000, 'x'))),
             ContainsSubstring("text.tar is not a tar or zip archive"));
  const std::string zip = read_text(reference("good.zip"));
  CHECK_THAT(error_of_opening(folder.write("cut.zip", zip.substr(0, zip.size() - 30))),
             ContainsSubstring("cut.zip is a zip file cut short"));
}

TEST_CASE("An archive without entries has an index without entries", "[archive_index]") {
  const TemporaryFolder folder;
  CHECK(IndexedArchive(folder.write("empty.tar", tar_end), nowhere).index().size() == 0);
  CHECK(IndexedArchive(folder.write("empty.zip", std::string("PK\5\6", 4) + std::string(18, '\0')), nowhere)
            .index()
            .size() == 0);
}

TEST_CASE("A tar archive that is cut anywhere is an error, or has all its files", "[archive_index]") {
  const TemporaryFolder folder;
  for (const std::string name : {"nested.tar", "pax.tar"}) {
    const std::string whole = read_text(reference(name));
    const std::string list = read_text(reference(name).replace_extension(".list"));
    const std::size_t last = whole.find_last_not_of('\0');  // what follows is the padding of the last file and the end
    const std::size_t end = (last / 512 + 1) * 512;
    for (std::size_t size = 0; size <= whole.size(); size += size % 512 < 2 || size % 512 == 511 ? 1 : 170) {
      INFO(name << " cut to " << size);
      const fs::path path = folder.write("cut.tar", whole.substr(0, size));
      std::string found;
      const std::string error = error_of([&] { found = list_of(path); });
      if (size >= end + 512) {
        REQUIRE(found == list);
      } else {
        REQUIRE_THAT(error, ContainsSubstring("cut.tar"));
        REQUIRE_THAT(error, ContainsSubstring("cut short") || ContainsSubstring("is not a tar or zip archive"));
      }
    }
  }
}

TEST_CASE("A damaged tar names the entry before the damage", "[archive_index]") {
  const TemporaryFolder folder;
  const std::string start = tar_entry("first.txt", "one");
  CHECK_THAT(error_of_opening(folder.write("x.tar", start + std::string(512, 'x') + tar_end)),
             ContainsSubstring("x.tar: damaged or cut short after the entry first.txt: there is no header"));
  std::string broken = tar_entry("second.txt", "two");
  broken[3] ^= 1;
  CHECK_THAT(error_of_opening(folder.write("x.tar", start + broken + tar_end)),
             ContainsSubstring("after the entry first.txt: there is no header"));
  for (const std::string& size :
       {std::string("0000000001x"), std::string(12, '\xFF'), '\x80' + std::string(11, '\xFF')}) {
    CHECK_THAT(error_of_opening(folder.write("x.tar", start + tar_header("second.txt", size) + tar_end)),
               ContainsSubstring("after the entry first.txt: the size of an entry is no number"));
  }
  for (const std::string size : {"00000010000", "77777777777"}) {
    CHECK_THAT(error_of_opening(folder.write("x.tar", start + tar_header("second.txt", size) + tar_end)),
               ContainsSubstring("after the entry second.txt: it ends within the entry's data"));
  }
  CHECK_THAT(error_of_opening(folder.write("x.tar", start)), ContainsSubstring("without the empty block"));
  const std::vector<std::string> records{
      "x path=a\n",   "9 path=a",   "99 path=a\n",     "11 pathxab\n",
      "12 size=1x\n", "10 size=\n", "999999999 a=b\n", "31 size=999999999999999999999\n"};
  for (const std::string& record : records) {
    INFO(record);
    CHECK_THAT(
        error_of_opening(folder.write("x.tar", start + tar_entry("p", record, 'x') + tar_entry("b", "") + tar_end)),
        ContainsSubstring("next entry"));
  }
  CHECK_THAT(error_of_opening(folder.write("x.tar", tar_entry("p", std::string(2 << 20, 'n'), 'L') + tar_end)),
             ContainsSubstring("larger than a megabyte"));
  CHECK_THAT(error_of_opening(
                 folder.write("x.tar", tar_entry("p", std::string(70000, 'n'), 'L') + tar_entry("q", "") + tar_end)),
             ContainsSubstring("has a name of 70000 bytes"));
}

TEST_CASE("Entries that point outside, are there twice or have holes are refused by name", "[archive_index]") {
  const TemporaryFolder folder;
  for (const std::string name : {"parent.zip", "parent_inside.zip"}) {
    CHECK_THAT(error_of_opening(reference(name)), ContainsSubstring("outside.txt points outside the archive"));
  }
  CHECK_THAT(error_of_opening(reference("absolute.zip")),
             ContainsSubstring("the entry /tmp/hearth-outside.txt has an absolute path"));
  for (const std::string name : {"../x", "a/../../x", "a/.."}) {
    CHECK_THAT(error_of_opening(folder.write("x.tar", tar_entry(name, "") + tar_end)),
               ContainsSubstring("x.tar: the entry " + name + " points outside"));
  }
  const std::string inner = tar_entry("/etc/x", "") + tar_end;
  CHECK_THAT(error_of_opening(folder.write("x.tar", tar_entry("in.tar", inner) + tar_end)),
             ContainsSubstring("the entry /etc/x has an absolute path"));
  CHECK_THAT(error_of_opening(folder.write(
                 "x.tar", tar_entry("./a//b", "1") + tar_entry("c", "2") + tar_entry("a/b", "3") + tar_end)),
             ContainsSubstring("x.tar has the entry a/b twice"));
  CHECK_THAT(error_of_opening(folder.write(
                 "x.tar", tar_entry("a.tar", tar_entry("b", "1") + tar_end) + tar_entry("a/b", "3") + tar_end)),
             ContainsSubstring("x.tar has the entry a/b twice"));
  CHECK_THAT(error_of_opening(folder.write("x.tar", tar_entry("holes", "", 'S') + tar_end)),
             ContainsSubstring("the entry holes is a file with holes"));
  CHECK_THAT(error_of_opening(folder.write(
                 "x.tar", tar_entry("p", "22 GNU.sparse.major=1\n", 'x') + tar_entry("holes", "") + tar_end)),
             ContainsSubstring("the entry holes is a file with holes"));
  const IndexedArchive twice(
      folder.write("x.tar", tar_entry("a/", "", '5') + tar_entry("./a", "", '5') + tar_entry("a/./b", "1") + tar_end),
      nowhere);
  CHECK(twice.index().size() == 2);
  CHECK(text_of(twice, "a/b") == "1");
}

TEST_CASE("Tar archives within one another end somewhere", "[archive_index]") {
  const TemporaryFolder folder;
  const auto nested = [](int depth) {
    std::string tar = tar_entry("x", "") + tar_end;
    for (int i = 1; i < depth; ++i) {
      tar = tar_entry("t.tar", tar) + tar_end;
    }
    return tar;
  };
  CHECK(IndexedArchive(folder.write("x.tar", nested(8)), nowhere).index().find("t/t/t/t/t/t/t/x").has_value());
  CHECK_THAT(error_of_opening(folder.write("x.tar", nested(9))), ContainsSubstring("is the 9th tar archive within"));
  const std::string cut = nested(1).substr(0, 512);
  CHECK_THAT(error_of_opening(folder.write("x.tar", tar_entry("class.tar", cut) + tar_end)),
             ContainsSubstring("x.tar: class.tar: damaged or cut short after the entry x"));
}

TEST_CASE("Links, encrypted entries and other methods are refused by name when they are read", "[archive_index]") {
  const IndexedArchive link(reference("link.zip"), nowhere);
  CHECK_THROWS_WITH(link.read(link.index().find("link").value()),
                    ContainsSubstring("link.zip: the entry link is a link"));
  CHECK(text_of(link, "good.txt") == "good\n");
  const IndexedArchive methods(reference("methods.zip"), nowhere);
  CHECK(text_of(methods, "stored.txt") == text_of(methods, "deflated.txt"));
  CHECK_THROWS_WITH(text_of(methods, "bzip2.txt"),
                    ContainsSubstring("the entry bzip2.txt is packed by zip's method 12"));
  const IndexedArchive encrypted(reference("encrypted.zip"), nowhere);
  CHECK_THROWS_WITH(text_of(encrypted, "stored.txt"), ContainsSubstring("the entry stored.txt is encrypted"));
  CHECK_THROWS_WITH(text_of(IndexedArchive(reference("checksum.zip"), nowhere), "third.txt"),
                    ContainsSubstring("the entry third.txt is damaged") || ContainsSubstring("no value"));
}

TEST_CASE("A zip with other bytes before it is read", "[archive_index]") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("x.zip", "#!/bin/sh\n" + read_text(reference("good.zip")));
  CHECK(list_of(path) == read_text(reference("good.list")));
}

TEST_CASE("An index is kept and taken while the archive is the same", "[archive_index]") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("data/x.tar", read_text(reference("nested.tar")));
  const fs::path cache = folder / "cache/indexes";
  const std::string list = read_text(reference("nested.list"));
  const auto open = [&] {
    const IndexedArchive archive(path, cache);
    CHECK(list_of(archive) == list);
    return archive.was_indexed();
  };
  CHECK_FALSE(open());
  const fs::path kept = archives::index_file(cache, path);
  CHECK(fs::exists(kept));
  CHECK(open());

  SECTION("not when its time is another") {
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
    CHECK_FALSE(open());
    CHECK(open());
  }
  SECTION("not when another file has its name, size and time") {
    const auto time = fs::last_write_time(path);
    std::string other = read_text(path);
    other = tar_header("n03.tar", other.substr(124, 12)) + other.substr(512);
    core::write_file(path, other);
    fs::last_write_time(path, time);
    const IndexedArchive archive(path, cache);
    CHECK_FALSE(archive.was_indexed());
    CHECK(archive.index().find("n03/n02_1.txt").has_value());
  }
  SECTION("not when it is damaged at any place, or cut") {
    const std::string sound = read_text(kept);
    for (std::size_t at = 0; at < sound.size(); at += at < 64 ? 1 : 61) {
      std::string damaged = sound;
      damaged[at] ^= 4;
      core::write_file(kept, damaged);
      INFO(at);
      REQUIRE_FALSE(open());
      REQUIRE(read_text(kept) == sound);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{64}, sound.size() - 1}) {
      core::write_file(kept, sound.substr(0, size));
      REQUIRE_FALSE(open());
    }
  }
  SECTION("not when it is the index of another archive") {
    const fs::path other = folder.write("data/y.zip", read_text(reference("good.zip")));
    IndexedArchive(other, cache);
    fs::copy_file(archives::index_file(cache, other), kept, fs::copy_options::overwrite_existing);
    CHECK_FALSE(open());
  }
  SECTION("not when a folder is in its place, and nothing happens then") {
    fs::remove(kept);
    fs::create_directory(kept);
    CHECK_FALSE(open());
    CHECK_FALSE(open());
  }
  CHECK(folder.names().size() == 2);
}

TEST_CASE("An index whose numbers lead outside is refused, whatever its checksums say", "[archive_index]") {
  const auto refuses = [](const archives::IndexEntry& entry, std::uint64_t size) {
    archives::IndexBuilder builder("x.tar");
    builder.add("a", entry);
    const auto block = std::make_shared<const std::vector<std::byte>>(builder.finish({.size = size}));
    return error_of([&] { archives::ArchiveIndex(block, std::span(*block)); }) != "";
  };
  CHECK_FALSE(refuses({.offset = 512, .stored = 100, .size = 100}, 1024));
  CHECK(refuses({.offset = 512, .stored = 513, .size = 513}, 1024));
  CHECK(refuses({.offset = 1025}, 1024));
  CHECK(refuses({.offset = ~std::uint64_t{0}, .stored = 2, .size = 2}, 1024));
  CHECK(refuses({.offset = 512, .stored = 100, .size = 101}, 1024));
  CHECK(refuses({.offset = 512, .kind = static_cast<archives::EntryKind>(9)}, 1024));
}

TEST_CASE("A cache that cannot be written costs nothing but itself", "[archive_index]") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", "");
  const IndexedArchive archive(reference("nested.tar"), file / "cache");
  CHECK(list_of(archive) == read_text(reference("nested.list")));
  CHECK(folder.names() == std::vector<std::string>{"file"});
}

TEST_CASE("The cache is in XDG_CACHE_HOME, or in .cache at home", "[archive_index]") {
  const TemporaryFolder folder;
  const Environment home("HOME", (folder / "home").string());
  {
    const Environment cache("XDG_CACHE_HOME", (folder / "cache").string());
    CHECK(archives::default_index_folder() == folder / "cache/hearth/archives");
    IndexedArchive(reference("nested.tar"));
    CHECK(IndexedArchive(reference("nested.tar")).was_indexed());
  }
  const Environment relative("XDG_CACHE_HOME", "here");
  CHECK(archives::default_index_folder() == folder / "home/.cache/hearth/archives");
  const Environment homeless("HOME");
  CHECK(archives::default_index_folder().empty());
  CHECK_FALSE(IndexedArchive(reference("nested.tar")).was_indexed());
}

TEST_CASE("An archive that is cut, overwritten or replaced while it is open", "[archive_index]") {
  const TemporaryFolder folder;
  const std::string whole = tar_entry("a", std::string(600, 'a')) + tar_entry("b", std::string(5000, 'b')) + tar_end;
  const fs::path path = folder.write("x.tar", whole);
  const IndexedArchive archive(path, nowhere);
  SECTION("cut: the entries that are gone are errors that name them") {
    fs::resize_file(path, 2048);
    CHECK(text_of(archive, "a") == std::string(600, 'a'));
    CHECK_THAT(error_of([&] { text_of(archive, "b"); }),
               StartsWith(path.string() + ": the entry b cannot be read: ") && ContainsSubstring("become shorter"));
  }
  SECTION("overwritten: entries that are no longer where they were are errors") {
    std::ofstream(path, std::ios::binary) << tar_entry("c", std::string(6000, 'c')) << std::string(4096, '\0');
    CHECK_THAT(error_of([&] { text_of(archive, "b"); }), ContainsSubstring("the file has been written to since"));
  }
  SECTION("replaced by another of its name: the open one is read on") {
    core::write_file(path, tar_entry("c", "") + tar_end);
    CHECK(text_of(archive, "b") == std::string(5000, 'b'));
  }
  SECTION("removed: the same") {
    fs::remove(path);
    CHECK(text_of(archive, "b") == std::string(5000, 'b'));
  }
}

TEST_CASE("Many threads read one archive at once, and open it at once", "[archive_index]") {
  const TemporaryFolder folder;
  for (const std::string name : {"nested.tar", "good.zip"}) {
    const fs::path path = folder.write(name, read_text(reference(name)));
    const std::string list = read_text(reference(name).replace_extension(".list"));
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    const IndexedArchive shared(path, nowhere);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 5; ++round) {
          std::string found;
          for (std::size_t e = 0; e < shared.index().size(); ++e) {
            if (shared.index().entry(e).kind == archives::EntryKind::file) {
              const std::vector<std::byte> bytes = shared.read(e);
              found += fmt::format("{}\t{}\t{:08x}\n", shared.index().name(e), bytes.size(), core::crc32(bytes));
            }
          }
          right += found == list ? 1 : 0;
          const IndexedArchive own(path, folder / "cache");
          right += own.index().size() == shared.index().size() ? 1 : 0;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(right == 40);
  }
}
