#pragma once

#include <hearth/dist/sync_batch_norm.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/batch_norm_backward_elemt.h>
#include <ATen/ops/batch_norm_backward_reduce.h>
#include <ATen/ops/batch_norm_elemt.h>
#include <ATen/ops/batch_norm_gather_stats_with_counts.h>
#include <ATen/ops/batch_norm_native.h>
#include <ATen/ops/batch_norm_stats.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/stack.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::dist {

namespace detail {

using OptionalTensor = std::optional<at::Tensor>;

/// The world of the thread's scope, or null.
HEARTH_INLINE const World*& batch_norm_world() noexcept {
  static thread_local const World* world = nullptr;
  return world;
}

/// The world, kept by the graph: the backward pass may run in another thread, and after the scope.
struct KeptWorld : torch::CustomClassHolder {
  explicit KeptWorld(World kept) : world(std::move(kept)) {}
  World world;
};

/// Each channel's mean, variance and the number of its values, over all processes.
struct ChannelStatistics {
  at::Tensor mean;      ///< [C]
  at::Tensor variance;  ///< [C], biased
  double count = 0;
};

/// Of half precision, 32-bit float.
HEARTH_INLINE at::ScalarType statistics_type(const at::Tensor& input) {
  return input.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

HEARTH_INLINE OptionalTensor optional(const at::Tensor& tensor) {
  return tensor.defined() ? OptionalTensor(tensor) : std::nullopt;
}

HEARTH_INLINE OptionalTensor cast(const OptionalTensor& tensor, at::ScalarType type) {
  return tensor ? OptionalTensor(tensor->to(type)) : std::nullopt;
}

/// One value a channel, to be combined with an input.
HEARTH_INLINE at::Tensor by_channel(const at::Tensor& values, const at::Tensor& input) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(input.dim()), 1);
  sizes[1] = values.numel();
  return values.view(sizes);
}

/// Means and variances are merged from each process's, in 64-bit float: no sum of squares, in which a large mean would
/// swallow the variance (T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing
/// sample variances", 1979).
HEARTH_INLINE ChannelStatistics statistics_of_all(const at::Tensor& input, Communicator& communicator) {
  const std::int64_t channels = input.size(1);
  const auto [mean, variance] = at::batch_norm_update_stats(input, {}, {}, 0);
  const at::Tensor count = at::full({1}, static_cast<double>(input.numel() / channels), at::kDouble);
  const at::Tensor own = at::cat({mean.to(at::kDouble), variance.to(at::kDouble), count});
  const at::Tensor all = at::stack(communicator.all_gather(own));  // [processes, 2 C + 1]
  const at::Tensor means = all.narrow(1, 0, channels);
  const at::Tensor variances = all.narrow(1, channels, channels);
  const at::Tensor counts = all.narrow(1, 2 * channels, 1);
  const auto total = counts.sum().item<double>();
  ChannelStatistics merged;
  merged.count = total;
  merged.mean = means.mul(counts).sum(0).div_(total);
  const at::Tensor apart = means.sub(merged.mean);
  merged.variance = apart.mul_(apart).add_(variances).mul_(counts).sum(0).div_(total);
  return merged;
}

/// running = (1 - momentum) · running + momentum · value
HEARTH_INLINE void move_towards(const OptionalTensor& running, const at::Tensor& value, double momentum) {
  if (running) {
    running->copy_(running->to(at::kDouble).mul(1 - momentum).add_(value, momentum));
  }
}

/// What a layer asks for beside its tensors that may have gradients.
struct BatchNormRequest {
  OptionalTensor running_mean;
  OptionalTensor running_var;
  double momentum;
  double eps;
  const World& world;
};

/// On CUDA these are the operators and messages of torch/nn/modules/_functions.py, SyncBatchNorm.
class SyncBatchNormFunction : public torch::autograd::Function<SyncBatchNormFunction> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& given, const OptionalTensor& weight,
                            const OptionalTensor& bias, const BatchNormRequest& request) {
    const at::Tensor input = given.contiguous(given.suggest_memory_format());
    context->saved_data["world"] = c10::IValue::make_capsule(c10::make_intrusive<KeptWorld>(request.world));
    context->saved_data["has_bias"] = bias.has_value();
    return input.is_cuda() ? forward_cuda(*context, input, weight, bias, request)
                           : forward_cpu(*context, input, weight, bias, request);
  }

  static Tensors backward(Context* context, const Tensors& gradients) {
    core::require(!at::GradMode::is_enabled(), "SyncBatchNorm: gradients of gradients cannot be had");
    const Tensors saved = context->get_saved_variables();
    const auto kept = c10::static_intrusive_pointer_cast<KeptWorld>(context->saved_data["world"].toCapsule());
    const at::Tensor gradient = gradients[0].contiguous(saved[0].suggest_memory_format());
    return saved[0].is_cuda() ? backward_cuda(*context, saved, gradient, kept->world.communicator())
                              : backward_cpu(*context, saved, gradient, kept->world.communicator());
  }

 private:
  static at::Tensor forward_cpu(Context& context, const at::Tensor& input, const OptionalTensor& weight,
                                const OptionalTensor& bias, const BatchNormRequest& request) {
    const at::ScalarType type = statistics_type(input);
    const ChannelStatistics all = statistics_of_all(input.to(type), request.world.communicator());
    core::require(all.count > 1, "SyncBatchNorm: all processes together have one value a channel: it has no variance");
    move_towards(request.running_mean, all.mean, request.momentum);
    move_towards(request.running_var, all.variance.mul(all.count / (all.count - 1)), request.momentum);
    const at::Tensor mean = all.mean.to(type);
    const at::Tensor inverse = all.variance.add(request.eps).rsqrt_().to(type);
    context.save_for_backward({input, weight.value_or(at::Tensor()), mean, inverse});
    context.saved_data["count"] = all.count;
    return std::get<0>(at::native_batch_norm(input, cast(weight, type), cast(bias, type), mean, all.variance.to(type),
                                             /*training=*/false, 0, request.eps));
  }

  static Tensors backward_cpu(Context& context, const Tensors& saved, const at::Tensor& given,
                              Communicator& communicator) {
    const at::Tensor& mean = saved[2];
    const at::Tensor& inverse = saved[3];
    const at::ScalarType type = mean.scalar_type();
    const at::Tensor input = saved[0].to(type);
    const at::Tensor gradient = given.to(type);
    const OptionalTensor weight = cast(optional(saved[1]), type);
    const auto [unused, of_weight, of_bias] =
        at::native_batch_norm_backward(gradient, input, weight, {}, {}, mean, inverse, /*train=*/true,
                                       /*eps=*/0, std::array<bool, 3>{false, true, true});
    at::Tensor of_input;
    if (context.needs_input_grad(0)) {
      at::Tensor sums = at::stack({of_bias, of_weight}).to(at::kDouble);  // of dy and of dy · (x - mean) / deviation
      communicator.all_reduce(sums);
      sums.div_(context.saved_data["count"].toDouble());
      const at::Tensor scale = weight ? inverse.mul(*weight) : inverse;
      const at::Tensor shift = sums[0].to(type).mul_(scale).neg_();
      const at::Tensor slope = sums[1].to(type).mul_(inverse).mul_(scale).neg_();
      of_input = at::addcmul(by_channel(shift, input), input.sub(by_channel(mean, input)), by_channel(slope, input))
                     .addcmul_(gradient, by_channel(scale, input))
                     .to(saved[0].scalar_type());
    }
    return own_gradients(context, saved, of_input, of_weight, of_bias);
  }

  static at::Tensor forward_cuda(Context& context, const at::Tensor& input, const OptionalTensor& weight,
                                 const OptionalTensor& bias, const BatchNormRequest& request) {
    const std::int64_t channels = input.size(1);
    const auto [own_mean, own_inverse] = at::batch_norm_stats(input, request.eps);
    const at::Tensor count = at::full({1}, input.numel() / channels, own_mean.options());
    const at::Tensor own = at::cat({own_mean, own_inverse, count});
    const at::Tensor all = at::stack(request.world.communicator().all_gather(own));  // [processes, 2 C + 1]
    const at::Tensor counts = all.narrow(1, 2 * channels, 1);
    const at::ScalarType count_type = request.running_mean ? request.running_mean->scalar_type() : all.scalar_type();
    const auto [mean, inverse] = at::batch_norm_gather_stats_with_counts(
        input, all.narrow(1, 0, channels), all.narrow(1, channels, channels), request.running_mean, request.running_var,
        request.momentum, request.eps, counts.reshape(-1).to(count_type));
    context.save_for_backward({input, weight.value_or(at::Tensor()), mean, inverse, counts.to(at::kInt)});
    return at::batch_norm_elemt(input, weight, bias, mean, inverse, request.eps);
  }

  static Tensors backward_cuda(Context& context, const Tensors& saved, const at::Tensor& gradient,
                               Communicator& communicator) {
    const at::Tensor& input = saved[0];
    const OptionalTensor weight = optional(saved[1]);
    const at::Tensor& mean = saved[2];
    const at::Tensor& inverse = saved[3];
    const auto [sum, sum_of_products, of_weight, of_bias] = at::batch_norm_backward_reduce(
        gradient, input, mean, inverse, weight, context.needs_input_grad(0), /*weight_g=*/true, /*bias_g=*/true);
    at::Tensor of_input;
    if (context.needs_input_grad(0)) {
      at::Tensor sums = at::cat({sum, sum_of_products});
      communicator.all_reduce(sums);
      const std::vector<at::Tensor> parts = sums.chunk(2);
      of_input = at::batch_norm_backward_elemt(gradient, input, mean, inverse, cast(weight, mean.scalar_type()),
                                               parts[0], parts[1], saved[4]);
    }
    return own_gradients(context, saved, of_input, of_weight, of_bias);
  }

  /// The gradients that are wanted, those of weight and bias in the weight's type; none of the request.
  static Tensors own_gradients(Context& context, const Tensors& saved, const at::Tensor& of_input,
                               const at::Tensor& of_weight, const at::Tensor& of_bias) {
    Tensors gradients{of_input, {}, {}, {}};
    std::size_t place = 1;  // among the tensors that were given
    const at::Tensor& weight = saved[1];
    if (weight.defined() && context.needs_input_grad(place++)) {
      gradients[1] = of_weight.to(weight.scalar_type());
    }
    if (context.saved_data["has_bias"].toBool() && context.needs_input_grad(place)) {
      gradients[2] = weight.defined() ? of_bias.to(weight.scalar_type()) : of_bias;
    }
    return gradients;
  }
};

/// aten::batch_norm.
HEARTH_INLINE at::Tensor batch_norm(const at::Tensor& input, const OptionalTensor& weight, const OptionalTensor& bias,
                                    const OptionalTensor& running_mean, const OptionalTensor& running_var,
                                    bool training, double momentum, double eps, bool cudnn_enabled) {
  const World* const world = batch_norm_world();
  if (world == nullptr || !training) [[likely]] {
    return at::native::batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps,
                                  cudnn_enabled);
  }
  core::require(input.numel() > 0, "SyncBatchNorm: a process has no sample in its batch");
  const auto defined = [](const OptionalTensor& tensor) { return tensor ? optional(*tensor) : std::nullopt; };
  return SyncBatchNormFunction::apply(
      input, defined(weight), defined(bias),
      BatchNormRequest{defined(running_mean), defined(running_var), momentum, eps, *world});
}

/// The implementation is never taken back: other threads may be calling it.
HEARTH_INLINE void register_batch_norm() {
  static const bool is_registered = [] {
    for (const c10::DispatchKey key : {c10::DispatchKey::AutogradCPU, c10::DispatchKey::AutogradCUDA}) {
      auto* const library = new torch::Library(torch::Library::IMPL, "aten", key, __FILE__, __LINE__);
      library->impl("batch_norm", TORCH_FN(batch_norm));
    }
    return true;
  }();
  static_cast<void>(is_registered);
}

}  // namespace detail

HEARTH_INLINE SyncBatchNorm::SyncBatchNorm(World world) : world_(std::move(world)), outer_(detail::batch_norm_world()) {
  if (!world_.is_alone()) {
    detail::register_batch_norm();
  }
  detail::batch_norm_world() = world_.is_alone() ? nullptr : &world_;
}

HEARTH_INLINE SyncBatchNorm::~SyncBatchNorm() {
  detail::batch_norm_world() = outer_;
}

}  // namespace hearth::dist
