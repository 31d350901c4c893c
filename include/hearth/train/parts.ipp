#pragma once

#include <hearth/train/parts.hpp>

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <torch/optim/optimizer.h>
#include <torch/serialize/input-archive.h>
#include <torch/serialize/output-archive.h>

#include <cstdint>
#include <cstring>
#include <string>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE Value torch_state(const torch::optim::Optimizer& optimizer) {
  torch::serialize::OutputArchive archive;
  optimizer.save(archive);
  std::string bytes;
  archive.save_to([&](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  at::Tensor state = at::empty({static_cast<std::int64_t>(bytes.size())}, at::TensorOptions(at::kByte));
  std::memcpy(state.mutable_data_ptr<std::uint8_t>(), bytes.data(), bytes.size());
  return state;
}

HEARTH_INLINE void load_torch_state(torch::optim::Optimizer& optimizer, const Value& state) {
  const at::Tensor bytes = state.as<at::Tensor>().contiguous();
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.numel()));
    optimizer.state().clear();  // load() leaves what the archive does not have
    optimizer.load(archive);
  } catch (const c10::Error& error) {
    const std::string reason = error.what_without_backtrace();
    core::fail("the optimizer cannot take its state over: {}", reason.substr(0, reason.find('\n')));
  }
}

}  // namespace hearth::train
