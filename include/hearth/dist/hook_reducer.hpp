/// A reducer on gradient hooks, for a LibTorch whose c10d::Reducer is another: the same buckets, arithmetic and
/// results.
#pragma once

#include <ATen/ops/tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <hearth/dist/reduced_parameters.hpp>

namespace hearth::dist::detail {

/// Calls a function after LibTorch has added to a parameter's gradient.
class GradientHook : public torch::autograd::FunctionPostHook {
 public:
  explicit GradientHook(std::function<void()> body) : body_(std::move(body)) {}

  torch::autograd::variable_list operator()(const torch::autograd::variable_list& outputs,
                                            const torch::autograd::variable_list&) override {
    body_();
    return outputs;
  }

 private:
  std::function<void()> body_;
};

/// The engine `hooks`.
///
/// A bucket whose gradients have all come, and all buckets before it, is summed over the processes while the backward
/// pass goes on. The first reduction begins with buckets in the reverse order of the parameters and notes in which
/// order gradients really come; rank 0's order makes the buckets of all that follow, as in c10d's Reducer.
class HookReducer : public GradientReducer {
 public:
  explicit HookReducer(ReducedParameters parameters)
      : parameters_(std::move(parameters)),
        learns_graph_(parameters_.options().static_graph),
        notes_order_(!parameters_.options().find_unused_parameters && !learns_graph_),
        used_(parameters_.size(), 0),
        visits_(parameters_.size(), 0),
        is_ready_(parameters_.size(), false) {
    if (!learns_graph_) {
      use_buckets(first_buckets(parameters_.tensors(), parameters_.sizes()));
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      auto accumulator = torch::autograd::impl::grad_accumulator(parameters_.tensors()[i]);
      const auto key = accumulator->add_post_hook(std::make_unique<GradientHook>([this, i] { on_gradient(i); }));
      hooks_.emplace_back(std::move(accumulator), key);
    }
  }

  HookReducer(const HookReducer&) = delete;
  HookReducer& operator=(const HookReducer&) = delete;

  ~HookReducer() override {
    for (auto& [accumulator, key] : hooks_) {
      accumulator->del_post_hook(key);
    }
  }

  void before_forward() override {
    parameters_.throw_failure();
    if (parameters_.options().rebuild_buckets && notes_order_ && order_.size() == parameters_.size()) {
      parameters_.attempt([&] { rebuild(); });
    }
  }

  void before_backward(bool reduce, const at::Tensor& output) override {
    parameters_.throw_failure();
    const std::lock_guard lock(mutex_);
    reduces_ = reduce;
    if (!reduce) {
      return;
    }
    if (learns_graph_) {  // as c10d's Reducer, which is made only now
      use_buckets(first_buckets(parameters_.tensors(), parameters_.sizes()));
    }
    parameters_.travel().begin();
    next_bucket_ = 0;
    for (Bucket& bucket : buckets_) {
      bucket.pending = bucket.indices.size();
      bucket.work = nullptr;
    }
    is_ready_.assign(is_ready_.size(), false);
    order_.clear();
    if (parameters_.options().static_graph) {
      visits_left_ = visits_;
    }
    if (parameters_.finds_unused()) {
      unused_ = unreached_from(output);
    }
    const at::NoGradGuard no_grad;
    for (const std::size_t index : unused_) {
      make_ready(index);
    }
  }

  void after_backward() override {
    if (!reduces_) {
      return;
    }
    parameters_.travel().computed();
    parameters_.attempt([&] { finish(); });
  }

  void reduce_now() override {
    reduces_ = false;
    used_.assign(used_.size(), 0);
    parameters_.attempt([&] { parameters_.reduce_now(); });
  }

  ReducerStats stats() const override { return parameters_.travel().stats(); }

 private:
  struct Bucket {
    Indices indices;
    at::Tensor gradients;
    at::Tensor travelling;  // the same, or the compressed ones
    c10::intrusive_ptr<c10d::Work> work;
    std::size_t pending = 0;  // gradients that have not come yet
  };

  struct Place {
    std::size_t bucket = 0;
    at::Tensor view;
  };

  using Accumulator = decltype(torch::autograd::impl::grad_accumulator(std::declval<const at::Tensor&>()));

  at::Tensor& gradient_of(std::size_t index) const { return at::Tensor(parameters_.tensors()[index]).mutable_grad(); }

  void use_buckets(std::vector<Indices> buckets) {
    buckets_.clear();
    places_.assign(parameters_.size(), {});
    const at::NoGradGuard no_grad;
    for (Indices& indices : buckets) {
      auto [gradients, views] = parameters_.make_bucket(indices);
      for (std::size_t i = 0; i < indices.size(); ++i) {
        if (at::Tensor& gradient = gradient_of(indices[i]); gradient.defined()) {
          views[i].copy_(gradient);
          gradient = views[i];
        }
        places_[indices[i]] = {buckets_.size(), std::move(views[i])};
      }
      Bucket bucket;
      bucket.indices = std::move(indices);
      bucket.gradients = std::move(gradients);
      buckets_.push_back(std::move(bucket));
    }
  }

  /// Makes the buckets anew, in the order in which gradients came to rank 0.
  void rebuild() {
    const std::vector<std::int64_t> mine(order_.begin(), order_.end());
    std::vector<at::Tensor> order{at::tensor(mine, at::TensorOptions(at::kLong)).to(parameters_.device())};
    parameters_.group()->broadcast(order)->wait();
    const at::Tensor agreed = order.front().cpu();
    const std::int64_t* const first = agreed.const_data_ptr<std::int64_t>();
    use_buckets(
        assign_buckets(parameters_.tensors(), Indices(first, first + agreed.numel()), parameters_.sizes().rebuilt()));
    order_.clear();
    notes_order_ = false;
  }

  /// The parameters that no path through the graph leads to from the loss.
  Indices unreached_from(const at::Tensor& output) const {
    std::unordered_set<const torch::autograd::Node*> seen;
    std::vector<const torch::autograd::Node*> open;
    const auto visit = [&](const torch::autograd::Node* node) {
      if (node != nullptr && seen.insert(node).second) {
        open.push_back(node);
      }
    };
    visit(output.grad_fn().get());
    while (!open.empty()) {
      const torch::autograd::Node* const node = open.back();
      open.pop_back();
      for (const torch::autograd::Edge& edge : node->next_edges()) {
        visit(edge.function.get());
      }
    }
    Indices unreached;
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
      if (!seen.contains(hooks_[i].first.get())) {
        unreached.push_back(i);
      }
    }
    return unreached;
  }

  void on_gradient(std::size_t index) {
    const std::lock_guard lock(mutex_);
    if (parameters_.finds_unused() && gradient_of(index).defined()) {
      used_[index] = 1;  // in a batch that only accumulates, too
    }
    if (!reduces_) {
      return;
    }
    if (learns_graph_) {
      ++visits_[index];
      return;
    }
    if (parameters_.options().static_graph) {
      core::require(visits_left_[index] > 0,
                    "data parallel training, rank {}: {} got more gradients than in the first step; with static_graph "
                    "every step uses the same parameters",
                    parameters_.group()->getRank(), parameters_.name(index));
      if (--visits_left_[index] > 0) {
        return;
      }
    }
    core::require(!is_ready_[index],
                  "data parallel training, rank {}: {} got two gradients in one backward pass; where the layers that "
                  "are used do not change, DataParallelOptions::static_graph allows that",
                  parameters_.group()->getRank(), parameters_.name(index));
    if (notes_order_) {
      order_.push_back(index);
    }
    make_ready(index);
  }

  void make_ready(std::size_t index) {
    is_ready_[index] = true;
    const auto& [bucket, view] = places_[index];
    if (at::Tensor& gradient = gradient_of(index); !gradient.defined()) {
      view.zero_();
    } else {
      if (!parameters_.compresses()) {
        parameters_.average(gradient, view);
      } else if (!gradient.is_alias_of(view)) {
        view.copy_(gradient);
      }
      if (!gradient.is_alias_of(view)) {
        gradient = view;
      }
    }
    --buckets_[bucket].pending;
    for (; next_bucket_ < buckets_.size() && buckets_[next_bucket_].pending == 0; ++next_bucket_) {
      Bucket& full = buckets_[next_bucket_];
      full.travelling = parameters_.compresses() ? parameters_.compress(full.gradients) : full.gradients;
      full.work = parameters_.begin_sum(full.travelling);
    }
  }

  /// The backward pass is over: waits for the sums, and gives each parameter its gradient.
  void finish() {
    const at::NoGradGuard no_grad;
    reduces_ = false;
    const bool shares_use = parameters_.finds_unused() || learns_graph_;
    if (learns_graph_) {
      unused_.clear();
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (visits_[i] == 0) {
          unused_.push_back(i);
        }
        used_[i] = gradient_of(i).defined() ? 1 : 0;
        make_ready(i);
      }
      notes_order_ = true;  // from the next step on, whose gradients come one by one
    } else if (notes_order_ && parameters_.options().static_graph) {
      order_.insert(order_.end(), unused_.begin(), unused_.end());
    }
    learns_graph_ = false;
    if (next_bucket_ < buckets_.size()) {
      Indices missing;
      for (std::size_t i = 0; i < is_ready_.size(); ++i) {
        if (!is_ready_[i]) {
          missing.push_back(i);
        }
      }
      parameters_.fail_of_missing(missing);
    }
    if (shares_use) {
      const at::Tensor used_by = at::tensor(used_, at::TensorOptions(at::kInt)).to(parameters_.device());
      const auto work = parameters_.begin_sum(used_by);
      wait_for_buckets();
      parameters_.wait(work);
      const at::Tensor counts = used_by.cpu();
      const std::int32_t* const first = counts.const_data_ptr<std::int32_t>();
      used_anywhere_.assign(first, first + counts.numel());
      used_.assign(used_.size(), 0);
    } else {
      wait_for_buckets();
    }
    parameters_.travel().settle();
    parameters_.throw_failure();
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      at::Tensor& gradient = gradient_of(i);
      if (!gradient.defined() && (used_anywhere_.empty() || used_anywhere_[i] != 0)) {
        gradient = places_[i].view;
      }
    }
  }

  void wait_for_buckets() {
    for (Bucket& bucket : buckets_) {
      parameters_.wait(std::exchange(bucket.work, nullptr));
      if (parameters_.compresses()) {
        bucket.gradients.copy_(bucket.travelling);
      }
      bucket.travelling.reset();
    }
  }

  ReducedParameters parameters_;
  std::mutex mutex_;
  std::vector<std::pair<Accumulator, std::uintptr_t>> hooks_;
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;  // of each parameter's gradient
  bool reduces_ = false;
  bool learns_graph_;  // with a static graph, in the first step: everything is reduced at its end
  bool notes_order_;
  Indices order_;  // in which gradients have come
  std::size_t next_bucket_ = 0;
  Indices unused_;                           // parameters that get no gradient here in this step
  std::vector<std::int32_t> used_;           // here, since the last reduction
  std::vector<std::int32_t> used_anywhere_;  // empty: all are
  std::vector<std::int32_t> visits_;         // of the hooks in the first step, with a static graph
  std::vector<std::int32_t> visits_left_;
  std::vector<bool> is_ready_;
};

}  // namespace hearth::dist::detail
