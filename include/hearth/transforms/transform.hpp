/// What a transform is, and the kinds of stages of which a `Compose` makes one.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_source.hpp>
#include <hearth/image/image_stack.hpp>
#include <hearth/transforms/plan.hpp>

namespace hearth {

/// What a dataset of images needs: `write(image, random, sink)` asks the sink for a place, once, and fills it with
/// what it makes of the image. Several threads call it at once. It draws from `random` alone.
template <class T>
concept TransformLike = requires(const T& transform, const ImageView& image, RandomStream& random, SampleSink& sink) {
  transform.write(image, random, sink);
};

/// A transform that takes an image before it is decoded, too, and lets no more of it be decoded than it needs. Data
/// sets of encoded images use that where a transform has it, as Compose.
template <class T>
concept LazyTransform = TransformLike<T> &&
    requires(const T& transform, image::ImageSource& image, RandomStream& random, SampleSink& sink) {
  transform.write(image, random, sink);
};

/// A transform that draws nothing and makes samples of one shape of images of one size can also take many at once:
/// `write_stack(images, indices, sink)` asks the sink for the place of the first sample, once, and writes what it makes
/// of the images `indices` there, one behind the other; what `write` makes of them one by one.
template <class T>
concept StackTransform = TransformLike<T> &&
    requires(const T& transform, const ImageStack& images, std::span<const std::size_t> indices, SampleSink& sink) {
  transform.write_stack(images, indices, sink);
};

// The stages. Anybody may write one: a type with the function of its kind, const, which draws from `random` alone. The
// numbers and the order of a stage's draws are part of its interface.

/// Moves pixels about: adds steps to the plan. One that sometimes changes pixels does that with `plan.edit`, and costs
/// nothing where it does not.
template <class T>
concept GeometricStage = requires(const T& stage, transforms::Plan& plan, RandomStream& random) {
  stage.plan(plan, random);
};

/// Makes several images of one: `count()` of them, by `plan(plan, index)`, which adds the steps to image `index`.
template <class T>
concept SplittingStage = requires(const T& stage, transforms::Plan& plan, std::size_t index) {
  { stage.count() } -> std::convertible_to<std::size_t>;
  stage.plan(plan, index);
};

/// Changes eight-bit pixels, or makes a new image of them.
template <class T>
concept PixelStage = requires(const T& stage, Image& image, RandomStream& random) {
  stage.apply(image, random);
};

/// Turns the image's bytes into floats: `value(byte)`.
template <class T>
concept ConversionStage = requires(const T& stage, std::uint8_t byte) {
  { stage.value(byte) } -> std::same_as<float>;
};

/// Maps each float of a channel by itself: `map(value, channel)`. Before that, `check(channels)` throws an Error if it
/// can't work on so many. Right after the conversion it costs nothing.
template <class T>
concept MapStage = requires(const T& stage, float value, int number) {
  stage.check(number);
  { stage.map(value, number) } -> std::same_as<float>;
};

/// Changes a sample's floats in place.
template <class T>
concept FloatStage = requires(const T& stage, const SamplePlace& sample, RandomStream& random) {
  stage.apply(sample, random);
};

/// Makes a new sample out of one, perhaps of another shape, and writes it to a place that it asks the sink for, once.
template <class T>
concept RewritingStage = requires(const T& stage, const SamplePlace& sample, RandomStream& random, SampleSink& sink) {
  stage.write(sample, random, sink);
};

/// Works on an image, before the conversion.
template <class T>
concept ImageStage = GeometricStage<T> || PixelStage<T> || SplittingStage<T>;

/// Works on floats, after the conversion.
template <class T>
concept SampleStage = MapStage<T> || FloatStage<T> || RewritingStage<T>;

/// Any of them: what a `Compose` is made of.
template <class T>
concept Stage = ImageStage<T> || ConversionStage<T> || SampleStage<T>;

}  // namespace hearth
