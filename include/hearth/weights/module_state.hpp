/// A module's weights by name, as Python's Module.state_dict lists them.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include <hearth/core/inline.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth {

/// A module that says which version of its kind it is. Most are of version 1, and need not.
class HasStateVersion {
 public:
  /// The version, counted from 1.
  virtual std::int64_t state_version() const = 0;

 protected:
  ~HasStateVersion() = default;
};

/// The module's version: 1 where it says nothing.
std::int64_t state_version(const torch::nn::Module& module);

/// The module's parameters and buffers under Python's names and in Python's order: of each module its parameters, then
/// its buffers, then its children. The tensors are detached and share their memory with the module: what is written to
/// them is written to the module. The version is the module's.
StateDict state_dict(const torch::nn::Module& module);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/module_state.ipp>
#endif
