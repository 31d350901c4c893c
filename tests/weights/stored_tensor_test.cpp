#include <hearth/weights/stored_tensor.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using Sizes = std::vector<std::int64_t>;

/// What a float32 tensor in a storage of 12 elements is refused with, or "".
std::string refusal(std::int64_t offset, Sizes sizes, Sizes strides) {
  std::vector<std::byte> storage(12 * sizeof(float));
  const hearth::weights::StoredTensor tensor{
      .name = "t",
      .dtype = hearth::weights::find_dtype(&hearth::weights::Dtype::name, "float32"),
      .storage = storage,
      .offset = offset,
      .sizes = std::move(sizes),
      .strides = std::move(strides)};
  try {
    hearth::weights::check_bounds(tensor);
    return "";
  } catch (const hearth::Error& error) {
    return error.what();
  }
}

constexpr std::int64_t vast = std::int64_t{1} << 62;

}  // namespace

TEST_CASE("check_bounds takes what lies in its storage") {
  CHECK(refusal(0, {3, 4}, {4, 1}).empty());
  CHECK(refusal(11, {}, {}).empty());
  CHECK(refusal(0, {2, 3}, {1, 5}).empty());
  CHECK(refusal(11, {1000000}, {0}).empty());
  CHECK(refusal(12, {0, 3}, {3, 1}).empty());
  CHECK(refusal(0, {1}, {vast}).empty());
}

TEST_CASE("check_bounds refuses what reaches beyond its storage, begins before it, or is not sound") {
  CHECK(refusal(1, {3, 4}, {4, 1}) == "the tensor t reaches to element 12 of a storage that is too small: it holds 12");
  CHECK(refusal(12, {}, {}) == "the tensor t reaches to element 12 of a storage that is too small: it holds 12");
  CHECK(refusal(-1, {2}, {1}) == "the tensor t begins before its storage, at -1");
  CHECK(refusal(0, {-2}, {1}) == "the tensor t has the size -2 and the stride 1 in dimension 0, below 0");
  CHECK(refusal(11, {2}, {-1}) == "the tensor t has the size 2 and the stride -1 in dimension 0, below 0");
  CHECK(refusal(0, {2, 2}, {1}) == "the tensor t has 2 sizes but 1 strides");
  CHECK(refusal(0, Sizes(65, 1), Sizes(65, 1)) == "the tensor t has 65 dimensions, more than 64");
}

TEST_CASE("check_bounds is not deceived by numbers that overflow") {
  const std::string sentence = "the tensor t is larger than any memory";
  CHECK(refusal(0, {vast, 4}, {0, 0}) == sentence);
  CHECK(refusal(0, {vast}, {0}) == sentence);
  CHECK(refusal(0, {3}, {vast}) == sentence);
  CHECK(refusal(0, {2, 2}, {vast, vast}) == sentence);
  CHECK(refusal(std::numeric_limits<std::int64_t>::max(), {2}, {1}) == sentence);
  CHECK(refusal(0, {0, vast, vast}, {1, 1, 1}) == sentence);
}
