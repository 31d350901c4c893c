/// Where the images of an ImageList come from: a tree of folders, on the disk or in an archive.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::datasets {

/// Folders with images, one for each class. It numbers the images in the order in which `add` finds them.
class ImageTree {
 public:
  ImageTree() = default;
  ImageTree(const ImageTree&) = delete;
  ImageTree& operator=(const ImageTree&) = delete;
  virtual ~ImageTree() = default;

  /// The dataset that it belongs to, and the tree: for messages.
  virtual std::string_view component() const = 0;
  virtual std::string name() const = 0;

  /// The names of the class folders, sorted bytewise.
  virtual std::vector<std::string> folders() const = 0;

  /// How many images it seems to have, as far as that is known before they are taken: memory is made for them at once.
  virtual std::size_t likely_images() const { return 0; }

  /// Takes the images below the class folder, in torchvision's order, and returns how many there are.
  virtual std::size_t add(const std::string& folder) = 0;

  /// Called when all that are wanted are taken.
  virtual void finish() {}

  /// Where image `index` of those taken is. The bytes of its file, in `memory`, which grows where it is too small:
  /// throws Error naming it when they cannot be read.
  virtual std::filesystem::path path(std::size_t index) const = 0;
  virtual std::span<const std::byte> encoded(std::size_t index, std::vector<std::byte>& memory) const = 0;
};

}  // namespace hearth::datasets
