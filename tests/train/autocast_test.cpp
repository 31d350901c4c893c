#include <torch/torch.h>

#include <ATen/autocast_mode.h>

#include <optional>
#include <stdexcept>

#include <hearth/train/autocast.hpp>

#include "catch.hpp"

using hearth::train::Autocast;

namespace {

torch::ScalarType type_of_a_product() {
  return torch::mm(torch::ones({2, 2}), torch::ones({2, 2})).scalar_type();
}

}  // namespace

TEST_CASE("Operations run in the type of the innermost Autocast, and as before after it") {
  CHECK(type_of_a_product() == torch::kFloat);
  {
    const Autocast outer{at::kCPU, at::kBFloat16};
    CHECK(type_of_a_product() == torch::kBFloat16);
    CHECK(torch::nn::functional::mse_loss(torch::ones({2}, torch::kBFloat16), torch::ones({2})).scalar_type() ==
          torch::kFloat);
    {
      const Autocast inner{at::kCPU, at::kHalf};
      CHECK(type_of_a_product() == torch::kHalf);
      const Autocast none{at::kCPU, std::nullopt};
      CHECK(type_of_a_product() == torch::kHalf);
    }
    CHECK(type_of_a_product() == torch::kBFloat16);
    const Autocast other_device{at::kCUDA, at::kHalf};
    CHECK(type_of_a_product() == torch::kBFloat16);
  }
  CHECK(type_of_a_product() == torch::kFloat);
  CHECK_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  CHECK_FALSE(at::autocast::is_autocast_enabled(at::kCUDA));
}

TEST_CASE("An Autocast ends with its scope when an exception leaves it") {
  const auto type = at::autocast::get_autocast_dtype(at::kCPU);
  try {
    const Autocast autocast{at::kCPU, at::kHalf};
    throw std::runtime_error("left");
  } catch (const std::runtime_error&) {
  }
  CHECK(type_of_a_product() == torch::kFloat);
  CHECK(at::autocast::get_autocast_dtype(at::kCPU) == type);
}

TEST_CASE("The outermost Autocast drops the converted weights at its end, an inner one keeps them") {
  const torch::Tensor weight = torch::ones({2, 2}, torch::requires_grad());
  const auto converted = [&] { return at::autocast::cached_cast(at::kBFloat16, weight, at::kCPU); };
  torch::Tensor first;
  {
    const Autocast outer{at::kCPU, at::kBFloat16};
    first = converted();
    CHECK(first.scalar_type() == at::kBFloat16);
    { const Autocast inner{at::kCPU, at::kBFloat16}; }
    CHECK(converted().is_same(first));
  }
  const Autocast next{at::kCPU, at::kBFloat16};
  CHECK_FALSE(converted().is_same(first));
}

TEST_CASE("Autocast refuses types that are not of 16 bits, and devices without autocast") {
  CHECK_THROWS_WITH((Autocast{at::kCPU, at::kFloat}),
                    "Autocast: the type must be bfloat16 or half (16-bit float), but got Float");
  CHECK_THROWS_WITH((Autocast{at::kMeta, at::kHalf}), "Autocast: LibTorch has no autocast for the device meta");
  CHECK(type_of_a_product() == torch::kFloat);
}
