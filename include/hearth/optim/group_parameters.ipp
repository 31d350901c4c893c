#pragma once

#include <hearth/optim/group_parameters.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <string_view>
#include <unordered_set>

#include <hearth/core/error.hpp>

namespace hearth::optim {

namespace detail {

/// Whether the text is what the pattern says, in which * stands for any text and ? for one character.
HEARTH_INLINE bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_text = in_text;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
      ++at;
      ++in_text;
    } else if (star != std::string_view::npos) {  // the last star takes one character more
      at = star + 1;
      in_text = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.substr(at).find_first_not_of('*') == std::string_view::npos;
}

/// Whether the pattern matches the parameter's name or that of a module that it is in.
HEARTH_INLINE bool matches_name(std::string_view pattern, std::string_view name) {
  for (std::size_t end = name.size(); end != std::string_view::npos && end > 0; end = name.rfind('.', end - 1)) {
    if (matches_glob(pattern, name.substr(0, end))) {
      return true;
    }
  }
  return false;
}

/// How many characters must be put in, left out or replaced to make one text of the other.
HEARTH_INLINE std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// A parameter on its way through the rules.
struct Placing {
  std::string name;
  at::Tensor parameter;
  double lr;
  double weight_decay;
  std::vector<std::string> rules = {};
  std::string frozen = {};  ///< by what, or nothing
};

/// The three names of parameters and modules that are nearest to the pattern.
HEARTH_INLINE std::vector<std::string> near_names(std::string_view pattern, const std::vector<Placing>& all) {
  std::vector<std::pair<std::size_t, std::string>> found;
  std::unordered_set<std::string_view> seen;
  for (const Placing& one : all) {
    const std::string_view name = one.name;
    for (std::size_t end = name.size(); end != std::string_view::npos; end = name.rfind('.', end - 1)) {
      if (seen.insert(name.substr(0, end)).second) {
        found.emplace_back(edit_distance(pattern, name.substr(0, end)), name.substr(0, end));
      }
    }
  }
  const auto count = std::min<std::size_t>(found.size(), 3);
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(found[i].second);
  }
  return names;
}

/// The parameters that the pattern matches. Throws Error when there are none.
HEARTH_INLINE std::vector<Placing*> matched(const char* rule, const std::string& pattern, std::vector<Placing>& all) {
  std::vector<Placing*> found;
  for (Placing& one : all) {
    if (matches_name(pattern, one.name)) {
      found.push_back(&one);
    }
  }
  core::require(!found.empty(),
                "group_parameters: the pattern \"{}\" of {} matches no parameter and no module; near to it are {}",
                pattern, rule, fmt::join(near_names(pattern, all), ", "));
  return found;
}

using Children = std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>>;

HEARTH_INLINE Children children_of(const torch::nn::Module& module) {
  Children children;
  for (const auto& child : module.named_children()) {
    children.emplace_back(child.key(), child.value());
  }
  return children;
}

/// Whether the modules are numbered: 0, 1 and so on, or encoder_layer_0, encoder_layer_1.
HEARTH_INLINE bool is_stack(const Children& children) {
  const auto stem = [](const std::string& name) { return name.substr(0, name.find_last_not_of("0123456789") + 1); };
  return children.size() >= 2 && std::all_of(children.begin(), children.end(), [&](const auto& child) {
           const std::string first = stem(children.front().first);
           return stem(child.first) == first && child.first.size() > first.size();
         });
}

/// The names of the modules that make each layer.
using Layers = std::vector<std::vector<std::string>>;

/// Adds a module as a layer, or to the layer before it where it has vectors alone, as a norm.
HEARTH_INLINE void add_layer(const std::string& name, const torch::nn::Module& module, Layers& layers) {
  const std::vector<at::Tensor> parameters = module.parameters();
  if (parameters.empty()) {
    return;
  }
  const bool has_weights = std::any_of(parameters.begin(), parameters.end(),
                                       [](const at::Tensor& parameter) { return parameter.dim() > 1; });
  if (has_weights || layers.empty()) {
    layers.emplace_back();
  }
  layers.back().push_back(name);
}

/// Adds each of a stack's modules; of a module that holds stacks, its modules, and in the place of its only stack that
/// one's; and any other module itself.
HEARTH_INLINE void add_layers(const std::string& name, const torch::nn::Module& module, Layers& layers) {
  const Children children = children_of(module);
  const auto holds_stack = [](const auto& child) { return is_stack(children_of(*child.second)); };
  const bool stack = is_stack(children);
  const auto stacks = std::count_if(children.begin(), children.end(), holds_stack);
  if (!stack && stacks == 0) {
    add_layer(name, module, layers);
    return;
  }
  for (const auto& child : children) {
    const std::string path = fmt::format("{}.{}", name, child.first);
    if (!stack && stacks == 1 && holds_stack(child)) {
      for (const auto& [inner_name, inner] : children_of(*child.second)) {
        add_layer(fmt::format("{}.{}", path, inner_name), *inner, layers);
      }
    } else {
      add_layer(path, *child.second, layers);
    }
  }
}

/// The layers of LayerDecay without patterns.
HEARTH_INLINE Layers find_layers(const torch::nn::Module& model) {
  Layers layers;
  const Children children = children_of(model);
  for (const auto& [name, child] : children) {
    if (is_stack(children)) {
      add_layer(name, *child, layers);
    } else {
      add_layers(name, *child, layers);
    }
  }
  return layers;
}

HEARTH_INLINE void check_number(const char* rule, const char* what, double value) {
  core::require(std::isfinite(value) && value >= 0, "group_parameters: {} of {} must be at least 0, but got {}", what,
                rule, value);
}

/// The names of the parameters of BatchNorm, LayerNorm and their like.
HEARTH_INLINE std::set<std::string> parameters_of_norms(const torch::nn::Module& model) {
  std::set<std::string> names;
  for (const auto& module : model.named_modules()) {
    if (module.value()->children().empty() && module.value()->name().find("Norm") != std::string::npos) {
      for (const auto& parameter : module.value()->named_parameters(/*recurse=*/false)) {
        names.insert(module.key().empty() ? parameter.key() : module.key() + "." + parameter.key());
      }
    }
  }
  return names;
}

/// Applies one rule after the other.
class Rules {
 public:
  Rules(const torch::nn::Module& model, std::vector<Placing>& all) : model_(model), all_(all) {}

  void operator()(const Frozen& rule) const {
    for (Placing* const one : matched("Frozen", rule.pattern, all_)) {
      one->frozen = fmt::format("frozen by {}", rule.pattern);
    }
  }

  void operator()(const NormWeightDecay& rule) const {
    check_number("NormWeightDecay", "weight_decay", rule.weight_decay);
    const std::set<std::string> norms = rule.biases ? std::set<std::string>() : parameters_of_norms(model_);
    for (Placing& one : all_) {
      if (rule.biases ? one.parameter.dim() <= 1 : norms.contains(one.name)) {
        one.weight_decay = rule.weight_decay;
        one.rules.emplace_back(rule.biases ? "norms and biases" : "norms");
      }
    }
  }

  void operator()(const RateOf& rule) const {
    check_number("RateOf", "lr", rule.lr);
    for (Placing* const one : matched("RateOf", rule.pattern, all_)) {
      one->lr = rule.lr;
      one->rules.push_back(fmt::format("rate of {}", rule.pattern));
    }
  }

  void operator()(const WeightDecayOf& rule) const {
    check_number("WeightDecayOf", "weight_decay", rule.weight_decay);
    for (Placing* const one : matched("WeightDecayOf", rule.pattern, all_)) {
      one->weight_decay = rule.weight_decay;
      one->rules.push_back(fmt::format("decay of {}", rule.pattern));
    }
  }

  void operator()(const LayerDecay& rule) const {
    check_number("LayerDecay", "factor", rule.factor);
    Layers layers;
    for (const std::string& pattern : rule.layers) {
      static_cast<void>(matched("LayerDecay", pattern, all_));
      layers.push_back({pattern});
    }
    const bool has_patterns = !layers.empty();
    if (!has_patterns) {
      layers = find_layers(model_);
    }
    for (Placing& one : all_) {
      const auto is_in = [&](const std::string& part) {
        return has_patterns ? matches_name(part, one.name) : one.name.starts_with(part + ".");
      };
      const auto layer = std::find_if(layers.begin(), layers.end(), [&](const std::vector<std::string>& parts) {
        return std::any_of(parts.begin(), parts.end(), is_in);
      });
      core::require(!has_patterns || layer != layers.end() || !one.frozen.empty(),
                    "group_parameters: {} is in none of the layers of LayerDecay", one.name);
      const std::ptrdiff_t place = layer == layers.end() ? 0 : layer - layers.begin();
      const auto after = static_cast<std::ptrdiff_t>(layers.size()) - 1 - place;
      one.lr *= std::pow(rule.factor, std::max<std::ptrdiff_t>(after, 0));
      one.rules.push_back(fmt::format("layer {} of {}", place + 1, std::max<std::size_t>(layers.size(), 1)));
    }
  }

 private:
  const torch::nn::Module& model_;
  std::vector<Placing>& all_;
};

/// The model's parameters, those that stand in several places once.
HEARTH_INLINE std::vector<Placing> all_parameters(const torch::nn::Module& model, double lr, double weight_decay) {
  std::vector<Placing> all;
  std::unordered_set<const c10::TensorImpl*> seen;
  for (const auto& parameter : model.named_parameters()) {
    if (seen.insert(parameter.value().unsafeGetTensorImpl()).second) {
      all.push_back({.name = parameter.key(), .parameter = parameter.value(), .lr = lr, .weight_decay = weight_decay});
    }
  }
  return all;
}

}  // namespace detail

HEARTH_INLINE std::vector<PlacedParameters> place_parameters(torch::nn::Module& model, double lr, double weight_decay,
                                                             std::span<const GroupRule> rules) {
  std::vector<detail::Placing> all = detail::all_parameters(model, lr, weight_decay);
  core::require(!all.empty(), "group_parameters: the model has no parameters");
  const detail::Rules apply(model, all);
  for (const GroupRule& rule : rules) {
    std::visit(apply, rule);
  }
  std::vector<PlacedParameters> groups;
  std::vector<PlacedParameters> frozen;
  for (detail::Placing& one : all) {
    if (one.frozen.empty() && !one.parameter.requires_grad()) {
      one.frozen = "frozen before";
    }
    const bool is_frozen = !one.frozen.empty();
    if (is_frozen) {
      one.parameter.requires_grad_(false);
      one.lr = one.weight_decay = 0;
    }
    const std::string text = is_frozen ? one.frozen : fmt::format("{}", fmt::join(one.rules, ", "));
    std::vector<PlacedParameters>& places = is_frozen ? frozen : groups;
    auto place = std::find_if(places.begin(), places.end(), [&](const PlacedParameters& other) {
      return other.rules == text && other.lr == one.lr && other.weight_decay == one.weight_decay;
    });
    if (place == places.end()) {
      place =
          places.insert(place, {.rules = text, .lr = one.lr, .weight_decay = one.weight_decay, .is_frozen = is_frozen});
    }
    place->params.push_back(one.parameter);
    place->names.push_back(one.name);
  }
  groups.insert(groups.end(), std::make_move_iterator(frozen.begin()), std::make_move_iterator(frozen.end()));
  return groups;
}

HEARTH_INLINE std::string placement_table(std::span<const PlacedParameters> places) {
  constexpr std::size_t columns = 7;
  constexpr std::size_t most_names = 3;
  using Row = std::array<std::string, columns>;
  std::vector<Row> rows{{"group", "rules", "lr", "weight decay", "tensors", "parameters", "names"}};
  std::size_t group = 0;
  std::int64_t trained = 0;
  std::int64_t all = 0;
  for (const PlacedParameters& place : places) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : place.params) {
      count += parameter.numel();
    }
    all += count;
    trained += place.is_frozen ? 0 : count;
    const std::size_t shown = std::min(place.names.size(), most_names);
    std::string names = fmt::format(
        "{}", fmt::join(place.names.begin(), place.names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    if (shown < place.names.size()) {
      names += fmt::format(" and {} more", place.names.size() - shown);
    }
    rows.push_back({place.is_frozen ? "-" : fmt::format("{}", group++), place.rules.empty() ? "none" : place.rules,
                    place.is_frozen ? "frozen" : fmt::format("{:.4g}", place.lr),
                    place.is_frozen ? "" : fmt::format("{:.4g}", place.weight_decay),
                    fmt::format("{}", place.params.size()), fmt::format("{}", count), std::move(names)});
  }
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string table;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const bool is_text = i == 1 || i + 1 == columns;  // numbers stand at the right of their columns
      line += is_text ? fmt::format("{:<{}}  ", row[i], widths[i]) : fmt::format("{:>{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + '\n';
  }
  return table + fmt::format("{} of {} parameters are trained\n", trained, all);
}

}  // namespace hearth::optim
