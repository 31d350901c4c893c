// expect only: Compose: ToTensor is missing
#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/resize.hpp>
#include <hearth/transforms/to_tensor.hpp>

void compose(const hearth::ImageView& image, hearth::RandomStream& random, hearth::SampleSink& sink) {
#ifdef HEARTH_MISUSE
  hearth::Compose transform{hearth::Resize{224}};
#else
  hearth::Compose transform{hearth::Resize{224}, hearth::ToTensor{}};
#endif
  transform.write(image, random, sink);
}
