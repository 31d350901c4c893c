/// Bounds on gradients, between backward() and the optimizer's step.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include <hearth/core/inline.hpp>

namespace hearth::optim {

/// Scales the gradients of the parameters, in place and all by the same number, so that their total norm is at most
/// `max_norm`; gradients within that bound keep their values. The total norm is that of all gradients as one vector:
/// `norm_type` 2 is its length, 1 the sum and infinity the maximum of absolute values. Parameters without a gradient do
/// not count. An infinite `max_norm` only measures.
///
/// Returns the total norm of before, a 0-dimensional tensor on the device of the first gradient; nothing here waits for
/// the device. A norm that is not finite makes the gradients so too. Throws Error when `max_norm` is below 0 or not a
/// number, when `norm_type` is not, or when a gradient is sparse. Python: torch.nn.utils.clip_grad_norm_, whose numbers
/// these are to the last bit.
///
///     const at::Tensor norm = optim::clip_grad_norm(model->parameters(), 1.0);
at::Tensor clip_grad_norm(std::span<const at::Tensor> parameters, double max_norm, double norm_type = 2);

/// Moves each number of the parameters' gradients, in place, to the nearest one in [-clip, clip]. Throws Error when
/// `clip` is below 0 or not a number, or when a gradient is sparse. Python: torch.nn.utils.clip_grad_value_.
void clip_grad_value(std::span<const at::Tensor> parameters, double clip);

}  // namespace hearth::optim

#ifndef HEARTH_COMPILED
#include <hearth/optim/clip_gradients.ipp>
#endif
