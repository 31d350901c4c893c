#include <hearth/data/dataset.hpp>
#include <hearth/data/target.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

/// Keeps what it is given.
class RecordingTargets final : public data::TargetSink {
 public:
  void accept(const TargetView& target) override {
    type = target.type();
    shape = target.shape();
    values.clear();
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
      values.push_back(type == TargetView::Type::int64     ? static_cast<double>(number<std::int64_t>(target, i))
                       : type == TargetView::Type::float32 ? static_cast<double>(number<float>(target, i))
                                                           : number<double>(target, i));
    }
  }
  void accept(const at::Tensor&) override { values = {-1}; }

  TargetView::Type type{};
  Shape shape;
  std::vector<double> values;

 private:
  template <class T>
  static T number(const TargetView& target, std::int64_t i) {
    return static_cast<const T*>(target.data())[i];
  }
};

template <class Target>
RecordingTargets given(const Target& target) {
  RecordingTargets sink;
  data::give(target, sink);
  return sink;
}

/// An integer by another name.
struct Label {
  operator std::int64_t() const { return 5; }
};
enum Animal { cat = 3 };

template <class Target>
struct Gives {
  std::size_t size() const { return 1; }
  Target read(std::size_t, RandomStream&, SampleSink&) const;
};

}  // namespace

static_assert(TargetLike<int> && TargetLike<std::int64_t> && TargetLike<std::uint8_t> && TargetLike<bool> &&
              TargetLike<Label> && TargetLike<Animal> && TargetLike<float> && TargetLike<double>);
static_assert(TargetLike<std::vector<float>> && TargetLike<const std::vector<double>&> &&
              TargetLike<std::array<std::int64_t, 3>> && TargetLike<std::span<const float>> &&
              TargetLike<std::span<float, 2>> && TargetLike<at::Tensor> && TargetLike<const at::Tensor&> &&
              TargetLike<TargetView>);
static_assert(!TargetLike<void> && !TargetLike<std::string> && !TargetLike<std::deque<float>> &&
              !TargetLike<std::vector<bool>> && !TargetLike<std::vector<std::uint8_t>> &&
              !TargetLike<std::optional<float>> && !TargetLike<float*>);
static_assert(DatasetLike<Gives<int>> && DatasetLike<Gives<float>> && DatasetLike<Gives<std::vector<float>>> &&
              DatasetLike<Gives<const std::array<double, 2>&>> && DatasetLike<Gives<const at::Tensor&>>);
static_assert(!DatasetLike<Gives<void>> && !DatasetLike<Gives<std::string>>);
static_assert(std::same_as<TargetOf<Gives<std::vector<float>>>, std::vector<float>>);

TEST_CASE("An integer is a target of type int64, and what converts to one is an integer", "[target]") {
  for (const RecordingTargets& target : {given(5), given(std::uint8_t{5}), given(std::int64_t{5}), given(Label{})}) {
    CHECK(target.type == TargetView::Type::int64);
    CHECK(target.shape == Shape{});
    CHECK(target.values == std::vector<double>{5});
  }
  CHECK(given(true).values == std::vector<double>{1});
  CHECK(given(cat).values == std::vector<double>{3});
  CHECK(given(std::int64_t{1} << 53).values == std::vector<double>{0x1p53});
}

TEST_CASE("A float or double is a target of type float, not cut to an integer", "[target]") {
  for (const RecordingTargets& target : {given(2.75F), given(2.75)}) {
    CHECK(target.type == TargetView::Type::float32);
    CHECK(target.shape == Shape{});
    CHECK(target.values == std::vector<double>{2.75});
  }
}

TEST_CASE("Numbers beside each other are a target of as many", "[target]") {
  const std::vector<float> floats{0.5F, -1};
  std::array<float, 2> array{0.5F, -1};
  for (const RecordingTargets& target : {given(floats), given(std::span(floats)), given(std::span(array))}) {
    CHECK(target.type == TargetView::Type::float32);
    CHECK(target.shape == Shape{2});
    CHECK(target.values == std::vector<double>{0.5, -1});
  }
  const RecordingTargets doubles = given(std::array<double, 3>{0.1, 0.2, 0.3});
  CHECK(doubles.type == TargetView::Type::float64);
  CHECK(doubles.values == std::vector<double>{0.1, 0.2, 0.3});
  const RecordingTargets integers = given(std::vector<std::int64_t>{7, 8});
  CHECK(integers.type == TargetView::Type::int64);
  CHECK(integers.values == std::vector<double>{7, 8});
}

TEST_CASE("A view of numbers that are in memory is a target of their shape", "[target]") {
  const std::array<float, 6> map{1, 2, 3, 4, 5, 6};
  const RecordingTargets target = given(TargetView(map.data(), {1, 2, 3}));
  CHECK(target.shape == Shape{1, 2, 3});
  CHECK(target.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  const TargetView number(9);
  const TargetView copy = number;  // holds its number itself
  CHECK(copy.data() != number.data());
  CHECK(given(copy).values == std::vector<double>{9});
}

TEST_CASE("A target is described for sentences", "[target]") {
  CHECK(TargetView(3).describe() == "an int64 number");
  CHECK(TargetView(0.5).describe() == "a float number");
  CHECK(TargetView(static_cast<const double*>(nullptr), {4}).describe() == "float numbers of the shape [4]");
  CHECK(TargetView(static_cast<const std::int64_t*>(nullptr), {2, 3}).describe() ==
        "int64 numbers of the shape [2, 3]");
}
