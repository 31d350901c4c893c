// expect: RandomApply: its stages must all make one image of one (it then stands before ToTensor), or all change
#include <hearth/transforms/crop.hpp>
#include <hearth/transforms/five_crop.hpp>
#include <hearth/transforms/random_apply.hpp>

void apply_crops() {
#ifdef HEARTH_MISUSE
  hearth::RandomApply transform{hearth::FiveCrop{20}};
#else
  hearth::RandomApply transform{hearth::CenterCrop{20}};
#endif
}
