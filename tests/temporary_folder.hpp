/// A folder of a test's own that goes with it.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>

namespace hearth_test {

/// Where files are written, flushed and removed without a wait for the disk: in memory, where the system offers enough.
inline std::filesystem::path quick_folder() {
  const std::filesystem::path in_memory = "/dev/shm";
  std::error_code error;
  const bool is_large = std::filesystem::space(in_memory, error).available > (std::uintmax_t{1} << 29) && !error;
  return is_large && ::access(in_memory.c_str(), W_OK) == 0 ? in_memory : std::filesystem::temp_directory_path();
}

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& where = quick_folder()) {
    std::string name = (where / "hearth-test-XXXXXX").string();
    hearth::core::require(::mkdtemp(name.data()) != nullptr, "cannot make a folder {}", name);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  /// The names of what lies directly in it, in no particular order.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      found.push_back(entry.path().filename().string());
    }
    return found;
  }

  /// Writes a file below it, making its folders.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    hearth::core::write_file(path_ / name, text);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A file's content.
inline std::string read_text(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = hearth::core::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The message of the hearth::Error that `action` throws; empty when it throws none.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const hearth::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace hearth_test
