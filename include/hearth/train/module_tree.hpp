/// The modules of a model as a tree, with the operators that each one ran.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/op_record.hpp>

namespace hearth::train {

/// A module of a model, and what is known of the operators that it ran. Operators are places in ModuleTree::ops.
struct ModuleNode {
  torch::nn::Module* module = nullptr;
  std::string name;
  std::string type;  ///< without namespaces, and without LibTorch's "Impl" and hearth's "Module"
  int depth = 0;
  std::size_t parent = 0;
  std::vector<std::size_t> children = {};
  bool is_sequential = false;             ///< gives its input to its first child, each one's output to the next
  bool is_plain = false;                  ///< a layer of LibTorch's that does no more than its operator
  bool is_repeated = false;               ///< stands further up already, with its children
  std::vector<std::size_t> ops = {};      ///< the outermost ones that use its own weights
  std::optional<std::size_t> first = {};  ///< of those that use weights of it or of what it has, the first
  std::optional<std::size_t> last = {};   ///< and the last
  std::int64_t mult_adds = 0;             ///< of its own
  at::Tensor output = {};                 ///< undefined where it is not known
};

/// Finds out which module ran which operators, by the weights that they use, and with that what the modules gave.
class ModuleTree {
 public:
  /// The ops are those of one forward pass of the module, whose result is given.
  ModuleTree(torch::nn::Module& module, const std::vector<Op>& ops, const at::Tensor& result);

  /// Each module before its children.
  const std::vector<ModuleNode>& nodes() const noexcept { return nodes_; }
  /// The outermost operators.
  const std::vector<const Op*>& ops() const noexcept { return ops_; }

 private:
  void add(torch::nn::Module& module, const std::string& name, int depth, std::size_t parent);
  void assign(const std::vector<Op>& ops);
  void resolve(std::size_t node);

  std::optional<std::size_t> owner(const Op& op) const;
  bool is_view_of_weights(const Op& op) const;
  std::size_t common_ancestor(std::size_t a, std::size_t b) const;
  std::size_t next_owned(std::size_t place) const;
  std::optional<std::size_t> end_of_weights(std::size_t node) const;
  std::optional<std::size_t> op_by_name(std::size_t node) const;
  at::Tensor input_of(std::size_t node) const;
  at::Tensor output_by_place(std::size_t node) const;
  at::Tensor output_by_flow(std::size_t node) const;
  std::vector<const Op*> tail(std::size_t node) const;
  at::Tensor output_by_kind(std::size_t node) const;

  std::vector<ModuleNode> nodes_;
  std::vector<const Op*> ops_;
  std::vector<std::optional<std::size_t>> owners_;                   ///< of ops_
  std::unordered_map<const c10::TensorImpl*, std::size_t> weights_;  ///< and views of them
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/module_tree.ipp>
#endif
