/// What a dataset of images can give beside its samples: the images before the transform, their files' bytes and names.
/// Views and caches ask for these, and hand on what the dataset below them has.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include <hearth/data/dataset.hpp>
#include <hearth/data/target.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::datasets {

/// The pixels of what `image(index)` of a dataset gives: an Image of its own, or a view of what the dataset keeps.
inline ImageView pixels_of(const Image& image) noexcept {
  return image.view();
}
inline ImageView pixels_of(const ImageView& image) noexcept {
  return image;
}

}  // namespace hearth::datasets

namespace hearth {

/// A dataset that gives an image as it is before the transform, decoded whole: `image(index)`, an Image, or an
/// ImageView that is valid as long as the dataset. Several threads call it at once. It throws Error, naming the image,
/// when it cannot be read or decoded.
template <class D>
concept HasImages = requires(const D& dataset, std::size_t index) {
  datasets::pixels_of(dataset.image(index));
};

/// A dataset that gives the bytes of an image's file as they are: `encoded(index)`, a vector of bytes, or a span that
/// is valid as long as the dataset. It throws Error, naming the image, when they cannot be read.
template <class D>
concept HasEncodedImages = requires(const D& dataset, std::size_t index) {
  { dataset.encoded(index) } -> std::convertible_to<std::span<const std::byte>>;
};

/// A dataset that tells the transform by which its samples are made of its images.
template <class D>
concept KnowsTransform = requires(const D& dataset) {
  { dataset.transform() } -> TransformLike;
};

/// A dataset that tells where an image comes from: `path(index)`.
template <class D>
concept KnowsPaths = requires(const D& dataset, std::size_t index) {
  { dataset.path(index) } -> std::convertible_to<std::filesystem::path>;
};

/// A dataset that tells a sample's target without reading the sample, where that is no label: `target(index)`.
template <class D>
concept KnowsTargets = requires(const D& dataset, std::size_t index) {
  { dataset.target(index) } -> TargetLike;
};

/// A dataset that tells the labels by the names of the classes' folders: `class_to_index()`.
template <class D>
concept KnowsClassFolders = requires(const D& dataset) {
  { dataset.class_to_index() } -> std::convertible_to<std::map<std::string, std::int64_t>>;
};

}  // namespace hearth

namespace hearth::datasets {

/// The target of sample `index`, of the type that `read` gives, without reading the sample.
template <class D>
requires KnowsTargets<D> || KnowsLabels<D>
decltype(auto) target_of(const D& dataset, std::size_t index) {
  if constexpr (KnowsTargets<D>) {
    return dataset.target(index);
  } else {
    return dataset.label(index);
  }
}

/// A dataset that can tell without reading it what `read` would give for a sample.
template <class D>
concept TellsTargets = requires(const D& dataset, std::size_t index) {
  { target_of(dataset, index) } -> std::convertible_to<TargetOf<D>>;
};

/// Is an image of the dataset, or of the one below a view, the same whatever part of it is asked for? That is so unless
/// DecodeOptions::exact is off.
template <class D>
bool decodes_exactly(const D& dataset) {
  if constexpr (requires { dataset.decodes_exactly(); }) {
    return dataset.decodes_exactly();
  } else if constexpr (requires { dataset.decoding().exact; }) {
    return dataset.decoding().exact;
  } else if constexpr (requires { dataset.dataset(); }) {
    return decodes_exactly(dataset.dataset());
  } else {
    return true;
  }
}

}  // namespace hearth::datasets
