// expect: MixOneOf: each part must mix batches (BatchMixLike): mix(inputs, targets, epoch, batch) const gives a
#include <hearth/data/mix_one_of.hpp>
#include <hearth/data/mix_up.hpp>

struct Same {
#ifdef HEARTH_MISUSE
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& inputs, const at::Tensor& targets) const {
    return {inputs, targets};
  }
#else
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& inputs, const at::Tensor& targets, std::uint64_t,
                                               std::size_t) const {
    return {inputs, targets};
  }
#endif
};

auto mixed(const at::Tensor& inputs, const at::Tensor& targets) {
  return hearth::MixOneOf{hearth::MixUp{}, Same{}}(inputs, targets, 0, 0);
}
