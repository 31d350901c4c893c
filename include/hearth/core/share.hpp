/// The share of one of several processes in an epoch that they go through together.
#pragma once

#include <cstddef>

namespace hearth {

/// What becomes of an epoch's last samples where the processes cannot have equally many.
enum class Remainder {
  once,  ///< every sample comes once: some processes have one fewer in the last batch
  pad,   ///< the epoch's first samples come again, as in torch.utils.data.DistributedSampler
  drop,  ///< they are left out, as in DistributedSampler with drop_last
};

/// The part of one process. Batch k of the epoch is the same samples however many processes share it, as long as
/// batch_size times their number is the same: of its samples, in their order, process `rank` has every `size`-th, from
/// its `rank`-th on. A process that has no sample of a batch has another one of that batch, and `Batch::counts` is
/// false: so all have equally many batches.
struct Share {
  std::size_t rank = 0;
  std::size_t size = 1;
  Remainder remainder = Remainder::once;  ///< what becomes of samples that do not divide
};

}  // namespace hearth
