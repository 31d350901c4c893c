/// A function of the user's as a stage: of tensors, or of images.
#pragma once

#include <ATen/core/Tensor.h>

#include <type_traits>
#include <utility>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/image/image.hpp>

namespace hearth::transforms {

/// Writes what `function` makes of the sample, as a tensor, to a place of that shape. Throws Error, in the name of
/// Lambda, with the function's own words when a tensor operation in it fails.
void write_result(const SamplePlace& sample, SampleSink& sink, core::FunctionRef<at::Tensor(at::Tensor)> function);

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
    transforms::write_result(sample, sink, [&](at::Tensor tensor) { return call(std::move(tensor), random); });
  }

 private:
  at::Tensor call(at::Tensor tensor, RandomStream& random) const {
    if constexpr (random_tensor) {
      return function_(std::move(tensor), random);
    } else {
      return function_(std::move(tensor));
    }
  }

  F function_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/transforms/lambda.ipp>
#endif
