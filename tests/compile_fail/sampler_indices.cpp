// expect: DataLoader: Sampler must be SamplerLike: size() and indices(epoch) -> std::vector<std::size_t>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/fake_data.hpp>

#include <vector>

struct Backwards {
  std::size_t size() const { return 2; }
#ifdef HEARTH_MISUSE
  std::vector<int> indices(std::uint64_t) const {
    return {1, 0};
  }
#else
  std::vector<std::size_t> indices(std::uint64_t) const {
    return {1, 0};
  }
#endif
};

void go_through() {
  hearth::DataLoader loader{hearth::FakeData{{.size = 2}}, Backwards{}, {.batch_size = 2}};
  for (hearth::Batch& batch : loader) {
    batch.inputs.zero_();
  }
}
