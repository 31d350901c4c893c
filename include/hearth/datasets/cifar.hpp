/// CIFAR-10 and CIFAR-100, as torchvision's datasets of these names.
#pragma once

#include <filesystem>
#include <utility>

#include <hearth/datasets/cifar_files.hpp>
#include <hearth/datasets/in_memory_images.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace hearth {

/// 32x32 colour images of ten kinds of vehicles and animals (Krizhevsky, "Learning Multiple Layers of Features from
/// Tiny Images", 2009): 50,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class CIFAR10 : public datasets::InMemoryImages<Transform> {
 public:
  /// Reads the images into memory from the first that is in `root`: the folder cifar-10-batches-py, which torchvision
  /// makes, the folder cifar-10-batches-bin, or the archives that hold these, cifar-10-python.tar.gz and
  /// cifar-10-binary.tar.gz, which are read as they are. The order of the images is the same in all. With
  /// `options.download` the first of the archives is downloaded where none of the four is there:
  ///
  ///     CIFAR10 train{"data", Split::train, ToTensor{}, {.download = true}};
  ///
  /// Throws Error naming the file that is missing or damaged, and, for a download, each address with the reason why it
  /// gave no file.
  explicit CIFAR10(const std::filesystem::path& root, Split split = Split::train, Transform transform = {},
                   const CIFAROptions& options = {})
      : datasets::InMemoryImages<Transform>(datasets::read_cifar(datasets::cifar10(), root, split, options),
                                            std::move(transform)) {}
};

/// The same of a hundred classes, torchvision's "fine" ones.
template <class Transform = ToTensor>
class CIFAR100 : public datasets::InMemoryImages<Transform> {
 public:
  /// Reads cifar-100-python, cifar-100-binary, cifar-100-python.tar.gz or cifar-100-binary.tar.gz in `root`, as CIFAR10
  /// does.
  explicit CIFAR100(const std::filesystem::path& root, Split split = Split::train, Transform transform = {},
                    const CIFAROptions& options = {})
      : datasets::InMemoryImages<Transform>(datasets::read_cifar(datasets::cifar100(), root, split, options),
                                            std::move(transform)) {}
};

}  // namespace hearth
