/// FashionMNIST and MNIST from their IDX files, as torchvision's datasets of these names.
#pragma once

#include <filesystem>
#include <utility>

#include <hearth/datasets/labelled_idx.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace hearth {

/// 28x28 grey images of ten kinds of clothing (Xiao, Rasul and Vollgraf, 2017): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class FashionMNIST : public datasets::LabelledIdx<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/FashionMNIST/raw into memory. Throws
  /// Error naming the file that is missing, damaged, or does not fit the other.
  explicit FashionMNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {})
      : datasets::LabelledIdx<Transform>(
            datasets::read_mnist(root, split, "FashionMNIST", datasets::fashion_mnist_classes()),
            std::move(transform)) {}
};

/// 28x28 grey images of handwritten digits (LeCun, Cortes and Burges): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class MNIST : public datasets::LabelledIdx<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/MNIST/raw into memory. Throws Error
  /// naming the file that is missing, damaged, or does not fit the other.
  explicit MNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {})
      : datasets::LabelledIdx<Transform>(datasets::read_mnist(root, split, "MNIST", datasets::mnist_classes()),
                                         std::move(transform)) {}
};

}  // namespace hearth
