/// The images that the comparison with Python reads: which, and how they are transformed. bench/rows/images.py has the
/// same for Python.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <hearth/datasets/subset.hpp>
#include <hearth/transforms/color_jitter.hpp>
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/rand_augment.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

namespace bench {

/// So many of `size` numbers, evenly spread; where there are fewer, all of them, again and again.
inline std::vector<std::size_t> spread(std::size_t size, std::size_t images) {
  std::vector<std::size_t> indices(images);
  for (std::size_t i = 0; i < images; ++i) {
    indices[i] = images <= size ? i * size / images : i % size;
  }
  return indices;
}

/// So many of the dataset's images.
template <class Dataset>
hearth::Subset<Dataset> some(Dataset dataset, std::size_t images) {
  std::vector<std::size_t> indices = spread(dataset.size(), images);
  return {std::move(dataset), std::move(indices)};
}

inline auto fixed(int size) {
  using namespace hearth;
  return Compose{Resize{static_cast<int>(std::lround(size * 256.0 / 224.0))}, CenterCrop{size}, ToTensor{},
                 Normalize{imagenet::mean, imagenet::std}};
}

inline auto random_crop(int size) {
  using namespace hearth;
  return Compose{RandomResizedCrop{size}, RandomHorizontalFlip{}, ToTensor{}, Normalize{imagenet::mean, imagenet::std}};
}

inline auto augmented(int size) {
  using namespace hearth;
  return Compose{RandomResizedCrop{size},
                 RandomHorizontalFlip{},
                 ColorJitter{{.brightness = 0.4, .contrast = 0.4, .saturation = 0.4}},
                 RandAugment{},
                 ToTensor{},
                 Normalize{imagenet::mean, imagenet::std}};
}

}  // namespace bench
