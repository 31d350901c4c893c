/// Stages applied all or none, one of several, or in any order, at random.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/weighted_choice.hpp>
#include <hearth/transforms/plan.hpp>
#include <hearth/transforms/probability.hpp>
#include <hearth/transforms/stage_list.hpp>

namespace hearth {

// The stages of each of these are all of images, whether these move pixels or change them (it then stands before
// ToTensor), or all of floats that keep their shape, such as Normalize and RandomErasing (it then stands after it).
// They may be combinators themselves. Where a stage is not applied, it draws nothing.

struct RandomApplyOptions {
  double p = 0.5;  ///< probability
};

/// Applies all of its stages in their order with probability `p`, as torchvision's RandomApply:
///
///     RandomApply{{.p = 0.8}, ColorJitter{{.brightness = 0.4}}, GaussianBlur{5}}
///
/// One draw, bernoulli(p), and then those of the stages.
template <class... Stages>
class RandomApply {
  static constexpr bool of_images = transforms::all_of_images<Stages...>;
  static constexpr bool of_floats = transforms::all_of_floats<Stages...>;
  static_assert(sizeof...(Stages) > 0, "RandomApply: give it at least one stage");
  static_assert(
      of_images || of_floats,
      "RandomApply: its stages must all make one image of one (it then stands before ToTensor), or all change "
      "floats and keep their shape (it then stands after it)");

 public:
  explicit RandomApply(Stages... stages) : RandomApply(RandomApplyOptions(), std::move(stages)...) {}

  /// Throws Error unless `p` is from 0 to 1.
  explicit RandomApply(RandomApplyOptions options, Stages... stages)
      : p_(transforms::checked_probability("RandomApply", options.p)), stages_(std::move(stages)...) {}

  /// Whether the stages are applied.
  bool draw(RandomStream& random) const noexcept { return random.bernoulli(p_); }

  void plan(transforms::Plan& plan, RandomStream& random) const requires(of_images) {
    if (draw(random)) {
      stages_.apply_all(plan, random);
    }
  }

  void apply(const SamplePlace& sample, RandomStream& random) const requires(of_floats) {
    if (draw(random)) {
      stages_.apply_all(sample, random);
    }
  }

 private:
  double p_;
  transforms::StageList<Stages...> stages_;
};

template <class... Stages>
RandomApply(RandomApplyOptions, Stages...) -> RandomApply<Stages...>;

struct RandomChoiceOptions {
  std::vector<double> p = {};  ///< how probable each is, in proportion; empty: all equally
};

/// Applies one of its stages, as torchvision's RandomChoice:
///
///     RandomChoice{{.p = {1, 3}}, RandomRotation{30}, GaussianBlur{5}}
///
/// One draw, uniform(), which says which, and then those of that stage.
template <class... Stages>
class RandomChoice {
  static constexpr bool of_images = transforms::all_of_images<Stages...>;
  static constexpr bool of_floats = transforms::all_of_floats<Stages...>;
  static_assert(sizeof...(Stages) > 0, "RandomChoice: give it at least one stage");
  static_assert(
      of_images || of_floats,
      "RandomChoice: its stages must all make one image of one (it then stands before ToTensor), or all change "
      "floats and keep their shape (it then stands after it)");

 public:
  explicit RandomChoice(Stages... stages) : RandomChoice(RandomChoiceOptions(), std::move(stages)...) {}

  /// Throws Error when there is not one p for each stage, one is negative, or all are 0.
  explicit RandomChoice(RandomChoiceOptions options, Stages... stages)
      : p_(core::checked_weights(std::move(options.p), sizeof...(Stages), "RandomChoice", "stages")),
        stages_(std::move(stages)...) {}

  /// Draws which stage is applied: 0 is the first.
  std::size_t draw(RandomStream& random) const noexcept { return core::weighted_choice(p_, random); }

  void plan(transforms::Plan& plan, RandomStream& random) const requires(of_images) {
    stages_.apply(draw(random), plan, random);
  }

  void apply(const SamplePlace& sample, RandomStream& random) const requires(of_floats) {
    stages_.apply(draw(random), sample, random);
  }

 private:
  std::vector<double> p_;
  transforms::StageList<Stages...> stages_;
};

template <class... Stages>
RandomChoice(RandomChoiceOptions, Stages...) -> RandomChoice<Stages...>;

/// Applies all of its stages in a random order, as torchvision's RandomOrder. Draws the order (`core::shuffle`), then
/// what the stages draw, in that order.
template <class... Stages>
class RandomOrder {
  static constexpr bool of_images = transforms::all_of_images<Stages...>;
  static constexpr bool of_floats = transforms::all_of_floats<Stages...>;
  static_assert(sizeof...(Stages) > 0, "RandomOrder: give it at least one stage");
  static_assert(
      of_images || of_floats,
      "RandomOrder: its stages must all make one image of one (it then stands before ToTensor), or all change "
      "floats and keep their shape (it then stands after it)");

 public:
  explicit RandomOrder(Stages... stages) : stages_(std::move(stages)...) {}

  /// Draws which stage is applied first, second and so on.
  std::array<std::size_t, sizeof...(Stages)> draw(RandomStream& random) const noexcept {
    std::array<std::size_t, sizeof...(Stages)> order;
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    core::shuffle(order, random);
    return order;
  }

  void plan(transforms::Plan& plan, RandomStream& random) const requires(of_images) {
    for (const std::size_t index : draw(random)) {
      stages_.apply(index, plan, random);
    }
  }

  void apply(const SamplePlace& sample, RandomStream& random) const requires(of_floats) {
    for (const std::size_t index : draw(random)) {
      stages_.apply(index, sample, random);
    }
  }

 private:
  transforms::StageList<Stages...> stages_;
};

}  // namespace hearth
