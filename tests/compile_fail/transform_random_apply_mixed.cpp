// expect: RandomApply: its stages must all make one image of one (it then stands before ToTensor), or all change
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/grayscale.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/random_apply.hpp>

void apply() {
#ifdef HEARTH_MISUSE
  hearth::RandomApply transform{hearth::RandomHorizontalFlip{}, hearth::Normalize{{0.5}, {0.5}}};
#else
  hearth::RandomApply transform{hearth::RandomHorizontalFlip{}, hearth::Grayscale{}};
#endif
}
