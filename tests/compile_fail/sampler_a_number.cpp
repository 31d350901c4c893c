// expect: DataLoader: Sampler must be SamplerLike: size() and indices(epoch) -> std::vector<std::size_t>
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/fake_data.hpp>

#ifdef HEARTH_MISUSE
const int second = 32;  // meant as batch size, as in Python
#else
const hearth::LoaderOptions second{.batch_size = 32};
#endif

void go_through() {
  hearth::DataLoader loader{hearth::FakeData{{.size = 2}}, second};
  for (hearth::Batch& batch : loader) {
    batch.inputs.zero_();
  }
}
