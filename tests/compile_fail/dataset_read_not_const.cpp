// expect: DataLoader: Dataset must be DatasetLike: size() and read(index, random, sink) -> target, both const
#include <hearth/data/data_loader.hpp>

struct Counting {
  std::size_t size() const { return 2; }
#ifdef HEARTH_MISUSE
  std::int64_t read(std::size_t, hearth::RandomStream&, hearth::SampleSink& sink){
#else
  std::int64_t read(std::size_t, hearth::RandomStream&, hearth::SampleSink& sink) const {
#endif
      sink.place({1}).data[0] = 0;
  return 0;
}
}
;

void go_through() {
  hearth::DataLoader loader{Counting{}, {.batch_size = 2}};
  for (hearth::Batch& batch : loader) {
    batch.inputs.zero_();
  }
}
