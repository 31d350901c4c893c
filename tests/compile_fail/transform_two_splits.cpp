// expect only: Compose: there can be one stage that makes several images of one, such as FiveCrop and TenCrop
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::FiveCrop{224}, hearth::TenCrop{32}, hearth::ToTensor{}};
#else
  hearth::Compose transform{hearth::TenCrop{32}, hearth::ToTensor{}};
#endif
}
