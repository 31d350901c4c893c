/// The dataset of small images and their labels that are all in memory: what MNIST and CIFAR10 are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/batch_sink.hpp>
#include <hearth/datasets/labelled_images.hpp>
#include <hearth/image/image.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::datasets {

/// The transform is given views of the images. Where it can take many at once (StackTransform), batches are read at one
/// go. Copies share the memory.
template <class Transform = ToTensor>
class InMemoryImages {
  static_assert(
      TransformLike<Transform>,
      "InMemoryImages: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const; see "
      "hearth/transforms/transform.hpp");

 public:
  explicit InMemoryImages(LabelledImages images, Transform transform = {})
      : transform_(std::move(transform)), data_(std::make_shared<const LabelledImages>(std::move(images))) {}

  std::size_t size() const noexcept { return data_->size(); }

  /// Writes image `index`, transformed; its label.
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    transform_.write(image(index), random, sink);
    return label(index);
  }

  void read_batch(std::span<const std::size_t> indices, BatchSink& sink) const requires StackTransform<Transform> {
    data_->check(indices);
    transform_.write_stack(data_->stack(), indices, sink);
    data_->write_labels(indices, sink.labels());
  }

  std::int64_t label(std::size_t index) const { return data_->label(index); }

  /// Image `index` as it is in the file; valid as long as the dataset or a copy of it.
  ImageView image(std::size_t index) const { return data_->image(index); }

  const std::vector<std::string>& classes() const noexcept { return data_->classes(); }
  std::size_t num_classes() const noexcept { return data_->classes().size(); }
  const Transform& transform() const noexcept { return transform_; }

 private:
  [[no_unique_address]] Transform transform_;
  std::shared_ptr<const LabelledImages> data_;
};

}  // namespace hearth::datasets
