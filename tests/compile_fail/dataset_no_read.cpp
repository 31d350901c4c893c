// expect: DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> target
#include <hearth/data/data_loader.hpp>

struct Numbers {
  std::size_t size() const { return 2; }
#ifdef HEARTH_MISUSE
  std::int64_t get(std::size_t index) const {
    return static_cast<std::int64_t>(index);
  }
#else
  std::int64_t read(std::size_t index, hearth::RandomStream&, hearth::SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return static_cast<std::int64_t>(index);
  }
#endif
};

void go_through() {
  hearth::DataLoader loader{Numbers{}, {.batch_size = 2, .shuffle = true}};
  for (hearth::Batch& batch : loader) {
    batch.inputs.zero_();
  }
}
