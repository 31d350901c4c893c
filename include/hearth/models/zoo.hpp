/// The architectures by name, for programs that choose one at run time.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <hearth/core/error.hpp>
#include <hearth/models/alexnet.hpp>
#include <hearth/models/any_model.hpp>
#include <hearth/models/convnext.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/efficientnet.hpp>
#include <hearth/models/mobilenet_v2.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/vgg.hpp>
#include <hearth/models/vision_transformer.hpp>

namespace hearth::models {

/// The options that all architectures have.
struct ModelOptions {
  std::int64_t num_classes = 1000;
  std::filesystem::path pretrained = {};  ///< weights to start from; see `build`
};

/// An architecture: its name, torchvision's, and its constructor.
struct ZooEntry {
  std::string_view name;
  AnyModel (*make)(const ModelOptions& options);
};

namespace detail {

/// The constructor that `make`, models::resnet18 for example, is when all types are forgotten.
template <class Model, class Options>
AnyModel make_any(Model (*make)(Options), const ModelOptions& common) {
  Options options;
  options.num_classes = common.num_classes;
  options.pretrained = common.pretrained;
  return AnyModel(make(options));
}

template <auto make>
constexpr ZooEntry entry(std::string_view name) {
  return {name, [](const ModelOptions& options) { return make_any(make, options); }};
}

}  // namespace detail

/// Every architecture, under torchvision's name.
inline constexpr std::array zoo{
    detail::entry<alexnet>("alexnet"),
    detail::entry<vgg11>("vgg11"),
    detail::entry<vgg11_bn>("vgg11_bn"),
    detail::entry<vgg13>("vgg13"),
    detail::entry<vgg13_bn>("vgg13_bn"),
    detail::entry<vgg16>("vgg16"),
    detail::entry<vgg16_bn>("vgg16_bn"),
    detail::entry<vgg19>("vgg19"),
    detail::entry<vgg19_bn>("vgg19_bn"),
    detail::entry<resnet18>("resnet18"),
    detail::entry<resnet34>("resnet34"),
    detail::entry<resnet50>("resnet50"),
    detail::entry<resnet101>("resnet101"),
    detail::entry<resnet152>("resnet152"),
    detail::entry<resnext50_32x4d>("resnext50_32x4d"),
    detail::entry<resnext101_32x8d>("resnext101_32x8d"),
    detail::entry<wide_resnet50_2>("wide_resnet50_2"),
    detail::entry<wide_resnet101_2>("wide_resnet101_2"),
    detail::entry<densenet121>("densenet121"),
    detail::entry<densenet161>("densenet161"),
    detail::entry<densenet169>("densenet169"),
    detail::entry<densenet201>("densenet201"),
    detail::entry<efficientnet_b0>("efficientnet_b0"),
    detail::entry<efficientnet_b1>("efficientnet_b1"),
    detail::entry<efficientnet_b2>("efficientnet_b2"),
    detail::entry<efficientnet_b3>("efficientnet_b3"),
    detail::entry<efficientnet_b4>("efficientnet_b4"),
    detail::entry<efficientnet_b5>("efficientnet_b5"),
    detail::entry<efficientnet_b6>("efficientnet_b6"),
    detail::entry<efficientnet_b7>("efficientnet_b7"),
    detail::entry<mobilenet_v2>("mobilenet_v2"),
    detail::entry<mobilenet_v3_small>("mobilenet_v3_small"),
    detail::entry<mobilenet_v3_large>("mobilenet_v3_large"),
    detail::entry<convnext_tiny>("convnext_tiny"),
    detail::entry<convnext_small>("convnext_small"),
    detail::entry<convnext_base>("convnext_base"),
    detail::entry<vit_b_16>("vit_b_16"),
    detail::entry<vit_b_32>("vit_b_32"),
};

/// The architecture of that name. Throws Error listing the names when there is none, and as the architecture itself
/// does.
///
///     models::AnyModel model = models::make_model(arch, {.num_classes = 200});
inline AnyModel make_model(std::string_view name, const ModelOptions& options = {}) {
  const auto found = std::ranges::find(zoo, name, &ZooEntry::name);
  if (found == zoo.end()) {
    std::string names;
    for (const ZooEntry& entry : zoo) {
      names += fmt::format(" {}", entry.name);
    }
    core::fail("make_model: there is no architecture \"{}\"; there are:{}", name, names);
  }
  return found->make(options);
}

}  // namespace hearth::models
