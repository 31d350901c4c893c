/// What became of each name when weights were put into a model: as data, as a table, and in one sentence.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

/// One name with the sizes that the model and the file have for it, where they have it.
struct LoadedKey {
  std::string name;
  std::optional<std::vector<std::int64_t>> model = {};
  std::optional<std::vector<std::int64_t>> file = {};
};

/// Every name of the model and of the file is in exactly one of these lists. Names are the model's: after renaming.
struct LoadReport {
  std::vector<LoadedKey> loaded;      ///< now has the file's values
  std::vector<LoadedKey> kept;        ///< was allowed to differ: has the model's own values as before
  std::vector<LoadedKey> missing;     ///< in the model, not in the file
  std::vector<LoadedKey> unexpected;  ///< in the file, not in the model
  std::vector<LoadedKey> mis_shaped;  ///< in both, with other sizes

  /// Whether nothing is missing, unexpected or mis-shaped.
  bool fits() const noexcept { return missing.empty() && unexpected.empty() && mis_shaped.empty(); }
};

namespace detail {

inline std::string sizes_text(const std::optional<std::vector<std::int64_t>>& sizes) {
  return sizes ? fmt::format("[{}]", fmt::join(*sizes, ", ")) : "-";
}

}  // namespace detail

/// A table: a line of counts, then a line for each name that was not loaded, with both sizes.
inline std::string to_string(const LoadReport& report) {
  struct Line {
    std::string_view what;
    std::string_view name;
    std::string model;
    std::string file;
  };
  std::vector<Line> lines{{"", "name", "model", "file"}};
  const auto add = [&lines](std::string_view what, const std::vector<LoadedKey>& keys) {
    for (const LoadedKey& key : keys) {
      lines.push_back({what, key.name, detail::sizes_text(key.model), detail::sizes_text(key.file)});
    }
  };
  add("kept", report.kept);
  add("missing", report.missing);
  add("unexpected", report.unexpected);
  add("mis-shaped", report.mis_shaped);

  std::string table =
      fmt::format("{} loaded, {} kept, {} missing, {} unexpected, {} mis-shaped\n", report.loaded.size(),
                  report.kept.size(), report.missing.size(), report.unexpected.size(), report.mis_shaped.size());
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

/// What does not fit, in one line: "1 missing (fc.bias), 1 mis-shaped (fc.weight: [10, 512] in the model, [1000, 512]
/// in the file)"; the first three names of each kind.
inline std::string summary(const LoadReport& report) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view what, const std::vector<LoadedKey>& keys, bool with_sizes) {
    constexpr std::size_t most = 3;
    if (keys.empty()) {
      return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < keys.size() && i < most; ++i) {
      names.push_back(with_sizes ? fmt::format("{}: {} in the model, {} in the file", keys[i].name,
                                               detail::sizes_text(keys[i].model), detail::sizes_text(keys[i].file))
                                 : keys[i].name);
    }
    parts.push_back(
        fmt::format("{} {} ({}{})", keys.size(), what, fmt::join(names, ", "), keys.size() > most ? ", …" : ""));
  };
  add("missing", report.missing, false);
  add("unexpected", report.unexpected, false);
  add("mis-shaped", report.mis_shaped, true);
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace hearth
