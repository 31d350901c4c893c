/// Tiny ImageNet's official layout, in its archive or unpacked, and what of it goes where.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/archive/archive_content.hpp>
#include <hearth/archive/archive_reader.hpp>
#include <hearth/archive/extract.hpp>
#include <hearth/core/crc32.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

/// What tells a source from another one, in a line, and cheaply: it is asked for at each start.
inline std::string content_of(const std::filesystem::path& source) {
  std::error_code error;
  if (std::filesystem::is_directory(source, error)) {
    std::string names;
    const std::vector<std::string> files = list_files(source, [](const std::string&) { return true; });
    for (const std::string& name : files) {
      names += name + '\n';
    }
    return fmt::format("a folder of {} files, checksum of names {:08x}", files.size(),
                       core::crc32(std::as_bytes(std::span(names))));
  }
  return archives::content_of_archive(source);
}

/// The files of the official layout, in a zip or a folder, and where each one goes.
class TinyImageNetSource {
 public:
  /// Goes through the names, and reads the small text files. Throws Error naming the source when it is damaged, has an
  /// entry that points outside, lacks val_annotations.txt or a image's line in it, or has not the same classes in
  /// train and val.
  TinyImageNetSource(std::filesystem::path source, bool with_test) : source_(std::move(source)), with_test_(with_test) {
    if (is_folder()) {
      std::error_code error;
      if (!std::filesystem::exists(source_ / annotations_file, error) &&
          std::filesystem::exists(source_ / top_folder, error)) {
        source_ /= top_folder;
      }
      for (const std::string& name : list_files(source_, [](const std::string&) { return true; })) {
        names_.push_back(name);
        keep_text(name, [&] { return core::read_file(source_ / name); });
      }
    } else {
      for (archives::ArchiveReader archive(source_); archive.next();) {
        if (archive.kind() == archives::EntryKind::file) {
          names_.push_back(inside(archive.name()));
          keep_text(names_.back(), [&] { return archive.read(); });
        }
      }
    }
    read_annotations();
    check_classes();
  }

  /// The classes: those with training images.
  const std::set<std::string>& wnids() const noexcept { return wnids_; }

  /// "WNID<tab>readable name" for each class that words.txt has.
  std::string words() const {
    std::string kept;
    const auto text = texts_.find(prefix_ + "words.txt");
    std::istringstream lines(text != texts_.end() ? text->second : "");
    for (std::string line; std::getline(lines, line);) {
      if (wnids_.contains(line.substr(0, line.find('\t')))) {
        kept += line + '\n';
      }
    }
    return kept;
  }

  /// Writes the images to train/WNID, val/WNID and, if they were asked for, test/images below `target`.
  void write(const std::filesystem::path& target, const std::function<void(std::size_t, std::size_t)>& progress) const {
    if (!is_folder()) {
      extract_archive(source_, target, {[this](const std::string& name) { return place(inside(name)); }, progress});
      return;
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string& name : names_) {
      if (std::string to = place(name); !to.empty()) {
        pairs.emplace_back(name, std::move(to));
      }
    }
    std::size_t done = 0;
    for (const auto& [from, to] : pairs) {
      const std::filesystem::path path = target / to;
      std::error_code error;
      core::make_folder(path.parent_path());
      std::filesystem::copy_file(source_ / from, path, error);
      core::require(!error, "cannot copy {} to {}: {}", core::printable(source_ / from), core::printable(path),
                    error.message());
      ++done;
      if (progress) {
        progress(done, pairs.size());
      }
    }
  }

 private:
  static constexpr std::string_view annotations_file = "val/val_annotations.txt";
  static constexpr std::string_view top_folder = "tiny-imagenet-200";

  bool is_folder() const {
    std::error_code error;
    return std::filesystem::is_directory(source_, error);
  }

  std::string inside(const std::string& name) const { return archives::path_inside(name, source_).generic_string(); }

  template <class Read>
  void keep_text(const std::string& name, const Read& read) {
    for (const std::string_view wanted :
         {annotations_file, std::string_view("wnids.txt"), std::string_view("words.txt")}) {
      if (name.ends_with(wanted)) {
        const std::vector<std::byte> bytes = read();
        texts_[name].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (wanted == annotations_file) {
          prefix_ = name.substr(0, name.size() - wanted.size());
        }
      }
    }
  }

  /// val_annotations.txt: the image's name, a tab, its class, and the box of the object.
  void read_annotations() {
    const auto text = texts_.find(prefix_ + std::string(annotations_file));
    core::require(text != texts_.end(), "Tiny ImageNet: {} has no {}: it is not the official archive, or not all of it",
                  core::printable(source_), annotations_file);
    std::istringstream lines(text->second);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      core::require(tab != std::string::npos, "Tiny ImageNet: {} in {} has a line without a class: {}",
                    annotations_file, core::printable(source_), core::printable(line));
      const std::size_t end = line.find_first_of("\t\r", tab + 1);
      val_wnids_[line.substr(0, tab)] = line.substr(tab + 1, end == std::string::npos ? end : end - tab - 1);
    }
  }

  /// train and val must have images of the same classes, those of wnids.txt if it is there.
  void check_classes() {
    std::set<std::string> val;
    for (const std::string& name : names_) {
      const std::string to = place(name);
      const bool is_train = to.starts_with("train/");
      if (is_train || to.starts_with("val/")) {
        const std::size_t begin = to.find('/') + 1;
        (is_train ? wnids_ : val).insert(to.substr(begin, to.find('/', begin) - begin));
      }
    }
    core::require(!wnids_.empty(), "Tiny ImageNet: {} has no images at train/WNID/images", core::printable(source_));
    if (const auto text = texts_.find(prefix_ + "wnids.txt"); text != texts_.end()) {
      std::istringstream words(text->second);
      for (std::string wnid; words >> wnid;) {
        core::require(wnids_.contains(wnid), "Tiny ImageNet: {} has no training image of {}, which its wnids.txt names",
                      core::printable(source_), core::printable(wnid));
      }
    }
    for (const std::string& wnid : wnids_) {
      core::require(val.contains(wnid), "Tiny ImageNet: {} has no validation image of {}", core::printable(source_),
                    core::printable(wnid));
    }
    for (const std::string& wnid : val) {
      core::require(wnids_.contains(wnid), "Tiny ImageNet: {} has validation images of {}, but none to train on",
                    core::printable(source_), core::printable(wnid));
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
      core::require(wnid != val_wnids_.end(), "Tiny ImageNet: {} in {} has no line for {}", annotations_file,
                    core::printable(source_), core::printable(rest));
      return archives::path_inside("val/" + wnid->second + '/' + file, source_).generic_string();
    }
    constexpr std::string_view train = "train/";
    constexpr std::string_view images = "/images";
    if (folder.starts_with(train) && folder.ends_with(images) && folder.size() > train.size() + images.size()) {
      return folder.substr(0, folder.size() - images.size()) + '/' + file;
    }
    return with_test_ && folder == "test/images" ? rest : std::string{};
  }

  std::filesystem::path source_;
  bool with_test_;
  std::string prefix_;                                      // "tiny-imagenet-200/" in the official archive
  std::vector<std::string> names_;                          // of all files
  std::map<std::string, std::string> texts_;                // the small text files among them
  std::unordered_map<std::string, std::string> val_wnids_;  // val_0.JPEG: n03444034
  std::set<std::string> wnids_;
};

}  // namespace hearth::datasets
