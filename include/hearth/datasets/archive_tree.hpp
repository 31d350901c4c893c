/// The class folders of a tar or zip archive that is read in place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <hearth/archive/indexed_archive.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/image_list.hpp>
#include <hearth/datasets/image_tree.hpp>

namespace hearth::datasets {

/// The folder of an entry, and its own name there.
inline std::pair<std::string_view, std::string_view> folder_and_name(std::string_view entry) noexcept {
  const std::size_t slash = entry.rfind('/');
  return slash == entry.npos ? std::pair(std::string_view(), entry)
                             : std::pair(entry.substr(0, slash), entry.substr(slash + 1));
}

/// What lies directly in a folder of an archive, sorted bytewise.
struct ArchiveFolder {
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

/// `folder` is from the archive's top, and empty for that itself.
inline ArchiveFolder list_archive_folder(const archives::ArchiveIndex& index, std::string_view folder) {
  ArchiveFolder found;
  const std::size_t prefix = folder.empty() ? 0 : folder.size() + 1;
  const archives::IndexRange range = index.below(folder);
  for (std::size_t i = range.begin; i < range.end;) {
    const std::string_view name = index.name(i).substr(prefix);
    const std::size_t slash = name.find('/');
    if (slash != name.npos) {
      found.folders.emplace_back(name.substr(0, slash));
      i = index.below(index.name(i).substr(0, prefix + slash)).end;
      continue;
    }
    if (index.entry(i).kind == archives::EntryKind::folder) {
      found.folders.emplace_back(name);
    } else {
      found.files.emplace_back(name);
    }
    ++i;
  }
  // "a" can stand apart from "a/b": "a-c" is between them.
  std::sort(found.folders.begin(), found.folders.end());
  found.folders.erase(std::unique(found.folders.begin(), found.folders.end()), found.folders.end());
  return found;
}

/// Images of an archive, by the numbers of their entries.
class ArchiveImages : public ImageTree {
 public:
  ArchiveImages(std::string_view component, std::shared_ptr<const archives::IndexedArchive> archive)
      : component_(component), archive_(std::move(archive)) {}

  std::string_view component() const override { return component_; }
  std::string name() const override { return core::printable(archive_->path()); }

  std::filesystem::path path(std::size_t index) const override {
    return archive_->path() / archive_->index().name(entries_[index]);
  }

  std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const override {
    return archive_->read(entries_[index], memory);
  }

 protected:
  const archives::IndexedArchive& archive() const noexcept { return *archive_; }
  const archives::ArchiveIndex& index() const noexcept { return archive_->index(); }

  /// Throws Error when the entry cannot be read in place.
  void take(std::size_t entry) {
    archive_->require_readable(entry);
    entries_.push_back(static_cast<std::uint32_t>(entry));
  }

  std::vector<std::uint32_t>& entries() noexcept { return entries_; }

 private:
  std::string component_;
  std::shared_ptr<const archives::IndexedArchive> archive_;
  std::vector<std::uint32_t> entries_;
};

/// The class folders below a folder of the archive, or at its top.
class ArchiveTree final : public ArchiveImages {
 public:
  /// Throws Error, naming what there is, when the archive has no such folder.
  ArchiveTree(std::string_view component, std::shared_ptr<const archives::IndexedArchive> archive,
              const std::filesystem::path& folder)
      : ArchiveImages(component, std::move(archive)), folder_(folder.lexically_normal().generic_string()) {
    while (folder_.ends_with('/')) {
      folder_.pop_back();
    }
    folder_ = folder_ == "." ? "" : folder_;
    const archives::IndexRange range = index().below(folder_);
    if (range.begin == range.end && !folder_.empty() && !index().find(folder_)) {
      std::string there;
      for (const std::string& each : list_archive_folder(index(), "").folders) {
        there += (there.empty() ? "" : ", ") + core::printable(each);
        if (there.size() > 200) {
          there += ", …";
          break;
        }
      }
      core::fail("{}: there is no folder {} in {}; at its top are the folders: {}", component, core::printable(folder_),
                 core::printable(this->archive().path()), there.empty() ? "none" : there);
    }
  }

  std::string name() const override {
    return folder_.empty() ? ArchiveImages::name()
                           : fmt::format("the folder {} of {}", core::printable(folder_), ArchiveImages::name());
  }

  /// Throws Error when one is a link.
  std::vector<std::string> folders() const override {
    const ArchiveFolder found = list_archive_folder(index(), folder_);
    for (const std::string& name : found.files) {
      const std::size_t entry = index().find(folder_.empty() ? name : folder_ + '/' + name).value();
      if (index().entry(entry).kind == archives::EntryKind::link) {
        archive().require_readable(entry);
      }
    }
    return found.folders;
  }

  std::size_t add(const std::string& folder) override {
    const archives::IndexRange range = index().below(folder_.empty() ? folder : folder_ + '/' + folder);
    const std::size_t before = entries().size();
    for (std::size_t i = range.begin; i < range.end; ++i) {
      const archives::EntryKind kind = index().entry(i).kind;
      const std::string_view file = folder_and_name(index().name(i)).second;
      const bool may_be_folder = kind == archives::EntryKind::link && file.find('.') == file.npos;
      if ((kind == archives::EntryKind::file || kind == archives::EntryKind::link) &&
          (has_image_extension(file) || may_be_folder)) {
        take(i);
      }
    }
    // Python's sorted(os.walk()) has folder by folder, so that "a-b/x" comes before "a/c/x".
    const auto begin = entries().begin() + static_cast<std::ptrdiff_t>(before);
    const auto is_before = [this](std::uint32_t a, std::uint32_t b) {
      return folder_and_name(index().name(a)) < folder_and_name(index().name(b));
    };
    if (!std::is_sorted(begin, entries().end(), is_before)) {
      std::sort(begin, entries().end(), is_before);
    }
    return entries().size() - before;
  }

 private:
  std::string folder_;
};

}  // namespace hearth::datasets
