/// Recordings of what a device is given to do, which repeat it with one call: what StepGraph is made of.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

#include <hearth/core/function_ref.hpp>
#include <hearth/core/inline.hpp>

namespace hearth::train {

/// Work of a device that was recorded. It reads and writes the memory of its recording.
class Recording {
 public:
  virtual ~Recording() = default;

  /// Gives the device the work once more, in its current stream.
  virtual void replay() = 0;
};

/// Records what one device is given to do.
class Recorder {
 public:
  virtual ~Recorder() = default;

  /// Calls `work` as it will be called for a recording, but its work is done: what the first runs make for good, such
  /// as workspaces and the choice of algorithms, is there before anything is recorded.
  virtual void rehearse(core::FunctionRef<void()> work) = 0;

  /// Calls `work` and records what it gives the device to do, none of which is done. Throws Error when it does what
  /// cannot be recorded, such as waiting for the device.
  virtual std::unique_ptr<Recording> record(std::function<void()> work) = 0;
};

/// Makes a Recorder for a device, or throws Error.
using MakeRecorder = std::function<std::unique_ptr<Recorder>(at::Device device)>;

/// What makes the recorders of TrainerOptions::cuda_graph: `cuda_recorder`, unless a test has put another one here.
MakeRecorder& recorder_maker();

/// Records CUDA graphs. Throws Error when the program is built without hearth::cuda, and when there is no such device.
std::unique_ptr<Recorder> cuda_recorder(at::Device device);

/// Calls `work` and throws Error when it has drawn from the CPU's generator of random numbers: a recording would repeat
/// what came of them.
void without_random_numbers_of_cpu(core::FunctionRef<void()> work);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/recorder.ipp>
#endif
