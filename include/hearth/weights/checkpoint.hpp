/// Whole checkpoints, read from and written to torch.save's files: the model, the optimizer, the epoch and the rest.
#pragma once

#include <filesystem>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth {

/// All that a file of torch.save's holds, in either of its formats. Tensors lie on the CPU and on the file's own pages
/// (see `read_weights`); OrderedDicts lose their attributes, torch.Size becomes a tuple, numpy's numbers become plain
/// ones. What else hearth has no form for (sets, bytes, devices, types, sparse tensors, an argparse.Namespace or any
/// other object) becomes a Value::Unread that says what it is, so that the rest can be used; nothing that the file
/// names is run. Throws Error naming the file when it is damaged, has a key twice, or holds itself.
///
///     const Value checkpoint = read_checkpoint("last.pth");
///     load_weights(*model, StateDict(checkpoint["model"]));
///     optimizer.load_state_dict(checkpoint["optimizer"]);
Value read_checkpoint(const std::filesystem::path& path);

/// Writes a value to a file that is complete or as it was before, in torch.save's format: Python reads it with
/// torch.load(weights_only=True). Tensors keep their types, strides and shared storages; those on other devices are
/// copied to the CPU. Throws Error naming the value that cannot be saved, or the path and why it cannot be written.
///
///     save_checkpoint(Value::Dict{{"model", state_dict(*model)}, {"optimizer", optimizer.state_dict()}, {"epoch", 3}},
///                     "last.pth");
void save_checkpoint(const Value& checkpoint, const std::filesystem::path& path);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/weights/checkpoint.ipp>
#endif
