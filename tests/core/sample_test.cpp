#include <hearth/core/sample.hpp>

#include <cstdint>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::Equals;

TEST_CASE("a Shape is its sizes in order", "[sample]") {
  const Shape shape{3, 224, 200};
  CHECK(shape.rank() == 3);
  CHECK(shape[0] == 3);
  CHECK(shape[2] == 200);
  CHECK(std::vector<std::int64_t>(shape.begin(), shape.end()) == std::vector<std::int64_t>{3, 224, 200});
  CHECK(shape.numel() == 134'400);
  CHECK(shape.to_string() == "[3, 224, 200]");
}

TEST_CASE("a Shape without dimensions is one number, as a tensor's is", "[sample]") {
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{}.to_string() == "[]");
  CHECK(Shape{0, 5}.numel() == 0);
}

TEST_CASE("Shapes are equal when rank and sizes are", "[sample]") {
  const std::vector<std::int64_t> sizes{3, 8, 8};
  CHECK(Shape{3, 8, 8} == Shape(std::span<const std::int64_t>(sizes)));
  CHECK(Shape{3, 8, 8} != Shape{3, 8, 9});
  CHECK(Shape{3} != Shape{3, 0});
}

TEST_CASE("a Shape of more than six dimensions is refused", "[sample]") {
  CHECK(Shape{1, 2, 3, 4, 5, 6}.numel() == 720);
  CHECK_THROWS_WITH((Shape{1, 2, 3, 4, 5, 6, 7}), Equals("Shape: a sample has at most 6 dimensions, but got 7"));
}
