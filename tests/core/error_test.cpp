#include <hearth/core/error.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::Equals;

TEST_CASE("fail throws Error with the formatted sentence", "[error]") {
  CHECK_THROWS_AS(core::fail("plain"), Error);
  CHECK_THROWS_WITH(core::fail("Resize: size must be at least {}, but got {}", 1, "0"),
                    Equals("Resize: size must be at least 1, but got 0"));
}

TEST_CASE("a sentence's arguments are not formatted again: braces in a file's name stay", "[error]") {
  CHECK_THROWS_WITH(core::fail("cannot read {}", std::string("a{}b{0}.png")), Equals("cannot read a{}b{0}.png"));
}

TEST_CASE("require throws only when its condition does not hold", "[error]") {
  CHECK_NOTHROW(core::require(true, "never {}", 1));
  CHECK_THROWS_WITH(core::require(false, "expected {}", 7), Equals("expected 7"));
}

TEST_CASE("Error is caught as a standard exception", "[error]") {
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, Error>);
  try {
    core::fail("the sentence");
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()) == "the sentence");
  }
}
