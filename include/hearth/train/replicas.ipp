#pragma once

#include <hearth/train/replicas.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/dist/sync_batch_norm.hpp>

namespace hearth::train {

namespace detail {

/// Parameters and buffers with their names.
HEARTH_INLINE std::vector<std::pair<std::string, at::Tensor>> named_tensors(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& parameter : model.named_parameters()) {
    all.emplace_back(parameter.key(), parameter.value().detach());
  }
  for (const auto& buffer : model.named_buffers()) {
    if (buffer.value().defined()) {
      all.emplace_back(buffer.key(), buffer.value().detach());
    }
  }
  return all;
}

/// A number that tells contents apart, computed where they lie: sums, modulo 2^64, of the elements' bits and of their
/// products with odd numbers that belong to their places.
HEARTH_INLINE std::uint64_t content_hash(const at::Tensor& tensor) {
  const at::NoGradGuard no_grad;
  const at::Tensor bytes = tensor.detach().contiguous().view({-1}).view(at::kByte);
  const at::Tensor words = bytes.numel() % 4 == 0 ? bytes.view(at::kInt) : bytes;
  constexpr std::int64_t at_once = 1 << 20;  // so that the copies in 64 bits stay small
  std::uint64_t hash = 0;
  for (std::int64_t begin = 0; begin < words.numel(); begin += at_once) {
    const at::Tensor part = words.narrow(0, begin, std::min(at_once, words.numel() - begin)).to(at::kLong);
    const at::Tensor places = at::arange(part.numel(), part.options()).mul_(0x1E3779B97F4A7C15).bitwise_or_(1);
    const auto of_part = static_cast<std::uint64_t>((part.sum() + (part * places).sum() * 31).item<std::int64_t>());
    hash = hash * 0x9E3779B97F4A7C15 + of_part;
  }
  return hash;
}

}  // namespace detail

HEARTH_INLINE Replicas::Replicas(torch::nn::Module& model, const dist::World& world,
                                 const dist::DataParallelOptions& options)
    : model_(model), world_(world), options_(options) {
  for (const at::Tensor& buffer : model.buffers()) {
    if (buffer.defined()) {
      buffers_.push_back(buffer);
    }
  }
}

HEARTH_INLINE Share share_of(const dist::World& world, Remainder remainder) noexcept {
  return {.rank = static_cast<std::size_t>(world.rank()),
          .size = static_cast<std::size_t>(world.size()),
          .remainder = remainder};
}

HEARTH_INLINE void Replicas::begin() {
  const auto named = detail::named_tensors(model_);
  dist::detail::Facts facts;
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named) {
    std::ostringstream type;
    type << tensor.dtype();
    facts.emplace_back("tensor " + name, Shape(tensor.sizes()).to_string() + " of " + type.str());
    tensors.push_back(tensor);
  }
  for (const auto& parameter : model_.named_parameters()) {
    facts.emplace_back("requires_grad of " + parameter.key(), parameter.value().requires_grad() ? "true" : "false");
  }
  dist::detail::check_same_facts(communicator(), facts);
  communicator().broadcast(tensors);
  const std::string difference = find_other_weights("at the start");
  core::require(difference.empty(), "Trainer: rank 0's weights have not come to all: {}", difference);
  std::vector<std::pair<std::string, at::Tensor>> trained;
  for (const auto& parameter : model_.named_parameters()) {
    if (parameter.value().requires_grad()) {
      trained.emplace_back(parameter.key(), parameter.value());
    }
  }
  reducer_ = communicator().make_reducer(std::move(trained), options_);
}

HEARTH_INLINE std::string Replicas::find_other_weights(const std::string& when) const {
  dist::detail::Facts hashes;
  for (const auto& parameter : model_.named_parameters()) {
    hashes.emplace_back(fmt::format("{} {}", parameter.key(), when),
                        fmt::format("one with the hash {:016x}", detail::content_hash(parameter.value())));
  }
  return dist::detail::find_difference(communicator(), hashes);
}

HEARTH_INLINE void Replicas::keep_same_weights(const std::string& when) {
  const std::string difference = find_other_weights(when);
  if (difference.empty()) {
    return;
  }
  if (world_.is_main()) {
    core::show(stderr, fmt::format("{}; rank 0's weights are everybody's again\n", difference));
  }
  std::vector<at::Tensor> weights;
  for (const at::Tensor& parameter : model_.parameters()) {
    weights.push_back(parameter.detach());
  }
  communicator().broadcast(weights);
}

HEARTH_INLINE std::shared_ptr<void> Replicas::training_scope() const {
  return options_.sync_batch_norm ? std::make_shared<dist::SyncBatchNorm>(world_) : nullptr;
}

HEARTH_INLINE void Replicas::before_forward(bool opens_step) {
  if (opens_step && options_.broadcast_buffers) {
    broadcast_buffers();
  }
  reducer_->before_forward();
}

HEARTH_INLINE void Replicas::before_backward(bool reduce, const at::Tensor& loss) {
  reducer_->before_backward(reduce, loss);
}

HEARTH_INLINE void Replicas::after_backward() {
  reducer_->after_backward();
}

HEARTH_INLINE void Replicas::reduce_now() {
  reducer_->reduce_now();
}

HEARTH_INLINE void Replicas::broadcast_buffers() {
  if (!buffers_.empty()) {
    communicator().broadcast(buffers_);
  }
}

HEARTH_INLINE void Replicas::ask(const Wish& wish) {
  asked_ = communicator().begin_sum({wish.stop, wish.end, wish.save, wish.fail, wish.weight});
}

HEARTH_INLINE Wish Replicas::answer() {
  const std::vector<double> sums = std::exchange(asked_, nullptr)->wait();
  return {.stop = sums[0], .end = sums[1], .save = sums[2], .fail = sums[3], .weight = sums[4]};
}

HEARTH_INLINE MeterSums sum_over(const dist::World& world, const MeterSums& sums) {
  if (world.is_alone()) {
    return sums;
  }
  dist::Communicator& communicator = world.communicator();
  std::string own;
  for (const std::vector<double>& of_metric : sums) {
    own += fmt::format("{} ", of_metric.size());
  }
  std::vector<std::size_t> sizes(sums.size());
  for (const std::string& text : communicator.gather(own)) {
    std::istringstream stream(text);
    for (std::size_t& most : sizes) {
      std::size_t size = 0;
      stream >> size;
      most = std::max(most, size);
    }
  }
  std::vector<double> flat;
  std::string failure;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (!sums[i].empty() && sums[i].size() != sizes[i]) {
      failure = fmt::format("metric {} has {} sums here and {} elsewhere", i, sums[i].size(), sizes[i]);
    }
    flat.insert(flat.end(), sums[i].begin(), sums[i].end());
    flat.resize(flat.size() + (sizes[i] - std::min(sizes[i], sums[i].size())));
  }
  dist::detail::fail_together(communicator, failure);
  flat = communicator.begin_sum(std::move(flat))->wait();
  MeterSums all(sums.size());
  auto next = flat.begin();
  for (std::size_t i = 0; i < sums.size(); ++i) {
    all[i].assign(next, next + static_cast<std::ptrdiff_t>(sizes[i]));
    next += static_cast<std::ptrdiff_t>(sizes[i]);
  }
  return all;
}

}  // namespace hearth::train
