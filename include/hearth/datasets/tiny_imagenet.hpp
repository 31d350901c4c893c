/// Makes folders for ImageFolder out of Tiny ImageNet as it is downloaded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/download/download_options.hpp>

namespace hearth {

/// Tiny ImageNet (Stanford CS231n), ready for `ImageFolder`.
struct TinyImageNet {
  std::filesystem::path train;               ///< train/WNID/*.JPEG
  std::filesystem::path val;                 ///< val/WNID/*.JPEG
  std::vector<std::string> wnids;            ///< the classes: WordNet ids in ImageFolder's order
  std::map<std::string, std::string> names;  ///< readable: "n01443537" is "goldfish, Carassius auratus"
  std::string source;                        ///< what it was made from, for the user; empty for folders sorted by hand
};

struct TinyImageNetOptions {
  bool test = false;  ///< take the images without labels, too, to test/images
  /// Called after each file with the files written so far and in all.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
  /// Downloads tiny-imagenet-200.zip (248 MB) to `source`, where it is not there with the right MD5 and nothing is
  /// prepared from it yet. A `source` that is a folder is taken as it is.
  bool download = false;
  /// The addresses of folders that have it, in the order in which they are asked: where one fails, the next is. None:
  /// Stanford's, or, where the variable HEARTH_DATASETS_MIRROR names an address, TinyImageNet there.
  std::vector<std::string> mirrors = {};
  /// The download's bar and timeouts; the hashes in it do not count.
  DownloadOptions transfer = {};
};

/// Makes train/WNID and val/WNID below `target`, and returns where they are. `source` is tiny-imagenet-200.zip as it is
/// downloaded, the folder that this unpacks to, or a folder with train/WNID and val/WNID already, which is used as it
/// is (nothing is written then). A class without a readable name in words.txt has its id for one.
///
/// `target` is absent or complete, as `prepare_folder` has it: what an interrupted run left aside, the next one clears
/// and does again. A note in it says which source it was made from, and a call with the same source takes the time of
/// listing its files. The same source is one of the same content, wherever it lies now: of a zip the list of entries is
/// compared (their names, sizes and checksums), of another archive its size and its beginning and end, of a folder the
/// names of its files.
///
/// Throws Error when the source does not exist (`open_tiny_imagenet` needs none), is cut short or damaged, has an entry
/// that points outside (before anything is written), lacks val_annotations.txt or an image's line in it, or has not the
/// same classes in train and val; when `target` cannot be written, has other files in it, or was made from another
/// source or with another `options.test`, which the message names; when a download fails, with each address and why it
/// gave no file; and as `open_tiny_imagenet` does.
TinyImageNet prepare_tiny_imagenet(const std::filesystem::path& source, const std::filesystem::path& target,
                                   const TinyImageNetOptions& options = {});

/// Opens a folder that `prepare_tiny_imagenet` has made, when its source may be gone, or one with train/WNID and
/// val/WNID that was sorted by hand. Throws Error when `folder` is neither, when train and val have not the same
/// classes, and when image files were added to a prepared folder or removed since (their names are compared, not what
/// is in them).
TinyImageNet open_tiny_imagenet(const std::filesystem::path& folder);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/datasets/tiny_imagenet.ipp>
#endif
