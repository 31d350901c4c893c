#include <hearth/core/crc32.hpp>
#include <hearth/weights/zip/reader.hpp>
#include <hearth/weights/zip/writer.hpp>

#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/core/mapped_file.hpp>

#include "catch.hpp"
#include "weights/reference.hpp"

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An archive of two entries, as bytes that a test may damage.
std::vector<std::byte> archive(const TemporaryFolder& folder) {
  hearth::weights::OutputFile file(folder / "a.zip", "a.zip");
  hearth::zip::Writer zip(file);
  zip.add("archive/first", bytes_of("one"));
  zip.add("archive/second", bytes_of(std::string(200, 'x')));
  zip.finish();
  file.close();
  return hearth::core::read_file(folder / "a.zip");
}

}  // namespace

TEST_CASE("crc32 gives the check value of the CRC catalogue for short and long texts") {
  CHECK(hearth::core::crc32(bytes_of("123456789")) == 0xCBF43926);
  CHECK(hearth::core::crc32({}) == 0);
  CHECK(hearth::core::crc32(bytes_of("a")) == 0xE8B7BE43);
  CHECK(hearth::core::crc32(bytes_of("The quick brown fox jumps over the lazy dog")) == 0x414FA339);
}

TEST_CASE("What zip::Writer writes, read_zip reads, with each entry at a multiple of 64") {
  const TemporaryFolder folder;
  std::vector<std::byte> bytes = archive(folder);
  const auto entries = hearth::zip::read_zip(bytes);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "archive/first");
  CHECK(text_of(entries[0].bytes) == "one");
  CHECK(text_of(entries[1].bytes) == std::string(200, 'x'));
  CHECK((entries[0].bytes.data() - bytes.data()) % 64 == 0);
  CHECK((entries[1].bytes.data() - bytes.data()) % 64 == 0);
}

TEST_CASE("The same entries give the same archive") {
  const TemporaryFolder folder;
  CHECK(archive(folder) == archive(folder));
}

TEST_CASE("read_zip reads archives with more entries than 16 bits say") {
  const TemporaryFolder folder;
  {
    hearth::weights::OutputFile file(folder / "many.zip", "many.zip");
    hearth::zip::Writer zip(file);
    for (int i = 0; i < 70000; ++i) {
      zip.add(std::to_string(i), {});
    }
    zip.finish();
    file.close();
  }
  hearth::core::MappedFile file(folder / "many.zip");
  const auto entries = hearth::zip::read_zip(file.bytes());
  CHECK(entries.size() == 70000);
  CHECK(entries.back().name == "69999");
}

TEST_CASE("read_zip refuses an archive cut short anywhere") {
  const TemporaryFolder folder;
  std::vector<std::byte> bytes = archive(folder);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(hearth::zip::read_zip(std::span(bytes).first(size)), hearth::Error);
  }
}

TEST_CASE("read_zip refuses damage with a sentence") {
  using Catch::Matchers::ContainsSubstring;
  const TemporaryFolder folder;
  std::vector<std::byte> bytes = archive(folder);
  const std::string whole = text_of(bytes);
  const std::size_t directory = whole.find("PK\x01\x02");
  const std::size_t end = whole.rfind("PK\x05\x06");
  const auto set = [&](std::size_t at, std::uint32_t value) { std::memcpy(bytes.data() + at, &value, sizeof(value)); };
  const auto read = [&] { return hearth::zip::read_zip(bytes); };

  SECTION("an entry beyond the end of the file") {
    set(directory + 20, 100000);
    set(directory + 24, 100000);
    CHECK_THROWS_WITH(read(), ContainsSubstring("archive/first reaches past the end of the file"));
  }
  SECTION("a header elsewhere") {
    set(directory + 42, 7);
    CHECK_THROWS_WITH(read(), ContainsSubstring("archive/first has a damaged header"));
  }
  SECTION("a header beyond the end of the file") {
    set(directory + 42, 0xFFFFFFF0);
    CHECK_THROWS_WITH(read(), ContainsSubstring("reaches past the end of the file"));
  }
  SECTION("another name in its own header") {
    bytes[30] = std::byte{'A'};
    CHECK_THROWS_WITH(read(), ContainsSubstring("archive/first has another name in the directory"));
  }
  SECTION("a compressed entry") {
    bytes[directory + 10] = std::byte{8};
    CHECK_THROWS_WITH(read(), ContainsSubstring("archive/first is compressed"));
  }
  SECTION("an encrypted entry") {
    bytes[directory + 8] = std::byte{1};
    CHECK_THROWS_WITH(read(), ContainsSubstring("archive/first is encrypted"));
  }
  SECTION("a directory beyond the end of the file") {
    set(end + 16, 0x7FFFFFFF);
    CHECK_THROWS_WITH(read(), ContainsSubstring("the directory reaches past the end of the file"));
  }
  SECTION("another number of entries") {
    bytes[end + 10] = std::byte{3};
    CHECK_THROWS_WITH(read(), ContainsSubstring("has 2 entries but should have 3"));
  }
}

TEST_CASE("read_zip refuses a name that is there twice") {
  const TemporaryFolder folder;
  {
    hearth::weights::OutputFile file(folder / "twice.zip", "twice.zip");
    hearth::zip::Writer zip(file);
    zip.add("same", bytes_of("one"));
    zip.add("same", bytes_of("two"));
    zip.finish();
    file.close();
  }
  hearth::core::MappedFile file(folder / "twice.zip");
  CHECK_THROWS_WITH(hearth::zip::read_zip(file.bytes()), "zip archive: its entry same is there twice");
}

TEST_CASE("OutputFile tells which file cannot be written, and why") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(hearth::weights::OutputFile(folder / "no" / "such.part", "final.pth"),
                    "cannot write final.pth: No such file or directory");

  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  hearth::weights::OutputFile file(folder / "full.part", "full.pth");
  CHECK_THROWS_WITH(file.write(std::string(1 << 20, 'x')), "cannot write full.pth: File too large");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, ignored);
}
