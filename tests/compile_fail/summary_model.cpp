// expect: summary: Model must be a handle on a torch module with a forward() from a Tensor to a Tensor
#include <torch/torch.h>
#include <hearth/train/summary.hpp>

struct Net : torch::nn::Module {
#ifdef HEARTH_MISUSE
  at::Tensor infer(const at::Tensor& x) {
    return x;
  }
#else
  at::Tensor forward(const at::Tensor& x) {
    return x;
  }
#endif
};

void print() {
  auto model = std::make_shared<Net>();
  static_cast<void>(hearth::summary(model, {1, 3, 8, 8}));
}
