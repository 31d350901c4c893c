// expect: ConcatDataset: the datasets give targets of different kinds, which cannot be in one batch
#include <vector>

#include <hearth/datasets/concat_dataset.hpp>

template <class Target>
struct Zeros {
  std::size_t size() const { return 2; }
  Target read(std::size_t, hearth::RandomStream&, hearth::SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return Target();
  }
};

#ifdef HEARTH_MISUSE
using Second = Zeros<std::vector<double>>;
#else
using Second = Zeros<double>;
#endif

std::size_t count(const Zeros<float>& first, const Second& second) {
  return hearth::ConcatDataset{first, second}.size();
}
