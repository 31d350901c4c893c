/// Where tensors live and computation runs: the choice of a device, its name on a command line and in a log.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

#include <hearth/core/inline.hpp>

namespace hearth {

/// The best device that this machine and this LibTorch have: CUDA's first, else MPS (Apple), else the CPU.
c10::Device default_device();

/// The device of a name: "auto" (default_device), "cpu", "cuda" (the first), "cuda:N" or "mps". Throws Error when the
/// name is none of these or the device is not there.
c10::Device parse_device(std::string_view name);

/// How many CUDA devices there are; 0 where LibTorch was built without CUDA.
int cuda_device_count();

/// The device for people: "cpu (2 threads)", "cuda:0 (NVIDIA H200)", "mps".
std::string describe(c10::Device device);

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/device.ipp>
#endif
