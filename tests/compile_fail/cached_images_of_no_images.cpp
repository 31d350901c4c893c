// expect: CachedImages: Dataset must have image(index), transform() and label(index) or target(index)
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fake_data.hpp>

#ifdef HEARTH_MISUSE
struct Dataset {
  std::size_t size() const { return 2; }
  std::int64_t read(std::size_t, hearth::RandomStream&, hearth::SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return 0;
  }
};
#else
using Dataset = hearth::FakeData<>;
#endif

using Cached = hearth::CachedImages<Dataset>;

std::size_t count(const Dataset& dataset) {
  return Cached{dataset}.size();
}
