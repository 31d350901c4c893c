/// Finds torchvision's weights by their names, for programs that learn them at run time.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/models/torchvision_weights.hpp>
#include <hearth/models/weights_entry.hpp>

namespace hearth::models {

/// The entries of the architecture of that name, "resnet50", in torchvision's order; none for a model of one's own.
std::span<const WeightsEntry> weights_entries(std::string_view architecture);

/// The entries of all architectures.
std::span<const WeightsEntry> weights_entries() noexcept;

/// The entry of that full name, "ResNet50_Weights.IMAGENET1K_V2" or "ResNet50_Weights.DEFAULT", as torchvision's
/// get_weight finds it. Throws Error listing the entries that there are when there is none.
const WeightsEntry& find_weights_entry(std::string_view full_name);

/// The architecture's entry of that name: "IMAGENET1K_V2", "DEFAULT", or a full name. Throws Error listing the
/// architecture's entries when there is none, and naming both architectures when it is another's.
const WeightsEntry& find_weights_entry(std::string_view architecture, std::string_view name);

}  // namespace hearth::models

namespace hearth::models::detail {

/// The names of an architecture's entries, for messages: "IMAGENET1K_V1, IMAGENET1K_V2 (DEFAULT)".
std::string entry_names(std::string_view architecture);

}  // namespace hearth::models::detail

#ifndef HEARTH_COMPILED
#include <hearth/models/weights_entries.ipp>
#endif
