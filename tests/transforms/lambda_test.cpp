#include <hearth/transforms/compose.hpp>
#include <hearth/transforms/lambda.hpp>
#include <hearth/transforms/normalize.hpp>
#include <hearth/transforms/to_tensor.hpp>

#include <cstdint>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/image/resample.hpp>

#include "catch.hpp"
#include "image/reference.hpp"
#include "transforms/sink.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

const Image photo = noise(5, 7, 3, 1);
const Image grey = noise(5, 7, 1, 2);

std::vector<float> floats_of(const at::Tensor& tensor) {
  const at::Tensor packed = tensor.to(at::kFloat).contiguous();
  return {packed.data_ptr<float>(), packed.data_ptr<float>() + packed.numel()};
}

at::Tensor tensor_of_bytes(const Image& image) {
  at::Tensor bytes = torch::from_blob(const_cast<std::uint8_t*>(image.row(0)),
                                      {image.height(), image.width(), image.channels()}, at::kByte);
  return bytes.permute({2, 0, 1}).to(at::kFloat) / 255;
}

}  // namespace

TEST_CASE("Lambda calls a function of tensors on the sample") {
  const Compose stages{ToTensor{}, Lambda{[](const at::Tensor& x) { return x * 2 - 1; }}};
  const MemorySink sample = sample_of(stages, photo.view());
  CHECK(sample.shape == Shape{3, 5, 7});
  CHECK(sample.floats == floats_of(tensor_of_bytes(photo) * 2 - 1));
}

TEST_CASE("Lambda sees channels where they are, in either layout") {
  const Compose stages{ToTensor{}, Lambda{[](at::Tensor x) { return x.flip({0}); }}};
  CHECK(sample_of(stages, photo.view()).floats == floats_of(tensor_of_bytes(photo).flip({0})));
  const MemorySink mixed = sample_of(stages, photo.view(), {0, 0, 0}, Layout::channels_last);
  CHECK(mixed.floats == floats_of(tensor_of_bytes(photo).flip({0}).permute({1, 2, 0})));
}

TEST_CASE("Lambda may change the shape and the type") {
  const Compose rgb{ToTensor{}, Lambda{[](at::Tensor x) {
                      return x.repeat({3, 1, 1});
                    }},
                    Normalize{imagenet::mean, imagenet::std}};
  CHECK(sample_of(rgb, grey.view()).shape == Shape{3, 5, 7});
  const Compose flat{ToTensor{}, Lambda{[](auto x) { return (x.flatten() * 255).to(at::kLong); }}};
  const MemorySink sample = sample_of(flat, grey.view());
  REQUIRE(sample.shape == Shape{35});
  CHECK(sample.floats[34] == static_cast<float>(grey.row(4)[6]));
}

TEST_CASE("Lambda calls a function of images before ToTensor") {
  const Compose stages{Lambda{[](Image image) {
                         return resize_bilinear(image.view(), {2, 3});
                       }},
                       Lambda{[](Image& image) { image.row(0)[0] = 255; }}, ToTensor{}};
  const MemorySink sample = sample_of(stages, photo.view());
  REQUIRE(sample.shape == Shape{3, 2, 3});
  CHECK(sample.floats[0] == 1.0F);
  CHECK(sample.floats[1] == static_cast<float>(resize_bilinear(photo.view(), {2, 3}).row(0)[3]) / 255.0F);
}

TEST_CASE("Lambda hands on the sample's random numbers") {
  const Compose stages{Lambda{[](Image& image, RandomStream& random) {
                         image.row(0)[0] = static_cast<std::uint8_t>(random.below(256));
                       }},
                       ToTensor{}, Lambda{[](at::Tensor x, RandomStream& random) { return x + random.uniform(); }}};
  RandomStream same(1, 2, 3);
  const auto byte = static_cast<float>(same.below(256));
  CHECK(sample_of(stages, grey.view(), {1, 2, 3}).floats[0] ==
        Approx(byte / 255.0F + static_cast<float>(same.uniform())));
}

TEST_CASE("A tensor operation that fails in a Lambda is an Error of one sentence") {
  const Compose stages{ToTensor{}, Lambda{[](at::Tensor x) { return x.view({2, 2}); }}};
  CHECK_THROWS_WITH(sample_of(stages, photo.view()), ContainsSubstring("Lambda: shape '[2, 2]' is invalid"));
  const Compose nothing{ToTensor{}, Lambda{[](at::Tensor) { return at::Tensor(); }}};
  CHECK_THROWS_WITH(sample_of(nothing, photo.view()), "Lambda: the function returned an undefined tensor");
}
