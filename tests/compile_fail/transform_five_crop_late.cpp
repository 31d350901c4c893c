// expect only: Compose: stages of images, such as Resize and RandomHorizontalFlip, must stand before ToTensor
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::ToTensor{}, hearth::FiveCrop{224}};
#else
  hearth::Compose transform{hearth::FiveCrop{224}, hearth::ToTensor{}};
#endif
}
