/// A function of the user's as a stage: of tensors, or of pictures.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>

namespace hearth::transforms {

/// The sample as a tensor over the same memory, of the sample's shape; for pictures in Layout::channels_last, its
/// strides are those.
inline at::Tensor tensor_of(const SamplePlace& sample) {
  const c10::IntArrayRef sizes(sample.shape.begin(), sample.shape.rank());
  if (sample.shape.rank() == 3 && sample.layout == Layout::channels_last) {
    const std::array<std::int64_t, 3> strides{1, sample.shape[2] * sample.shape[0], sample.shape[0]};
    return at::from_blob(sample.data, sizes, strides, at::kFloat);
  }
  return at::from_blob(sample.data, sizes, at::kFloat);
}

}  // namespace hearth::transforms

namespace hearth {

/// Calls the function on every sample, as torchvision's Lambda. What the function takes says where it stands:
///
/// - `at::Tensor f(at::Tensor)`: after ToTensor. It gets the sample, [channels, height, width] floats unless a Lambda
///   before it changed that, may change it in place, and may return another shape or type (which becomes float).
/// - `Image f(Image)` or `void f(Image&)`: before ToTensor.
///
/// A second argument, `RandomStream&`, is the sample's random numbers. Several threads call the function at once.
template <class F>
class Lambda {
  static constexpr bool random_tensor = std::is_invocable_v<const F&, at::Tensor, RandomStream&>;
  static constexpr bool of_tensors =
      std::disjunction_v<std::bool_constant<random_tensor>, std::is_invocable<const F&, at::Tensor>>;

  template <class G>  // asked only where `of_tensors` is false: a generic function's body may suit tensors alone
  struct TakesRandomImage : std::is_invocable<const G&, Image&, RandomStream&> {};
  template <class G>
  struct TakesImage : std::disjunction<TakesRandomImage<G>, std::is_invocable<const G&, Image&>> {};
  static constexpr bool of_images = std::conjunction_v<std::bool_constant<!of_tensors>, TakesImage<F>>;

  static_assert(of_tensors || of_images,
                "Lambda: the function must take and return an at::Tensor (then it stands after ToTensor) or a "
                "hearth::Image (before it), and may take a RandomStream& as well");

 public:
  explicit Lambda(F function) : function_(std::move(function)) {}

  void apply(Image& image, RandomStream& random) const requires(of_images) {
    const auto call = [&]() -> decltype(auto) {
      if constexpr (TakesRandomImage<F>::value) {
        return function_(image, random);
      } else {
        return function_(image);
      }
    };
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
    } else {
      image = call();
    }
  }

  /// Throws Error with the function's own words when a tensor operation in it fails.
  void write(const SamplePlace& sample, RandomStream& random, SampleSink& sink) const requires(of_tensors) {
    try {
      const at::Tensor result = call(transforms::tensor_of(sample), random);
      core::require(result.defined(), "Lambda: the function returned an undefined tensor");
      const c10::IntArrayRef sizes = result.sizes();
      transforms::tensor_of(sink.place(Shape(std::span(sizes.data(), sizes.size())))).copy_(result);
    } catch (const c10::Error& error) {
      core::fail("Lambda: {}", error.what_without_backtrace());
    }
  }

 private:
  at::Tensor call(const at::Tensor& tensor, RandomStream& random) const {
    if constexpr (random_tensor) {
      return function_(tensor, random);
    } else {
      return function_(tensor);
    }
  }

  F function_;
};

}  // namespace hearth
