/// The checkpoints of Python's training programs: written for them, and read as those of a run.
#pragma once

#include <string_view>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>

namespace hearth {

/// A run's checkpoint between two epochs, as CheckpointOptions::epoch_saved is given it, in the layout of PyTorch's
/// ImageNet example, which resumes it: `epoch` (how many are done), `arch`, `state_dict` (the weights in training),
/// `best_acc1` (percent), `optimizer`, `scheduler`; `model_ema`, the state of an AveragedModel, where weights are
/// averaged; and under "hearth" all else that the run needs to go on exactly.
///
///     .epoch_saved = [&](const Value& run) {
///       save_checkpoint(python_checkpoint(run, "resnet18", best), folder / "checkpoint.pth.tar");
///     }
Value python_checkpoint(const Value& run, std::string_view arch, double best_acc1);

}  // namespace hearth

namespace hearth::train {

/// The checkpoint of a run that a file holds: the run's own; what `python_checkpoint` made of one; or Python's, between
/// two epochs, in the layout of PyTorch's ImageNet example (epoch, state_dict, optimizer, perhaps scheduler) or of
/// torchvision's references (epoch, model, optimizer, lr_scheduler, perhaps model_ema and scaler), of which a run has
/// the weights, the states and the epoch, and neither history nor generators. Throws Error when it is none of these.
Value run_checkpoint(const Value& saved);

/// Whether what `run_checkpoint` gave is Python's: it has no history, options, figures or generators.
bool is_of_python(const Value& run);

/// Whether the file of this checkpoint was written by hearth.
bool is_own_checkpoint(const Value& saved);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/python_checkpoint.ipp>
#endif
