/// Several stages as one transform: the path of an image into a batch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/thread_spare.hpp>
#include <hearth/image/image.hpp>
#include <hearth/image/image_source.hpp>
#include <hearth/transforms/carry_out.hpp>
#include <hearth/transforms/image_writer.hpp>
#include <hearth/transforms/plan.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth {

namespace detail {

/// Checks one part of a Compose; a type of its own, so that the compiler names the part.
template <class T>
struct ComposeAccepts {
  static_assert(Stage<T>,
                "Compose: each part must be a transform stage, such as Resize, RandomHorizontalFlip, ToTensor or "
                "Normalize, with one of the functions that hearth/transforms/transform.hpp lists");
  static constexpr bool value = Stage<T>;
};

/// The first place from `begin` on where `flags` is true, or their number.
template <std::size_t Count>
constexpr std::size_t first_true(const std::array<bool, Count>& flags, std::size_t begin = 0) {
  while (begin < Count && !flags[begin]) {
    ++begin;
  }
  return begin;
}

/// Where the samples of stages before the last are written.
class SampleBuffer final : public SampleSink {
 public:
  SamplePlace place(const Shape& shape) override {
    floats_.resize(static_cast<std::size_t>(shape.numel()));
    return last_ = {floats_.data(), shape, Layout::contiguous};
  }
  const SamplePlace& last() const noexcept { return last_; }

 private:
  std::vector<float> floats_;
  SamplePlace last_;
};

/// Passes on the places that another sink hands out, and remembers the last.
class RememberingSink final : public SampleSink {
 public:
  explicit RememberingSink(SampleSink& sink) : sink_(sink) {}
  SamplePlace place(const Shape& shape) override { return last_ = sink_.place(shape); }
  const SamplePlace& last() const noexcept { return last_; }

 private:
  SampleSink& sink_;
  SamplePlace last_;
};

/// Hands out the parts of a place for `count` samples of one shape: one after the other, each once.
class PartsSink final : public SampleSink {
 public:
  PartsSink(SampleSink& sink, std::size_t count) : sink_(sink), count_(count) {}
  SamplePlace place(const Shape& shape) override;
  RawPlace raw_place(const Shape& shape, const std::shared_ptr<const Normalization>& bytes) override;

 private:
  /// The shape of all samples, where `shape` is that of the first.
  Shape shape_of_all(const Shape& shape) const;

  /// The number of the next sample, which has this shape. Throws Error where the others have another one.
  std::ptrdiff_t next(const Shape& shape);

  SampleSink& sink_;
  std::size_t count_;
  std::size_t given_ = 0;
  RawPlace whole_;
};

}  // namespace detail

/// Applies its stages in their order: first those of images (geometric ones are planned and carried out together,
/// up to the next that changes pixels), then ToTensor, then those of floats. Normalize right after ToTensor is part of
/// the one pass that crops, resamples, flips, converts and writes. The stages' draws follow one another.
///
/// What stands after a stage that makes several images of one, such as FiveCrop, is done to each of these by itself,
/// and the sample is all of them: [5, channels, height, width].
///
///   Compose augment{RandomResizedCrop{224}, RandomHorizontalFlip{}, ToTensor{},
///                   Normalize{imagenet::mean, imagenet::std}};
template <class... Stages>
class Compose {
  static constexpr bool accepted = (detail::ComposeAccepts<Stages>::value && ...);
  static constexpr std::size_t count = sizeof...(Stages);
  using Flags = std::array<bool, count>;

  static constexpr Flags is_conversion{ConversionStage<Stages>...};
  static constexpr Flags is_splitting{SplittingStage<Stages>...};
  static constexpr Flags is_rewriting{RewritingStage<Stages>...};
  static constexpr std::size_t conversion = detail::first_true(is_conversion);

  // One of these fails at a time: the sentences that follow from the first one would mislead.
  static constexpr bool converts = accepted && conversion < count;
  static constexpr bool converts_once = converts && detail::first_true(is_conversion, conversion + 1) == count;
  static constexpr bool floats_come_last =
      converts_once && detail::first_true(Flags{SampleStage<Stages>...}) >= conversion;
  static constexpr bool images_come_first =
      floats_come_last && detail::first_true(Flags{ImageStage<Stages>...}, conversion + 1) == count;
  static constexpr std::size_t split = detail::first_true(is_splitting);
  static constexpr bool sound = images_come_first && detail::first_true(is_splitting, split + 1) >= count;
  static_assert(!accepted || converts,
                "Compose: ToTensor is missing; the stages must end in floats, so put ToTensor{} after those of images");
  static_assert(!converts || converts_once, "Compose: there must be one ToTensor, but here are two");
  static_assert(!converts_once || floats_come_last,
                "Compose: Normalize and other stages of floats must stand after ToTensor, not before it");
  static_assert(!floats_come_last || images_come_first,
                "Compose: stages of images, such as Resize and RandomHorizontalFlip, must stand before ToTensor");
  static_assert(!images_come_first || sound,
                "Compose: there can be one stage that makes several images of one, such as FiveCrop and TenCrop, but "
                "here are two");

  /// The first stage of floats that isn't a map merged into the conversion.
  static constexpr std::size_t tail = sound ? detail::first_true(Flags{!MapStage<Stages>...}, conversion + 1) : count;

 public:
  explicit Compose(Stages... stages)
      : stages_(std::move(stages)...), writer_(channels_of_maps(), [this](std::uint8_t byte, int channel) {
          return mapped<conversion + 1>(byte, channel);
        }) {}

  /// Asks the sink for a place for what the stages make of the image, and writes it there.
  void write(const ImageView& image, RandomStream& random, SampleSink& sink) const {
    transforms::Plan plan(image);
    write_plan(plan, random, sink);
  }

  /// The same of an image that is not decoded yet: no more of it is decoded than the stages need.
  void write(image::ImageSource& image, RandomStream& random, SampleSink& sink) const {
    transforms::Plan plan(image);
    write_plan(plan, random, sink);
  }

  /// The same of many images in memory, where all stages are ToTensor, Normalize and other maps: see StackTransform.
  void write_stack(const ImageStack& images, std::span<const std::size_t> indices, SampleSink& sink) const
      requires(sound&& conversion == 0 && tail == count) {
    check_from<conversion + 1>(images.channels);
    writer_.write_stack(images, indices, sink,
                        [this](std::uint8_t byte, int channel) { return mapped<conversion + 1>(byte, channel); });
  }

 private:
  void write_plan(transforms::Plan& plan, RandomStream& random, SampleSink& sink) const {
    if constexpr (sound && split < count) {
      plan_stages<0, split>(plan, random);
      const ImageView drawn = plan.drawn();
      const auto& stage = std::get<split>(stages_);
      detail::PartsSink parts(sink, stage.count());
      for (std::size_t index = 0; index < stage.count(); ++index) {
        transforms::Plan part(drawn);
        stage.plan(part, index);
        write_from<split + 1>(part, random, parts);
      }
    } else if constexpr (sound) {
      write_from<0>(plan, random, sink);
    }
  }

  /// All stages from I on, which is one of images or the conversion.
  template <std::size_t I>
  void write_from(transforms::Plan& plan, RandomStream& random, SampleSink& sink) const {
    plan_stages<I, conversion>(plan, random);
    check_from<conversion + 1>(plan.channels());
    const auto value_of = [this](std::uint8_t byte, int channel) { return mapped<conversion + 1>(byte, channel); };
    if ((split == count || tail == count) && are_idle<tail>()) {  // of several images, an idle stage's draws count
      writer_.write(plan, sink, value_of);
    } else if constexpr (detail::first_true(is_rewriting, tail) == count) {
      change<tail, count>(writer_.write_floats(plan, sink, value_of), random);
    } else {
      const core::ThreadSpare<detail::SampleBuffer> buffer;
      rewrite_from<tail>(writer_.write_floats(plan, *buffer, value_of), random, sink);
    }
  }

  /// The stages of images I … End-1.
  template <std::size_t I, std::size_t End>
  void plan_stages(transforms::Plan& plan, RandomStream& random) const {
    if constexpr (I < End) {
      transforms::carry_out(std::get<I>(stages_), plan, random);
      plan_stages<I + 1, End>(plan, random);
    }
  }

  /// What the conversion and the maps merged into it make of a byte; I is the first map.
  template <std::size_t I>
  float mapped(std::uint8_t byte, int channel) const {
    if constexpr (sound) {
      float value = std::get<conversion>(stages_).value(byte);
      map_from<I>(value, channel);
      return value;
    }
    return 0;
  }

  template <std::size_t I>
  void map_from(float& value, int channel) const {
    if constexpr (I < tail) {
      value = std::get<I>(stages_).map(value, channel);
      map_from<I + 1>(value, channel);
    }
  }

  /// Do all stages from I on nothing to any sample, as RandomErasing with p = 0? A stage says so by `is_idle()`.
  template <std::size_t I>
  bool are_idle() const {
    if constexpr (I == count) {
      return true;
    } else if constexpr (requires(const Compose& self) { std::get<I>(self.stages_).is_idle(); }) {
      return std::get<I>(stages_).is_idle() && are_idle<I + 1>();
    } else {
      return false;
    }
  }

  /// How many channels the maps merged into the conversion take: three, one or neither.
  std::size_t channels_of_maps() const {
    return transforms::accepted_channels([this](int channels) { check_from<conversion + 1>(channels); });
  }

  template <std::size_t I>
  void check_from(int channels) const {
    if constexpr (I < tail) {
      std::get<I>(stages_).check(channels);
      check_from<I + 1>(channels);
    }
  }

  /// Stages Begin … End-1, each of which works in place.
  template <std::size_t Begin, std::size_t End>
  void change(const SamplePlace& sample, RandomStream& random) const {
    if constexpr (Begin < End) {
      transforms::carry_out(std::get<Begin>(stages_), sample, random);
      change<Begin + 1, End>(sample, random);
    }
  }

  /// The stages from Begin on, at least one of which is rewriting.
  template <std::size_t Begin>
  void rewrite_from(const SamplePlace& sample, RandomStream& random, SampleSink& sink) const {
    constexpr std::size_t rewriting = detail::first_true(is_rewriting, Begin);
    change<Begin, rewriting>(sample, random);
    if constexpr (detail::first_true(is_rewriting, rewriting + 1) == count) {
      detail::RememberingSink out(sink);
      std::get<rewriting>(stages_).write(sample, random, out);
      change<rewriting + 1, count>(out.last(), random);
    } else {
      const core::ThreadSpare<detail::SampleBuffer> buffer;
      std::get<rewriting>(stages_).write(sample, random, *buffer);
      rewrite_from<rewriting + 1>(buffer->last(), random, sink);
    }
  }

  std::tuple<Stages...> stages_;
  transforms::ImageWriter writer_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/compose.ipp>
#endif
