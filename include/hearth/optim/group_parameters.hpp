/// Parameter groups by rules: no weight decay on biases and norms, rates by layer, parts frozen by name.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/optim/param_group.hpp>

namespace torch::nn {
class Module;
}

namespace hearth::optim {

// A pattern is the name of a parameter or of a module, which stands for all that is in it; in both, * stands for any
// text and ? for one character: "fc", "layer1.*.conv?", "encoder.layers.encoder_layer_1*". A pattern that matches
// nothing is an Error that names it and what is near to it.

/// Freezes what the pattern matches: it requires no gradient any more and is in no group.
struct Frozen {
  std::string pattern;
};

/// The weight decay of biases and of normalisations' weights: of all parameters that are vectors. (torchvision's
/// set_weight_decay with norm_weight_decay and "bias" among the custom keys.)
struct NormWeightDecay {
  double weight_decay = 0;
  bool biases = true;  ///< those of other layers, too; false: the parameters of modules named …Norm… alone
};

/// The learning rate of what the pattern matches.
struct RateOf {
  std::string pattern;
  double lr = 0;
};

/// The weight decay of what the pattern matches.
struct WeightDecayOf {
  std::string pattern;
  double weight_decay = 0;
};

/// Multiplies the learning rate of each layer but the last by `factor`, once for each layer that comes after it.
/// (Howard and Ruder, "Universal language model fine-tuning for text classification", 2018; Bao and others, "BEiT",
/// 2022.)
struct LayerDecay {
  double factor = 1;
  /// The patterns of the layers, from the input to the output; a parameter belongs to the first that matches it, and
  /// one that none matches is an Error. Without patterns the layers are the model's modules in their order: of a stack
  /// of numbered modules each is a layer (`layer1.0`, `features.3`), also where it is the one stack of a module
  /// (`encoder.layers.encoder_layer_0`); of a module with several stacks each is a layer (`features.denseblock1`). A
  /// module with vectors alone, a norm, belongs to the layer before it, and what is the model's own, such as a class
  /// token, to the first.
  std::vector<std::string> layers = {};
};

/// Rules apply in their order, the later upon what the earlier gave: LayerDecay multiplies the rate of its turn, the
/// others replace.
using GroupRule = std::variant<Frozen, NormWeightDecay, RateOf, WeightDecayOf, LayerDecay>;

/// Where some parameters of a model fell.
struct PlacedParameters {
  std::vector<at::Tensor> params = {};
  std::vector<std::string> names = {};
  std::string rules = {};  ///< which rules applied: "norms and biases, layer 3 of 12"
  double lr = 0;
  double weight_decay = 0;
  bool is_frozen = false;  ///< in no group
};

/// The model's parameters by what the rules make of them, those with the same rules, rate and decay together; groups
/// first, in the order of the model, then what is frozen. Freezes what a rule says. A parameter that required no
/// gradient before is among the frozen. Throws Error, and changes nothing, when a pattern matches nothing or a number
/// is out of range.
std::vector<PlacedParameters> place_parameters(torch::nn::Module& model, double lr, double weight_decay,
                                               std::span<const GroupRule> rules);

/// A table of what fell where: a line for each group with its rules, learning rate, weight decay, number of tensors and
/// of parameters, and the first names.
std::string placement_table(std::span<const PlacedParameters> places);

/// What `group_parameters` gives: an optimizer takes it as its groups.
template <class Options>
struct GroupedParameters {
  std::vector<ParamGroup<Options>> groups;
  std::vector<PlacedParameters> places;  ///< the groups in the same order, then what is frozen

  std::string table() const { return placement_table(places); }
  operator std::vector<ParamGroup<Options>>() const { return groups; }
};

/// The model's parameters in groups with these options, but for what the rules say.
///
///     const auto groups = optim::group_parameters(
///         *model, optim::AdamWOptions{.lr = 1e-3, .weight_decay = 0.05},
///         {optim::Frozen{"conv_proj"}, optim::LayerDecay{.factor = 0.75}, optim::NormWeightDecay{},
///         optim::RateOf{"heads", 1e-2}});
///     std::cout << groups.table();
///     optim::AdamW optimizer{groups};
///
/// Throws Error as `place_parameters` does. Replace a model's head first.
template <class Options>
GroupedParameters<Options> group_parameters(torch::nn::Module& model, const Options& options,
                                            const std::vector<GroupRule>& rules) {
  GroupedParameters<Options> grouped;
  grouped.places = place_parameters(model, options.lr, options.weight_decay, rules);
  for (const PlacedParameters& place : grouped.places) {
    if (!place.is_frozen) {
      ParamGroup<Options>& group = grouped.groups.emplace_back();
      group.params = place.params;
      group.options = options;
      group.options.lr = place.lr;
      group.options.weight_decay = place.weight_decay;
    }
  }
  return grouped;
}

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/group_parameters.ipp>
#endif
