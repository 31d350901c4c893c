#pragma once

#include <hearth/data/class_balanced_sampler.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>

namespace hearth {

HEARTH_INLINE ClassBalancedSampler::ClassBalancedSampler(const std::vector<std::int64_t>& labels,
                                                         ClassBalancedSamplerOptions options)
    : options_(options) {
  core::require(!labels.empty(), "ClassBalancedSampler: there are no samples to draw from");
  std::map<std::int64_t, std::vector<std::size_t>> samples;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    samples[labels[i]].push_back(i);
  }
  for (auto& [label, of_class] : samples) {
    classes_.push_back(std::move(of_class));
  }
  if (options_.num_samples == 0) {
    options_.num_samples = labels.size();
  }
}

HEARTH_INLINE std::vector<std::size_t> ClassBalancedSampler::indices(std::uint64_t epoch) const {
  RandomStream random(options_.seed, epoch, core::epoch_stream);
  std::vector<std::vector<std::size_t>> classes = classes_;
  core::shuffle(classes, random);
  std::vector<std::size_t> drawn;
  drawn.reserve(size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    std::vector<std::size_t>& samples = classes[i];
    std::size_t wanted = size() / classes.size() + (i < size() % classes.size() ? 1 : 0);
    while (wanted > 0) {
      core::shuffle(samples, random);
      const std::size_t taken = std::min(wanted, samples.size());
      drawn.insert(drawn.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(taken));
      wanted -= taken;
    }
  }
  core::shuffle(drawn, random);
  return drawn;
}

}  // namespace hearth
