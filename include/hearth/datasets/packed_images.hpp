/// The images of a pack: one file that `hearth-pack` or `pack_images` has made of a dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/datasets/image_file.hpp>
#include <hearth/datasets/pack_file.hpp>
#include <hearth/image/decode.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

struct PackedImagesOptions {
  /// When each sample's bytes are compared with their hash.
  PackCheck check = PackCheck::first_read;

  /// How encoded images are decoded.
  DecodeOptions decoding = {};
};

/// The dataset of the samples of a pack, with the labels, classes and names of the dataset that it was made of, and its
/// batches, bit for bit (of decoded ones in as far as this program would decode as the one that packed them,
/// `about()`). Samples are read in the page cache, where all processes of a machine share them: encoded ones are
/// decoded from there, and decoded ones are given to the transform where they lie. Copies share the file.
template <class Transform = ToTensor>
class PackedImages {
  static_assert(
      TransformLike<Transform>,
      "PackedImages: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
      "hearth/transforms/transform.hpp");

 public:
  /// Throws Error naming the file when it cannot be read, is no pack, is of another version, was cut short or damaged.
  explicit PackedImages(const std::filesystem::path& file, Transform transform = {}, PackedImagesOptions options = {})
      : transform_(std::move(transform)),
        pack_(std::make_shared<const datasets::PackFile>(file, options.check)),
        decoding_(options.decoding) {}

  std::size_t size() const noexcept { return pack_->size(); }

  /// Writes image `index`, transformed; its label. Throws Error naming the pack and the image when it is damaged,
  /// cannot be decoded or transformed, or could not be read when it was packed.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    const auto name = [&] { return path(index); };
    if (content() == PackContent::encoded) {
      const auto bytes = [&](std::vector<std::byte>&) { return pack_->encoded(index); };
      datasets::write_sample_image(name, decoding_, bytes, transform_, random, sink);
    } else {
      const ImageView image = pack_->pixels(index);
      try {
        transform_.write(image, random, sink);
      } catch (const std::exception&) {
        datasets::fail_transform(name);
      }
    }
    return pack_->label(index);
  }

  /// The class of image `index`, without reading it.
  std::int64_t label(std::size_t index) const { return pack_->label(index); }

  /// The pack's path and, below it, the image's in the folder that was packed:
  /// "train.pack/n01440764/n01440764_18.JPEG".
  std::filesystem::path path(std::size_t index) const { return pack_->path() / pack_->name(index); }

  /// The file that image `index` was made of, as it was then.
  PackedSource source(std::size_t index) const { return pack_->source(index); }

  /// Image `index`, decoded whole, before the transform. Throws Error as `read`.
  Image image(std::size_t index) const {
    if (content() == PackContent::decoded) {
      const ImageView view = pack_->pixels(index);
      return {view.height, view.width, view.channels, {view.data, view.row(view.height)}};
    }
    const auto bytes = [&](std::vector<std::byte>&) { return pack_->encoded(index); };
    return datasets::decode_sample_image(path(index), decoding_, bytes);
  }

  /// The bytes of the image's file, valid as long as this dataset or a copy of it. Throws Error as `read`, and when the
  /// pack holds decoded images.
  std::span<const std::byte> encoded(std::size_t index) const { return pack_->encoded(index); }

  /// The names of the classes in the order of their labels.
  const std::vector<std::string>& classes() const noexcept { return pack_->classes(); }
  std::size_t num_classes() const noexcept { return pack_->classes().size(); }

  /// The labels by the names of the classes' folders.
  const std::map<std::string, std::int64_t>& class_to_index() const noexcept { return pack_->class_to_index(); }

  /// What made the pack, and of what: "made by hearth 0.1.0 of data/train".
  const std::string& about() const noexcept { return pack_->about(); }

  /// What the pack has of each image.
  PackContent content() const noexcept { return pack_->content(); }

  /// Compares all samples with their hashes. Throws Error naming the first that is damaged.
  void check() const { pack_->check_all(); }

  /// The file.
  const std::filesystem::path& root() const noexcept { return pack_->path(); }

  /// How encoded images are decoded.
  const DecodeOptions& decoding() const noexcept { return decoding_; }

  /// Is an image the same whatever part of it is asked for? Decoded ones are.
  bool decodes_exactly() const noexcept { return decoding_.exact || content() == PackContent::decoded; }

  const Transform& transform() const noexcept { return transform_; }

 private:
  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const datasets::PackFile> pack_;
  DecodeOptions decoding_;
};

}  // namespace hearth
