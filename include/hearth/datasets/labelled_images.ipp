#pragma once

#include <hearth/datasets/labelled_images.hpp>

#include <array>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/datasets/idx.hpp>

namespace hearth::datasets {

HEARTH_INLINE LabelledImages::LabelledImages(const std::filesystem::path& images, const std::filesystem::path& labels,
                                             std::vector<std::string> classes)
    : classes_(std::move(classes)) {
  constexpr std::size_t most = 65535;
  IdxArray pixels = read_idx(images, [&](const std::vector<std::size_t>& sizes) {
    core::require(sizes.size() == 3, "{} has {} dimensions, but images need 3: count, height, width",
                  core::printable(images), sizes.size());
    core::require(sizes[1] <= most && sizes[2] <= most, "{}: images of {} x {} pixels are too large",
                  core::printable(images), sizes[1], sizes[2]);
    core::require(sizes[0] > 0 && sizes[1] > 0 && sizes[2] > 0, "{} has no images", core::printable(images));
  });
  const std::size_t count = pixels.dimensions[0];
  IdxArray targets = read_idx(labels, [&](const std::vector<std::size_t>& sizes) {
    core::require(sizes.size() == 1, "{} has {} dimensions, but labels need 1: count", core::printable(labels),
                  sizes.size());
    core::require(sizes[0] == count, "{} has {} images, but {} has {} labels", core::printable(images), count,
                  core::printable(labels), sizes[0]);
  });
  for (std::size_t i = 0; i < count; ++i) {
    core::require(targets.values[i] < classes_.size(), "{}: label {} is {}, but there are {} classes, 0 to {}",
                  core::printable(labels), i, targets.values[i], classes_.size(), classes_.size() - 1);
  }
  height_ = static_cast<int>(pixels.dimensions[1]);
  width_ = static_cast<int>(pixels.dimensions[2]);
  pixels_ = std::move(pixels.values);
  labels_ = std::move(targets.values);
}

HEARTH_INLINE LabelledImages::LabelledImages(image::Size size, int channels, std::vector<std::uint8_t> pixels,
                                             std::vector<std::uint8_t> labels, std::vector<std::string> classes)
    : height_(size.height),
      width_(size.width),
      channels_(channels),
      pixels_(std::move(pixels)),
      labels_(std::move(labels)),
      classes_(std::move(classes)) {}

HEARTH_INLINE std::int64_t LabelledImages::label(std::size_t index) const {
  check(index);
  return labels_[index];
}

HEARTH_INLINE ImageView LabelledImages::image(std::size_t index) const {
  check(index);
  return stack().image(index);
}

HEARTH_INLINE void LabelledImages::check(std::span<const std::size_t> indices) const {
  for (const std::size_t index : indices) {
    check(index);
  }
}

HEARTH_INLINE void LabelledImages::write_labels(std::span<const std::size_t> indices,
                                                std::int64_t* out) const noexcept {
  for (const std::size_t index : indices) {
    *out++ = labels_[index];
  }
}

HEARTH_INLINE void LabelledImages::check(std::size_t index) const {
  core::require(index < size(), "InMemoryImages: index {} is out of range: there are {} images", index, size());
}

HEARTH_INLINE std::filesystem::path find_idx_file(const std::filesystem::path& root, std::string_view name,
                                                  const std::string& file) {
  std::error_code error;
  core::require(std::filesystem::is_directory(root, error), "{}: the folder {} does not exist", name,
                core::printable(root));
  const std::filesystem::path raw = root / name / "raw";
  for (const std::filesystem::path& folder : {root, raw}) {
    for (const std::string_view ending : {"", ".gz"}) {
      std::filesystem::path path = folder / file;
      path += ending;
      const std::filesystem::file_status status = std::filesystem::status(path, error);
      if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) {
        return path;
      }
    }
  }
  core::fail("{}: there is no {} or {}.gz in {} or {}; the option download (the programs' --download) gets it", name,
             file, file, core::printable(root), core::printable(raw));
}

HEARTH_INLINE void download_idx_files(const std::filesystem::path& root, const KnownFiles& known,
                                      const MNISTOptions& options) {
  const std::filesystem::path raw = root / known.dataset / "raw";
  for (const KnownFile& file : known.files) {
    const std::filesystem::path packed = file.name;
    std::error_code error;
    const bool is_there = std::filesystem::exists(root / packed, error) ||
                          std::filesystem::exists(root / packed.stem(), error) ||
                          std::filesystem::exists(raw / packed.stem(), error);
    if (!is_there) {
      download_known(known, file, raw / packed, options.mirrors, options.transfer);
    }
  }
}

HEARTH_INLINE LabelledImages read_mnist(const std::filesystem::path& root, Split split, const KnownFiles& known,
                                        std::vector<std::string> classes, const MNISTOptions& options) {
  if (options.download) {
    download_idx_files(root, known, options);
  }
  const std::string prefix = split == Split::train ? "train" : "t10k";
  return {find_idx_file(root, known.dataset, prefix + "-images-idx3-ubyte"),
          find_idx_file(root, known.dataset, prefix + "-labels-idx1-ubyte"), std::move(classes)};
}

// Both as in torchvision.datasets.mnist.
HEARTH_INLINE KnownFiles mnist_files() noexcept {
  static constexpr std::array<std::string_view, 2> mirrors{"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                                           "http://yann.lecun.com/exdb/mnist/"};
  static constexpr std::array<KnownFile, 4> files{
      KnownFile{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
      KnownFile{"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
      KnownFile{"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
      KnownFile{"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"}};
  return {"MNIST", files, mirrors};
}

HEARTH_INLINE KnownFiles fashion_mnist_files() noexcept {
  static constexpr std::array<std::string_view, 1> mirrors{
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"};
  static constexpr std::array<KnownFile, 4> files{
      KnownFile{"train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
      KnownFile{"train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"},
      KnownFile{"t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"},
      KnownFile{"t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"}};
  return {"FashionMNIST", files, mirrors};
}

HEARTH_INLINE std::vector<std::string> mnist_classes() {
  return {"0 - zero", "1 - one", "2 - two",   "3 - three", "4 - four",
          "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine"};
}

HEARTH_INLINE std::vector<std::string> fashion_mnist_classes() {
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};
}

}  // namespace hearth::datasets
