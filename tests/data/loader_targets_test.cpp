#include <hearth/core/error.hpp>
#include <hearth/core/random.hpp>
#include <hearth/core/sample.hpp>
#include <hearth/data/data_loader.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <torch/cuda.h>

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Samples of one number, and a target that a function makes of the sample's number.
template <class Function>
struct With {
  std::size_t count;
  Function target;

  std::size_t size() const { return count; }
  auto read(std::size_t index, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = static_cast<float>(index);
    return target(index);
  }
};
template <class Function>
With(std::size_t, Function) -> With<Function>;

/// The targets of an epoch, all in one tensor.
template <class Dataset>
at::Tensor targets_of(const Dataset& dataset, int workers, bool is_shuffled = false) {
  DataLoader loader{dataset, {.batch_size = 4, .shuffle = is_shuffled, .workers = workers}};
  at::Tensor all;
  std::size_t at = 0;
  for (const Batch& batch : loader) {
    CHECK(batch.targets.size(0) == static_cast<std::int64_t>(batch.size()));
    CHECK(batch.targets.is_contiguous());
    if (!all.defined()) {
      std::vector<std::int64_t> sizes = batch.targets.sizes().vec();
      sizes[0] = static_cast<std::int64_t>(dataset.size());
      all = at::zeros(sizes, batch.targets.options());
    }
    for (const std::size_t sample : batch.samples) {
      all[static_cast<std::int64_t>(sample)].copy_(batch.targets[static_cast<std::int64_t>(at++ % 4)]);
    }
  }
  return all;
}

void go_through(auto& loader) {
  for (const Batch& batch : loader) {
    static_cast<void>(batch);
  }
}

const std::vector<int> worker_counts{0, 1, 4};

float half(std::size_t index) {
  return static_cast<float>(index) / 2;
}

/// [0, 0.5, … ] of `count`, the targets that `half` makes.
at::Tensor halves(std::int64_t count) {
  return at::arange(count, at::kFloat) / 2;
}

bool are(const at::Tensor& targets, const at::Tensor& expected) {
  return targets.scalar_type() == expected.scalar_type() && at::equal(targets, expected);
}

}  // namespace

TEST_CASE("Integer targets are int64 [N], floats and doubles float [N]", "[loader_targets]") {
  for (const int workers : worker_counts) {
    const With bytes{10, [](std::size_t index) { return static_cast<std::uint8_t>(index); }};
    CHECK(are(targets_of(bytes, workers), at::arange(10, at::kLong)));
    CHECK(are(targets_of(With{10, half}, workers, true), halves(10)));
    const With doubles{10, [](std::size_t index) { return static_cast<double>(half(index)); }};
    CHECK(are(targets_of(doubles, workers), halves(10)));
  }
}

TEST_CASE("Targets of K numbers are [N, K]", "[loader_targets]") {
  const at::Tensor expected = halves(10).view({10, 1}).expand({10, 3});
  for (const int workers : worker_counts) {
    const With floats{10, [](std::size_t index) { return std::vector<float>(3, half(index)); }};
    CHECK(are(targets_of(floats, workers, true), expected));
    const With doubles{10, [](std::size_t index) {
                         const double number = half(index);
                         return std::array<double, 3>{number, number, number};
                       }};
    CHECK(are(targets_of(doubles, workers), expected));
    const With integers{10, [](std::size_t index) {
                          const auto number = static_cast<std::int64_t>(index);
                          return std::array<std::int64_t, 2>{number, number};
                        }};
    CHECK(are(targets_of(integers, workers), at::arange(10, at::kLong).view({10, 1}).expand({10, 2})));
  }
}

TEST_CASE("Targets that the dataset has in memory are copied into the batch alone", "[loader_targets]") {
  struct Rows {
    std::vector<float> numbers;
    std::size_t size() const { return numbers.size() / 2; }
    std::span<const float> read(std::size_t index, RandomStream&, SampleSink& sink) const {
      sink.place({1}).data[0] = 0;
      return std::span(numbers).subspan(2 * index, 2);
    }
  };
  struct Maps {
    std::vector<std::int64_t> numbers;
    std::size_t size() const { return numbers.size() / 6; }
    TargetView read(std::size_t index, RandomStream&, SampleSink& sink) const {
      sink.place({1}).data[0] = 0;
      return {numbers.data() + 6 * index, {2, 3}};
    }
  };
  CHECK(are(targets_of(Rows{{1, 2, 3, 4, 5, 6, 7, 8}}, 2), at::arange(1, 9, at::kFloat).view({4, 2})));
  std::vector<std::int64_t> numbers(30);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<std::int64_t>(i);
  }
  CHECK(are(targets_of(Maps{numbers}, 2), at::arange(30, at::kLong).view({5, 2, 3})));
}

TEST_CASE("Targets that are tensors keep their shape: floats become float, integers int64", "[loader_targets]") {
  const auto picture = [](std::size_t index, at::ScalarType type) {
    return at::full({1, 2, 3}, static_cast<double>(index), at::TensorOptions(type));
  };
  const at::Tensor expected = at::arange(6, at::kLong).view({6, 1, 1, 1}).expand({6, 1, 2, 3});
  for (const int workers : worker_counts) {
    for (const at::ScalarType type : {at::kLong, at::kInt, at::kByte, at::kShort}) {
      CHECK(are(targets_of(With{6, [&](std::size_t index) { return picture(index, type); }}, workers), expected));
    }
    for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
      CHECK(are(targets_of(With{6, [&](std::size_t index) { return picture(index, type); }}, workers, true),
                expected.to(at::kFloat)));
    }
  }
  const With numbers{6, [](std::size_t index) { return at::full({}, static_cast<std::int64_t>(index), at::kLong); }};
  CHECK(are(targets_of(numbers, 1), at::arange(6, at::kLong)));
  const With transposed{6, [](std::size_t index) {
                          return (at::arange(6, at::kFloat).view({2, 3}) + static_cast<double>(index)).t();
                        }};
  CHECK(are(targets_of(transposed, 1)[4], at::tensor({4, 7, 5, 8, 6, 9}, at::kFloat).view({3, 2})));
  const With with_gradient{6, [](std::size_t) { return at::ones({2}).set_requires_grad(true); }};
  CHECK_FALSE(targets_of(with_gradient, 1).requires_grad());
}

TEST_CASE("The memory of targets is used again when nobody holds them, and kept ones stay", "[loader_targets]") {
  for (const int workers : {0, 2}) {
    const With dataset{80, [](std::size_t index) { return std::vector<float>(5, half(index)); }};
    DataLoader loader{dataset, {.batch_size = 4, .workers = workers, .prefetch = 1}};
    std::set<const void*> places;
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (const Batch& batch : loader) {
        places.insert(batch.targets.const_data_ptr());
      }
    }
    CHECK(places.size() >= (workers == 0 ? 1 : 2));                 // with workers, one is made while one is in use
    CHECK(places.size() <= static_cast<std::size_t>(workers) + 1);  // of 40 batches
    std::vector<at::Tensor> kept;
    for (const Batch& batch : loader) {
      kept.push_back(batch.index % 2 == 0 ? batch.targets : batch.targets.t());
    }
    go_through(loader);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const at::Tensor rows = i % 2 == 0 ? kept[i] : kept[i].t();
      CHECK(at::equal(rows.select(1, 4), halves(80).narrow(0, static_cast<std::int64_t>(4 * i), 4)));
    }
  }
}

TEST_CASE("Targets are plain tensors, whatever mode the loop is in", "[loader_targets]") {
  const c10::InferenceMode inference;
  const With dataset{4, [](std::size_t) { return at::ones({2}, at::kDouble); }};
  DataLoader loader{dataset, {.batch_size = 2}};
  for (const Batch& batch : loader) {
    CHECK_FALSE(batch.targets.is_inference());
  }
}

TEST_CASE("A target of another type or shape than the batch's is an error that names the sample", "[loader_targets]") {
  for (const BadSamples policy : {BadSamples::stop, BadSamples::skip}) {
    const LoaderOptions options{.batch_size = 4, .workers = 1, .bad_samples = policy};
    DataLoader lengths{With{8, [](std::size_t index) { return std::vector<float>(index == 2 ? 4 : 3); }}, options};
    CHECK_THROWS_WITH(go_through(lengths),
                      "DataLoader: the target of sample 2 is float numbers of the shape [4], but the batch began with "
                      "float numbers of the shape [3]; the targets of a dataset must all have one type and one shape");
    DataLoader types{With{8, [](std::size_t index) { return at::ones({}, index == 5 ? at::kFloat : at::kLong); }},
                     options};
    CHECK_THROWS_WITH(go_through(types), ContainsSubstring("the target of sample 5 is a float number, but the batch "
                                                           "began with an int64 number"));
    DataLoader ranks{With{8, [](std::size_t index) { return index == 1 ? at::ones({3, 1}) : at::ones({3}); }}, options};
    CHECK_THROWS_WITH(go_through(ranks), ContainsSubstring("sample 1") && ContainsSubstring("[3, 1]"));
    DataLoader empty{With{8, [](std::size_t) { return std::vector<float>(); }}, options};
    CHECK_THROWS_WITH(go_through(empty), "DataLoader: the target of sample 0 is empty: its shape is [0]");
  }
  // From batch to batch they may differ: the memory is another then.
  DataLoader one_by_one{With{6, [](std::size_t index) { return std::vector<float>(1 + index % 2); }}, {}};
  for (const Batch& batch : one_by_one) {
    CHECK(batch.targets.sizes() == at::IntArrayRef({1, 1 + static_cast<std::int64_t>(batch.index % 2)}));
  }
}

TEST_CASE("A target that is no tensor of numbers on the CPU is an error that names the sample", "[loader_targets]") {
  for (const BadSamples policy : {BadSamples::stop, BadSamples::skip}) {
    const LoaderOptions options{.batch_size = 2, .bad_samples = policy};
    DataLoader undefined{With{4, [](std::size_t index) { return index == 3 ? at::Tensor() : at::ones({}); }}, options};
    CHECK_THROWS_WITH(go_through(undefined),
                      "DataLoader: the target of sample 3 must be a tensor of floats or integers on the CPU, but is "
                      "undefined");
    DataLoader complex{With{4, [](std::size_t) { return at::complex(at::ones({2}), at::ones({2})); }}, options};
    CHECK_THROWS_WITH(go_through(complex), ContainsSubstring("sample 0") && ContainsSubstring("CPUComplexFloatType"));
    DataLoader meta{With{4, [](std::size_t) { return at::ones({2}, at::TensorOptions(at::kMeta)); }}, options};
    CHECK_THROWS_WITH(go_through(meta), ContainsSubstring("on the CPU"));
  }
}

TEST_CASE("Samples that are skipped leave no gap in the targets", "[loader_targets]") {
  const With dataset{8, [](std::size_t index) {
                       return index % 3 == 0 ? throw Error("gone") : std::vector<float>{half(index), 1};
                     }};
  for (const int workers : worker_counts) {
    DataLoader loader{dataset, {.batch_size = 8, .workers = workers, .bad_samples = BadSamples::skip}};
    const at::Tensor targets = loader.begin()->targets;
    CHECK(at::equal(targets.select(1, 0), at::tensor({0.5, 1.0, 2.0, 2.5, 3.5}, at::kFloat)));
  }
}

TEST_CASE("An epoch that goes on has the whole epoch's targets", "[loader_targets]") {
  const With dataset{20, [](std::size_t index) { return at::full({2, 2}, half(index)); }};
  for (const int workers : worker_counts) {
    DataLoader loader{dataset, {.batch_size = 3, .shuffle = true, .workers = workers, .seed = 4}};
    std::vector<at::Tensor> whole;
    for (const Batch& batch : loader.epoch(1)) {
      whole.push_back(batch.targets);
    }
    std::size_t index = 4;
    for (const Batch& batch : loader.epoch(1, 12)) {
      CHECK(at::equal(batch.targets, whole.at(index++)));
    }
    CHECK(index == whole.size());
  }
}

TEST_CASE("Targets of any kind are pinned with the inputs", "[loader_targets]") {
  if (!torch::cuda::is_available()) {
    WARN("no CUDA here: not tested");
    return;
  }
  DataLoader loader{With{8, [](std::size_t index) { return std::vector<float>(3, half(index)); }},
                    {.batch_size = 4, .workers = 2, .pin_memory = true}};
  for (const Batch& batch : loader) {
    CHECK(batch.targets.is_pinned());
  }
}
