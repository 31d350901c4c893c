// expect: ImageFolder: Transform must be TransformLike: write(ImageView, RandomStream&, SampleSink&) const
#include <hearth/datasets/image_folder.hpp>

struct Brighten {
#ifdef HEARTH_MISUSE
  hearth::Image operator()(const hearth::Image& image) const {
    return image;
  }
#else
  void write(hearth::ImageView, hearth::RandomStream&, hearth::SampleSink& sink) const {
    sink.place({1}).data[0] = 1;
  }
#endif
};

std::size_t count() {
  return hearth::ImageFolder{"train", Brighten{}}.size();
}
