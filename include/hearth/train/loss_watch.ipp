#pragma once

#include <hearth/train/loss_watch.hpp>

#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cmath>
#include <utility>

#include <hearth/core/error.hpp>

namespace hearth::train {

HEARTH_INLINE void LossWatch::look(const at::Tensor& loss, int epoch, std::size_t batch) {
  if (!device_.is_cuda()) {
    const double value = loss.item<double>();
    core::require(std::isfinite(value),
                  "Trainer: the loss is {} in epoch {}, batch {}; the weights and the BatchNorm statistics are those "
                  "before the optimizer step of that batch. Try a smaller learning rate, and look at the inputs",
                  value, epoch, batch);
    return;
  }
  const std::lock_guard lock(mutex_);
  at::Tensor arrived = at::empty({}, loss.options().device(at::kCPU).requires_grad(false).pinned_memory(true));
  arrived.copy_(loss.detach(), /*non_blocking=*/true);
  auto event = std::make_shared<c10::Event>(device_.type());
  event->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  on_their_way_.push_back({std::move(event), std::move(arrived), epoch, batch});
  while (!on_their_way_.empty() &&
         (on_their_way_.size() > most_late || static_cast<c10::Event*>(on_their_way_.front().event.get())->query())) {
    look_at_first();
  }
}

HEARTH_INLINE void LossWatch::settle() {
  const std::lock_guard lock(mutex_);
  while (!on_their_way_.empty()) {
    look_at_first();
  }
}

HEARTH_INLINE void LossWatch::look_at_first() {
  const OnItsWay first = std::move(on_their_way_.front());
  on_their_way_.pop_front();
  static_cast<c10::Event*>(first.event.get())->synchronize();
  const double value = first.loss.item<double>();
  if (!std::isfinite(value)) {
    on_their_way_.clear();
    core::fail(
        "Trainer: the loss was {} in epoch {}, batch {}, which a GPU tells up to {} batches late: the model's weights "
        "are of no use now, those of the last checkpoint are. Try a smaller learning rate, and look at the inputs",
        value, first.epoch, first.batch, most_late);
  }
}

}  // namespace hearth::train
