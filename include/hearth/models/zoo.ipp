#pragma once

#include <hearth/models/zoo.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include <hearth/core/error.hpp>
#include <hearth/models/alexnet.hpp>
#include <hearth/models/convnext.hpp>
#include <hearth/models/densenet.hpp>
#include <hearth/models/efficientnet.hpp>
#include <hearth/models/googlenet.hpp>
#include <hearth/models/inception.hpp>
#include <hearth/models/maxvit.hpp>
#include <hearth/models/mnasnet.hpp>
#include <hearth/models/mobilenet_v2.hpp>
#include <hearth/models/mobilenet_v3.hpp>
#include <hearth/models/regnet.hpp>
#include <hearth/models/resnet.hpp>
#include <hearth/models/shufflenet_v2.hpp>
#include <hearth/models/squeezenet.hpp>
#include <hearth/models/swin_transformer.hpp>
#include <hearth/models/vgg.hpp>
#include <hearth/models/vision_transformer.hpp>

namespace hearth::models {

namespace detail {

/// Makes a model of one architecture, models::resnet18 for example, from the options that all of them have.
template <class Model, class Options>
AnyModel make_any_model(Model (*make)(Options), const ModelOptions& common) {
  Options options;
  options.num_classes = common.num_classes;
  options.pretrained = common.pretrained;
  return AnyModel(make(options));
}

template <auto make>
constexpr ZooEntry zoo_entry(std::string_view name) {
  return {name, [](const ModelOptions& options) { return make_any_model(make, options); }};
}

}  // namespace detail

HEARTH_INLINE std::span<const ZooEntry> zoo() noexcept {
  static constexpr std::array entries{
      detail::zoo_entry<alexnet>("alexnet"),
      detail::zoo_entry<convnext_tiny>("convnext_tiny"),
      detail::zoo_entry<convnext_small>("convnext_small"),
      detail::zoo_entry<convnext_base>("convnext_base"),
      detail::zoo_entry<convnext_large>("convnext_large"),
      detail::zoo_entry<densenet121>("densenet121"),
      detail::zoo_entry<densenet161>("densenet161"),
      detail::zoo_entry<densenet169>("densenet169"),
      detail::zoo_entry<densenet201>("densenet201"),
      detail::zoo_entry<efficientnet_b0>("efficientnet_b0"),
      detail::zoo_entry<efficientnet_b1>("efficientnet_b1"),
      detail::zoo_entry<efficientnet_b2>("efficientnet_b2"),
      detail::zoo_entry<efficientnet_b3>("efficientnet_b3"),
      detail::zoo_entry<efficientnet_b4>("efficientnet_b4"),
      detail::zoo_entry<efficientnet_b5>("efficientnet_b5"),
      detail::zoo_entry<efficientnet_b6>("efficientnet_b6"),
      detail::zoo_entry<efficientnet_b7>("efficientnet_b7"),
      detail::zoo_entry<efficientnet_v2_s>("efficientnet_v2_s"),
      detail::zoo_entry<efficientnet_v2_m>("efficientnet_v2_m"),
      detail::zoo_entry<efficientnet_v2_l>("efficientnet_v2_l"),
      detail::zoo_entry<googlenet>("googlenet"),
      detail::zoo_entry<inception_v3>("inception_v3"),
      detail::zoo_entry<mnasnet0_5>("mnasnet0_5"),
      detail::zoo_entry<mnasnet0_75>("mnasnet0_75"),
      detail::zoo_entry<mnasnet1_0>("mnasnet1_0"),
      detail::zoo_entry<mnasnet1_3>("mnasnet1_3"),
      detail::zoo_entry<mobilenet_v2>("mobilenet_v2"),
      detail::zoo_entry<mobilenet_v3_small>("mobilenet_v3_small"),
      detail::zoo_entry<mobilenet_v3_large>("mobilenet_v3_large"),
      detail::zoo_entry<regnet_y_400mf>("regnet_y_400mf"),
      detail::zoo_entry<regnet_y_800mf>("regnet_y_800mf"),
      detail::zoo_entry<regnet_y_1_6gf>("regnet_y_1_6gf"),
      detail::zoo_entry<regnet_y_3_2gf>("regnet_y_3_2gf"),
      detail::zoo_entry<regnet_y_8gf>("regnet_y_8gf"),
      detail::zoo_entry<regnet_y_16gf>("regnet_y_16gf"),
      detail::zoo_entry<regnet_y_32gf>("regnet_y_32gf"),
      detail::zoo_entry<regnet_y_128gf>("regnet_y_128gf"),
      detail::zoo_entry<regnet_x_400mf>("regnet_x_400mf"),
      detail::zoo_entry<regnet_x_800mf>("regnet_x_800mf"),
      detail::zoo_entry<regnet_x_1_6gf>("regnet_x_1_6gf"),
      detail::zoo_entry<regnet_x_3_2gf>("regnet_x_3_2gf"),
      detail::zoo_entry<regnet_x_8gf>("regnet_x_8gf"),
      detail::zoo_entry<regnet_x_16gf>("regnet_x_16gf"),
      detail::zoo_entry<regnet_x_32gf>("regnet_x_32gf"),
      detail::zoo_entry<resnet18>("resnet18"),
      detail::zoo_entry<resnet34>("resnet34"),
      detail::zoo_entry<resnet50>("resnet50"),
      detail::zoo_entry<resnet101>("resnet101"),
      detail::zoo_entry<resnet152>("resnet152"),
      detail::zoo_entry<resnext50_32x4d>("resnext50_32x4d"),
      detail::zoo_entry<resnext101_32x8d>("resnext101_32x8d"),
      detail::zoo_entry<resnext101_64x4d>("resnext101_64x4d"),
      detail::zoo_entry<wide_resnet50_2>("wide_resnet50_2"),
      detail::zoo_entry<wide_resnet101_2>("wide_resnet101_2"),
      detail::zoo_entry<shufflenet_v2_x0_5>("shufflenet_v2_x0_5"),
      detail::zoo_entry<shufflenet_v2_x1_0>("shufflenet_v2_x1_0"),
      detail::zoo_entry<shufflenet_v2_x1_5>("shufflenet_v2_x1_5"),
      detail::zoo_entry<shufflenet_v2_x2_0>("shufflenet_v2_x2_0"),
      detail::zoo_entry<squeezenet1_0>("squeezenet1_0"),
      detail::zoo_entry<squeezenet1_1>("squeezenet1_1"),
      detail::zoo_entry<vgg11>("vgg11"),
      detail::zoo_entry<vgg11_bn>("vgg11_bn"),
      detail::zoo_entry<vgg13>("vgg13"),
      detail::zoo_entry<vgg13_bn>("vgg13_bn"),
      detail::zoo_entry<vgg16>("vgg16"),
      detail::zoo_entry<vgg16_bn>("vgg16_bn"),
      detail::zoo_entry<vgg19>("vgg19"),
      detail::zoo_entry<vgg19_bn>("vgg19_bn"),
      detail::zoo_entry<vit_b_16>("vit_b_16"),
      detail::zoo_entry<vit_b_32>("vit_b_32"),
      detail::zoo_entry<vit_l_16>("vit_l_16"),
      detail::zoo_entry<vit_l_32>("vit_l_32"),
      detail::zoo_entry<vit_h_14>("vit_h_14"),
      detail::zoo_entry<swin_t>("swin_t"),
      detail::zoo_entry<swin_s>("swin_s"),
      detail::zoo_entry<swin_b>("swin_b"),
      detail::zoo_entry<swin_v2_t>("swin_v2_t"),
      detail::zoo_entry<swin_v2_s>("swin_v2_s"),
      detail::zoo_entry<swin_v2_b>("swin_v2_b"),
      detail::zoo_entry<maxvit_t>("maxvit_t"),
  };
  return entries;
}

HEARTH_INLINE AnyModel make_model(std::string_view name, const ModelOptions& options) {
  std::string names;
  for (const ZooEntry& entry : zoo()) {
    if (entry.name == name) {
      return entry.make(options);
    }
    names.append(" ").append(entry.name);
  }
  core::fail("make_model: there is no architecture \"{}\"; there are:{}", name, names);
}

}  // namespace hearth::models
