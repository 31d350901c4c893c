#pragma once

#include <hearth/train/batch_size_finder.hpp>

#include <ATen/DeviceAccelerator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/remainder.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <new>

#include <hearth/core/error.hpp>
#include <hearth/train/drop_gradients.hpp>

namespace hearth::train {

namespace detail {

/// Why there was no memory for what `body` does; nothing when there was.
HEARTH_INLINE std::optional<std::string> want_of_memory(const std::function<void()>& body) {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  try {
    body();
  } catch (const OutOfMemory& error) {
    const std::string text = error.what();
    const std::size_t reason = text.find("LibTorch says: ");
    return reason == std::string::npos ? text : text.substr(reason + std::string("LibTorch says: ").size());
  } catch (const c10::Error& error) {
    if (!is_out_of_memory(error)) {
      throw;
    }
    return first_line(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return "the computer's memory has come to its end";
  }
  return std::nullopt;
}

/// What the allocators keep for later goes back to the device.
HEARTH_INLINE void give_memory_back(at::Device device) {
  if (device.is_cuda()) {
    at::accelerator::emptyCache();
  }
}

HEARTH_INLINE void check(const FindBatchSizeOptions& options, std::int64_t limit) {
  core::require(options.first >= 1, "find_batch_size: first must be at least 1, but got {}", options.first);
  core::require(options.limit >= options.first, "find_batch_size: limit must be at least first, {}, but got {}",
                options.first, options.limit);
  core::require(limit >= options.first, "find_batch_size: the dataset has {} samples, fewer than first, {}", limit,
                options.first);
  core::require(options.multiple_of >= 1, "find_batch_size: multiple_of must be at least 1, but got {}",
                options.multiple_of);
  core::require(options.passes >= 1, "find_batch_size: passes must be at least 1, but got {}", options.passes);
  core::require(options.optimizer_numbers >= 0, "find_batch_size: optimizer_numbers must be at least 0, but got {}",
                options.optimizer_numbers);
  check_trainer_options(options.training);
}

}  // namespace detail

HEARTH_INLINE Batch repeated(const Batch& batch, std::int64_t size) {
  const at::Tensor rows = at::remainder(at::arange(size, at::TensorOptions(at::kLong)), batch.inputs.size(0));
  Batch result;
  result.inputs = at::index_select(batch.inputs, 0, rows);
  result.targets = at::index_select(batch.targets, 0, rows);
  const auto count = static_cast<std::size_t>(size);
  for (std::size_t i = 0; i < count; ++i) {
    result.samples.push_back(batch.samples[i % batch.samples.size()]);
  }
  result.drawn = count;
  result.normalization = batch.normalization;
  return result;
}

HEARTH_INLINE FoundBatchSize search_batch_size(torch::nn::Module& model, const FindBatchSizeOptions& options,
                                               std::int64_t limit, const std::function<void(std::int64_t)>& pass) {
  detail::check(options, limit);
  const at::Device device = options.training.device;
  const std::vector<at::Tensor> parameters = model.parameters();
  const std::string where = device.str();
  KeptState kept(model, device);
  FoundBatchSize found;
  std::string reason;

  const auto fits = [&](std::int64_t size) {
    found.tried.push_back(size);
    const auto failure = detail::want_of_memory([&] {
      std::vector<at::Tensor> room;
      for (const at::Tensor& parameter : parameters) {
        const int copies =
            (parameter.requires_grad() ? options.optimizer_numbers : 0) + (options.training.average ? 1 : 0);
        for (int i = 0; i < copies; ++i) {
          room.push_back(at::empty_like(parameter.detach()));
        }
      }
      for (int i = 0; i < options.passes; ++i) {
        drop_gradients(parameters);
        pass(size);
      }
    });
    drop_gradients(parameters);
    if (!failure) {
      found.size = size;
      return true;
    }
    detail::give_memory_back(device);
    found.smallest_failed = size;
    reason = *failure;
    return false;
  };

  const std::int64_t largest = std::min(options.limit, limit);
  core::require(fits(options.first), "find_batch_size: not even a batch of {} fits on {}: {}", options.first, where,
                reason);
  while (!found.smallest_failed && found.size < largest) {
    fits(found.size > largest / 2 ? largest : found.size * 2);
  }
  while (found.smallest_failed && *found.smallest_failed - found.size > 1) {
    const std::int64_t middle = found.size + (*found.smallest_failed - found.size) / 2;
    std::int64_t next = middle / options.multiple_of * options.multiple_of;
    next = next > found.size ? next : next + options.multiple_of;
    if (next >= *found.smallest_failed) {
      break;
    }
    fits(next);
  }
  kept.put_back();
  detail::give_memory_back(device);
  if (found.smallest_failed) {
    found.explanation =
        fmt::format("{} fits on {}, {} does not: {}", found.size, where, *found.smallest_failed, reason);
  } else {
    found.explanation =
        fmt::format("{} fits on {}: {}", found.size, where,
                    limit < options.limit ? "the whole dataset" : "no larger batch was tried, for that is the limit");
  }
  return found;
}

}  // namespace hearth::train
