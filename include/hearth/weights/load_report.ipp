#pragma once

#include <hearth/weights/load_report.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <hearth/core/printable.hpp>

namespace hearth {

namespace detail {

HEARTH_INLINE std::string sizes_text(const std::optional<std::vector<std::int64_t>>& sizes) {
  return sizes ? fmt::format("[{}]", fmt::join(*sizes, ", ")) : "-";
}

}  // namespace detail

HEARTH_INLINE std::string to_string(const LoadReport& report) {
  struct Line {
    std::string_view what;
    std::string name;
    std::string model;
    std::string file;
  };
  std::vector<Line> lines{{"", "name", "model", "file"}};
  const auto add = [&lines](std::string_view what, const std::vector<LoadedKey>& keys) {
    for (const LoadedKey& key : keys) {
      lines.push_back({what, core::printable(key.name), detail::sizes_text(key.model), detail::sizes_text(key.file)});
    }
  };
  add("kept", report.kept);
  add("missing", report.missing);
  add("unexpected", report.unexpected);
  add("mis-shaped", report.mis_shaped);

  std::string table =
      fmt::format("{} loaded, {} kept, {} missing, {} unexpected, {} mis-shaped\n", report.loaded.size(),
                  report.kept.size(), report.missing.size(), report.unexpected.size(), report.mis_shaped.size());
  if (!report.advice.empty()) {
    table += report.advice + "\n";
  }
  if (lines.size() == 1) {
    return table;
  }
  std::size_t what_width = 0;
  std::size_t name_width = 0;
  std::size_t model_width = 0;
  for (const Line& line : lines) {
    what_width = std::max(what_width, line.what.size());
    name_width = std::max(name_width, line.name.size());
    model_width = std::max(model_width, line.model.size());
  }
  for (const Line& line : lines) {
    table += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", line.what, what_width, line.name, name_width, line.model,
                         model_width, line.file);
  }
  return table;
}

HEARTH_INLINE std::string summary(const LoadReport& report) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view what, const std::vector<LoadedKey>& keys, bool with_sizes) {
    constexpr std::size_t most = 3;
    if (keys.empty()) {
      return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys.size() && i < most; ++i) {
      const std::string name = core::printable(keys[i].name);
      names.push_back(with_sizes ? fmt::format("{}: {} in the model, {} in the file", name,
                                               detail::sizes_text(keys[i].model), detail::sizes_text(keys[i].file))
                                 : name);
    }
    parts.push_back(
        fmt::format("{} {} ({}{})", keys.size(), what, fmt::join(names, ", "), keys.size() > most ? ", …" : ""));
  };
  add("missing", report.missing, false);
  add("unexpected", report.unexpected, false);
  add("mis-shaped", report.mis_shaped, true);
  return fmt::format("{}{}{}", fmt::join(parts, ", "), report.advice.empty() ? "" : "; ", report.advice);
}

}  // namespace hearth
