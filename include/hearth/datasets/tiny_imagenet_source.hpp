/// Tiny ImageNet's official layout, in its archive or unpacked, and what of it goes where.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/archive/archive_reader.hpp>
#include <hearth/archive/extract.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/datasets/image_folder.hpp>
#include <hearth/datasets/list_files.hpp>

namespace hearth::datasets {

/// The files of the official layout, in a zip or a folder, and where each one goes.
class TinyImageNetSource {
 public:
  /// Goes through the names, and reads the small text files. Throws Error naming the source when it is damaged, has an
  /// entry that points outside, lacks val_annotations.txt or a picture's line in it, or has not the same classes in
  /// train and val.
  TinyImageNetSource(std::filesystem::path source, bool with_test) : source_(std::move(source)), with_test_(with_test) {
    if (is_folder()) {
      if (!std::filesystem::exists(source_ / annotations_file) && std::filesystem::exists(source_ / top_folder)) {
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

  /// The classes: those with training pictures.
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

  /// Writes the pictures to train/WNID, val/WNID and, if they were asked for, test/images below `target`.
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
      core::require(!error, "cannot copy {} to {}: {}", (source_ / from).string(), path.string(), error.message());
      ++done;
      if (progress) {
        progress(done, pairs.size());
      }
    }
  }

 private:
  static constexpr std::string_view annotations_file = "val/val_annotations.txt";
  static constexpr std::string_view top_folder = "tiny-imagenet-200";

  bool is_folder() const { return std::filesystem::is_directory(source_); }

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

  /// val_annotations.txt: the picture's name, a tab, its class, and the box of the object.
  void read_annotations() {
    const auto text = texts_.find(prefix_ + std::string(annotations_file));
    core::require(text != texts_.end(), "Tiny ImageNet: {} has no {}: it is not the official archive, or not all of it",
                  source_.string(), annotations_file);
    std::istringstream lines(text->second);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      core::require(tab != std::string::npos, "Tiny ImageNet: {} in {} has a line without a class: {}",
                    annotations_file, source_.string(), line);
      const std::size_t end = line.find_first_of("\t\r", tab + 1);
      val_wnids_[line.substr(0, tab)] = line.substr(tab + 1, end == std::string::npos ? end : end - tab - 1);
    }
  }

  /// train and val must have pictures of the same classes, those of wnids.txt if it is there.
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
    core::require(!wnids_.empty(), "Tiny ImageNet: {} has no pictures at train/WNID/images", source_.string());
    if (const auto text = texts_.find(prefix_ + "wnids.txt"); text != texts_.end()) {
      std::istringstream words(text->second);
      for (std::string wnid; words >> wnid;) {
        core::require(wnids_.contains(wnid),
                      "Tiny ImageNet: {} has no training picture of {}, which its wnids.txt names", source_.string(),
                      wnid);
      }
    }
    for (const std::string& wnid : wnids_) {
      core::require(val.contains(wnid), "Tiny ImageNet: {} has no validation picture of {}", source_.string(), wnid);
    }
    for (const std::string& wnid : val) {
      core::require(wnids_.contains(wnid), "Tiny ImageNet: {} has validation pictures of {}, but none to train on",
                    source_.string(), wnid);
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
                    source_.string(), rest);
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
