/// The architectures by name, for programs that choose one at run time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/pretrained.hpp>

namespace hearth::models {

/// The options that all architectures have.
struct ModelOptions {
  std::int64_t num_classes = 1000;
  Pretrained pretrained = {};  ///< weights to start from; see `load_pretrained`
};

/// An architecture: its name, which is torchvision's, and its constructor.
struct ZooEntry {
  std::string_view name;
  AnyModel (*make)(const ModelOptions& options);  ///< makes it
};

/// Every architecture, under torchvision's name.
std::span<const ZooEntry> zoo() noexcept;

/// The architecture of that name. Throws Error listing the names when there is none, and as the architecture itself
/// does.
///
///     models::AnyModel model = models::make_model(arch, {.num_classes = 200});
AnyModel make_model(std::string_view name, const ModelOptions& options = {});

}  // namespace hearth::models

#ifndef HEARTH_COMPILED
#include <hearth/models/zoo.ipp>
#endif
