#pragma once

#include <hearth/train/checkpoint_files.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>

namespace hearth::train {

namespace detail {

/// Epoch and steps in the name of a checkpoint; none when it is another file's.
HEARTH_INLINE std::optional<std::pair<int, std::int64_t>> place_of_checkpoint(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || !name.ends_with(".pth")) {
    return std::nullopt;
  }
  name.remove_suffix(4);
  std::pair<int, std::int64_t> place;
  const auto is_number = [](std::string_view text, auto& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
  };
  return is_number(name.substr(0, dash), place.first) && is_number(name.substr(dash + 1), place.second)
             ? std::optional(place)
             : std::nullopt;
}

}  // namespace detail

HEARTH_INLINE std::filesystem::path checkpoint_file(const std::filesystem::path& run_folder, int epoch,
                                                    std::int64_t steps) {
  return run_folder / "checkpoints" / fmt::format("{:04}-{:06}.pth", epoch, steps);
}

HEARTH_INLINE std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& run_folder) {
  std::vector<std::pair<std::pair<int, std::int64_t>, std::filesystem::path>> found;
  std::error_code error;
  for (std::filesystem::directory_iterator next(run_folder / "checkpoints", error), end; !error && next != end;
       next.increment(error)) {
    if (const auto place = detail::place_of_checkpoint(next->path().filename().native())) {
      found.emplace_back(*place, next->path());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> files;
  for (auto& [place, path] : found) {
    files.push_back(std::move(path));
  }
  return files;
}

HEARTH_INLINE void replace_oldest_checkpoint(const std::filesystem::path& run_folder, const std::filesystem::path& file,
                                             int keep, const std::function<void(const std::filesystem::path&)>& write) {
  core::make_folder(file.parent_path());
  std::vector<std::filesystem::path> files = checkpoint_files(run_folder);
  std::erase(files, file);
  const auto most = static_cast<std::size_t>(keep);
  std::error_code error;
  while (files.size() > most) {
    std::filesystem::remove(files.front(), error);
    files.erase(files.begin());
  }
  if (files.size() < most) {
    write(file);
    return;
  }
  // The oldest becomes the newest, so that there are not more at any time. A process that is killed between these two
  // leaves the new checkpoint under an old one's name, and goes on from one that is older, to the same end.
  write(files.front());
  std::filesystem::rename(files.front(), file, error);
  core::require(!error, "cannot rename {} to {}: {}", files.front().string(), file.string(), error.message());
}

}  // namespace hearth::train
