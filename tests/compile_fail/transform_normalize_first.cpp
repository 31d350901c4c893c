// expect only: Compose: Normalize and other stages of floats must stand after ToTensor, not before it
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose(const hearth::Normalize& normalize) {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{normalize, hearth::ToTensor{}};
#else
  hearth::Compose transform{hearth::ToTensor{}, normalize};
#endif
}
