/// Small images and their labels, all in memory: read from the IDX files of MNIST and FashionMNIST, or from elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/datasets/known_files.hpp>
#include <hearth/download/download_options.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_stack.hpp>

namespace hearth {

/// Which part of a dataset that comes divided: `train`, what is learnt from, or `test`, what the result is
/// measured on.
enum class Split { train, test };

/// How FashionMNIST and MNIST come by their files.
struct MNISTOptions {
  /// Downloads what is not there, all four files of both splits, to `root`/FashionMNIST/raw or `root`/MNIST/raw, where
  /// torchvision puts and finds them, and compares their MD5. A packed file that is there with the right MD5 is not
  /// asked for again; an unpacked one, and any in `root` itself, is taken as it is.
  bool download = false;
  /// The addresses of folders that have the files, in the order in which they are asked: where one fails, the next is.
  /// None: torchvision's, or, where the variable HEARTH_DATASETS_MIRROR names an address, FashionMNIST and MNIST there.
  std::vector<std::string> mirrors = {};
  /// The bar and the timeouts; the hashes in it do not count.
  DownloadOptions transfer = {};
};

}  // namespace hearth

namespace hearth::datasets {

/// Images [N, height, width, channels], and labels [N].
class LabelledImages {
 public:
  /// Reads an IDX file of images and one of labels, plain or packed with gzip. `classes` has the names of the classes
  /// in the order of their labels. Throws Error naming the file when one cannot be read, the dimensions are others, the
  /// counts differ, or a label is none of the classes'.
  LabelledImages(const std::filesystem::path& images, const std::filesystem::path& labels,
                 std::vector<std::string> classes);

  /// Of what another has read: as many labels as there are images, each below the number of classes.
  LabelledImages(image::Size size, int channels, std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels,
                 std::vector<std::string> classes);

  std::size_t size() const noexcept { return labels_.size(); }
  const std::vector<std::string>& classes() const noexcept { return classes_; }

  /// These throw Error when there is no image `index`.
  std::int64_t label(std::size_t index) const;
  ImageView image(std::size_t index) const;

  /// Throws Error when there is no image of one of these numbers.
  void check(std::span<const std::size_t> indices) const;

  /// All images, valid while this lives, and the labels of some, which there are.
  ImageStack stack() const noexcept { return {pixels_.data(), height_, width_, channels_}; }
  void write_labels(std::span<const std::size_t> indices, std::int64_t* out) const noexcept;

 private:
  void check(std::size_t index) const;

  int height_ = 0;
  int width_ = 0;
  int channels_ = 1;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
  std::vector<std::string> classes_;
};

/// The file of that name, or with .gz behind it, in `root` or in `root`/`name`/raw, where torchvision puts it. Throws
/// Error naming the file and the folders when it is in neither.
std::filesystem::path find_idx_file(const std::filesystem::path& root, std::string_view name, const std::string& file);

/// Downloads those of the files, NAME.gz each, that are not there: see MNISTOptions.
void download_idx_files(const std::filesystem::path& root, const KnownFiles& known, const MNISTOptions& options);

/// {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] of the dataset, found as `find_idx_file` does, and downloaded
/// where the options want it.
LabelledImages read_mnist(const std::filesystem::path& root, Split split, const KnownFiles& known,
                          std::vector<std::string> classes, const MNISTOptions& options);

/// The files of the datasets, and torchvision's mirrors for them.
KnownFiles mnist_files() noexcept;
KnownFiles fashion_mnist_files() noexcept;

/// The names of the classes, as torchvision has them.
std::vector<std::string> mnist_classes();
std::vector<std::string> fashion_mnist_classes();

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/labelled_images.ipp>
#endif
