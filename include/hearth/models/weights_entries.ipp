#pragma once

#include <hearth/models/weights_entries.hpp>

#include <algorithm>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/models/torchvision_weights.ipp>

namespace hearth::models {

namespace detail {

HEARTH_INLINE std::string entry_names(std::string_view architecture) {
  std::string names;
  for (const WeightsEntry& entry : weights_entries(architecture)) {
    names.append(names.empty() ? "" : ", ").append(entry.name()).append(entry.is_default ? " (DEFAULT)" : "");
  }
  return names;
}

/// "ResNet50_Weights" of "ResNet50_Weights.IMAGENET1K_V2".
HEARTH_INLINE std::string_view entry_class(std::string_view full_name) {
  return full_name.substr(0, full_name.find('.'));
}

}  // namespace detail

HEARTH_INLINE std::span<const WeightsEntry> weights_entries() noexcept {
  return detail::torchvision_weights;
}

HEARTH_INLINE std::span<const WeightsEntry> weights_entries(std::string_view architecture) {
  const auto is_of_it = [&](const WeightsEntry& entry) { return entry.architecture == architecture; };
  const std::span<const WeightsEntry> all = weights_entries();
  const auto begin = std::find_if(all.begin(), all.end(), is_of_it);
  return {begin, std::find_if_not(begin, all.end(), is_of_it)};
}

HEARTH_INLINE const WeightsEntry& find_weights_entry(std::string_view full_name) {
  const std::string_view of = detail::entry_class(full_name);
  const std::string_view name = full_name.substr(std::min(of.size() + 1, full_name.size()));
  std::string_view architecture;
  for (const WeightsEntry& entry : weights_entries()) {
    if (detail::entry_class(entry.full_name) == of) {
      if (entry.name() == name || (entry.is_default && name == "DEFAULT")) {
        return entry;
      }
      architecture = entry.architecture;
    }
  }
  core::require(architecture.empty(), "there are no weights \"{}\"; those of {} are {}", core::printable(full_name),
                architecture, detail::entry_names(architecture));
  std::string classes;
  for (const WeightsEntry& entry : weights_entries()) {
    if (entry.is_default) {
      classes.append(classes.empty() ? "" : ", ").append(entry.full_name);
    }
  }
  core::fail("there are no weights \"{}\"; the defaults of torchvision's architectures are {}",
             core::printable(full_name), classes);
}

HEARTH_INLINE const WeightsEntry& find_weights_entry(std::string_view architecture, std::string_view name) {
  if (name.find('.') != std::string_view::npos) {
    const WeightsEntry& entry = find_weights_entry(name);
    core::require(entry.architecture == architecture, "{} are weights of {}, not of {}{}{}", entry.full_name,
                  entry.architecture, architecture, weights_entries(architecture).empty() ? "" : ", whose are ",
                  detail::entry_names(architecture));
    return entry;
  }
  for (const WeightsEntry& entry : weights_entries(architecture)) {
    if (entry.name() == name || (entry.is_default && name == "DEFAULT")) {
      return entry;
    }
  }
  core::require(!weights_entries(architecture).empty(),
                "there are no weights \"{}\": torchvision has none of an architecture {}; name a file",
                core::printable(name), architecture);
  core::fail("there are no weights \"{}\" of {}; there are {}", core::printable(name), architecture,
             detail::entry_names(architecture));
}

}  // namespace hearth::models
