// expect only: Compose: each part must be a transform stage
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/to_tensor.hpp>

struct Invert {
#ifdef HEARTH_MISUSE
  hearth::Image operator()(hearth::Image image) const {
    return image;
  }
#else
  void apply(hearth::Image&, hearth::RandomStream&) const {}
#endif
};

void compose() {
  hearth::Compose transform{Invert{}, hearth::ToTensor{}};
}
