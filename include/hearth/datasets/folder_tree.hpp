/// The class folders below a folder of the disk.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hearth/archive/index_cache.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/core/mapped_file.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/datasets/folder_index.hpp>
#include <hearth/datasets/folder_names.hpp>
#include <hearth/datasets/image_extension.hpp>
#include <hearth/datasets/image_tree.hpp>

namespace hearth::datasets {

/// Listing a million files takes seconds, and asking for the times of a thousand folders milliseconds. So the names are
/// kept in an index file, and those of a folder are taken from there where the folder is the one that was listed and
/// has not changed since, by its device, its inode and both of its times; every other folder is listed. What the times
/// cannot tell is not taken from the index: a folder that was changed shortly before it was listed, one of a file
/// system that is not known to keep the times, one with links to files.
class FolderTree final : public ImageTree {
 public:
  /// `index_folder`: where the index is kept; left out, hearth's cache folder, for trees of `fewest_indexed` images or
  /// more; empty, nowhere. `ahead` is added to this machine's clock, in nanoseconds, for tests.
  FolderTree(std::filesystem::path root, const std::optional<std::filesystem::path>& index_folder,
             std::int64_t ahead = 0)
      : root_(std::move(root)), ahead_(ahead), fewest_(index_folder ? 0 : fewest_indexed) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(root_, error);
    core::require(status.type() != std::filesystem::file_type::not_found, "ImageFolder: the folder {} does not exist",
                  core::printable(root_));
    core::require(status.type() != std::filesystem::file_type::none, "ImageFolder: the folder {} cannot be read: {}",
                  core::printable(root_), error.message());
    core::require(std::filesystem::is_directory(status), "ImageFolder: {} is not a folder", core::printable(root_));
    const std::filesystem::path folder = index_folder ? *index_folder : archives::default_index_folder("folders");
    if (!folder.empty()) {
      file_ = archives::index_file(folder, root_);
      load();
    }
    Walked top = visit("", false);
    top.names.clear();  // the images beside the class folders are of no class
    top.offsets.clear();
    for (const NamedFolder::Child& child : top.folders) {
      is_link_.emplace(child.name, child.is_link);
      classes_.push_back(child.name);
    }
    walked_.push_back(std::move(top));
  }

  static constexpr std::size_t fewest_indexed = 10'000;

  std::string_view component() const override { return "ImageFolder"; }
  std::string name() const override { return core::printable(root_); }
  std::vector<std::string> folders() const override { return classes_; }
  std::size_t likely_images() const override { return kept_.images(); }

  std::size_t add(const std::string& folder) override {
    std::vector<std::pair<dev_t, ino_t>> above;
    std::vector<Walked> walked;
    walk(folder, is_link_.at(folder), above, walked);
    // Python compares the paths without the slash at the end, so "a-b" comes before "a/c".
    std::sort(walked.begin(), walked.end(), [](const Walked& a, const Walked& b) { return a.path < b.path; });
    std::size_t images = 0;
    for (Walked& each : walked) {
      images += each.kept ? each.record.images : each.offsets.size();
      walked_.push_back(std::move(each));
    }
    images_ += images;
    is_link_.erase(folder);
    return images;
  }

  void finish() override {
    if (is_kept_whole()) {
      listed_ = std::move(kept_);
    } else {
      FolderIndexBuilder builder;
      for (Walked& each : walked_) {
        if (each.kept) {
          builder.add(kept_, *each.kept);
        } else {
          builder.add(each.record, each.path, each.names, each.offsets);
          each.names = {};
        }
      }
      const auto block = std::make_shared<const std::vector<std::byte>>(builder.finish());
      listed_ = FolderListing(block, *block);
      if (!file_.empty() && is_news_ && images_ >= fewest_) {
        save(builder);
      }
    }
    kept_ = {};
    walked_ = {};
    places_ = {};
    children_ = {};
    is_link_ = {};
    classes_ = {};
  }

  /// How many of the folders were listed, and not taken from the index.
  std::size_t listed_now() const noexcept { return listed_now_; }

  std::filesystem::path path(std::size_t index) const override {
    const FolderRecord folder = listed_.folder_of(index);
    return root_ / listed_.path(folder) / listed_.name(folder, index);
  }

  std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const override {
    const core::ThreadSpare<std::string> path;  // a std::filesystem::path would take memory for each image
    const FolderRecord folder = listed_.folder_of(index);
    path->assign(root_.native()).append("/").append(listed_.path(folder)).append("/");
    path->append(listed_.name(folder, index));
    return core::read_file(path->c_str(), memory);
  }

 private:
  /// A folder: as the index has it, or listed now.
  struct Walked {
    std::string path;
    FolderRecord record;
    std::optional<std::size_t> kept;  // its number in the index
    std::vector<NamedFolder::Child> folders;
    std::string names;
    std::vector<std::uint32_t> offsets;
  };

  void load() {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file_, error)) {
      return;
    }
    try {
      if (is_local_folder(file_.parent_path())) {
        const auto mapped = std::make_shared<const core::MappedFile>(file_);
        kept_ = FolderListing(mapped, mapped->bytes());
      } else {  // another machine may remove the file under the mapping
        const auto bytes = std::make_shared<const std::vector<std::byte>>(core::read_file(file_));
        kept_ = FolderListing(bytes, *bytes);
      }
    } catch (const Error&) {  // it is made anew
      return;
    }
    for (std::size_t i = 0; i < kept_.folders(); ++i) {
      const FolderRecord record = kept_.record(i);
      const std::string_view path = kept_.path(record);
      places_.emplace(path, i);
      if (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        const bool is_top = slash == path.npos;
        children_[path.substr(0, is_top ? 0 : slash)].push_back(
            {std::string(path.substr(is_top ? 0 : slash + 1)), record.is_link != 0});
      }
    }
  }

  std::filesystem::path whole(const std::string& path) const { return path.empty() ? root_ : root_ / path; }

  /// Are the folders all that the index has, in its order?
  bool is_kept_whole() const noexcept {
    for (std::size_t i = 0; i < walked_.size(); ++i) {
      if (walked_[i].kept != i) {
        return false;
      }
    }
    return walked_.size() == kept_.folders();
  }

  /// Keeps the index. Of classes that were not asked for, it has what is known; the names of all must be there, for the
  /// root's sake.
  void save(FolderIndexBuilder& builder) const {
    const auto is_known = [&](const std::string& folder) {
      const auto place = places_.find(folder);
      return place != places_.end() && (kept_.record(place->second).is_link != 0) == is_link_.at(folder);
    };
    for (const auto& [folder, is_link] : is_link_) {
      if (!is_known(folder)) {
        FolderRecord record;
        record.is_link = is_link ? 1 : 0;
        builder.add(record, folder, "", {});
      }
    }
    for (std::size_t i = 0; i < kept_.folders() && !is_link_.empty(); ++i) {
      const std::string_view path = kept_.path(kept_.record(i));
      const std::string folder(path.substr(0, path.find('/')));
      if (is_link_.contains(folder) && is_known(folder)) {
        builder.add(kept_, i);
      }
    }
    archives::save_index(file_, is_link_.empty() ? listed_.block() : builder.finish());
  }

  /// Where the index has the folder at `path`, if it has the stamp and what the index says of it can be relied on.
  std::optional<std::size_t> find(const std::string& path, const FolderStamp& stamp) const {
    const auto place = places_.find(path);
    if (place == places_.end()) {
      return std::nullopt;
    }
    const FolderRecord record = kept_.record(place->second);
    if (record.is_settled == 0 || !(record.stamp == stamp)) {
      return std::nullopt;
    }
    const auto children = children_.find(path);
    const bool is_right = children == children_.end() ||
                          std::all_of(children->second.begin(), children->second.end(), [&](const auto& child) {
                            std::error_code error;
                            return !child.is_link || std::filesystem::is_directory(whole(path) / child.name, error);
                          });
    return is_right ? std::optional(place->second) : std::nullopt;
  }

  Walked visit(const std::string& path, bool is_link) {
    Walked walked;
    walked.path = path;
    // Opened first: a server's file system asks the server then, and tells its times as they are there.
    struct stat status {};
    const core::Descriptor folder(::open(whole(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fstat(folder.number(), &status) != 0) {
      core::fail("cannot read the folder {}: {}", core::printable(whole(path)), std::strerror(errno));
    }
    walked.kept = find(path, stamp_of(status));
    if (walked.kept) {
      walked.record = kept_.record(*walked.kept);
      if (const auto children = children_.find(path); children != children_.end()) {
        walked.folders = children->second;
        std::sort(walked.folders.begin(), walked.folders.end());
      }
      return walked;
    }
    ++listed_now_;
    NamedFolder found = name_folder(whole(path), has_image_extension, ahead_);
    is_news_ = is_news_ || found.is_settled;
    walked.record.stamp = found.stamp;
    walked.record.is_settled = found.is_settled ? 1 : 0;
    walked.record.is_link = is_link ? 1 : 0;
    walked.folders = std::move(found.folders);
    walked.names = std::move(found.names);
    walked.offsets = std::move(found.offsets);
    return walked;
  }

  void walk(const std::string& path, bool is_link, std::vector<std::pair<dev_t, ino_t>>& above,
            std::vector<Walked>& walked) {
    Walked here = visit(path, is_link);
    const std::pair identity{static_cast<dev_t>(here.record.stamp.device), static_cast<ino_t>(here.record.stamp.inode)};
    core::require(std::find(above.begin(), above.end(), identity) == above.end(),
                  "the folder {} is a link to a folder above it: its files have no end", core::printable(whole(path)));
    const std::vector<NamedFolder::Child> folders = std::move(here.folders);
    walked.push_back(std::move(here));
    above.push_back(identity);
    for (const NamedFolder::Child& folder : folders) {
      walk(path + '/' + folder.name, folder.is_link, above, walked);
    }
    above.pop_back();
  }

  std::filesystem::path root_;
  std::int64_t ahead_;
  std::size_t fewest_;
  std::filesystem::path file_;  // of the index; empty: none is kept
  FolderListing listed_;        // when it is finished
  std::vector<Walked> walked_;  // until then
  std::size_t images_ = 0;
  std::vector<std::string> classes_;
  std::map<std::string, bool> is_link_;  // of the classes that were not taken yet
  bool is_news_ = false;
  std::size_t listed_now_ = 0;

  // What the index has.
  FolderListing kept_;
  std::unordered_map<std::string_view, std::size_t> places_;
  std::unordered_map<std::string_view, std::vector<NamedFolder::Child>> children_;
};

}  // namespace hearth::datasets
