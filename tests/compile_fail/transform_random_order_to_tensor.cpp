// expect: RandomOrder: its stages must all be of images (it then stands before ToTensor), or all of floats that keep
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
