/// How a Trainer trains.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/device.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/core/save_request.hpp>
#include <hearth/core/stop.hpp>
#include <hearth/dist/data_parallel_options.hpp>
#include <hearth/dist/world.hpp>
#include <hearth/optim/grad_scaler.hpp>
#include <hearth/optim/weight_average.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/run_folder.hpp>

namespace hearth {

class Value;

/// The type in which the forward pass computes where LibTorch's autocast finds that it may; weights, gradients and the
/// optimizer stay in 32 bits. `fp32` computes all in 32 bits, `bf16` needs nothing else; `fp16` scales the loss, so
/// that small gradients are not lost (optim::GradScaler), and skips steps whose gradients are not finite.
enum class Precision { fp32, bf16, fp16 };

/// What a run was started with, to be compared when it is resumed.
struct RunOption {
  /// What another value does to a run that goes on.
  enum class Effect {
    none,      ///< another value gives the same result: the number of workers
    restored,  ///< the checkpoint's value stays in force: what the optimizer's state holds
    changes,   ///< another value takes effect, and the result is no longer that of one run
  };
  std::string name;                 ///< as it was given: "--lr"
  std::string value;                ///< in words
  Effect effect = Effect::changes;  ///< of another value
};

/// Where and when a run is saved whole.
struct CheckpointOptions {
  /// The run's folder: checkpoints lie in its `checkpoints`. RunStart::resume goes on from the last of them.
  RunFolder folder;
  int keep = 2;  ///< how many of the last are kept
  std::chrono::milliseconds every =
      std::chrono::minutes(10);         ///< between two, in the middle of an epoch; 0: only at its end
  std::int64_t every_steps = 0;         ///< optimizer steps between two; 0: by time alone
  SaveRequest request = {};             ///< saves now and goes on: the token of a SaveSignal, say
  std::vector<RunOption> options = {};  ///< what the program was started with

  /// A checkpoint to go on from: a run's own, one that `python_checkpoint` made, or Python's, of PyTorch's ImageNet
  /// example or torchvision's references. Where it is the run's own and the folder has a later one, that is taken; one
  /// of another run must not be behind the folder's. Of several processes rank 0 alone reads it.
  std::filesystem::path resume_from = {};

  /// Called when the checkpoint of a complete epoch is written, with what it holds (`python_checkpoint` makes Python's
  /// layout of it); of several processes in rank 0 alone. An Error that it throws is told, and the run goes on.
  std::function<void(const Value& checkpoint)> epoch_saved = {};
};

/// Mixes a batch that lies on the device: `mix(inputs, targets, epoch, batch)` gives the inputs and targets to train
/// on, a function of these alone. MixUp and CutMix are such.
using BatchMix = std::function<std::pair<at::Tensor, at::Tensor>(const at::Tensor& inputs, const at::Tensor& targets,
                                                                 std::uint64_t epoch, std::size_t batch)>;

/// The options of a Trainer. A name that is misspelt in `{.epoch = 5}` is an error that does not name it, on any
/// compiler; `TrainerOptions{.epoch = 5}` is one that does.
struct TrainerOptions {
  int epochs = 1;                        ///< of the whole run
  int first_epoch = 0;                   ///< where fit() begins, counted from 0, when a run is resumed by hand
  at::Device device = default_device();  ///< where the model trains
  bool channels_last = false;            ///< see Placement
  /// Copies a batch to a CUDA device, from a loader that pins its memory, while the device computes on the one before.
  bool copy_ahead = true;
  /// Records the training step on a CUDA device as CUDA graphs, once its batches have come in one shape three times,
  /// and repeats them: for small models, whose step is over before the host has given the next. Batches of other shapes
  /// are computed as without. Needs hearth::cuda, one process, `accumulate` 1, fp32 or bf16, and a model and a loss
  /// that never wait for the device and do the same for every batch; docs/training.md says more.
  bool cuda_graph = false;
  StopToken stop = {};  ///< ends fit() early: the token of an InterruptSignal, say

  Precision precision = Precision::fp32;  ///< of the forward pass
  bool evaluate_in_precision = false;     ///< validates in `precision`, too, rather than in fp32
  optim::GradScalerOptions scaler = {};   ///< of fp16

  /// Batches for each optimizer step, whose gradients are averaged over all their samples: as one batch of them all,
  /// but for BatchNorm. An epoch's last step may have fewer.
  int accumulate = 1;
  std::optional<double> clip_norm = {};   ///< the gradients are scaled down where their norm is larger
  std::optional<double> clip_value = {};  ///< each element of the gradients, after that, is brought within ± this

  /// Averages the weights (EMA, SWA). The averages are validated, saved and left in the model in the weights' place.
  std::optional<optim::WeightAverageOptions> average = {};
  BatchMix mix = {};  ///< of training batches

  std::optional<Watch> watch = {};  ///< which figure says which epoch is best; unset: the task's
  /// Saves the run whole while it goes, so that it can be resumed; unset: not at all.
  std::optional<CheckpointOptions> checkpoints = {};
  bool deterministic = false;  ///< asks LibTorch for deterministic algorithms while fit() runs

  /// The processes that train together, as dist::connect has brought them together; one alone by default. The loaders'
  /// batch_size is that of each; `device` is to be `world.device()`.
  dist::World world = {};
  dist::DataParallelOptions data_parallel = {};  ///< how several processes average gradients
};

}  // namespace hearth

namespace hearth::train {

/// Throws Error when an option makes no sense.
void check_trainer_options(const TrainerOptions& options);

/// The type that Autocast is given; none in fp32.
std::optional<at::ScalarType> autocast_type(Precision precision) noexcept;

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/trainer_options.ipp>
#endif
