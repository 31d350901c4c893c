/// The files of CIFAR-10 and CIFAR-100: Python's version of them, which torchvision has, or the binary one.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/datasets/known_files.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/download/download_options.hpp>

namespace hearth {

/// How CIFAR10 and CIFAR100 come by their files.
struct CIFAROptions {
  /// Downloads the archive that torchvision downloads, cifar-10-python.tar.gz or cifar-100-python.tar.gz, to `root`
  /// where neither it nor another form of the data is there, and compares its MD5.
  bool download = false;
  /// The addresses of folders that have the archive, in the order in which they are asked: where one fails, the next
  /// is. None: torchvision's, or, where the variable HEARTH_DATASETS_MIRROR names an address, CIFAR10 and CIFAR100
  /// there.
  std::vector<std::string> mirrors = {};
  /// The bar and the timeouts; the hashes in it do not count.
  DownloadOptions transfer = {};
};

}  // namespace hearth

namespace hearth::datasets {

/// One of the two forms in which the files come: a folder, or the archive that holds this folder.
struct CifarForm {
  std::string_view folder;
  std::string_view archive;
  std::span<const std::string_view> train;  ///< files of images and labels
  std::span<const std::string_view> test;
  std::string_view names;  ///< the file of the classes' names
};

/// A dataset, and how its files are to be understood.
struct CifarKind {
  KnownFiles known;  ///< the archive in Python's form
  CifarForm python;
  CifarForm binary;
  std::string_view labels_key;      ///< of the dict in a file of Python's
  std::string_view names_key;       ///< of the dict in the file of names
  std::size_t labels_a_record = 1;  ///< of the binary form; the last of them is the one that counts
  std::size_t classes = 10;
};

const CifarKind& cifar10() noexcept;
const CifarKind& cifar100() noexcept;

/// The images, [N, 32, 32, 3], from `root`/cifar-10-batches-py, cifar-10-batches-bin, cifar-10-python.tar.gz or
/// cifar-10-binary.tar.gz, the first that is there, or what CIFAR-100 has in their place. Throws Error naming the file
/// that is missing or damaged.
LabelledImages read_cifar(const CifarKind& kind, const std::filesystem::path& root, Split split,
                          const CIFAROptions& options);

}  // namespace hearth::datasets

#ifndef HEARTH_COMPILED
#include <hearth/datasets/cifar_files.ipp>
#endif
