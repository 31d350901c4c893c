// expect: Lambda: the function must take and return an at::Tensor
#include <hearth/transforms/lambda.hpp>

void compose() {
#ifdef HEARTH_MISUSE
  hearth::Lambda lambda{[](const char*) { return 0; }};
#else
  hearth::Lambda lambda{[](at::Tensor x) { return x; }};
#endif
}
