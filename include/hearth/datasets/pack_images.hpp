/// Puts the images of a dataset, with labels and names, into one file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/data/dataset.hpp>
#include <hearth/datasets/image_dataset.hpp>
#include <hearth/datasets/write_pack.hpp>
#include <hearth/image/image.hpp>

namespace hearth::datasets {

/// The folder or archive that the dataset, or the one below the view, reads; empty where it does not say.
template <class Dataset>
std::filesystem::path root_of(const Dataset& dataset) {
  if constexpr (requires { std::filesystem::path(dataset.root()); }) {
    return dataset.root();
  } else if constexpr (requires { dataset.dataset(); }) {
    return root_of(dataset.dataset());
  } else {
    return {};
  }
}

template <class Dataset>
PackedSample packed_sample(const Dataset& dataset, std::size_t index, PackContent content) {
  PackedSample sample;
  if (content == PackContent::encoded) {
    if constexpr (HasEncodedImages<Dataset>) {
      const auto& encoded = dataset.encoded(index);
      const std::span<const std::byte> bytes = encoded;
      sample.bytes.assign(bytes.begin(), bytes.end());
    } else {
      core::fail("pack_images: the dataset has no files of images, so it can be packed decoded alone");
    }
  } else {
    if constexpr (HasImages<Dataset>) {
      const auto& image = dataset.image(index);
      const ImageView view = pixels_of(image);
      sample.height = view.height;
      sample.width = view.width;
      sample.channels = view.channels;
      const std::size_t row = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.channels);
      sample.bytes.reserve(row * static_cast<std::size_t>(view.height));
      for (int y = 0; y < view.height; ++y) {
        const auto bytes = std::as_bytes(std::span(view.row(y), row));
        sample.bytes.insert(sample.bytes.end(), bytes.begin(), bytes.end());
      }
    } else {
      core::fail("pack_images: the dataset gives no decoded images, so it can be packed encoded alone");
    }
  }
  return sample;
}

}  // namespace hearth::datasets

namespace hearth {

/// Writes the dataset's images, in their order, with their labels, the names of the classes, and of each sample the
/// name, size and time of its file, to `file`, which PackedImages reads:
///
///     pack_images(ImageFolder{"train"}, "train.pack");
///     DataLoader loader{PackedImages{"train.pack", augment}, {.batch_size = 256}};
///
/// The transform has no part in it. `file` is absent, or what it was, until the pack is complete on the disk; whatever
/// goes wrong, a full disk, say, is an Error naming the file, or the image, and leaves nothing. The same dataset makes
/// the same bytes. As much memory is taken as a few images for each thread, and 100 bytes for a sample.
template <class Dataset>
PackSummary pack_images(const Dataset& dataset, const std::filesystem::path& file, const PackOptions& options = {}) {
  static_assert((HasImages<Dataset> || HasEncodedImages<Dataset>)&&KnowsLabels<Dataset>,
                "pack_images: the dataset must have label(index) and encoded(index) or image(index); see "
                "hearth/datasets/image_dataset.hpp");
  const auto label = [&](std::size_t index) -> std::int64_t { return dataset.label(index); };
  const auto path = [&](std::size_t index) -> std::filesystem::path {
    if constexpr (KnowsPaths<Dataset>) {
      return dataset.path(index);
    } else {
      static_cast<void>(index);
      return {};
    }
  };
  const auto load = [&](std::size_t index) { return datasets::packed_sample(dataset, index, options.content); };
  datasets::PackSource source{.size = dataset.size(),
                              .classes = {},
                              .class_to_index = {},
                              .label = label,
                              .path = path,
                              .root = datasets::root_of(dataset),
                              .load = load};
  if constexpr (KnowsClasses<Dataset>) {
    source.classes = dataset.classes();
  }
  if constexpr (KnowsClassFolders<Dataset>) {
    source.class_to_index = dataset.class_to_index();
  } else {
    for (std::size_t i = 0; i < source.classes.size(); ++i) {
      source.class_to_index.emplace(source.classes[i], static_cast<std::int64_t>(i));
    }
  }
  return datasets::write_pack(file, source, options);
}

}  // namespace hearth
