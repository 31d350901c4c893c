// expect: AverageLoss: Loss must be a loss (LossLike): loss(logits, targets) gives a tensor of one number
#include <hearth/metrics/average_loss.hpp>

struct Loss {
#ifdef HEARTH_MISUSE
  at::Tensor operator()(const at::Tensor& logits) const {
    return logits.mean();
  }
#else
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor&) const {
    return logits.mean();
  }
#endif
};

void measure(const at::Tensor& logits, const at::Tensor& targets) {
  hearth::AverageLoss loss{Loss{}};
  loss.update(logits, targets);
}
