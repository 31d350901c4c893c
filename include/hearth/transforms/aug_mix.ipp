#pragma once

#include <hearth/transforms/aug_mix.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include <hearth/core/error.hpp>
#include <hearth/core/gamma_variate.hpp>

namespace hearth {

namespace detail {

/// The bins of magnitudes, of which AugMix takes the first `severity`.
inline constexpr int aug_mix_bins = 10;

/// Shares that add up to 1.
inline std::vector<double> draw_shares(int count, double alpha, RandomStream& random) {
  std::vector<double> shares(static_cast<std::size_t>(count));
  for (double& share : shares) {
    share = core::gamma_variate(random, alpha);
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) {
    share = sum > 0 ? share / sum : 1.0 / count;
  }
  return shares;
}

/// Adds `weight` times the pixels, rounded as torch does it in single precision.
inline void add_weighted(std::vector<float>& sums, double weight, const ImageView& image) {
  const auto factor = static_cast<float>(weight);
  const auto values = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  float* sum = sums.data();
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* const row = image.data + y * image.stride;
    for (std::size_t x = 0; x < values; ++x) {
      const float product = factor * static_cast<float>(row[x]);
      *sum++ += product;
    }
  }
}

}  // namespace detail

HEARTH_INLINE AugMix::AugMix(const AugMixOptions& options) : options_(options) {
  core::require(options.severity >= 1 && options.severity <= detail::aug_mix_bins,
                "AugMix: severity must be from 1 to {}, but got {}", detail::aug_mix_bins, options.severity);
  core::require(options.mixture_width >= 1, "AugMix: mixture_width must be at least 1, but got {}",
                options.mixture_width);
  core::require(std::isfinite(options.alpha) && options.alpha > 0, "AugMix: alpha must be above 0, but got {}",
                options.alpha);
  options.fill.check("AugMix");
}

HEARTH_INLINE transforms::AugMixDraw AugMix::draw(image::Size from, RandomStream& random) const {
  using enum transforms::AugmentationOp;
  constexpr std::array ops{shear_x,       shear_y,  translate_x, translate_y, rotate,   posterize, solarize,
                           auto_contrast, equalize, brightness,  color,       contrast, sharpness};
  const transforms::AugmentationSpace space = transforms::aug_mix_space(from);
  const std::vector<double> parts = detail::draw_shares(2, options_.alpha, random);
  transforms::AugMixDraw drawn{.weight = parts[0], .chains = {}};
  for (const double share : detail::draw_shares(options_.mixture_width, options_.alpha, random)) {
    drawn.chains.push_back({.weight = share * parts[1], .augmentations = {}});
  }
  for (transforms::AugMixChain& chain : drawn.chains) {
    const std::uint64_t depth =
        options_.chain_depth > 0 ? static_cast<std::uint64_t>(options_.chain_depth) : 1 + random.below(3);
    for (std::uint64_t i = 0; i < depth; ++i) {
      const transforms::AugmentationOp op = ops[random.below(options_.all_ops ? 13 : 9)];
      double magnitude = 0;
      if (transforms::has_magnitude(op)) {
        const auto bin = static_cast<int>(random.below(static_cast<std::uint64_t>(options_.severity)));
        magnitude = space.magnitude(op, bin, detail::aug_mix_bins);
      }
      const double sign = transforms::has_sign(op) && random.below(2) == 1 ? -1.0 : 1.0;
      chain.augmentations.push_back({op, sign * magnitude});
    }
  }
  return drawn;
}

HEARTH_INLINE void AugMix::plan(transforms::Plan& plan, RandomStream& random) const {
  const transforms::AugMixDraw drawn = draw(plan.size(), random);
  plan.edit([&](Image& image) {
    std::vector<float> sums(image.pixels().size());
    detail::add_weighted(sums, drawn.weight, image.view());
    for (const transforms::AugMixChain& chain : drawn.chains) {
      transforms::Plan chained(image.view());
      for (const transforms::Augmentation& augmentation : chain.augmentations) {
        transforms::augment(chained, augmentation, {options_.interpolation, options_.fill}, "AugMix");
      }
      detail::add_weighted(sums, chain.weight, chained.drawn());
    }
    std::transform(sums.begin(), sums.end(), image.pixels().begin(),
                   [](float sum) { return static_cast<std::uint8_t>(std::min(sum, 255.0F)); });
  });
}

}  // namespace hearth
