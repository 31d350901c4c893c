#pragma once

#include <hearth/core/free_memory.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace hearth::core {

namespace detail {

inline std::optional<std::uint64_t> number_in(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t:"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// The number after `key` at the beginning of a line of the file; none where there is no such line.
inline std::optional<std::uint64_t> number_after(const std::filesystem::path& file, std::string_view key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key)) {
      return number_in(std::string_view(line).substr(key.size()));
    }
  }
  return std::nullopt;
}

/// What is left of the limit of one control group; none where it has no limit. What its files keep of the page cache is
/// counted as used by the kernel, and can be had all the same.
inline std::optional<std::uint64_t> left_of(const std::filesystem::path& group, const char* limit, const char* used,
                                            const char* cached) {
  const auto most = number_after(group / limit, "");
  const auto now = number_after(group / used, "");
  if (!most || !now) {
    return std::nullopt;
  }
  const std::uint64_t taken = *now - std::min(*now, number_after(group / "memory.stat", cached).value_or(0));
  return *most - std::min(*most, taken);
}

/// The least that is left of the limits of a control group and those around it.
inline std::uint64_t left_of_groups(const std::filesystem::path& root) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  const auto climb = [&](const std::filesystem::path& mount, std::filesystem::path group, const char* limit,
                         const char* used, const char* cached) {
    for (int depth = 0; depth < 64; ++depth) {
      least = std::min(least, left_of(mount / group.relative_path(), limit, used, cached).value_or(least));
      if (!group.has_relative_path()) {
        return;
      }
      group = group.parent_path();
    }
  };
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) {
      continue;
    }
    const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const std::filesystem::path group = line.substr(second + 1);
    if (controllers == ",,") {
      climb(root / "sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file ");
    } else if (controllers.find(",memory,") != controllers.npos) {
      climb(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes", "memory.usage_in_bytes",
            "total_inactive_file ");
    }
  }
  return least;
}

}  // namespace detail

HEARTH_INLINE std::uint64_t free_memory(const std::filesystem::path& root) {
  std::uint64_t machine = 0;
  if (const auto kilobytes = detail::number_after(root / "proc/meminfo", "MemAvailable")) {
    machine = *kilobytes * 1024;
  } else {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    machine = pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2 : 0;
  }
  return std::min(machine, detail::left_of_groups(root));
}

}  // namespace hearth::core
