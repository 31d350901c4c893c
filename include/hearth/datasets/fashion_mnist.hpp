/// FashionMNIST and MNIST from their IDX files, as torchvision's datasets of these names.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/datasets/labelled_idx.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace hearth {

/// Which part of a dataset that comes divided: what is learnt from, or what the result is measured on.
enum class Split { train, test };

}  // namespace hearth

namespace hearth::datasets {

/// The file of that name, or with .gz behind it, in `root` or in `root`/`name`/raw, where torchvision puts it. Throws
/// Error naming the file and the folders when it is in neither.
inline std::filesystem::path find_idx_file(const std::filesystem::path& root, std::string_view name,
                                           const std::string& file) {
  core::require(std::filesystem::is_directory(root), "{}: the folder {} does not exist", name, root.string());
  const std::filesystem::path raw = root / name / "raw";
  for (const std::filesystem::path& folder : {root, raw}) {
    for (const std::string_view ending : {"", ".gz"}) {
      std::filesystem::path path = folder / file;
      path += ending;
      std::error_code error;
      if (std::filesystem::is_regular_file(path, error)) {
        return path;
      }
    }
  }
  core::fail("{}: there is no {} or {}.gz in {} or {}", name, file, file, root.string(), raw.string());
}

}  // namespace hearth::datasets

namespace hearth {

namespace detail {

template <class Transform>
datasets::LabelledIdx<Transform> open_mnist(const std::filesystem::path& root, Split split, Transform transform,
                                            std::string_view name, std::initializer_list<const char*> classes) {
  const std::string prefix = split == Split::train ? "train" : "t10k";
  return {datasets::find_idx_file(root, name, prefix + "-images-idx3-ubyte"),
          datasets::find_idx_file(root, name, prefix + "-labels-idx1-ubyte"),
          {classes.begin(), classes.end()},
          std::move(transform)};
}

}  // namespace detail

/// 28x28 grey pictures of ten kinds of clothing (Xiao, Rasul and Vollgraf, 2017): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class FashionMNIST : public datasets::LabelledIdx<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/FashionMNIST/raw into memory. Throws
  /// Error naming the file that is missing, damaged, or does not fit the other.
  explicit FashionMNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {})
      : datasets::LabelledIdx<Transform>(detail::open_mnist(root, split, std::move(transform), "FashionMNIST",
                                                            {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                             "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"})) {}
};

/// 28x28 grey pictures of handwritten digits (LeCun, Cortes and Burges): 60,000 to train on, 10,000 to test.
template <class Transform = ToTensor>
class MNIST : public datasets::LabelledIdx<Transform> {
 public:
  /// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] from `root` or `root`/MNIST/raw into memory. Throws Error
  /// naming the file that is missing, damaged, or does not fit the other.
  explicit MNIST(const std::filesystem::path& root, Split split = Split::train, Transform transform = {})
      : datasets::LabelledIdx<Transform>(
            detail::open_mnist(root, split, std::move(transform), "MNIST",
                               {"0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
                                "7 - seven", "8 - eight", "9 - nine"})) {}
};

}  // namespace hearth
