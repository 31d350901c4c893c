/// FashionMNIST and MNIST from their IDX files, as torchvision's datasets of these names.
#pragma once

#include <filesystem>
#include <utility>

#include <hearth/datasets/in_memory_images.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace hearth {

/// 28x28 grey images of ten kinds of clothing (Xiao, Rasul and Vollgraf, 2017): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class FashionMNIST : public datasets::InMemoryImages<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/FashionMNIST/raw into memory, and
  /// downloads them first where `options` want it:
  ///
  ///     FashionMNIST train{"data", Split::train, ToTensor{}, {.download = true}};
  ///
  /// Throws Error naming the file that is missing, damaged, or does not fit the other, and, for a download, each
  /// address with the reason why it gave no file.
  explicit FashionMNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {},
                        const MNISTOptions& options = {})
      : datasets::InMemoryImages<Transform>(datasets::read_mnist(root, split, datasets::fashion_mnist_files(),
                                                                 datasets::fashion_mnist_classes(), options),
                                            std::move(transform)) {}
};

/// 28x28 grey images of handwritten digits (LeCun, Cortes and Burges): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class MNIST : public datasets::InMemoryImages<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/MNIST/raw into memory, and downloads
  /// them first where `options` want it. Throws Error as FashionMNIST does.
  explicit MNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {},
                 const MNISTOptions& options = {})
      : datasets::InMemoryImages<Transform>(
            datasets::read_mnist(root, split, datasets::mnist_files(), datasets::mnist_classes(), options),
            std::move(transform)) {}
};

}  // namespace hearth
