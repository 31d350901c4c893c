// expect only: Compose: there must be one ToTensor, but here are two
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::ToTensor{}, hearth::ToTensor{}};
#else
  hearth::Compose transform{hearth::ToTensor{}};
#endif
}
