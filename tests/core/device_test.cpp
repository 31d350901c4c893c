#include <torch/torch.h>

#include <string>

#include <hearth/core/device.hpp>
#include <hearth/core/error.hpp>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("A device is found by its name") {
  CHECK(parse_device("cpu") == torch::Device(torch::kCPU));
  CHECK(parse_device("auto") == default_device());
  if (torch::cuda::is_available()) {
    CHECK(default_device() == torch::Device(torch::kCUDA, 0));
    CHECK(parse_device("cuda") == torch::Device(torch::kCUDA, 0));
    CHECK(parse_device("cuda:0") == torch::Device(torch::kCUDA, 0));
    CHECK_THROWS_WITH(parse_device("cuda:99"), ContainsSubstring("the CUDA devices here are cuda:0 to cuda:"));
  } else if (!torch::mps::is_available()) {
    CHECK(default_device() == torch::Device(torch::kCPU));
  }
}

TEST_CASE("A device that is not there is refused with a way out") {
  if (!torch::cuda::is_available()) {
    CHECK_THROWS_WITH(parse_device("cuda"),
                      ContainsSubstring("there is no CUDA device here") && ContainsSubstring("use auto or cpu"));
    CHECK_THROWS_WITH(parse_device("cuda:1"), ContainsSubstring("device: cuda:1 was asked for"));
  }
  if (!torch::mps::is_available()) {
    CHECK_THROWS_WITH(parse_device("mps"), ContainsSubstring("mps was asked for, but there is none here"));
  }
}

TEST_CASE("A name that is no device is refused") {
  for (const std::string name :
       {"", "gpu", "CPU", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999"}) {
    CHECK_THROWS_WITH(parse_device(name), "device: expected auto, cpu, cuda, cuda:N or mps, but got \"" + name + "\"");
  }
}

TEST_CASE("A device is described for people") {
  const int threads = torch::get_num_threads();
  torch::set_num_threads(1);
  CHECK(describe(torch::kCPU) == "cpu (1 thread)");
  torch::set_num_threads(2);
  CHECK(describe(torch::kCPU) == "cpu (2 threads)");
  torch::set_num_threads(threads);
  // Without a driver there is no name to add.
  CHECK_THAT(describe(torch::Device(torch::kCUDA, 1)), ContainsSubstring("cuda:1"));
}
