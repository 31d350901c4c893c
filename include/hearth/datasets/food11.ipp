#pragma once

#include <hearth/datasets/food11.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/food11_source.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/datasets/prepared_folder.hpp>
#include <hearth/datasets/prepared_note.hpp>

namespace hearth {

namespace datasets::detail {

inline const PreparedKind& food11_kind() {
  static const PreparedKind kind{"Food-11", "files", "", {food11_splits.begin(), food11_splits.end()}};
  return kind;
}

/// Is this a folder with training/CLASS, validation/CLASS and evaluation/CLASS, prepared or sorted by hand?
inline bool is_sorted_food11(const std::filesystem::path& folder) {
  if (is_prepared_folder(folder)) {
    return true;
  }
  return std::all_of(food11_splits.begin(), food11_splits.end(), [&](std::string_view split) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder / split, error)) {
      return false;
    }
    const FolderNames names = list_folder(folder / split);
    return !names.folders.empty() && std::none_of(names.files.begin(), names.files.end(), has_image_extension);
  });
}

/// The number of images in each class folder of a split. Throws Error when the folders are not those of the 11 classes.
inline std::vector<std::size_t> count_food11(const std::filesystem::path& split) {
  const std::vector<std::string>& classes = food11_classes();
  const std::vector<std::string> folders = list_folder(split).folders;
  for (const std::string& folder : folders) {
    core::require(std::any_of(classes.begin(), classes.end(),
                              [&](const auto& name) { return food11_folder(name) == food11_folder(folder); }),
                  "Food-11: {} is the folder of none of its 11 classes", core::printable(split / folder));
  }
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    // The first difference shows a class that is missing, or one that is there twice: "Fried food" and "Fried_food".
    const std::string wanted = food11_folder(classes[i]);
    core::require(i < folders.size() && food11_folder(folders[i]) == wanted,
                  "Food-11: {} has no folder {}, or has another one twice", core::printable(split), wanted);
    counts.push_back(list_files(split / folders[i], has_image_extension).size());
    core::require(counts.back() > 0, "Food-11: the folder {} has no images", core::printable(split / folders[i]));
  }
  core::require(folders.size() == classes.size(), "Food-11: {} has {} class folders, not {}", core::printable(split),
                folders.size(), classes.size());
  return counts;
}

}  // namespace datasets::detail

HEARTH_INLINE const std::vector<std::string>& food11_classes() {
  static const std::vector<std::string> names{"Bread",      "Dairy product", "Dessert",        "Egg",
                                              "Fried food", "Meat",          "Noodles/Pasta",  "Rice",
                                              "Seafood",    "Soup",          "Vegetable/Fruit"};
  return names;
}

HEARTH_INLINE Food11 open_food11(const std::filesystem::path& folder) {
  core::require(datasets::detail::is_sorted_food11(folder),
                "Food-11: {} is no folder that was prepared, and has no images sorted into training/CLASS, "
                "validation/CLASS and evaluation/CLASS; prepare it from food-11.zip",
                core::printable(folder));
  Food11 data;
  if (datasets::is_prepared_folder(folder)) {
    const datasets::PreparedKind& kind = datasets::detail::food11_kind();
    const datasets::PreparedNote note = datasets::require_unchanged(kind, folder);
    data.source = note.describe(kind);
    data.how = note.value;
  }
  data.training = folder / "training";
  data.validation = folder / "validation";
  data.evaluation = folder / "evaluation";
  data.classes = food11_classes();
  data.counts.training = datasets::detail::count_food11(data.training);
  data.counts.validation = datasets::detail::count_food11(data.validation);
  data.counts.evaluation = datasets::detail::count_food11(data.evaluation);
  return data;
}

HEARTH_INLINE Food11 prepare_food11(const std::filesystem::path& source, const std::filesystem::path& target,
                                    const Food11Options& options) {
  if (datasets::detail::is_sorted_food11(source)) {
    return open_food11(source);
  }
  datasets::prepare_from_source(
      datasets::detail::food11_kind(), source, target, "",
      [&](const std::filesystem::path& part) { return datasets::Food11Source(source).write(part, options.progress); });
  return open_food11(target);
}

HEARTH_INLINE std::string to_string(const Food11::Counts& counts) {
  constexpr std::string_view line = "{:<18}{:>10}{:>12}{:>12}\n";
  const auto sum = [](const std::vector<std::size_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::size_t{0});
  };
  const std::vector<std::string>& classes = food11_classes();
  core::require(counts.training.size() == classes.size() && counts.validation.size() == classes.size() &&
                    counts.evaluation.size() == classes.size(),
                "to_string(Food11::Counts): a split has not {} counts", classes.size());
  std::string text = fmt::format(line, "class", "training", "validation", "evaluation");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    text += fmt::format(line, fmt::format("{:>2} {}", i, classes[i]), counts.training[i], counts.validation[i],
                        counts.evaluation[i]);
  }
  return text + fmt::format(line, "all", sum(counts.training), sum(counts.validation), sum(counts.evaluation));
}

}  // namespace hearth
