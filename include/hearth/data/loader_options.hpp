/// The options of a DataLoader.
#pragma once

#include <cstdint>
#include <vector>

#include <hearth/core/sample.hpp>

namespace hearth {

/// What a DataLoader does with a sample that cannot be read.
enum class BadSamples {
  stop,  ///< the epoch ends with what the dataset's `read` has thrown
  skip,  ///< the sample is left out of its batch, counted, and among the first named (DataLoader::skipped_samples)
};

/// The options of a DataLoader, as torch.utils.data has them.
struct LoaderOptions {
  /// A number of workers: the loader chooses it, and changes it while batches are taken, so that the step waits for no
  /// batch and no worker takes a core from the step that it could do without. The batches do not depend on it.
  static constexpr int automatic = -1;

  std::int64_t batch_size = 1;  ///< 1 to 2^31 - 1
  bool shuffle = false;         ///< a new order each epoch
  int workers = 0;              ///< threads that read samples; 0: the thread that asks for the batches
  /// Batches ahead. The workers make each of them together, sample by sample, so that their memory does not grow with
  /// the number of workers. There are more, up to so many for each worker, as long as all take no more than 16 MB,
  /// where a batch has too few samples for all workers, and where the dataset reads whole batches.
  int prefetch = 2;
  bool drop_last = false;              ///< leave out the last batch where it would be smaller
  std::uint64_t seed = 0;              ///< of the order and of the samples' random choices
  Layout layout = Layout::contiguous;  ///< how images lie in memory
  bool pin_memory = false;             ///< batches in page-locked memory, for CUDA
  /// The type of the batches' inputs. bfloat16 and float16 are the floats, rounded to the nearest: half the memory.
  /// uint8, for images alone: the bytes before ToTensor, a quarter of the memory, with `Batch::normalization`, which
  /// says what ToTensor and Normalize would have made of them; Trainer and Evaluator do that on their device.
  Dtype dtype = Dtype::float32;
  BadSamples bad_samples = BadSamples::stop;  ///< what to do with samples that cannot be read

  /// Steps of priority by which the workers stand below the thread that goes through the batches, 0 to 19: where
  /// both want a core, it goes to the step. On Linux; on macOS, any above 0 is the class of service "utility".
  int nice = 5;
  /// The cores that the workers may use, counted from 0; none: all that the process may use. On Linux alone.
  std::vector<int> worker_cores = {};
};

}  // namespace hearth
