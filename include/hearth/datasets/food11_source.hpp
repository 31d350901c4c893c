/// Food-11's layout as it is downloaded, and what of it goes where.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/food11.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/source_files.hpp>

namespace hearth::datasets {

/// The splits, which are the folders' names in the download and in the prepared folder.
inline constexpr std::array<std::string_view, 3> food11_splits{"training", "validation", "evaluation"};

/// A class's name as a folder may have it: "Vegetable/Fruit" is "Vegetable_Fruit".
inline std::string food11_folder(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '/' || c == '-'; }, '_');
  return name;
}

/// The files of the download, in an archive or a folder, and where each one goes.
class Food11Source {
 public:
  /// Goes through the names. Throws Error naming the source and the file when something in it is not as it should be.
  explicit Food11Source(std::filesystem::path source) : files_(std::move(source)) {
    find_top();
    for (const std::string_view split : food11_splits) {
      check_split(split);
    }
  }

  /// Writes the images to SPLIT/CLASS below `target`; in which way, in words.
  std::string write(const std::filesystem::path& target,
                    const std::function<void(std::size_t, std::size_t)>& progress) const {
    const WrittenFiles written = files_.write(
        target, [this](const std::string& name) { return place(name); }, FromFolder::link, progress);
    if (written.extracted > 0) {
      return "extracted";
    }
    return written.copied == 0 ? "hard links" : written.linked == 0 ? "copies" : "hard links and copies";
  }

 private:
  /// A file in or below one of the three folders.
  struct Found {
    std::string split;  // "training"
    std::string file;   // "3_7.jpg", or "folder/3_7.jpg"
  };

  std::string source() const { return core::printable(files_.path()); }

  /// What systems leave among the files of users.
  static bool is_junk(std::string_view name) {
    std::string_view file = name;
    for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = file.find('/')) {
      if (file.substr(0, slash) == "__MACOSX" || file.starts_with('.')) {
        return true;
      }
      file.remove_prefix(slash + 1);
    }
    std::string lower(file);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower.starts_with('.') || lower == "thumbs.db" || lower == "desktop.ini";
  }

  /// Which split a file lies in, where its top folder is that of the data set.
  std::optional<Found> find(const std::string& name) const {
    if (!name.starts_with(top_) || is_junk(name)) {
      return {};
    }
    for (const std::string_view split : food11_splits) {
      const std::string folder = top_ + std::string(split) + '/';
      if (name.starts_with(folder)) {
        return Found{std::string(split), name.substr(folder.size())};
      }
    }
    return {};
  }

  /// The top folder is what stands before the split in the names of images. There must be one alone.
  void find_top() {
    std::map<std::string, std::string> tops;  // with a folder that shows it
    for (const std::string& name : files_.names()) {
      if (is_junk(name) || !has_image_extension(name)) {
        continue;
      }
      const std::size_t slash = name.rfind('/');
      const std::string folder = name.substr(0, slash == std::string::npos ? 0 : slash);
      for (const std::string_view split : food11_splits) {
        if (folder == split || folder.ends_with('/' + std::string(split))) {
          tops.emplace(folder.substr(0, folder.size() - split.size()), folder);
        }
      }
    }
    core::require(!tops.empty(),
                  "Food-11: {} has no images in training, validation and evaluation, such as training/0_0.jpg: it is "
                  "not the data set's download, or not all of it",
                  source());
    core::require(tops.size() == 1, "Food-11: {} has images in {} and in {}, which are two data sets: give one of them",
                  source(), core::printable(tops.begin()->second), core::printable(tops.rbegin()->second));
    top_ = tops.begin()->first;
  }

  /// Each split must be there, and have images of each class.
  void check_split(std::string_view split) const {
    const std::string folder = top_ + std::string(split);
    core::require(files_.has_folder(folder), "Food-11: {} has no folder {}", source(), core::printable(folder));
    std::vector<std::size_t> counts(food11_classes().size());
    std::size_t total = 0;
    for (const std::string& name : files_.names()) {
      if (const std::optional<Found> found = find(name); found && found->split == split) {
        ++counts[class_of(name, found->file)];
        ++total;
      }
    }
    core::require(total > 0, "Food-11: the folder {} in {} is empty", core::printable(folder), source());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      core::require(counts[i] > 0, "Food-11: the folder {} in {} has no image of class {}, {}: no {}_NUMBER.jpg",
                    core::printable(folder), source(), i, food11_classes()[i], i);
    }
  }

  /// The class number that a file's name begins with.
  std::size_t class_of(const std::string& name, const std::string& file) const {
    constexpr std::string_view rule = "images are named CLASS_NUMBER.jpg, with a class from 0 to 10";
    const auto is_digits = [](std::string_view text) {
      return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    core::require(file.find('/') == std::string::npos,
                  "Food-11: {} in {} lies in a folder within the split; images lie in the split's own folder",
                  core::printable(name), source());
    const std::string_view stem = std::string_view(file).substr(0, file.rfind('.'));
    const std::size_t bar = stem.find('_');
    const std::string_view number = stem.substr(0, bar);
    const bool has_number = is_digits(number.starts_with('-') ? number.substr(1) : number);
    core::require(has_number && bar != std::string_view::npos, "Food-11: {} in {} has no class number in its name: {}",
                  core::printable(name), source(), rule);
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    core::require(error == std::errc{} && end == number.data() + number.size() && value < food11_classes().size(),
                  "Food-11: {} in {} has the class number {}: {}", core::printable(name), source(),
                  core::printable(number), rule);
    core::require(is_digits(stem.substr(bar + 1)) && has_image_extension(file),
                  "Food-11: {} in {} has not the name of an image: {}", core::printable(name), source(), rule);
    return value;
  }

  /// Where a file goes; empty: nowhere.
  std::string place(const std::string& name) const {
    const std::optional<Found> found = find(name);
    if (!found) {
      return {};
    }
    const std::size_t number = class_of(name, found->file);
    return found->split + '/' + food11_folder(food11_classes()[number]) + '/' + found->file;
  }

  SourceFiles files_;
  std::string top_;  // "Food-11/" in the usual archive
};

}  // namespace hearth::datasets
