/// c10d's Reducer, the engine in Python's DistributedDataParallel, driven as torch/nn/parallel/distributed.py does it.
#pragma once

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/logger.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <hearth/dist/reduced_parameters.hpp>

namespace hearth::dist::detail {

/// c10d's Reducer with what its users are not shown: which gradients have come.
template <class Base = c10d::Reducer>
class OpenReducer : public Base {
 public:
  using Base::Base;

  /// Whether Base has what is used here; LibTorch promises nothing of it.
  static constexpr bool fits() {
    return requires(OpenReducer & self, std::vector<at::Tensor> & tensors) {
      std::fill(self.backward_stats_.begin(), self.backward_stats_.end(), not_ready);
      self.rebuilt_params_.clear();
      self.rebuilt_param_indices_.clear();
      self.prepare_for_forward();
      self.prepare_for_backward(tensors);
      self.rebuild_buckets();
      self.delay_all_reduce();
      self.set_static_graph();
      std::lock_guard(self.mutex_);
      self.expect_autograd_hooks_ = false;
      self.next_bucket_ == self.buckets_.size();
      self.mark_variable_ready(self.params_.size());
      self.local_used_map_.zero_();
      static_cast<std::int64_t>(self.num_bwd_calls_);
    };
  }

  /// A backward pass begins whose gradients are reduced.
  void expect_gradients(const at::Tensor& output, bool finds_unused) {
    std::fill(this->backward_stats_.begin(), this->backward_stats_.end(), not_ready);
    // It notes in which order gradients come, in each step anew, until buckets are rebuilt.
    this->rebuilt_params_.clear();
    this->rebuilt_param_indices_.clear();
    this->prepare_for_backward(finds_unused ? std::vector<at::Tensor>{output} : std::vector<at::Tensor>{});
  }

  /// A backward pass begins whose gradients only accumulate.
  void expect_none() {
    const std::lock_guard lock(this->mutex_);
    this->expect_autograd_hooks_ = false;
  }

  bool is_complete() const { return this->next_bucket_ == this->buckets_.size(); }

  Indices missing() const {
    Indices missing;
    for (std::size_t i = 0; i < this->backward_stats_.size(); ++i) {
      if (this->backward_stats_[i] == not_ready) {
        missing.push_back(i);
      }
    }
    return missing;
  }

  /// Reduces what there is, where the backward pass has reached no parameter at all. The end of a reduction is work of
  /// the engine's, and needs a backward pass: one of a single number.
  void reduce_unreached() {
    const at::AutoGradMode with_grad(true);
    const at::Tensor number = at::zeros({}).requires_grad_(true) * 1;
    number.register_hook([this](const at::Tensor&) {
      const std::lock_guard lock(this->mutex_);
      for (std::size_t i = 0; i < this->params_.size(); ++i) {
        this->mark_variable_ready(i);
      }
    });
    number.backward();
  }

  /// Forgets which parameters were used since the last reduction.
  void forget_used() {
    if (this->local_used_map_.defined()) {
      this->local_used_map_.zero_();
    }
  }

  std::int64_t backward_passes() const { return this->num_bwd_calls_; }

 private:
  static constexpr std::int64_t not_ready = -1;
};

/// The parameters of the Reducer's constructor: eleven in LibTorch 2.9, twelve in 2.11, thirteen in 2.13.
template <class Reducer, class... More>
inline constexpr bool is_made_of =
    std::is_constructible_v<Reducer, std::vector<at::Tensor>, std::vector<Indices>,
                            c10::intrusive_ptr<c10d::ProcessGroup>, std::vector<bool>, std::int64_t, bool, bool,
                            std::unordered_map<std::size_t, std::string>, std::int64_t, More...>;
using Caps = std::vector<std::int64_t>;

template <class Reducer>
inline constexpr bool knows_c10d_reducer = is_made_of<Reducer, bool, bool, Caps, bool> ||
                                           is_made_of<Reducer, bool, bool, Caps> || is_made_of<Reducer, bool, bool>;

/// A Reducer as Python's `_ddp_init_helper` makes it, with gradient_as_bucket_view; null where its constructor is not
/// known. This is the one place that calls it.
template <class Reducer>
std::unique_ptr<Reducer> make_c10d_reducer(const ReducedParameters& parameters) {
  std::unordered_map<std::size_t, std::string> names;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    names.emplace(i, parameters.name(i));
  }
  const auto make = [&](auto... more) {
    return std::make_unique<Reducer>(
        parameters.tensors(), first_buckets(parameters.tensors(), parameters.sizes()),
        c10::intrusive_ptr<c10d::ProcessGroup>(parameters.group()), std::vector<bool>(parameters.size(), false),
        static_cast<std::int64_t>(parameters.sizes().cap), parameters.options().find_unused_parameters, true,
        std::move(names), static_cast<std::int64_t>(parameters.sizes().first), std::move(more)...);
  };
  constexpr bool skips_unused = false;
  constexpr bool is_pythons = false;
  if constexpr (is_made_of<Reducer, bool, bool, Caps, bool>) {
    return make(skips_unused, is_pythons, Caps(), false);
  } else if constexpr (is_made_of<Reducer, bool, bool, Caps>) {
    return make(skips_unused, is_pythons, Caps());
  } else if constexpr (is_made_of<Reducer, bool, bool>) {
    return make(skips_unused, is_pythons);
  } else {
    return nullptr;
  }
}

/// Sends buckets in half the bits.
class CompressionHook : public c10d::CppCommHookInterface<ReducedParameters> {
 public:
  using CppCommHookInterface::CppCommHookInterface;

  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override {
    const at::Tensor sums = bucket.getBuffer();
    return state_.begin_sum(state_.compress(sums))
        ->getFuture()
        ->then(
            [sums](c10::ivalue::Future& result) -> c10::IValue {
              sums.copy_(result.value().toTensorVector().front());
              return sums;
            },
            c10::TensorType::get());
  }
};

/// The engine `c10d`.
template <class Reducer>
class C10dReducer : public GradientReducer {
 public:
  explicit C10dReducer(ReducedParameters parameters) : parameters_(std::move(parameters)) {
    if (!parameters_.options().static_graph) {
      make();
    }
  }

  void before_forward() override {
    if (reducer_ != nullptr) {
      parameters_.throw_failure();
      parameters_.attempt([&] {
        reducer_->prepare_for_forward();
        if (parameters_.options().rebuild_buckets) {
          reducer_->rebuild_buckets();
        }
      });
    }
  }

  void before_backward(bool reduce, const at::Tensor& output) override {
    parameters_.throw_failure();
    reduces_ = reduce;
    if (!reduce) {
      if (reducer_ != nullptr) {
        reducer_->expect_none();
      }
      return;
    }
    if (reducer_ == nullptr) {
      make();
    }
    parameters_.travel().begin();
    parameters_.attempt([&] { reducer_->expect_gradients(output, parameters_.finds_unused()); });
    parameters_.group()->expect_backward(!learns_graph_);
  }

  void after_backward() override {
    if (!reduces_) {
      return;
    }
    reduces_ = false;
    parameters_.group()->expect_backward(false);
    parameters_.travel().computed();
    if (learns_graph_) {
      parameters_.attempt([&] { reducer_->delay_all_reduce(); });
      learns_graph_ = reducer_->backward_passes() == 0;
    } else if (!reducer_->is_complete()) {
      parameters_.throw_failure();
      const Indices missing = reducer_->missing();
      if (!parameters_.finds_unused() || missing.size() < parameters_.size()) {
        parameters_.fail_of_missing(missing);
      }
      parameters_.attempt([&] { reducer_->reduce_unreached(); });
    }
    parameters_.travel().settle();
    parameters_.throw_failure();
  }

  void reduce_now() override {
    reduces_ = false;
    if (reducer_ != nullptr) {
      reducer_->expect_none();
      reducer_->forget_used();
    }
    parameters_.attempt([&] { parameters_.reduce_now(); });
  }

  ReducerStats stats() const override { return parameters_.travel().stats(); }

 private:
  /// With a static graph the Reducer takes the first backward pass that it sees for a whole step, and is made only when
  /// there is one.
  void make() {
    parameters_.attempt([&] {
      reducer_ = make_c10d_reducer<Reducer>(parameters_);
      logger_ = std::make_shared<c10d::Logger>(reducer_);
      reducer_->set_logger(logger_);
      if (parameters_.options().static_graph) {
        reducer_->set_static_graph();
        learns_graph_ = true;
      }
      if (parameters_.compresses()) {
        reducer_->register_comm_hook(std::make_unique<CompressionHook>(parameters_));
      }
    });
  }

  ReducedParameters parameters_;
  std::shared_ptr<Reducer> reducer_;
  std::shared_ptr<c10d::Logger> logger_;  // without it, the Reducer crashes when the unused parameters change
  bool reduces_ = false;
  bool learns_graph_ = false;  // with a static graph, in the first step: everything is reduced at its end
};

/// Whether the engine can be made of a Reducer.
template <class Base>
inline constexpr bool fits_c10d_engine = OpenReducer<Base>::fits() && knows_c10d_reducer<OpenReducer<Base>>;

/// The engine; null where it cannot be made.
template <class Base>
std::unique_ptr<GradientReducer> make_c10d_engine(ReducedParameters parameters) {
  if constexpr (fits_c10d_engine<Base>) {
    return std::make_unique<C10dReducer<OpenReducer<Base>>>(std::move(parameters));
  } else {
    return nullptr;
  }
}

}  // namespace hearth::dist::detail
