/// Makes folders for ImageFolder out of Tiny ImageNet as it is downloaded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/file.hpp>
#include <hearth/datasets/list_files.hpp>
#include <hearth/datasets/prepared_folder.hpp>
#include <hearth/datasets/tiny_imagenet_source.hpp>

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

/// Is this a folder with train/WNID and val/WNID, made by this header or by hand?
inline bool is_sorted_tiny_imagenet(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path val = folder / "val";
  return std::filesystem::is_directory(folder / "train", error) && std::filesystem::is_directory(val, error) &&
         !std::filesystem::exists(val / "val_annotations.txt", error) &&
         !std::filesystem::exists(val / "images", error);
}

/// What is in such a folder.
inline TinyImageNet open_tiny_imagenet(const std::filesystem::path& folder) {
  TinyImageNet data{folder / "train", folder / "val", datasets::list_folder(folder / "train").folders, {}};
  const std::vector<std::string> val = datasets::list_folder(data.val).folders;
  core::require(!data.wnids.empty(), "Tiny ImageNet: {} has no class folders", data.train.string());
  core::require(val == data.wnids, "Tiny ImageNet: {} and {} have different class folders", data.train.string(),
                data.val.string());
  for (const std::string& wnid : data.wnids) {
    data.names[wnid] = wnid;
  }
  if (std::error_code error; std::filesystem::exists(folder / "words.txt", error)) {
    const std::vector<std::byte> bytes = core::read_file(folder / "words.txt");
    std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (const auto name = data.names.find(line.substr(0, tab));
          name != data.names.end() && tab != std::string::npos) {
        name->second = line.substr(tab + 1);
      }
    }
  }
  return data;
}

}  // namespace detail

/// Makes train/WNID and val/WNID below `target`, and returns where they are. `source` is tiny-imagenet-200.zip as it is
/// downloaded, the folder that this unpacks to, or a folder with train/WNID and val/WNID already, which is used as it
/// is (nothing is written then). A class without a readable name in words.txt has its id for one.
///
/// `target` is absent or complete, as `prepare_folder` has it: what an interrupted run left aside, the next one clears
/// and does again; once done, a call takes milliseconds, and `source` may be gone. Throws Error when the archive is cut
/// short or damaged, has an entry that points outside (before anything is written), lacks val_annotations.txt or a
/// picture's line in it, or has not the same classes in train and val; when `target` cannot be written, has other files
/// in it, or was made from another kind of source, an archive of another size, or with another `options.test`.
inline TinyImageNet prepare_tiny_imagenet(const std::filesystem::path& source, const std::filesystem::path& target,
                                          const TinyImageNetOptions& options = {}) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (detail::is_sorted_tiny_imagenet(source)) {
    return detail::open_tiny_imagenet(source);
  }
  const bool is_there = fs::exists(source, error);
  const bool is_archive = fs::is_regular_file(source, error);
  const std::string note = fmt::format(
      "from {}, {} test", is_archive ? fmt::format("an archive of {} bytes", fs::file_size(source)) : "a folder",
      options.test ? "with" : "without");
  if (datasets::is_prepared_folder(target)) {
    const std::vector<std::byte> bytes = core::read_file(target / ".prepared");
    const std::string before(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    core::require(!is_there || before == note,
                  "Tiny ImageNet: {} was prepared otherwise ({}; asked for: {}): remove it, or name another folder",
                  target.string(), before, note);
    return detail::open_tiny_imagenet(target);
  }
  core::require(is_there, "Tiny ImageNet: {} does not exist", source.string());
  datasets::prepare_folder(target, [&](const fs::path& part) {
    const datasets::TinyImageNetSource files(source, options.test);
    files.write(part, options.progress);
    core::write_file(part / "words.txt", files.words());
    return note;
  });
  return detail::open_tiny_imagenet(target);
}

}  // namespace hearth
