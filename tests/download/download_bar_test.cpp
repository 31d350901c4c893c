#include <hearth/download/download_bar.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::read_text;
using hearth_test::TemporaryFolder;

TEST_CASE("A line of figures has percent, megabytes, speed and the time that is left", "[bar]") {
  const std::string half =
      "\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501"
      "\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500";
  CHECK(download::download_line(50'000'000, 100'000'000, 0, 10) ==
        " 50% " + half + " 50.0/100.0 MB  5.0 MB/s  eta 0:10");
  // Of these, 30 MB came in an earlier run: 20 in 10 s, and 50 are left.
  CHECK(download::download_line(50'000'000, 100'000'000, 30'000'000, 10) ==
        " 50% " + half + " 50.0/100.0 MB  2.0 MB/s  eta 0:25");
  CHECK(download::download_line(50'000'000, 100'000'000, 50'000'000, 0) == " 50% " + half + " 50.0/100.0 MB  0.0 MB/s");
  CHECK(download::download_line(1'500'000, 0, 0, 2) == "1.5 MB  0.8 MB/s");
}

TEST_CASE("A terminal is shown the bar, which is written over itself", "[bar]") {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  std::FILE* const terminal = std::fopen(::ptsname(master), "w");
  REQUIRE(terminal != nullptr);
  {
    download::DownloadBar bar(true, terminal);
    bar.wait("/cache/net.pth");
    bar.begin("https://example.com/net.pth", "/cache/net.pth", 2'000'000, 0);
    bar.update(2'000'000);
    download::DownloadBar silent(false, terminal);
    silent.begin("https://example.com/silent.pth", "/cache/silent.pth", 1, 0);
  }
  std::fclose(terminal);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t count = 0; (count = ::read(master, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(count));
  }
  ::close(master);
  CHECK_THAT(text, ContainsSubstring("Waiting for another program, which downloads /cache/net.pth\r\n") &&
                       ContainsSubstring("Downloading https://example.com/net.pth to /cache/net.pth\r\n\r  0% ") &&
                       ContainsSubstring("\033[K\r100% ") && ContainsSubstring(" 2.0/2.0 MB") &&
                       Catch::Matchers::EndsWith("\033[K\r\n") && !ContainsSubstring("silent"));
}

TEST_CASE("A file is shown nothing", "[bar]") {
  const TemporaryFolder folder;
  std::FILE* const stream = std::fopen((folder / "log").c_str(), "w");
  REQUIRE(stream != nullptr);
  {
    download::DownloadBar bar(true, stream);
    bar.wait("/cache/net.pth");
    bar.begin("https://example.com/net.pth", "/cache/net.pth", 10, 0);
    bar.update(10);
  }
  std::fclose(stream);
  CHECK(read_text(folder / "log").empty());
}
