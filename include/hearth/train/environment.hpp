/// What a run was made with: versions, device, processor, system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/train/setting.hpp>

namespace hearth::train {

/// What is known of it, by names: "started", when the run was; "hearth", "LibTorch", "CUDA"; "device" (in the words
/// given), "processor", "cores", "threads", "instructions" that LibTorch uses, "system", "compiler", "working folder".
std::vector<Setting> environment_facts(std::string_view device);

/// The same as text, a line for each fact.
std::string describe_environment(std::string_view device);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/environment.ipp>
#endif
