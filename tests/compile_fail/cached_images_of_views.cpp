// expect: CachedImages: the dataset has its images in memory already: it gives views of them
#include <hearth/datasets/cached_images.hpp>
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/in_memory_images.hpp>

#ifdef HEARTH_MISUSE
using Dataset = hearth::datasets::InMemoryImages<>;
#else
using Dataset = hearth::FakeData<>;
#endif

std::size_t count(const Dataset& dataset) {
  return hearth::CachedImages{dataset}.size();
}
