#include <hearth/train/event_file.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/train/event_record.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "read_events.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string hexadecimal(const std::string& bytes) {
  std::string digits;
  for (const char byte : bytes) {
    digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return digits;
}

/// The record of that name as TensorBoard's Python wrote it (make_event_reference.py).
std::string reference(const std::string& name) {
  std::ifstream file(HEARTH_TEST_DIR "/train/reference/events.txt");
  for (std::string key, digits; file >> key >> digits;) {
    if (key == name) {
      return digits;
    }
  }
  FAIL(name << " is not in the file");
  return {};
}

}  // namespace

TEST_CASE("CRC-32C gives the values of RFC 3720", "[event_file]") {
  const auto crc = [](const std::vector<int>& numbers) {
    std::vector<std::byte> bytes;
    for (const int number : numbers) {
      bytes.push_back(static_cast<std::byte>(number));
    }
    return core::crc32c(bytes);
  };
  std::vector<int> numbers(32, 0);
  CHECK(crc(numbers) == 0x8A9136AA);
  std::fill(numbers.begin(), numbers.end(), 0xFF);
  CHECK(crc(numbers) == 0x62A8AB43);
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK(crc(numbers) == 0x46DD794E);
  std::reverse(numbers.begin(), numbers.end());
  CHECK(crc(numbers) == 0x113FDB5C);
  CHECK(crc({0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
             0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
             0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}) ==
        0xD9963A56);
  CHECK(core::crc32c({}) == 0);
}

TEST_CASE("records are to the byte what TensorBoard's own Python writes", "[event_file]") {
  constexpr double seconds = 1700000000.25;
  const auto record = [](const std::string& event) { return hexadecimal(train::framed(event)); };
  CHECK(record(train::version_event(seconds)) == reference("version"));
  CHECK(record(train::restart_event({seconds, 0})) == reference("restart_0"));
  CHECK(record(train::restart_event({seconds, 300})) == reference("restart_300"));
  CHECK(record(train::scalar_event({seconds, 0}, "loss/train", 0.1)) == reference("scalar_0"));
  CHECK(record(train::scalar_event({seconds, 127}, "lr", 0)) == reference("scalar_127"));
  CHECK(record(train::scalar_event({seconds, (std::int64_t{1} << 40) + 128}, "x", -1e30)) == reference("scalar_large"));
  CHECK(record(train::scalar_event({seconds, -1}, "é", 1)) == reference("scalar_negative"));
  CHECK(record(train::text_event({seconds, 2}, "command", "train " + std::string(200, 'x'))) == reference("text"));
}

TEST_CASE("TensorBoard's reader finds the numbers, pictures and texts of a folder", "[event_file]") {
  const hearth_test::TemporaryFolder temporary;
  const std::filesystem::path folder = temporary / "logs";
  Image picture(4, 6, 3);
  for (std::size_t i = 0; i < picture.pixels().size(); ++i) {
    picture.pixels()[i] = static_cast<std::uint8_t>(3 * i);
  }
  {
    EventFile file(folder);
    CHECK(file.path().empty());
    file.scalar("loss/train", 0, 0.5);
    file.flush();
    CHECK(file.path().parent_path() == folder);
    CHECK(file.path().filename().string().starts_with("events.out.tfevents."));
    file.scalar("loss/train", 1, 0.25);
    file.image("matrix", 1, picture.view());
    file.text("command", 0, "train --epochs 2");
    EventFile moved = std::move(file);
    moved.scalar("loss/train", 2, 0.125);
  }  // which flushes
  CHECK(temporary.names().size() == 1);
  const auto found = hearth_test::read_events(folder);
  if (!found) {
    WARN("skipped: HEARTH_PYTHON names no Python with tensorboard");
    return;
  }
  CHECK(*found == R"({"image matrix": [[1, 6, 4]], "scalar loss/train": [[0, 0.5], [1, 0.25], [2, 0.125]], )"
                  R"("text command": [[0, "train --epochs 2"]]})");
  CHECK(decode_image(core::read_file(folder / "matrix.png"), "matrix.png") == picture);
}

TEST_CASE("a new file sorts behind those of a folder, also when the clock was set back", "[event_file]") {
  const hearth_test::TemporaryFolder temporary;
  temporary.write("events.out.tfevents.9000000000.a-host.1", "");
  temporary.write("events.out.tfevents.none", "");
  EventFile file(temporary.path());
  file.scalar("loss", 0, 1);
  file.flush();
  CHECK(file.path().filename().string().starts_with("events.out.tfevents.9000000001."));
}

TEST_CASE("a file that goes on from a step takes the place of what older ones have from there", "[event_file]") {
  const hearth_test::TemporaryFolder temporary;
  std::vector<std::string> names;
  for (const std::int64_t first : std::array<std::int64_t, 3>{0, 2, 1}) {  // all within a second
    EventFile file(temporary.path(), {.purge_step = first});
    for (std::int64_t step = first; step < 4; ++step) {
      file.scalar("loss", step, static_cast<double>(10 * first + step));
    }
    file.flush();
    names.push_back(file.path().filename().string());
  }
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  const auto found = hearth_test::read_events(temporary.path());
  if (!found) {
    WARN("skipped: HEARTH_PYTHON names no Python with tensorboard");
    return;
  }
  CHECK(*found == R"({"scalar loss": [[0, 0.0], [1, 11.0], [2, 12.0], [3, 13.0]]})");
}

TEST_CASE("after a write that failed the file ends with a whole record, and the next flush writes the rest",
          "[event_file]") {
  const hearth_test::TemporaryFolder temporary;
  const pid_t child = ::fork();
  if (child == 0) {  // the limit is the whole process's
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    EventFile file(temporary.path());
    file.scalar("loss", 0, 1);
    file.flush();
    const auto size = std::filesystem::file_size(file.path());
    limit.rlim_cur = size + 20;  // less than a record
    ::setrlimit(RLIMIT_FSIZE, &limit);
    file.scalar("loss", 1, 2);
    try {
      file.flush();
      ::_exit(1);
    } catch (const Error& error) {
      if (std::string(error.what()).find(file.path().string()) == std::string::npos ||
          std::filesystem::file_size(file.path()) != size) {
        ::_exit(2);
      }
    }
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    file.scalar("loss", 2, 3);
    file.flush();
    // 12 bytes of frame before an event and 4 behind it.
    const std::size_t record = train::framed(train::scalar_event({1, 1}, "loss", 1)).size();
    ::_exit(std::filesystem::file_size(file.path()) == size + 2 * record ? 0 : 3);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  if (const auto found = hearth_test::read_events(temporary.path())) {
    CHECK(*found == R"({"scalar loss": [[0, 1.0], [1, 2.0], [2, 3.0]]})");
  }
}

TEST_CASE("a folder that cannot be made is an error of the flush, and tried again by the next", "[event_file]") {
  const hearth_test::TemporaryFolder temporary;
  temporary.write("logs", "in the way");
  EventFile file(temporary / "logs");
  file.scalar("loss", 0, 1);
  CHECK_THROWS_WITH(file.flush(), ContainsSubstring((temporary / "logs").string()));
  CHECK(file.path().empty());
  std::filesystem::remove(temporary / "logs");
  file.flush();
  CHECK(std::filesystem::file_size(file.path()) > 0);
  CHECK_THROWS_WITH(EventFile(""), "EventFile: the path of the folder is empty");
}
