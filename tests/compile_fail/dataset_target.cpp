// expect: DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> target
#include <string>
#include <vector>

#include <hearth/data/data_loader.hpp>

#ifdef HEARTH_MISUSE
using Target = std::string;
#else
using Target = std::vector<float>;
#endif

struct Pairs {
  std::size_t size() const { return 2; }
  Target read(std::size_t, hearth::RandomStream&, hearth::SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return Target(2, 'a');
  }
};

void go_through() {
  hearth::DataLoader loader{Pairs{}, {.batch_size = 2}};
  for (hearth::Batch& batch : loader) {
    batch.targets.zero_();
  }
}
