// expect: Compose: ToTensor is missing
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::Resize{224}};
#else
  hearth::Compose transform{hearth::Resize{224}, hearth::ToTensor{}};
#endif
}
