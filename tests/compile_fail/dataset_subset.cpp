// expect: Subset: Dataset must be DatasetLike: size() and read(index, random, sink) -> target
#include <vector>

#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/subset.hpp>

#ifdef HEARTH_MISUSE
using Dataset = std::vector<float>;
#else
using Dataset = hearth::FakeData<>;
#endif

std::size_t count(const Dataset& dataset) {
  return hearth::Subset{dataset, {0}}.size();
}
