// expect: ConcatDataset: each Dataset must be DatasetLike: size() and read(index, random, sink) -> target
#include <vector>

#include <hearth/datasets/concat_dataset.hpp>
#include <hearth/datasets/fake_data.hpp>

#ifdef HEARTH_MISUSE
using Dataset = std::vector<float>;
#else
using Dataset = hearth::FakeData<>;
#endif

std::size_t count(const hearth::FakeData<>& first, const Dataset& second) {
  return hearth::ConcatDataset{first, second}.size();
}
