// expect: first_per_class: the dataset must have label(index) const -> std::int64_t
#include <hearth/datasets/fake_data.hpp>
#include <hearth/datasets/subset.hpp>

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

std::size_t count(const Dataset& dataset) {
  return hearth::first_per_class(dataset, 3).size();
}
