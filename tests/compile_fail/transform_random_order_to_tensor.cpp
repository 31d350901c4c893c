// expect: RandomOrder: its stages must all make one image of one (it then stands before ToTensor), or all change
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/random_apply.hpp>
#include <hearth/transforms/to_tensor.hpp>
#include <hearth/transforms/tone.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::RandomOrder{hearth::RandomHorizontalFlip{}, hearth::ToTensor{}}};
#else
  hearth::Compose transform{hearth::RandomOrder{hearth::RandomHorizontalFlip{}, hearth::RandomInvert{}},
                            hearth::ToTensor{}};
#endif
}
