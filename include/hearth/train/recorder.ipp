#pragma once

#include <hearth/train/recorder.hpp>

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <c10/util/Exception.h>

#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>
#ifdef HEARTH_WITH_CUDA  // linking hearth::cuda defines it
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
HEARTH_RULE_1(hearth_all_parts_of_a_program_link_hearth_cuda_or_none_does);
#else
HEARTH_RULE_0(hearth_all_parts_of_a_program_link_hearth_cuda_or_none_does);
#endif

namespace hearth::train {

#ifdef HEARTH_WITH_CUDA
namespace detail {

class CudaRecording final : public Recording {
 public:
  void replay() override { graph_.replay(); }

  /// Records in the current stream, which is not the default one. What other threads do meanwhile (workers of a loader
  /// that pin memory) neither harms the recording nor becomes a part of it, unless they give work to this stream, as
  /// autograd's thread does.
  void record(core::FunctionRef<void()> work) {
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (const std::exception&) {  // a recording that failed cannot be ended well: the first error counts
      }
      throw;
    }
    graph_.capture_end();
  }

 private:
  at::cuda::CUDAGraph graph_;  // with memory of its own, which is kept as long as the graph or a tensor in it
};

class CudaRecorder final : public Recorder {
 public:
  explicit CudaRecorder(at::Device device)
      : device_(device), implementation_(device.type()), stream_(implementation_.getStreamFromGlobalPool(device)) {}

  void rehearse(core::FunctionRef<void()> work) override {
    const c10::Stream before = implementation_.getStream(device_);
    order(before, stream_);
    {
      const c10::StreamGuard guard(stream_);  // where workspaces belong to a stream, they are those of the recording
      work();
    }
    order(stream_, before);
  }

  std::unique_ptr<Recording> record(std::function<void()> work) override {
    // LibTorch's allocator goes on asking a graph whose recording failed, so that one is never destroyed.
    CudaRecording* const recording = std::make_unique<CudaRecording>().release();
    implementation_.synchronizeDevice(device_.index());  // nothing that is under way may be waited for meanwhile
    try {
      const c10::StreamGuard guard(stream_);
      recording->record([&] { without_random_numbers_of_cpu(work); });
    } catch (const Error& error) {
      if (std::string_view(error.what()).find("captur") != std::string_view::npos) {  // as CUDA and LibTorch call it
        refuse(error.what());
      }
      throw;
    } catch (const c10::Error& error) {
      refuse(error.what_without_backtrace());
    }
    return std::unique_ptr<Recording>(recording);
  }

 private:
  [[noreturn]] static void refuse(const std::string& reason) {
    core::fail(
        "TrainerOptions::cuda_graph: the training step cannot be recorded as a CUDA graph: {}. A step that waits for "
        "the device (item(), a copy from or to the CPU, a shape that depends on values) cannot: leave cuda_graph off "
        "for this model and loss, and start the program again: the device's generator of random numbers is lost to "
        "this process",
        reason.substr(0, reason.find('\n')));
  }

  /// What `second` is given from now on waits for what `first` was given.
  void order(const c10::Stream& first, const c10::Stream& second) const {
    c10::Event event(device_.type());
    event.record(first);
    event.block(second);
  }

  at::Device device_;
  c10::impl::VirtualGuardImpl implementation_;
  c10::Stream stream_;  // of rehearsals and recordings
};

}  // namespace detail
#endif

HEARTH_INLINE std::unique_ptr<Recorder> cuda_recorder(at::Device device) {
  core::require(device.is_cuda(),
                "TrainerOptions::cuda_graph: CUDA graphs are for CUDA devices, but the device is {}: leave it off",
                device.str());
#ifdef HEARTH_WITH_CUDA
  at::Device there = parse_device(device.str());  // throws when there is none
  if (!there.has_index()) {
    there = c10::impl::VirtualGuardImpl(there.type()).getDevice();
  }
  return std::make_unique<detail::CudaRecorder>(there);
#else
  core::fail(
      "TrainerOptions::cuda_graph: this program is built without CUDA graphs: link hearth::cuda, which is there where "
      "LibTorch is built for CUDA and CUDA's headers are found (Debian's nvidia-cuda-dev, NVIDIA's toolkit)");
#endif
}

HEARTH_INLINE MakeRecorder& recorder_maker() {
  static MakeRecorder maker = cuda_recorder;
  return maker;
}

HEARTH_INLINE void without_random_numbers_of_cpu(core::FunctionRef<void()> work) {
  const auto state = [] {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    const std::lock_guard lock(generator.mutex());
    return generator.get_state();
  };
  const at::Tensor before = state();
  work();
  core::require(
      at::equal(before, state()),
      "TrainerOptions::cuda_graph: the model or the loss draws random numbers from the CPU's generator, which a "
      "recorded step would not draw anew: draw them on the device (tensor.options()), or leave cuda_graph off");
}

}  // namespace hearth::train
