#include <hearth/core/value.hpp>

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"

using hearth::Value;

namespace {

Value checkpoint() {
  return Value::Dict{{"epoch", 3},
                     {"model", Value::Dict{{"weight", torch::ones({2, 3})}}},
                     {"groups", Value::List{Value::Dict{{"lr", 1}, {"betas", Value::Tuple{0.9, 0.99}}, {0, true}}}}};
}

}  // namespace

TEST_CASE("A value has the kind that it was made of") {
  CHECK(Value().is<Value::None>());
  CHECK(Value(true).is<bool>());
  CHECK(Value(3).is<std::int64_t>());
  CHECK(Value(std::uint8_t{3}).as<std::int64_t>() == 3);
  CHECK(Value(0.5F).as<double>() == 0.5);
  CHECK(Value("text").as<std::string>() == "text");
  CHECK(Value(std::string_view("text")).is<std::string>());
  CHECK(Value(torch::ones(2)).is<at::Tensor>());
  CHECK(Value(Value::List{1, "a"}).is<Value::List>());
  CHECK(Value(Value::Tuple{1, "a"}).is<Value::Tuple>());
  CHECK(Value(Value::Dict{}).is<Value::Dict>());
  CHECK_THROWS_WITH(Value(std::uint64_t{1} << 63), "Value: the integer 9223372036854775808 has more than 63 bits");
  CHECK_THROWS_WITH(Value(at::Tensor()), "Value: the tensor is undefined");
}

TEST_CASE("Values are found by their keys, one after the other or the whole way at once") {
  const Value value = checkpoint();
  CHECK(value["groups"][0]["betas"][1].as<double>() == 0.99);
  CHECK(value.as<double>("groups", 0, "betas", 1) == 0.99);
  CHECK(value.at("groups", 0).as<bool>(0));
  CHECK(value.as<at::Tensor>("model", "weight").sizes() == at::IntArrayRef({2, 3}));
  CHECK(value.contains("epoch"));
  CHECK_FALSE(value.contains("epochs"));
  CHECK(value.find(0) == nullptr);
  CHECK(value["groups"].find(1) == nullptr);
  CHECK(value["groups"].find(-1) == nullptr);
  CHECK(value["epoch"].find("x") == nullptr);
  CHECK(value["groups"].items().size() == 1);
  CHECK(value["groups"][0]["betas"].items().size() == 2);
}

TEST_CASE("An integer is taken as any number that holds it, and nothing else as what it is not") {
  const Value value = checkpoint();
  CHECK(value.as<double>("groups", 0, "lr") == 1.0);
  CHECK(value.as<std::uint8_t>("epoch") == 3);
  CHECK_THROWS_WITH(Value(-1).as<std::size_t>(), "Value: it is -1, which is out of range");
  CHECK_THROWS_WITH(Value(0.5).as<int>(), "Value: it is a number, not an integer");
  CHECK_THROWS_WITH(value.as<bool>("epoch"), "Value: epoch is an integer, not a boolean");
}

TEST_CASE("Keys are joined to the way to what they find") {
  CHECK(hearth::core::join_keys("", "state") == "state");
  CHECK(hearth::core::join_keys("state", 0) == "state/0");
  CHECK(hearth::core::join_keys("state/0", std::string(100, 'a')) == "state/0/" + std::string(64, 'a'));
}

TEST_CASE("What is not there, or is something else, is said with the way to it") {
  const Value value = checkpoint();
  CHECK_THROWS_WITH(value.as<double>("groups", 0, "momentum"),
                    "Value: there is no momentum; groups/0 is a dict of lr, betas, 0");
  CHECK_THROWS_WITH(value.as<double>("groups", 1, "lr"), "Value: there is no 1; groups is a list of 1");
  CHECK_THROWS_WITH(value["modle"], "Value: there is no modle; it is a dict of epoch, model, groups");
  CHECK_THROWS_WITH(value.as<std::string>("groups", 0, "betas"), "Value: groups/0/betas is a tuple of 2, not a text");
  CHECK_THROWS_WITH(value.as<Value::Dict>("model", "weight"), "Value: model/weight is a tensor of [2, 3], not a dict");
  CHECK_THROWS_WITH(Value().as<double>(), "Value: it is None, not a number");
  CHECK_THROWS_WITH(value.items(), "Value: it is a dict of epoch, model, groups, not a list or tuple");
  CHECK_THROWS_WITH(Value(Value::Unread{"a set"}).as<Value::List>(), "Value: it is a set, not a list");
}

TEST_CASE("Values can be changed, and a copy is another value that shares only tensors") {
  Value value = checkpoint();
  const Value copy = value;
  value["groups"][0]["lr"] = 0.25;
  value["model"]["weight"].as<at::Tensor>().fill_(5);
  CHECK(value.as<double>("groups", 0, "lr") == 0.25);
  CHECK(copy.as<double>("groups", 0, "lr") == 1);
  CHECK(copy.as<at::Tensor>("model", "weight").sum().item<double>() == 30);
}

TEST_CASE("What is taken out of a temporary value outlives it") {
  const auto& epoch = checkpoint()["epoch"];
  const auto& groups = checkpoint().as<Value::List>("groups");
  const auto& first = checkpoint()["groups"].items();
  std::size_t count = 0;
  for (const auto& [key, value] : checkpoint().as<Value::Dict>()) {
    count += to_string(key).size();
  }
  CHECK(epoch.as<int>() == 3);
  CHECK(groups[0].as<double>("betas", 0) == 0.9);
  CHECK(first[0].as<double>("betas", 0) == 0.9);
  CHECK(count == 16);
}

TEST_CASE("A dict keeps the order of its keys, each once, texts and integers apart") {
  Value::Dict dict{{"b", 1}, {1, "one"}, {"a", 2}, {"1", "text"}};
  dict.set("b", 3);
  dict.set("c", 4);
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict) {
    keys.push_back(to_string(key));
  }
  CHECK(keys == std::vector<std::string>{"b", "1", "a", "1", "c"});
  CHECK(dict.size() == 5);
  CHECK(dict.find("b")->as<int>() == 3);
  CHECK(dict.find(1)->as<std::string>() == "one");
  CHECK(dict.find("1")->as<std::string>() == "text");
  CHECK_FALSE(dict.is_ordered());
  CHECK(Value::Dict::ordered().is_ordered());
}
