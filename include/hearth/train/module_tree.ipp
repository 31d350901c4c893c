#pragma once

#include <hearth/train/module_tree.hpp>

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <unordered_set>

namespace hearth::train {

namespace detail {

/// "torch::nn::Conv2dImpl" to "Conv2d", "hearth::models::ResNetModule" to "ResNet".
HEARTH_INLINE std::string short_type(std::string_view name) {
  name = name.substr(0, name.find('<'));
  if (const auto colon = name.rfind("::"); colon != std::string_view::npos) {
    name.remove_prefix(colon + 2);
  }
  for (const std::string_view suffix : {"Impl", "Module"}) {
    if (name.ends_with(suffix) && name.size() > suffix.size()) {
      name.remove_suffix(suffix.size());
      break;
    }
  }
  return std::string(name);
}

/// "max_pool2d" and "MaxPool2d" are "maxpool2d".
HEARTH_INLINE std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '_') {
      plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  return plain;
}

}  // namespace detail

HEARTH_INLINE ModuleTree::ModuleTree(torch::nn::Module& module, const std::vector<Op>& ops, const at::Tensor& result) {
  add(module, "", 0, 0);
  assign(ops);
  nodes_[0].output = result;
  resolve(0);
}

HEARTH_INLINE void ModuleTree::add(torch::nn::Module& module, const std::string& name, int depth, std::size_t parent) {
  const std::size_t index = nodes_.size();
  const bool is_repeated =
      std::any_of(nodes_.begin(), nodes_.end(), [&](const ModuleNode& other) { return other.module == &module; });
  // A Linear that computes in another way, as TokenLinear, is one.
  const std::string type = module.as<torch::nn::LinearImpl>() != nullptr ? "torch::nn::LinearImpl" : module.name();
  nodes_.push_back({.module = &module,
                    .name = name,
                    .type = detail::short_type(type),
                    .depth = depth,
                    .parent = parent,
                    .is_sequential = module.as<torch::nn::SequentialImpl>() != nullptr,
                    .is_plain = type.starts_with("torch::nn::") && module.children().empty(),
                    .is_repeated = is_repeated});
  if (index > 0) {
    nodes_[parent].children.push_back(index);
  }
  if (is_repeated) {
    return;
  }
  for (const auto& parameter : module.named_parameters(/*recurse=*/false)) {
    weights_.emplace(parameter.value().unsafeGetTensorImpl(), index);
  }
  for (const auto& buffer : module.named_buffers(/*recurse=*/false)) {
    weights_.emplace(buffer.value().unsafeGetTensorImpl(), index);
  }
  for (const auto& child : module.named_children()) {
    add(*child.value(), name.empty() ? child.key() : name + "." + child.key(), depth + 1, index);
  }
}

HEARTH_INLINE std::optional<std::size_t> ModuleTree::owner(const Op& op) const {
  for (const at::Tensor& input : op.inputs) {
    if (const auto found = weights_.find(input.unsafeGetTensorImpl()); input.defined() && found != weights_.end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

/// Whether the operator only looks at weights in another way, as LibTorch's Linear does that multiplies by weight.t().
HEARTH_INLINE bool ModuleTree::is_view_of_weights(const Op& op) const {
  return op.output.defined() && !weights_.contains(op.output.unsafeGetTensorImpl()) &&
         std::any_of(op.inputs.begin(), op.inputs.end(), [&](const at::Tensor& input) {
           return input.defined() && weights_.contains(input.unsafeGetTensorImpl()) && op.output.is_alias_of(input);
         });
}

HEARTH_INLINE std::size_t ModuleTree::common_ancestor(std::size_t a, std::size_t b) const {
  while (a != b) {
    std::size_t& deeper = nodes_[a].depth >= nodes_[b].depth ? a : b;
    deeper = nodes_[deeper].parent;
  }
  return a;
}

HEARTH_INLINE void ModuleTree::assign(const std::vector<Op>& ops) {
  std::size_t before = 0;       // the module whose weights the last operator with some used
  const Op* product = nullptr;  // that operator, if it was a product: LibTorch's Linear adds the bias to it
  std::vector<const Op*> unowned;
  const auto give_to = [&](std::size_t module) {
    for (const Op* op : unowned) {
      nodes_[module].mult_adds += op->mult_adds;
    }
    unowned.clear();
  };
  for (const Op& op : ops) {
    const auto module = owner(op);
    if (module && is_view_of_weights(op)) {
      weights_.emplace(op.output.unsafeGetTensorImpl(), *module);
      continue;
    }
    if (module) {
      give_to(common_ancestor(before, *module));  // the model, before the first
      nodes_[*module].mult_adds += op.mult_adds;
      const bool adds_bias =
          op.name == "add" && module == before && product != nullptr && op.inputs[0].is_same(product->output);
      nodes_[*module].mult_adds += adds_bias ? op.output.numel() : 0;
      product = op.mult_adds > 0 ? &op : nullptr;
      before = *module;
    } else if (op.mult_adds > 0) {
      unowned.push_back(&op);
    }
    if (!op.is_outermost) {
      continue;
    }
    const std::size_t place = ops_.size();
    ops_.push_back(&op);
    owners_.push_back(module);
    if (module) {
      nodes_[*module].ops.push_back(place);
      for (std::size_t node = *module;; node = nodes_[node].parent) {
        nodes_[node].first = nodes_[node].first.value_or(place);
        nodes_[node].last = place;
        if (node == 0) {
          break;
        }
      }
    }
  }
  give_to(0);
}

/// The first operator from this place on that uses weights; the number of operators where there is none.
HEARTH_INLINE std::size_t ModuleTree::next_owned(std::size_t place) const {
  while (place < owners_.size() && !owners_[place]) {
    ++place;
  }
  return place;
}

/// What a module was given, where that is what its first operator was given.
HEARTH_INLINE at::Tensor ModuleTree::input_of(std::size_t node) const {
  const ModuleNode& module = nodes_[node];
  if (module.is_sequential && !module.children.empty()) {
    return input_of(module.children[0]);
  }
  const auto op = module.is_plain && !module.ops.empty()          ? std::optional(module.ops.front())
                  : module.children.empty() && module.ops.empty() ? op_by_name(node)
                                                                  : std::nullopt;
  if (op) {
    for (const at::Tensor& input : ops_[*op]->inputs) {
      if (input.defined() && !weights_.contains(input.unsafeGetTensorImpl())) {
        return input;
      }
    }
  }
  return {};
}

/// The output of a child of a sequential module: the module's own for the last one, or what the next one was given.
HEARTH_INLINE at::Tensor ModuleTree::output_by_place(std::size_t node) const {
  const ModuleNode& parent = nodes_[nodes_[node].parent];
  if (!parent.is_sequential) {
    return {};
  }
  const auto next = std::find(parent.children.begin(), parent.children.end(), node) + 1;
  if (next == parent.children.end()) {
    return parent.output;
  }
  const at::Tensor output = input_of(*next);
  return output.defined() ? output : output_by_flow(node);
}

/// The output of a child of a sequential module by what the next weights need: all of it comes through one tensor. Of
/// the operators from the child's last weights to the next ones, those whose output may be that tensor must agree.
HEARTH_INLINE at::Tensor ModuleTree::output_by_flow(std::size_t node) const {
  const auto begin = nodes_[node].last;
  const std::size_t end = begin ? next_owned(*begin + 1) : ops_.size();
  if (end == ops_.size()) {
    return {};
  }
  at::Tensor output;
  for (std::size_t cut = *begin; cut < end; ++cut) {
    std::unordered_set<const c10::TensorImpl*> later;
    bool is_possible = ops_[cut]->output.defined();
    for (std::size_t place = cut + 1; place <= end && is_possible; ++place) {
      for (const at::Tensor& input : ops_[place]->inputs) {
        const auto* const tensor = input.unsafeGetTensorImpl();
        is_possible = is_possible && (!input.defined() || input.is_same(ops_[cut]->output) || later.contains(tensor) ||
                                      weights_.contains(tensor));
      }
      later.insert(ops_[place]->output.unsafeGetTensorImpl());
    }
    if (is_possible && output.defined() && output.sizes() != ops_[cut]->output.sizes()) {
      return {};
    }
    output = is_possible ? ops_[cut]->output : output;
  }
  return output;
}

/// The operator of the name of a module without weights: in its place among the siblings in a sequential module; in
/// another, where there are as many such operators as modules, or one module that ran several times.
HEARTH_INLINE std::optional<std::size_t> ModuleTree::op_by_name(std::size_t node) const {
  const ModuleNode& parent = nodes_[nodes_[node].parent];
  if (node == 0 || !parent.first) {
    return std::nullopt;
  }
  const std::string name = detail::plain_name(nodes_[node].type);
  std::size_t begin = *parent.first;
  while (begin > 0 && !owners_[begin - 1]) {
    --begin;
  }
  std::size_t end = next_owned(*parent.last + 1);
  std::size_t rank = 0;
  std::size_t namesakes = 0;
  for (const std::size_t child : parent.children) {
    const ModuleNode& sibling = nodes_[child];
    if (parent.is_sequential && child < node && sibling.last) {
      begin = *sibling.last + 1;
      rank = 0;
    } else if (parent.is_sequential && child > node && sibling.first) {
      end = std::min(end, *sibling.first);
    }
    const bool is_namesake = sibling.children.empty() && detail::plain_name(sibling.type) == name;
    rank += is_namesake && child < node ? 1 : 0;
    namesakes += is_namesake ? 1 : 0;
  }
  std::vector<std::size_t> found;
  for (std::size_t place = begin; place < end; ++place) {
    if (!owners_[place] && detail::plain_name(ops_[place]->name) == name) {
      found.push_back(place);
    }
  }
  if (parent.is_sequential || found.size() == namesakes) {
    return rank < found.size() ? std::optional(found[rank]) : std::nullopt;
  }
  return namesakes == 1 && !found.empty() ? std::optional(found.back()) : std::nullopt;
}

/// The last operator with weights that a module ran, or that ran before it where it has none.
HEARTH_INLINE std::optional<std::size_t> ModuleTree::end_of_weights(std::size_t node) const {
  const ModuleNode& module = nodes_[node];
  if (module.last || node == 0 || !nodes_[module.parent].is_sequential) {
    return module.last;
  }
  std::optional<std::size_t> end;
  for (const std::size_t sibling : nodes_[module.parent].children) {
    if (sibling == node) {
      break;
    }
    end = nodes_[sibling].last ? nodes_[sibling].last : end;
  }
  return end;
}

/// The operators without weights that follow the last ones with weights of a module: its own, then its parent's.
HEARTH_INLINE std::vector<const Op*> ModuleTree::tail(std::size_t node) const {
  std::vector<const Op*> tail;
  if (const auto end = end_of_weights(node)) {
    tail.assign(ops_.begin() + static_cast<std::ptrdiff_t>(*end) + 1,
                ops_.begin() + static_cast<std::ptrdiff_t>(next_owned(*end + 1)));
  }
  return tail;
}

/// The output of a module that goes on after its last weights. Which of the operators that follow are still its own is
/// not recorded; but modules of one type that go on alike do the same, so its own are among those that follow each of
/// them. Where all of these give the same shape, it is the output's.
HEARTH_INLINE at::Tensor ModuleTree::output_by_kind(std::size_t node) const {
  const auto end = end_of_weights(node);
  if (!end || nodes_[node].is_sequential) {
    return {};
  }
  const std::vector<const Op*> own = tail(node);
  auto last = own.end();
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    const std::vector<const Op*> others = nodes_[other].type == nodes_[node].type ? tail(other) : own;
    const auto differs = std::mismatch(own.begin(), last, others.begin(), others.end(), [](const Op* a, const Op* b) {
                           return a->name == b->name;
                         }).first;
    last = differs != own.begin() ? differs : last;
  }
  const at::Tensor& output = ops_[*end]->output;
  const bool is_known = output.defined() && std::all_of(own.begin(), last, [&](const Op* op) {
                          return op->output.defined() && op->output.sizes() == output.sizes();
                        });
  return is_known ? output : at::Tensor();
}

HEARTH_INLINE void ModuleTree::resolve(std::size_t node) {
  for (const std::size_t index : nodes_[node].children) {
    ModuleNode& child = nodes_[index];
    if (child.is_repeated) {
      continue;
    }
    const bool is_leaf = child.children.empty();
    if (child.is_plain && !child.ops.empty()) {
      child.output = ops_[child.ops.back()]->output;
    } else if (const auto op = is_leaf && child.ops.empty() ? op_by_name(index) : std::nullopt) {
      child.output = ops_[*op]->output;
    } else {
      child.output = output_by_place(index);
    }
    resolve(index);
    if (!child.output.defined()) {
      child.output = output_by_kind(index);
    }
  }
  ModuleNode& module = nodes_[node];
  if (!module.output.defined() && module.is_sequential && !module.children.empty()) {
    module.output = nodes_[module.children.back()].output;
  }
}

}  // namespace hearth::train
