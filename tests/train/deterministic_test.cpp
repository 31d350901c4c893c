#include <torch/torch.h>

#include <ATen/Context.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <hearth/train/deterministic.hpp>

#include "catch.hpp"

using Catch::Matchers::ContainsSubstring;
using hearth::DeterministicMode;
using hearth::set_deterministic;

namespace {

/// put_ that does not accumulate is one of the operations without a deterministic algorithm, on the CPU too.
void put() {
  torch::zeros({3}).put_(torch::tensor({1}), torch::tensor({2.0F}));
}

std::string workspace() {
  const char* const setting = std::getenv("CUBLAS_WORKSPACE_CONFIG");
  return setting != nullptr ? setting : "unset";
}

}  // namespace

TEST_CASE("In DeterministicMode, an operation without a deterministic algorithm throws; then all is as before") {
  at::Context& context = at::globalContext();
  ::unsetenv("CUBLAS_WORKSPACE_CONFIG");
  context.setBenchmarkCuDNN(true);
  CHECK_NOTHROW(put());
  {
    const DeterministicMode mode;
    CHECK(context.deterministicAlgorithms());
    CHECK_FALSE(context.deterministicAlgorithmsWarnOnly());
    CHECK(context.deterministicCuDNN());
    CHECK_FALSE(context.benchmarkCuDNN());
    CHECK(workspace() == ":4096:8");
    CHECK_THROWS_WITH(put(), ContainsSubstring("put_ does not have a deterministic implementation"));
    CHECK(torch::empty({1000}).isnan().all().item<bool>());
    { const DeterministicMode inner; }
    CHECK(context.deterministicAlgorithms());
    CHECK(workspace() == ":4096:8");
  }
  CHECK_FALSE(context.deterministicAlgorithms());
  CHECK_FALSE(context.deterministicCuDNN());
  CHECK(context.benchmarkCuDNN());
  CHECK(workspace() == "unset");
  CHECK_NOTHROW(put());
  context.setBenchmarkCuDNN(false);
}

TEST_CASE("set_deterministic says what it cannot promise, and keeps the workspace that the environment asks for") {
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8", 1);
  const std::vector<std::string> limits = set_deterministic(true);
  CHECK(workspace() == ":16:8");
  REQUIRE_FALSE(limits.empty());
  CHECK_THAT(limits[0], ContainsSubstring(fmt::format("as many threads as now ({})", torch::get_num_threads())));
  CHECK(limits.size() == (torch::cuda::is_available() ? 2U : 1U));
  CHECK_THROWS(put());
  CHECK(set_deterministic(false).empty());
  CHECK_NOTHROW(put());
  ::unsetenv("CUBLAS_WORKSPACE_CONFIG");
}
