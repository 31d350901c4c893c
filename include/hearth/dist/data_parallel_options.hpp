/// How several processes train one model together.
#pragma once

#include <cstdint>

#include <hearth/core/share.hpp>

namespace hearth::dist {

/// The type in which gradients travel between processes. `none`: their own; bf16 and fp16 halve the
/// bytes, and round.
enum class Compression { none, bf16, fp16 };

/// What reduces the gradients: c10d's Reducer, which Python's DistributedDataParallel uses too, or hearth's own on
/// gradient hooks, for a LibTorch whose Reducer is another. Both give the same gradients;
/// `automatic` is c10d's where it can be used.
enum class Engine { automatic, c10d, hooks };

/// The options of torch.nn.parallel.DistributedDataParallel, with its names and defaults, and those of the run.
struct DataParallelOptions {
  double bucket_cap_mb = 25;            ///< MiB of gradients that are reduced at once
  bool find_unused_parameters = false;  ///< where a forward pass may leave parameters without a gradient
  bool static_graph = false;            ///< every step uses the same parameters in the same order
  /// After the first step buckets are made anew, in the order in which gradients came, as DistributedDataParallel does.
  /// Without it three processes and more round in the same way before and after a run is resumed.
  bool rebuild_buckets = false;
  bool broadcast_buffers = true;                ///< before each step's forward pass, from rank 0
  Compression compression = Compression::none;  ///< of gradients on their way
  Engine engine = Engine::automatic;            ///< what averages the gradients

  bool sync_batch_norm = false;  ///< BatchNorm's means and variances are those of all processes' samples
  bool shard_optimizer = false;  ///< each process keeps the optimizer's state of its share of the parameters (ZeRO-1)
  Remainder remainder = Remainder::once;  ///< of an epoch's samples, where they do not divide
};

}  // namespace hearth::dist
