/// Reads weights from a file into tensors: torch.save's .pth in both its formats, and safetensors.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/weights/state_dict.hpp>

namespace hearth {

/// How `read_weights` reads.
struct ReadOptions {
  /// Which state_dict of a checkpoint: a key of its dict, or several joined by '/', like "model_ema" or "state/model".
  /// Empty: the file's only one; of several the entry "state_dict", "model_state_dict", "model", "net" or "weights".
  std::string key = {};
};

/// The state_dict in a file that torch.save or safetensors wrote; the format is told by its content. Tensors lie on the
/// CPU, have the file's types, and share memory where they shared it when saved. The file is mapped, not copied: its
/// pages are read when they are used, and what is written to the tensors does not reach it. It may be replaced or
/// deleted meanwhile, but not shortened in place. Throws Error naming the file and what is wrong with it.
StateDict read_weights(const std::filesystem::path& path, const ReadOptions& options = {});

/// The names of the classes that the weights in a file tell apart, in the order of their logits, as `save_weights`
/// writes them; also the texts that a checkpoint of Python's has under "classes". Empty when the file has none. Throws
/// Error naming the file and what is wrong with it.
///
///     const std::vector<std::string> classes = read_classes("best.pth");
std::vector<std::string> read_classes(const std::filesystem::path& path);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/read.ipp>
#endif
