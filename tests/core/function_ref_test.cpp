#include <hearth/core/function_ref.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "catch.hpp"

using hearth::core::FunctionRef;

namespace {

int twice(FunctionRef<int(int)> function) {
  return function(function(1));
}

}  // namespace

TEST_CASE("A FunctionRef calls the object that it refers to, not a copy") {
  int calls = 0;
  auto count = [calls, &outside = calls](int add) mutable {
    ++outside;
    return calls += add;
  };
  CHECK(twice(count) == 2);  // its own calls: 0 + 1, then 1 + 1
  CHECK(count(1) == 3);
  CHECK(calls == 3);
}

TEST_CASE("A FunctionRef passes on const objects, temporaries, references and what can only be moved") {
  const auto add = [](int a) { return a + 10; };
  CHECK(twice(add) == 21);
  CHECK(twice([](int a) { return a * 2; }) == 4);
  std::string text = "a";
  const auto append = [](std::string& to) -> std::string& { return to += "b"; };
  const FunctionRef<std::string&(std::string&)> by_reference(append);
  CHECK(&by_reference(text) == &text);
  CHECK(text == "ab");
  const auto take = [](std::unique_ptr<int> number) { return *number; };
  CHECK(FunctionRef<int(std::unique_ptr<int>)>(take)(std::make_unique<int>(5)) == 5);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<decltype(take), FunctionRef<int(int)>>);
}
