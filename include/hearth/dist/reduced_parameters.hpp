/// The parameters whose gradients are reduced, and what both engines do with them.
#pragma once

#include <ATen/ScalarOps.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/buckets.hpp>
#include <hearth/dist/gradient_group.hpp>
#include <hearth/dist/reducer.hpp>
#include <hearth/dist/words_of.hpp>

namespace hearth::dist::detail {

/// Parameters, the group over which their gradients are averaged, and how.
class ReducedParameters {
 public:
  ReducedParameters(c10::intrusive_ptr<c10d::ProcessGroup> group,
                    const std::vector<std::pair<std::string, at::Tensor>>& parameters,
                    const DataParallelOptions& options, OnFailure on_failure)
      : options_(options),
        sizes_(bucket_sizes(options)),
        group_(c10::make_intrusive<GradientGroup>(std::move(group))),
        on_failure_(std::move(on_failure)) {
    for (const auto& [name, parameter] : parameters) {
      if (parameter.requires_grad() && !contains(parameter)) {
        names_.push_back(name);
        tensors_.push_back(parameter);
      }
    }
    core::require(!tensors_.empty(), "data parallel training: no parameter of the model wants a gradient");
  }

  std::size_t size() const { return tensors_.size(); }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  const std::string& name(std::size_t index) const { return names_[index]; }
  const DataParallelOptions& options() const { return options_; }
  const BucketSizes& sizes() const { return sizes_; }
  const c10::intrusive_ptr<GradientGroup>& group() const { return group_; }
  Travel& travel() const { return group_->travel(); }
  at::Device device() const { return tensors_.front().device(); }

  /// Whether each backward pass is looked through for what it leaves out.
  bool finds_unused() const { return options_.find_unused_parameters && !options_.static_graph; }

  /// `view = gradient / processes`, in the arithmetic of c10d's Reducer: by a factor where it copies anyway, by a
  /// division in place.
  void average(const at::Tensor& gradient, const at::Tensor& view) const {
    const int processes = group_->getSize();
    if (gradient.is_alias_of(view)) {
      view.div_(processes);
    } else {
      at::Tensor out = view;
      at::mul_out(out, gradient, at::native::wrapped_scalar_tensor(1. / processes));
    }
  }

  bool compresses() const { return options_.compression != Compression::none; }

  /// What travels instead of a bucket of sums: its average in half the bits, as Python's bf16_compress_hook and
  /// fp16_compress_hook make it.
  at::Tensor compress(const at::Tensor& bucket) const {
    const auto type = options_.compression == Compression::bf16 ? at::kBFloat16 : at::kHalf;
    return bucket.to(type).div_(group_->getSize());
  }

  /// The place of a parameter's gradient in a bucket, laid out as the parameter is.
  static at::Tensor view_of(const at::Tensor& bucket, std::int64_t offset, const at::Tensor& parameter) {
    if (parameter.is_non_overlapping_and_dense()) {
      return bucket.as_strided(parameter.sizes(), parameter.strides(), offset);
    }
    return bucket.narrow(0, offset, parameter.numel()).view(parameter.sizes());
  }

  /// A bucket for the gradients of some parameters, and their places in it.
  std::pair<at::Tensor, std::vector<at::Tensor>> make_bucket(const Indices& indices) const {
    std::int64_t elements = 0;
    for (const std::size_t index : indices) {
      elements += tensors_[index].numel();
    }
    at::Tensor bucket = at::empty({elements}, tensors_[indices.front()].options().requires_grad(false));
    std::vector<at::Tensor> views;
    std::int64_t offset = 0;
    for (const std::size_t index : indices) {
      views.push_back(view_of(bucket, offset, tensors_[index]));
      offset += tensors_[index].numel();
    }
    return {bucket, views};
  }

  /// Waits for a sum over the processes. What fails is in `travel()`.
  static void wait(const c10::intrusive_ptr<c10d::Work>& work) {
    if (work != nullptr) {
      work->wait();
    }
  }

  c10::intrusive_ptr<c10d::Work> begin_sum(const at::Tensor& tensor) const {
    std::vector<at::Tensor> tensors{tensor};
    return group_->allreduce(tensors);
  }

  /// Throws what the collectives have left.
  void throw_failure() const {
    if (const std::exception_ptr failure = travel().failure(); failure != nullptr) {
      rethrow(failure);
    }
  }

  /// `collective()`, whose failure is put into words.
  template <class Collective>
  void attempt(const Collective& collective) const {
    try {
      collective();
    } catch (...) {
      rethrow(std::current_exception());
    }
  }

  [[noreturn]] void fail_of_missing(const Indices& missing) const {
    constexpr std::size_t shown = 8;
    std::string names;
    for (std::size_t i = 0; i < missing.size() && i < shown; ++i) {
      names += (i == 0 ? "" : ", ") + names_[missing[i]];
    }
    if (missing.size() > shown) {
      names += fmt::format(" and {} more", missing.size() - shown);
    }
    if (options_.static_graph) {
      core::fail(
          "data parallel training, rank {}: no gradient came for {}, and one came in the first step; with "
          "static_graph every step uses the same parameters",
          group_->getRank(), names);
    }
    core::fail(
        "data parallel training, rank {}: the loss of this batch depends on {} of {} parameters, and no gradient "
        "came for {}; where a batch may leave parameters out, set DataParallelOptions::find_unused_parameters, "
        "on all processes",
        group_->getRank(), size() - missing.size(), size(), names);
  }

  /// Averages the gradients as they are, outside of a backward pass. A parameter that no process has a gradient of
  /// keeps none.
  void reduce_now() const {
    const at::NoGradGuard no_grad;
    throw_failure();
    travel().begin();
    travel().computed();
    std::vector<std::int32_t> used(size());
    for (std::size_t i = 0; i < size(); ++i) {
      used[i] = tensors_[i].grad().defined() ? 1 : 0;
    }
    const at::Tensor used_anywhere = at::tensor(used, at::TensorOptions(at::kInt)).to(device());
    std::vector<c10::intrusive_ptr<c10d::Work>> works{begin_sum(used_anywhere)};
    std::vector<std::pair<at::Tensor, at::Tensor>> travelling;  // a bucket, and what travels of it
    std::vector<std::vector<at::Tensor>> views;
    const std::vector<Indices> buckets = first_buckets(tensors_, {sizes_.first, sizes_.cap, sizes_.rebuilt()});
    for (const Indices& indices : buckets) {
      auto [bucket, places] = make_bucket(indices);
      for (std::size_t i = 0; i < indices.size(); ++i) {
        if (const at::Tensor& gradient = tensors_[indices[i]].grad(); !gradient.defined()) {
          places[i].zero_();
        } else if (compresses()) {
          places[i].copy_(gradient);
        } else {
          average(gradient, places[i]);
        }
      }
      travelling.emplace_back(bucket, compresses() ? compress(bucket) : bucket);
      views.push_back(std::move(places));
      works.push_back(begin_sum(travelling.back().second));
    }
    for (const auto& work : works) {
      wait(work);
    }
    travel().settle();
    throw_failure();
    const at::Tensor used_by = used_anywhere.cpu();
    for (std::size_t b = 0; b < buckets.size(); ++b) {
      if (compresses()) {
        travelling[b].first.copy_(travelling[b].second);
      }
      for (std::size_t i = 0; i < buckets[b].size(); ++i) {
        const std::size_t index = buckets[b][i];
        at::Tensor& gradient = at::Tensor(tensors_[index]).mutable_grad();
        if (used_by.const_data_ptr<std::int32_t>()[index] == 0) {
          continue;
        }
        if (gradient.defined()) {
          gradient.copy_(views[b][i]);
        } else {
          gradient = views[b][i].clone();
        }
      }
    }
  }

 private:
  bool contains(const at::Tensor& parameter) const {  // one that layers share has several names
    for (const at::Tensor& known : tensors_) {
      if (known.is_same(parameter)) {
        return true;
      }
    }
    return false;
  }

  [[noreturn]] void rethrow(const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const Error&) {  // which is in words already
      throw;
    } catch (const std::exception& error) {
      if (on_failure_) {
        on_failure_(failure);
      }
      core::fail("data parallel training, rank {}: the gradients could not be reduced: {}", group_->getRank(),
                 words_of(error));
    }
  }

  DataParallelOptions options_;
  BucketSizes sizes_;
  c10::intrusive_ptr<GradientGroup> group_;
  OnFailure on_failure_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> tensors_;
};

}  // namespace hearth::dist::detail
