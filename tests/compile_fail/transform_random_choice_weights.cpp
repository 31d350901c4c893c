// expect: RandomChoice: its stages must all make one image of one (it then stands before ToTensor), or all change
#include <hearth/transforms/flip.hpp>
#include <hearth/transforms/random_apply.hpp>

void choose() {
#ifdef HEARTH_MISUSE
  hearth::RandomChoice transform{0.5, hearth::RandomHorizontalFlip{}, hearth::RandomVerticalFlip{}};
#else
  hearth::RandomChoice transform{{.p = {0.5, 0.5}}, hearth::RandomHorizontalFlip{}, hearth::RandomVerticalFlip{}};
#endif
}
