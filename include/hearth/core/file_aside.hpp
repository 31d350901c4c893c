/// A file beside the one that it becomes, and what killed processes left of theirs.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <hearth/core/descriptor.hpp>
#include <hearth/core/file_error.hpp>
#include <hearth/core/process.hpp>

namespace hearth::core {

namespace detail {

/// The end of such a file's name: `.MACHINE-PID-STARTED-RANDOM.part`, with 16 digits in the first and the last.
inline std::string aside_ending() {
  const Process process = this_process();
  return fmt::format(".{}-{}-{}-{}.part", process.machine, process.pid, process.started, random_digits());
}

/// The process that made a file of this name; none when the name is not one of `aside_ending`.
inline std::optional<Process> maker_of(std::string_view name) {
  constexpr std::string_view part = ".part";
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  if (!name.ends_with(part)) {
    return std::nullopt;
  }
  name.remove_suffix(part.size());
  if (name.rfind('.') == std::string_view::npos) {
    return std::nullopt;
  }
  name.remove_prefix(name.rfind('.') + 1);
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = i + 1 < fields.size() ? name.find('-') : name.size();
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    fields[i] = name.substr(0, end);
    name.remove_prefix(std::min(name.size(), end + 1));
  }
  Process maker{.machine = std::string(fields[0])};
  const auto is_number = [](std::string_view text, auto& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
  };
  const bool is_ours = fields[0].size() == 16 && fields[0].find_first_not_of(hexadecimal) == std::string_view::npos &&
                       fields[3].size() == 16 && fields[3].find_first_not_of(hexadecimal) == std::string_view::npos &&
                       is_number(fields[1], maker.pid) && is_number(fields[2], maker.started);
  return is_ours ? std::optional(maker) : std::nullopt;
}

/// Removes the files that processes have left in the folder which run no more: those of this machine, and those of
/// others that nobody has written to for a day. Looks at most once a minute, for folders may hold many files.
inline void remove_left_aside(const std::filesystem::path& folder) {
  using Clock = std::chrono::steady_clock;
  static std::mutex mutex;
  static std::map<std::filesystem::path, Clock::time_point> looked;
  std::error_code error;
  {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    const auto [place, is_first] = looked.emplace(std::filesystem::absolute(folder, error), now);
    if (!is_first && now - place->second < std::chrono::minutes(1)) {
      return;
    }
    place->second = now;
  }
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator next(folder, error), end; !error && next != end; next.increment(error)) {
    const std::optional<Process> maker = maker_of(next->path().filename().native());
    if (!maker) {
      continue;
    }
    const Running running = is_running(*maker);
    struct ::stat status {};
    const bool is_old = ::lstat(next->path().c_str(), &status) == 0 &&
                        std::difftime(std::time(nullptr), status.st_mtime) > 24.0 * 60 * 60;
    if (running == Running::no || (running == Running::unknown && is_old)) {
      left.push_back(next->path());
    }
  }
  for (const std::filesystem::path& path : left) {
    std::filesystem::remove(path, error);
  }
}

}  // namespace detail

/// A new, empty file beside `target`, with a name that nobody can guess and the permissions of `target`, if that is
/// there. It is removed with the object, unless it has another name by then.
class FileAside {
 public:
  /// Throws Error, which names `path`, when there can be no such file.
  FileAside(const std::filesystem::path& target, const std::filesystem::path& path) {
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    detail::remove_left_aside(folder);
    const std::string ending = detail::aside_ending();
    constexpr std::size_t longest_name = 255;
    path_ = folder / (target.filename().native().substr(0, longest_name - ending.size()) + ending);
    const Descriptor descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!descriptor) {
      fail_on_file("cannot write", path, errno);
    }
    struct ::stat status {};
    if (::stat(target.c_str(), &status) == 0) {
      ::fchmod(descriptor.number(), (status.st_mode & 0777) | S_IWUSR);
    }
  }
  FileAside(const FileAside&) = delete;
  FileAside& operator=(const FileAside&) = delete;
  ~FileAside() { ::unlink(path_.c_str()); }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hearth::core
