/// What became of each name when weights were put into a model: as data, as a table, and in one sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

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
  std::string advice;                 ///< how more of the names would fit, where a prefix is all that differs

  /// Whether nothing is missing, unexpected or mis-shaped.
  bool fits() const noexcept { return missing.empty() && unexpected.empty() && mis_shaped.empty(); }
};

/// A table: a line of counts, one of advice where there is some, then a line for each name that was not loaded, with
/// both sizes.
std::string to_string(const LoadReport& report);

/// What does not fit, in one line: "1 missing (fc.bias), 1 mis-shaped (fc.weight: [10, 512] in the model, [1000, 512]
/// in the file)"; the first three names of each kind; then the advice.
std::string summary(const LoadReport& report);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/load_report.ipp>
#endif
