/// Puts weights from a file into a model, by name, all or nothing.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/weights/load_report.hpp>
#include <hearth/weights/read.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth {

/// How `load_weights` matches the names of a file with those of a model.
struct LoadOptions {
  /// Every name must be in both, with the same sizes. When false, what fits is loaded and the report tells the rest.
  bool strict = true;
  /// Which state_dict of a checkpoint: see ReadOptions::key.
  std::string key = {};
  /// The head of the file's names that is removed, except where the model has the name as it is. The default is what
  /// Python's DataParallel and DistributedDataParallel put there; PyTorch Lightning puts "model.", torch.compile
  /// "_orig_mod.".
  std::string strip_prefix = "module.";
  /// Gives the model's name for a name of the file without `strip_prefix`; "" leaves the tensor out.
  std::function<std::string(const std::string&)> rename = {};
  /// Heads of names ("fc.") for which other sizes in the file are no error: the model keeps its own values there. This
  /// is how a classifier for another number of classes starts from trained weights.
  std::vector<std::string> keep_mismatched = {};
};

/// Copies the weights into the module's parameters and buffers of the same names, converted to their types and devices.
/// Everything is checked first: when it throws, the module is as it was. Throws Error when the names or sizes differ
/// (with `strict`), a type cannot be converted, two names become one, or nothing at all fits. Python:
/// Module.load_state_dict.
LoadReport load_weights(torch::nn::Module& module, const StateDict& weights, const LoadOptions& options = {});

/// `load_weights` from a file that `read_weights` reads; the file's bytes are copied once, into the module. Throws
/// Error naming the file as well.
LoadReport load_weights(torch::nn::Module& module, const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/load.ipp>
#endif
