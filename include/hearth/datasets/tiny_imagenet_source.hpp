/// Tiny ImageNet's official layout, and what of it goes where.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <hearth/archive/extract.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/source_files.hpp>

namespace hearth::datasets {

/// The files of the official layout, in a zip or a folder, and where each one goes.
class TinyImageNetSource {
 public:
  /// Goes through the names, and reads the small text files. Throws Error naming the source when it is damaged, has an
  /// entry that points outside, lacks val_annotations.txt or an image's line in it, or has not the same classes in
  /// train and val.
  TinyImageNetSource(std::filesystem::path source, bool with_test)
      : files_(std::move(source),
               [](const std::string& name) {
                 return name.ends_with(annotations_file) || name.ends_with("wnids.txt") || name.ends_with("words.txt");
               }),
        with_test_(with_test) {
    read_annotations();
    check_classes();
  }

  /// The classes: those with training images.
  const std::set<std::string>& wnids() const noexcept { return wnids_; }

  /// "WNID<tab>readable name" for each class that words.txt has.
  std::string words() const {
    std::string kept;
    const auto text = files_.texts().find(prefix_ + "words.txt");
    std::istringstream lines(text != files_.texts().end() ? text->second : "");
    for (std::string line; std::getline(lines, line);) {
      if (wnids_.contains(line.substr(0, line.find('\t')))) {
        kept += line + '\n';
      }
    }
    return kept;
  }

  /// Writes the images to train/WNID, val/WNID and, if they were asked for, test/images below `target`.
  void write(const std::filesystem::path& target, const std::function<void(std::size_t, std::size_t)>& progress) const {
    files_.write(
        target, [this](const std::string& name) { return place(name); }, FromFolder::copy, progress);
  }

 private:
  static constexpr std::string_view annotations_file = "val/val_annotations.txt";

  std::string source() const { return core::printable(files_.path()); }

  /// val_annotations.txt: the image's name, a tab, its class, and the box of the object. What stands before it in its
  /// path is the top folder; of several the one with the shortest path.
  void read_annotations() {
    const std::string* found = nullptr;
    for (const auto& [name, text] : files_.texts()) {
      if (name.ends_with(annotations_file) && (found == nullptr || name.size() < found->size())) {
        found = &name;
      }
    }
    core::require(found != nullptr, "Tiny ImageNet: {} has no {}: it is not the official archive, or not all of it",
                  source(), annotations_file);
    prefix_ = found->substr(0, found->size() - annotations_file.size());
    std::istringstream lines(files_.texts().at(*found));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      core::require(tab != std::string::npos, "Tiny ImageNet: {} in {} has a line without a class: {}",
                    annotations_file, source(), core::printable(line));
      const std::size_t end = line.find_first_of("\t\r", tab + 1);
      val_wnids_[line.substr(0, tab)] = line.substr(tab + 1, end == std::string::npos ? end : end - tab - 1);
    }
  }

  /// train and val must have images of the same classes, those of wnids.txt if it is there.
  void check_classes() {
    std::set<std::string> val;
    for (const std::string& name : files_.names()) {
      const std::string to = place(name);
      const bool is_train = to.starts_with("train/");
      if (is_train || to.starts_with("val/")) {
        const std::size_t begin = to.find('/') + 1;
        (is_train ? wnids_ : val).insert(to.substr(begin, to.find('/', begin) - begin));
      }
    }
    core::require(!wnids_.empty(), "Tiny ImageNet: {} has no images at train/WNID/images", source());
    if (const auto text = files_.texts().find(prefix_ + "wnids.txt"); text != files_.texts().end()) {
      std::istringstream words(text->second);
      for (std::string wnid; words >> wnid;) {
        core::require(wnids_.contains(wnid), "Tiny ImageNet: {} has no training image of {}, which its wnids.txt names",
                      source(), core::printable(wnid));
      }
    }
    for (const std::string& wnid : wnids_) {
      core::require(val.contains(wnid), "Tiny ImageNet: {} has no validation image of {}", source(),
                    core::printable(wnid));
    }
    for (const std::string& wnid : val) {
      core::require(wnids_.contains(wnid), "Tiny ImageNet: {} has validation images of {}, but none to train on",
                    source(), core::printable(wnid));
    }
  }

  /// Where a file goes; empty: nowhere.
  std::string place(const std::string& name) const {
    if (!name.starts_with(prefix_) || !has_image_extension(name)) {
      return {};
    }
    const std::string rest = name.substr(prefix_.size());
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string::npos) {
      return {};
    }
    const std::string folder = rest.substr(0, slash);
    const std::string file = rest.substr(slash + 1);
    if (folder == "val/images") {
      const auto wnid = val_wnids_.find(file);
      core::require(wnid != val_wnids_.end(), "Tiny ImageNet: {} in {} has no line for {}", annotations_file, source(),
                    core::printable(rest));
      return archives::path_inside("val/" + wnid->second + '/' + file, files_.path()).generic_string();
    }
    constexpr std::string_view train = "train/";
    constexpr std::string_view images = "/images";
    if (folder.starts_with(train) && folder.ends_with(images) && folder.size() > train.size() + images.size()) {
      return folder.substr(0, folder.size() - images.size()) + '/' + file;
    }
    return with_test_ && folder == "test/images" ? rest : std::string{};
  }

  SourceFiles files_;
  bool with_test_;
  std::string prefix_;                                      // "tiny-imagenet-200/" in the official archive
  std::unordered_map<std::string, std::string> val_wnids_;  // val_0.JPEG: n03444034
  std::set<std::string> wnids_;
};

}  // namespace hearth::datasets
