/// Makes folders for ImageFolder out of Tiny ImageNet as it is downloaded.
#pragma once

#include <algorithm>
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
#include <hearth/data/image_folder.hpp>
#include <hearth/data/list_files.hpp>
#include <hearth/data/prepared_folder.hpp>

namespace hearth {

/// Tiny ImageNet (Stanford CS231n), ready for `ImageFolder`.
struct TinyImageNet {
  std::filesystem::path train;               ///< train/WNID/*.JPEG
  std::filesystem::path val;                 ///< val/WNID/*.JPEG
  std::vector<std::string> wnids;            ///< the classes: WordNet ids in ImageFolder's order
  std::map<std::string, std::string> names;  ///< readable: "n01443537" is "goldfish, Carassius auratus"
};

struct TinyImageNetOptions {
  bool test = false;  ///< take the pictures without labels, too, to test/images
  /// Called after each file with the files written so far and in all.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

namespace detail {

/// The files of the official layout, in a zip or a folder, and where each one goes.
class TinyImageNetSource {
 public:
  TinyImageNetSource(std::filesystem::path source, bool with_test) : source_(std::move(source)), with_test_(with_test) {
    if (is_folder()) {
      if (!std::filesystem::exists(source_ / annotations_file) && std::filesystem::exists(source_ / top_folder)) {
        source_ /= top_folder;
      }
      for (const std::string& name : list_files(source_, [](const std::string&) { return true; })) {
        names_.push_back(name);
        keep_text(name, [&] { return read_file(source_ / name); });
      }
    } else {
      for (ArchiveReader archive(source_); archive.next();) {
        if (archive.kind() == EntryKind::file) {
          names_.push_back(inside(archive.name()));
          keep_text(names_.back(), [&] { return archive.read(); });
        }
      }
    }
    read_annotations();
    check_classes();
  }

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

  /// Writes the pictures below `target`.
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
      make_folder(path.parent_path());
      std::filesystem::copy_file(source_ / from, path, error);
      require(!error, "cannot copy {} to {}: {}", (source_ / from).string(), path.string(), error.message());
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

  std::string inside(const std::string& name) const { return path_inside(name, source_).generic_string(); }

  template <class Read>
  void keep_text(const std::string& name, const Read& read) {
    for (const std::string_view wanted : {annotations_file, std::string_view("wnids.txt"), std::string_view("words.txt")}) {
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
    require(text != texts_.end(), "Tiny ImageNet: {} has no {}: it is not the official archive, or not all of it",
            source_.string(), annotations_file);
    std::istringstream lines(text->second);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      require(tab != std::string::npos, "Tiny ImageNet: {} in {} has a line without a class: {}", annotations_file,
              source_.string(), line);
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
    require(!wnids_.empty(), "Tiny ImageNet: {} has no pictures at train/WNID/images", source_.string());
    if (const auto text = texts_.find(prefix_ + "wnids.txt"); text != texts_.end()) {
      std::istringstream words(text->second);
      for (std::string wnid; words >> wnid;) {
        require(wnids_.contains(wnid), "Tiny ImageNet: {} has no training picture of {}, which its wnids.txt names",
                source_.string(), wnid);
      }
    }
    for (const std::string& wnid : wnids_) {
      require(val.contains(wnid), "Tiny ImageNet: {} has no validation picture of {}", source_.string(), wnid);
    }
    for (const std::string& wnid : val) {
      require(wnids_.contains(wnid), "Tiny ImageNet: {} has validation pictures of {}, but none to train on",
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
      require(wnid != val_wnids_.end(), "Tiny ImageNet: {} in {} has no line for {}", annotations_file, source_.string(),
              rest);
      return path_inside("val/" + wnid->second + '/' + file, source_).generic_string();
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

/// A folder that is prepared, by this header or by hand.
inline TinyImageNet open_tiny_imagenet(const std::filesystem::path& folder) {
  TinyImageNet data{folder / "train", folder / "val", list_folder(folder / "train").folders, {}};
  const std::vector<std::string> val = list_folder(data.val).folders;
  require(!data.wnids.empty(), "Tiny ImageNet: {} has no class folders", data.train.string());
  require(val == data.wnids, "Tiny ImageNet: {} and {} have different class folders", data.train.string(),
          data.val.string());
  for (const std::string& wnid : data.wnids) {
    data.names[wnid] = wnid;
  }
  if (std::error_code error; std::filesystem::exists(folder / "words.txt", error)) {
    const std::vector<std::byte> bytes = read_file(folder / "words.txt");
    std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (const auto name = data.names.find(line.substr(0, tab)); name != data.names.end() && tab != std::string::npos) {
        name->second = line.substr(tab + 1);
      }
    }
  }
  return data;
}

}  // namespace detail

/// Makes train/WNID and val/WNID below `target`, and returns where they are. `source` is tiny-imagenet-200.zip as it is
/// downloaded, the folder that this unpacks to, or a folder with train/WNID and val/WNID already, which is used as it is
/// (nothing is written then). A class without a readable name in words.txt has its id for one.
///
/// `target` is absent or complete, as `prepare_folder` has it: what an interrupted run left aside, the next one clears
/// and does again; once done, a call takes milliseconds, and `source` may be gone. Throws Error when the archive is cut
/// short or damaged, has an entry that points outside (before anything is written), lacks val_annotations.txt or a
/// picture's line in it, or has not the same classes in train and val; when `target` cannot be written, has other files
/// in it, or was made from an archive of another size.
inline TinyImageNet prepare_tiny_imagenet(const std::filesystem::path& source, const std::filesystem::path& target,
                                          const TinyImageNetOptions& options = {}) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool is_archive = fs::is_regular_file(source, error);
  const std::string note = fmt::format("archive of {} bytes, {} test", is_archive ? fs::file_size(source) : 0,
                                       options.test ? "with" : "without");
  if (is_prepared_folder(target)) {
    const std::vector<std::byte> bytes = read_file(target / ".prepared");
    const std::string made_from(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    require(!is_archive || made_from == note,
            "Tiny ImageNet: {} was prepared from something else ({}; now {}): remove it, or name another folder",
            target.string(), made_from, note);
    return detail::open_tiny_imagenet(target);
  }
  require(fs::exists(source, error), "Tiny ImageNet: {} does not exist", source.string());
  const auto is_sorted = [](const fs::path& folder) {
    return fs::is_directory(folder / "train") && fs::is_directory(folder / "val") &&
           !fs::exists(folder / "val" / "val_annotations.txt") && !fs::exists(folder / "val" / "images");
  };
  if (is_sorted(source)) {
    return detail::open_tiny_imagenet(source);
  }
  prepare_folder(target, [&](const fs::path& part) {
    const detail::TinyImageNetSource files(source, options.test);
    files.write(part, options.progress);
    write_file(part / "words.txt", files.words());
    return note;
  });
  return detail::open_tiny_imagenet(target);
}

}  // namespace hearth
