/// Stages of one sort, of which a combinator applies some.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/transforms/carry_out.hpp>
#include <hearth/transforms/plan.hpp>
#include <hearth/transforms/transform.hpp>

namespace hearth::transforms {

/// All of images, of each of which they make one: they stand before ToTensor.
template <class... Stages>
inline constexpr bool all_of_images = ((GeometricStage<Stages> || PixelStage<Stages>)&&...);

/// All of floats, which they change in place: they stand after ToTensor.
template <class... Stages>
inline constexpr bool all_of_floats = ((MapStage<Stages> || FloatStage<Stages>)&&...);

/// Applies stage `index` of several, to a plan or to a sample.
template <class... Stages>
class StageList {
 public:
  explicit StageList(Stages... stages) : stages_(std::move(stages)...) {}

  /// `target` is a Plan, or the const SamplePlace of floats.
  template <class Target>
  void apply(std::size_t index, Target& target, RandomStream& random) const {
    const auto apply_if = [&](bool wanted, const auto& stage) {
      if (wanted) {
        carry_out(stage, target, random);
      }
    };
    std::size_t i = 0;
    std::apply([&](const Stages&... stages) { (apply_if(i++ == index, stages), ...); }, stages_);
  }

  /// Applies all of them in their order.
  template <class Target>
  void apply_all(Target& target, RandomStream& random) const {
    std::apply([&](const Stages&... stages) { (carry_out(stages, target, random), ...); }, stages_);
  }

 private:
  std::tuple<Stages...> stages_;
};

}  // namespace hearth::transforms
