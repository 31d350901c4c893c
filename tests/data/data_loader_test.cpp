#include <hearth/data/data_loader.hpp>
#include <hearth/data/distributed_sampler.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/data/write_sample.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <ostream>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using hearth_test::error_of;

namespace {

/// Sample i is [i, two draws from its stream], its label i % 7. Those of `bad` cannot be read.
struct Numbers {
  std::size_t count = 0;
  std::set<std::size_t> bad = {};

  std::size_t size() const { return count; }
  std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
    if (bad.contains(index)) {
      sink.place({3}).data[0] = -1;  // begins, then finds that the rest is missing
      core::fail("cannot read number {}", index);
    }
    float* const data = sink.place({3}).data;
    data[0] = static_cast<float>(index);
    data[1] = static_cast<float>(random.uniform());
    data[2] = static_cast<float>(random.uniform());
    return static_cast<std::int64_t>(index % 7);
  }
};

/// Images [2, 2, 3] of 100 * sample + channel * 10 + row * 3 + column.
struct Images {
  std::size_t size() const { return 5; }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    const SamplePlace place = sink.place({2, 2, 3});
    for (int c = 0; c < 2; ++c) {
      for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 3; ++x) {
          const int at = place.layout == Layout::contiguous ? (c * 2 + y) * 3 + x : (y * 3 + x) * 2 + c;
          place.data[at] = static_cast<float>(100 * static_cast<int>(index) + c * 10 + y * 3 + x);
        }
      }
    }
    return 0;
  }
};

struct Copy {
  std::vector<float> inputs;
  std::vector<std::int64_t> targets;
  std::vector<std::size_t> samples;
  std::size_t index;
  std::size_t drawn;
  friend bool operator==(const Copy&, const Copy&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Copy& batch) {
    return out << "batch " << batch.index << " of the samples " << fmt::format("{}", fmt::join(batch.samples, ", "));
  }
};

Copy copy(const Batch& batch) {
  const at::Tensor inputs = batch.inputs.contiguous();
  const at::Tensor targets = batch.targets.contiguous();
  return {{inputs.const_data_ptr<float>(), inputs.const_data_ptr<float>() + inputs.numel()},
          {targets.const_data_ptr<std::int64_t>(), targets.const_data_ptr<std::int64_t>() + targets.numel()},
          batch.samples,
          batch.index,
          batch.drawn};
}

template <class Range>
std::vector<Copy> all(Range&& range) {
  std::vector<Copy> batches;
  for (const Batch& batch : range) {
    batches.push_back(copy(batch));
  }
  return batches;
}

std::vector<std::size_t> sizes(const std::vector<Copy>& batches) {
  std::vector<std::size_t> result;
  for (const Copy& batch : batches) {
    result.push_back(batch.samples.size());
  }
  return result;
}

const std::vector<int> worker_counts{0, 1, 4, 16};

}  // namespace

static_assert(std::ranges::input_range<DataLoader<Numbers>>);
static_assert(ResumableLoader<DataLoader<Numbers>>);
static_assert(
    std::same_as<decltype(DataLoader{Numbers{}, {.batch_size = 2}}), DataLoader<Numbers, data::DefaultSampler>>);
static_assert(
    std::same_as<decltype(DataLoader{Numbers{}, LoaderOptions{}}), DataLoader<Numbers, data::DefaultSampler>>);
static_assert(std::same_as<decltype(DataLoader{Numbers{}}), DataLoader<Numbers, data::DefaultSampler>>);
static_assert(std::same_as<decltype(DataLoader{Numbers{}, RandomSampler{1}, {.batch_size = 2}}),
                           DataLoader<Numbers, RandomSampler>>);
static_assert(std::same_as<decltype(DataLoader{Numbers{}, RandomSampler{1}}), DataLoader<Numbers, RandomSampler>>);

TEST_CASE("Batches come in order with their samples, and the last is as large as what is left", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{10}, {.batch_size = 4, .workers = workers}};
    CHECK(loader.size() == 3);
    std::vector<std::size_t> seen;
    std::size_t index = 0;
    for (const Batch& batch : loader) {
      const std::size_t expected = index < 2 ? 4 : 2;
      REQUIRE(batch.size() == expected);
      CHECK(batch.index == index++);
      CHECK(batch.inputs.sizes() == at::IntArrayRef({static_cast<std::int64_t>(expected), 3}));
      CHECK(batch.inputs.scalar_type() == at::kFloat);
      CHECK(batch.targets.sizes() == at::IntArrayRef({static_cast<std::int64_t>(expected)}));
      CHECK(batch.targets.scalar_type() == at::kLong);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        CHECK(batch.inputs[row][0].item<float>() == static_cast<float>(batch.samples[i]));
        CHECK(batch.targets[row].item<std::int64_t>() == static_cast<std::int64_t>(batch.samples[i] % 7));
        seen.push_back(batch.samples[i]);
      }
    }
    CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  }
}

TEST_CASE("drop_last leaves out the smaller batch at the end, and only that", "[data_loader]") {
  DataLoader uneven{Numbers{10}, {.batch_size = 4, .drop_last = true}};
  CHECK(uneven.size() == 2);
  CHECK(uneven.samples() == 8);
  CHECK(sizes(all(uneven)) == std::vector<std::size_t>{4, 4});
  DataLoader even{Numbers{8}, {.batch_size = 4, .drop_last = true}};
  CHECK(even.size() == 2);
  CHECK(sizes(all(even)) == std::vector<std::size_t>{4, 4});
  DataLoader large{Numbers{3}, {.batch_size = 100}};
  CHECK(large.samples() == 3);
  CHECK(sizes(all(large)) == std::vector<std::size_t>{3});
}

TEST_CASE("Batches are bit-identical for any number of workers and from run to run", "[data_loader]") {
  std::vector<std::vector<Copy>> first;
  for (const int workers : worker_counts) {
    for (const int prefetch : {1, 3}) {
      for (int run = 0; run < 2; ++run) {
        DataLoader loader{Numbers{501},
                          {.batch_size = 16, .shuffle = true, .workers = workers, .prefetch = prefetch, .seed = 3}};
        const std::vector<std::vector<Copy>> epochs{all(loader), all(loader), all(loader)};
        if (first.empty()) {
          first = epochs;
          CHECK(first[0] != first[1]);
        }
        CHECK(epochs == first);
      }
    }
  }
}

TEST_CASE("A sample's random choices are those of (seed, epoch, its number)", "[data_loader]") {
  DataLoader loader{Numbers{20}, {.batch_size = 8, .shuffle = true, .workers = 2, .seed = 11}};
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    for (const Batch& batch : loader) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        RandomStream random(11, epoch, batch.samples[i]);
        const auto row = static_cast<std::int64_t>(i);
        CHECK(batch.inputs[row][1].item<float>() == static_cast<float>(random.uniform()));
        CHECK(batch.inputs[row][2].item<float>() == static_cast<float>(random.uniform()));
      }
    }
  }
}

TEST_CASE("A sample that an epoch draws again has other random choices each time", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{
        Numbers{3}, WeightedRandomSampler({1, 1, 2}, 60), {.batch_size = 7, .workers = workers, .seed = 5}};
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
      std::vector<std::uint32_t> draws(3);
      std::set<float> choices;
      for (const Batch& batch : loader) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
          const std::size_t sample = batch.samples[i];
          RandomStream random(5, epoch, sample, draws[sample]++);
          const float choice = batch.inputs[static_cast<std::int64_t>(i)][1].item<float>();
          CHECK(choice == static_cast<float>(random.uniform()));
          choices.insert(choice);
        }
      }
      CHECK(choices.size() == 60);
    }
  }
}

TEST_CASE("An epoch counts how often its samples were drawn before, if one comes again", "[data_loader]") {
  CHECK(data::earlier_draws({3, 1, 3, 3, 1, 0}, 4) == std::vector<std::uint32_t>{0, 0, 1, 2, 1, 0});
  CHECK(data::earlier_draws({2, 0, 1}, 3).empty());
  CHECK_THROWS_WITH(data::earlier_draws({2, 3}, 3), ContainsSubstring("gave sample 3, but the dataset has 3"));
}

TEST_CASE("Each loop is the next epoch, and any epoch can be had again", "[data_loader]") {
  DataLoader loader{Numbers{30}, {.batch_size = 7, .shuffle = true, .workers = 2, .seed = 1}};
  const std::vector<Copy> zero = all(loader);
  const std::vector<Copy> one = all(loader);
  CHECK(zero != one);
  CHECK(all(loader.epoch(0)) == zero);
  CHECK(all(loader.epoch(1)) == one);
  CHECK(all(loader) == all(loader.epoch(2)));
  CHECK(loader.epoch(5).size() == 5);
  std::vector<std::size_t> order;
  for (const Copy& batch : zero) {
    order.insert(order.end(), batch.samples.begin(), batch.samples.end());
  }
  CHECK(order == permutation(30, 1, 0));
}

TEST_CASE("An epoch that goes on at a batch gives what the whole epoch gives from there on", "[data_loader]") {
  for (const int workers : worker_counts) {
    for (const bool drop_last : {false, true}) {
      const LoaderOptions options{
          .batch_size = 7, .shuffle = true, .workers = workers, .drop_last = drop_last, .seed = 3};
      DataLoader whole{Numbers{60}, options};
      for (const std::uint64_t number : {0, 2}) {
        std::vector<Copy> expected = all(whole.epoch(number));
        REQUIRE(expected.size() == (drop_last ? 8 : 9));
        std::size_t left_out = 0;
        while (!expected.empty()) {
          DataLoader fresh{Numbers{60}, options};
          auto rest = fresh.epoch(number, left_out);
          CHECK(rest.size() == expected.size());
          CHECK(all(rest) == expected);
          left_out = expected.front().drawn;
          expected.erase(expected.begin());
        }
        CHECK(left_out == (drop_last ? 56 : 60));
      }
    }
  }
}

TEST_CASE("A batch says how many samples the epoch has drawn with it", "[data_loader]") {
  DataLoader loader{Numbers{10}, {.batch_size = 4, .workers = 1}};
  const std::vector<Copy> batches = all(loader);
  CHECK(batches[0].drawn == 4);
  CHECK(batches[1].drawn == 8);
  CHECK(batches[2].drawn == 10);
  // Skipped samples were drawn too: the second batch has nothing left, and the third two of three.
  DataLoader skipping{Numbers{11, {1, 4, 5, 6, 7, 9}}, {.batch_size = 4, .bad_samples = BadSamples::skip}};
  const std::vector<Copy> fewer = all(skipping);
  REQUIRE(fewer.size() == 2);
  CHECK(fewer[0].drawn == 4);
  CHECK(fewer[1].drawn == 11);
  CHECK(fewer[1].samples == std::vector<std::size_t>{8, 10});
}

TEST_CASE("An epoch that goes on remembers what the samples left out have drawn", "[data_loader]") {
  const auto loader = [](int workers) {
    return DataLoader{
        Numbers{3}, WeightedRandomSampler({1, 1, 2}, 60), {.batch_size = 5, .workers = workers, .seed = 5}};
  };
  auto whole = loader(0);
  const std::vector<Copy> expected = all(whole.epoch(1));
  for (const int workers : worker_counts) {
    auto rest = loader(workers);
    CHECK(all(rest.epoch(1, 40)) == std::vector<Copy>(expected.begin() + 8, expected.end()));
  }
}

TEST_CASE("An epoch that goes on within a batch begins with the rest of that batch", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{10}, {.batch_size = 4, .workers = workers}};
    const std::vector<Copy> whole = all(loader.epoch(3));
    auto epoch = loader.epoch(3, 6);
    CHECK(epoch.size() == 2);
    const std::vector<Copy> rest = all(epoch);
    REQUIRE(rest.size() == 2);
    CHECK(rest[0].samples == std::vector<std::size_t>{6, 7});
    CHECK(rest[0].index == 1);
    CHECK(rest[0].drawn == 8);
    CHECK(rest[0].inputs == std::vector<float>(whole[1].inputs.begin() + 6, whole[1].inputs.end()));
    CHECK(rest[1] == whole[2]);
    CHECK(sizes(all(loader.epoch(3, 9))) == std::vector<std::size_t>{1});
    CHECK(all(loader.epoch(3)) == whole);
  }
}

TEST_CASE("An epoch of which all is left out has no batch, and beyond its end is an error", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{10, {0}}, {.batch_size = 4, .workers = workers}};
    auto none = loader.epoch(0, 10);
    CHECK(none.size() == 0);
    CHECK(all(none).empty());
    CHECK_THROWS_WITH(loader.epoch(2, 11),
                      "DataLoader: epoch 2 cannot go on at sample 11: it draws 10 samples; was it "
                      "begun with another dataset or sampler?");
    DataLoader whole_batches{Numbers{10}, {.batch_size = 4, .workers = workers, .drop_last = true}};
    for (const std::size_t first : {8, 9, 10}) {
      CHECK(all(whole_batches.epoch(0, first)).empty());
    }
    CHECK_THROWS_WITH(whole_batches.epoch(0, 11), ContainsSubstring("cannot go on at sample 11"));
  }
}

TEST_CASE("An epoch that goes on reads no sample that was left out", "[data_loader]") {
  DataLoader stopping{Numbers{12, {0, 5, 7}}, {.batch_size = 4, .workers = 2}};
  CHECK(sizes(all(stopping.epoch(0, 8))) == std::vector<std::size_t>{4});
  DataLoader skipping{Numbers{12, {0, 5, 9}}, {.batch_size = 4, .bad_samples = BadSamples::skip}};
  CHECK(sizes(all(skipping.epoch(0, 4))) == std::vector<std::size_t>{3, 3});
  CHECK(skipping.skipped() == 2);
  DataLoader nothing_left{Numbers{6, {4, 5}}, {.batch_size = 4, .bad_samples = BadSamples::skip}};
  CHECK(all(nothing_left.epoch(0, 4)).empty());  // as at the end of the whole epoch
}

TEST_CASE("Images lie in the layout that was asked for, and mean the same", "[data_loader]") {
  DataLoader plain{Images{}, {.batch_size = 2}};
  DataLoader last{Images{}, {.batch_size = 2, .workers = 2, .layout = Layout::channels_last}};
  std::vector<Copy> batches;
  for (const Batch& batch : last) {
    CHECK(batch.inputs.is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(batch.inputs.stride(1) == 1);
    batches.push_back(copy(batch));
  }
  CHECK(batches == all(plain));
  CHECK(batches[2].inputs == std::vector<float>{400, 401, 402, 403, 404, 405, 410, 411, 412, 413, 414, 415});
  DataLoader numbers{Numbers{3}, {.batch_size = 2, .layout = Layout::channels_last}};
  CHECK((*numbers.begin()).inputs.is_contiguous());
}

TEST_CASE("A batch's memory is used again when nobody holds it", "[data_loader]") {
  for (const int workers : {0, 2}) {
    DataLoader loader{Numbers{400}, {.batch_size = 4, .workers = workers, .prefetch = 1}};
    std::set<const void*> inputs;
    std::set<const void*> targets;
    for (int epoch = 0; epoch < 3; ++epoch) {
      for (const Batch& batch : loader) {
        inputs.insert(batch.inputs.const_data_ptr());
        targets.insert(batch.targets.const_data_ptr());
      }
    }
    // Of 300 batches. With workers the next is begun while one is in use, and how many are made at a time is chance.
    const std::size_t least = workers == 0 ? 1 : 2;
    const std::size_t most = 1 + static_cast<std::size_t>(workers);
    CHECK((inputs.size() >= least && inputs.size() <= most));
    CHECK((targets.size() >= least && targets.size() <= most));
  }
}

TEST_CASE("Batches, tensors and views of them that are kept stay as they are", "[data_loader]") {
  for (const int workers : {0, 2}) {
    DataLoader loader{Numbers{40}, {.batch_size = 4, .workers = workers}};
    std::vector<Batch> kept;
    std::vector<at::Tensor> views;
    for (Batch& batch : loader) {
      if (batch.index % 3 == 0) {
        kept.push_back(batch);
      } else if (batch.index % 3 == 1) {
        views.push_back(batch.inputs[0]);
        views.push_back(batch.targets.view({-1, 1}));
      } else {
        kept.push_back(std::move(batch));
      }
    }
    all(loader);  // another epoch over whatever memory is free
    for (const Batch& batch : kept) {
      for (std::size_t i = 0; i < batch.size(); ++i) {
        CHECK(batch.inputs[static_cast<std::int64_t>(i)][0].item<float>() == static_cast<float>(batch.samples[i]));
        CHECK(batch.samples[i] == batch.index * 4 + i);
      }
    }
    for (std::size_t i = 0; i < views.size() / 2; ++i) {
      CHECK(views[2 * i][0].item<float>() == static_cast<float>((3 * i + 1) * 4));
      CHECK(views[2 * i + 1][3].item<std::int64_t>() == static_cast<std::int64_t>(((3 * i + 1) * 4 + 3) % 7));
    }
  }
}

TEST_CASE("What autograd has saved of a batch stays as it is", "[data_loader]") {
  DataLoader loader{Numbers{8}, {.batch_size = 4}};
  const at::Tensor weight = at::ones({3}).set_requires_grad(true);
  at::Tensor sum;
  for (const Batch& batch : loader) {
    const at::Tensor product = (batch.inputs * weight).sum();
    sum = sum.defined() ? sum + product : product;
  }
  sum.backward();
  CHECK(weight.grad()[0].item<float>() == 28);  // 0 + 1 + … + 7: the first batch was still there
}

TEST_CASE("Batches are plain tensors, whatever mode the loop is in", "[data_loader]") {
  DataLoader loader{Numbers{4}, {.batch_size = 2}};
  {
    const c10::InferenceMode inference;
    for (const Batch& batch : loader) {
      CHECK_FALSE(batch.inputs.is_inference());
    }
  }
  const at::Tensor weight = at::ones({3}).set_requires_grad(true);
  for (const Batch& batch : loader) {
    CHECK_NOTHROW((batch.inputs * weight).sum().backward());
    CHECK_NOTHROW(batch.inputs.mul_(2));
  }
}

TEST_CASE("A sample that cannot be read ends the epoch in its place, and the next epoch works", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{40, {21}}, {.batch_size = 4, .workers = workers}};
    for (int epoch = 0; epoch < 2; ++epoch) {
      std::size_t batches = 0;
      const auto go_through = [&] {
        for (const Batch& batch : loader) {
          CHECK(batch.index == batches++);
        }
      };
      CHECK_THROWS_WITH(go_through(), "cannot read number 21");
      CHECK(batches == 5);
    }
    CHECK(loader.skipped() == 0);
  }
}

TEST_CASE("Bad samples are left out and counted when that is the policy", "[data_loader]") {
  std::vector<Copy> first;
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{20, {0, 6, 8, 9, 10, 11, 19}},
                      {.batch_size = 4, .workers = workers, .bad_samples = BadSamples::skip}};
    const std::vector<Copy> batches = all(loader);
    // The third batch, 8 to 11, has nothing left.
    CHECK(sizes(batches) == std::vector<std::size_t>{3, 3, 4, 3});
    CHECK(batches[0].samples == std::vector<std::size_t>{1, 2, 3});
    CHECK(batches[0].inputs[0] == 1);
    CHECK(batches[0].targets == std::vector<std::int64_t>{1, 2, 3});
    CHECK(batches[2].index == 3);
    CHECK(loader.skipped() == 7);
    all(loader);
    CHECK(loader.skipped() == 7);
    first = first.empty() ? batches : first;
    CHECK(batches == first);
  }
}

TEST_CASE("An epoch of which nothing could be read is an error with the first reason", "[data_loader]") {
  DataLoader loader{Numbers{3, {0, 1, 2}}, {.batch_size = 2, .workers = 1, .bad_samples = BadSamples::skip}};
  CHECK_THROWS_WITH(all(loader), ContainsSubstring("not one of the 3 samples could be read") &&
                                     ContainsSubstring("cannot read number 0"));
}

TEST_CASE("What was left out is named with its reason: the first few, in the epoch's order", "[data_loader]") {
  for (const int workers : worker_counts) {
    DataLoader loader{Numbers{3000, {2, 5, 7, 19}},
                      {.batch_size = 4, .workers = workers, .bad_samples = BadSamples::skip}};
    CHECK(loader.skipped_samples().summary(loader.samples()).empty());
    auto epoch = loader.epoch(0);
    all(epoch);
    for (const SkippedSamples& skipped : {loader.skipped_samples(), *epoch.skipped_samples()}) {
      CHECK(skipped.count == 4);
      REQUIRE(skipped.first.size() == 4);
      CHECK(skipped.first[1].index == 5);
      CHECK(skipped.first[3].reason == "cannot read number 19");
      CHECK(skipped.summary(loader.samples()) ==
            "4 of 3,000 samples were skipped: sample 2 (cannot read number 2); sample 5 (cannot read number 5); sample "
            "7 (cannot read number 7); and 1 more");
    }
    Numbers many{1000000};
    for (std::size_t i = 0; i < 500; ++i) {
      many.bad.insert(many.bad.end(), i);
    }
    DataLoader other{many, {.batch_size = 64, .workers = workers, .bad_samples = BadSamples::skip}};
    for (const Batch& batch : other) {
      if (batch.samples.back() > 500) {
        break;
      }
    }
    CHECK(other.skipped() == 500);
    CHECK(other.skipped_samples().first.size() == SkippedSamples::most_kept);
    CHECK(other.skipped_samples().first.back().index == SkippedSamples::most_kept - 1);
  }
  CHECK(SkippedSamples{1, {{0, "gone"}}}.summary(1) == "1 of 1 samples was skipped: sample 0 (gone)");
}

namespace {

/// Throws an Exception for sample 2.
template <class Exception>
struct Throws {
  Exception exception;

  std::size_t size() const { return 4; }
  std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
    sink.place({1}).data[0] = 0;
    return index == 2 ? throw exception : 0;
  }
};

}  // namespace

TEST_CASE("A dataset's own exceptions say that a sample is bad, as Error does", "[data_loader]") {
  for (const int workers : worker_counts) {
    const Throws dataset{std::out_of_range("the file has no such line")};
    DataLoader skipping{dataset, {.batch_size = 2, .workers = workers, .bad_samples = BadSamples::skip}};
    CHECK(sizes(all(skipping)) == std::vector<std::size_t>{2, 1});
    REQUIRE(skipping.skipped() == 1);
    CHECK(skipping.skipped_samples().first[0].reason == "the file has no such line");
    DataLoader stopping{dataset, {.batch_size = 2, .workers = workers}};
    CHECK_THROWS_AS(all(stopping), std::out_of_range);
  }
}

TEST_CASE("What is no sample's fault ends the epoch under every policy", "[data_loader]") {
  for (const BadSamples policy : {BadSamples::stop, BadSamples::skip}) {
    const LoaderOptions options{.batch_size = 2, .workers = 2, .bad_samples = policy};
    DataLoader no_memory{Throws{std::bad_alloc()}, options};
    CHECK_THROWS_AS(all(no_memory), std::bad_alloc);
    DataLoader no_exception{Throws{17}, options};
    CHECK_THROWS_AS(all(no_exception), int);
  }
}

TEST_CASE("A batch that no memory can hold is an error that says so", "[data_loader]") {
  struct Huge {
    Shape shape;
    std::size_t size() const { return 4; }
    std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
      sink.place(shape);
      return 0;
    }
  };
  constexpr std::int64_t many = std::int64_t{1} << 40;
  for (const BadSamples policy : {BadSamples::stop, BadSamples::skip}) {
    DataLoader wrapping{Huge{{many, many, 16}}, {.batch_size = 4, .bad_samples = policy}};
    CHECK_THROWS_WITH(all(wrapping), ContainsSubstring("no memory for a batch of 4 samples") &&
                                         ContainsSubstring("use a smaller batch_size"));
#ifndef __SANITIZE_THREAD__  // which ends the program when so much is asked for
    DataLoader large{Huge{{many / 16, 1024}}, {.batch_size = 2, .bad_samples = policy}};
    CHECK_THROWS_WITH(all(large), ContainsSubstring("which takes 5.63e+05 GB"));
#endif
  }
}

TEST_CASE("A loop can be left early, by break or exception, and the workers stop", "[data_loader]") {
  struct Counting {
    std::shared_ptr<std::atomic<int>> reading = std::make_shared<std::atomic<int>>(0);
    std::size_t size() const { return 1000; }
    std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
      ++*reading;
      sink.place({1}).data[0] = 0;
      --*reading;
      return 0;
    }
  };
  for (const int workers : worker_counts) {
    DataLoader loader{Counting{}, {.batch_size = 10, .workers = workers}};
    for (const Batch& batch : loader) {
      if (batch.index == 3) {
        break;
      }
    }
    CHECK(*loader.dataset().reading == 0);
    const auto interrupted = [&] {
      for (const Batch& batch : loader) {
        if (batch.index == 2) {
          throw std::runtime_error("the body");
        }
      }
    };
    CHECK_THROWS_WITH(interrupted(), "the body");
    CHECK(*loader.dataset().reading == 0);
    static_cast<void>(loader.epoch(7));  // begun, and never gone through
    CHECK(all(loader).size() == 100);
  }
}

TEST_CASE("An epoch knows how long its batches were waited for", "[data_loader]") {
  struct Slow {
    std::size_t size() const { return 4; }
    std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      sink.place({1}).data[0] = 0;
      return 0;
    }
  };
  for (const int workers : {0, 1}) {
    DataLoader loader{Slow{}, {.batch_size = 2, .workers = workers}};
    auto epoch = loader.epoch(0);
    CHECK(epoch.wait_seconds() == 0);
    double before = 0;
    for (const Batch& batch : epoch) {
      CHECK(epoch.wait_seconds() >= before);
      before = epoch.wait_seconds();
      static_cast<void>(batch);
    }
    CHECK(epoch.wait_seconds() > 0);
    CHECK((workers > 0 || epoch.wait_seconds() >= 0.04));  // sleeps are never shorter than asked for
  }
}

TEST_CASE("Epochs of one loader may overlap", "[data_loader]") {
  DataLoader loader{Numbers{12}, {.batch_size = 4, .workers = 2}};
  const std::vector<Copy> alone = all(loader.epoch(0));
  std::vector<Copy> outer;
  for (const Batch& batch : loader.epoch(0)) {
    CHECK(all(loader.epoch(0)) == alone);
    outer.push_back(copy(batch));
  }
  CHECK(outer == alone);
}

TEST_CASE("An epoch outlives its loader", "[data_loader]") {
  auto loader = std::make_unique<DataLoader<Numbers>>(Numbers{12}, LoaderOptions{.batch_size = 4, .workers = 2});
  const std::vector<Copy> expected = all(loader->epoch(0));
  auto epoch = loader->epoch(0);
  DataLoader moved = std::move(*loader);
  loader.reset();
  CHECK(all(epoch) == expected);
  CHECK(all(moved).size() == 3);
}

TEST_CASE("A loader works with the standard library's ranges", "[data_loader]") {
  DataLoader loader{Numbers{12}, {.batch_size = 4}};
  std::vector<std::size_t> indices;
  std::ranges::for_each(loader.epoch(0), [&](const Batch& batch) { indices.push_back(batch.index); });
  CHECK(indices == std::vector<std::size_t>{0, 1, 2});
  CHECK(std::ranges::distance(loader) == 3);
}

TEST_CASE("Options that make no sense are errors at once", "[data_loader]") {
  const auto error = [](Numbers dataset, LoaderOptions options) {
    return error_of([&] { DataLoader{dataset, options}; });
  };
  CHECK_THAT(error(Numbers{0}, {}), ContainsSubstring("DataLoader: the dataset is empty"));
  CHECK_THAT(error(Numbers{3}, {.batch_size = 0}), ContainsSubstring("batch_size must be at least 1, but got 0"));
  CHECK_THAT(error(Numbers{3}, {.batch_size = -4}), ContainsSubstring("batch_size must be at least 1, but got -4"));
  CHECK_THAT(error(Numbers{3}, {.batch_size = std::int64_t{1} << 31}),
             ContainsSubstring("batch_size must be at most 2147483647, but got 2147483648"));
  CHECK_THAT(error(Numbers{3}, {.workers = -3}),
             ContainsSubstring("workers must be at least 0, or LoaderOptions::automatic, but got -3"));
  CHECK_THAT(error(Numbers{3}, {.workers = 1, .prefetch = 0}), ContainsSubstring("prefetch must be at least 1"));
  CHECK_THAT(error(Numbers{3}, {.batch_size = 4, .drop_last = true}),
             ContainsSubstring("with drop_last there is no batch: 3 samples, but batch_size is 4"));
}

TEST_CASE("Pinned memory needs CUDA", "[data_loader]") {
  if (!torch::cuda::is_available()) {
    CHECK_THROWS_WITH((DataLoader{Numbers{4}, {.pin_memory = true}}), ContainsSubstring("pin_memory needs CUDA"));
    return;
  }
  DataLoader pinned{Numbers{40}, {.batch_size = 4, .workers = 2, .pin_memory = true}};
  DataLoader plain{Numbers{40}, {.batch_size = 4}};
  const std::vector<Copy> expected = all(plain);
  std::size_t index = 0;
  for (const Batch& batch : pinned) {
    CHECK(batch.inputs.is_pinned());
    CHECK(batch.targets.is_pinned());
    CHECK(copy(batch) == expected[index++]);
  }
}

TEST_CASE("A sampler decides the order", "[data_loader]") {
  DataLoader backwards{Numbers{4}, SubsetRandomSampler({3, 1}, {.seed = 1}), {.batch_size = 4}};
  CHECK(backwards.size() == 1);
  const std::vector<std::size_t> samples = all(backwards)[0].samples;
  CHECK(std::set<std::size_t>(samples.begin(), samples.end()) == std::set<std::size_t>{1, 3});

  std::multiset<std::size_t> seen;
  for (int rank = 0; rank < 3; ++rank) {
    DataLoader share{Numbers{7}, DistributedSampler{7, {.rank = rank, .world_size = 3}}, {.batch_size = 2}};
    CHECK(share.size() == 2);
    for (const Copy& batch : all(share)) {
      seen.insert(batch.samples.begin(), batch.samples.end());
    }
  }
  CHECK(seen.size() == 9);
  CHECK(std::set<std::size_t>(seen.begin(), seen.end()).size() == 7);
}

TEST_CASE("A sampler that does not fit is an error", "[data_loader]") {
  struct Liar {
    std::size_t size() const { return 3; }
    std::vector<std::size_t> indices(std::uint64_t) const { return {0, 1}; }
  };
  CHECK_THROWS_WITH((DataLoader{Numbers{4}, RandomSampler{4}, {.shuffle = true}}),
                    ContainsSubstring("shuffle cannot be used with a sampler"));
  CHECK_THROWS_WITH((DataLoader{Numbers{4}, SubsetRandomSampler{{}}, {.batch_size = 1}}),
                    ContainsSubstring("the sampler draws no samples"));
  DataLoader beyond{Numbers{4}, SequentialSampler{5}};
  CHECK_THROWS_WITH(all(beyond), ContainsSubstring("the sampler gave sample 4, but the dataset has 4"));
  DataLoader liar{Numbers{4}, Liar{}};
  CHECK_THROWS_WITH(all(liar), ContainsSubstring("the sampler promised 3 samples, but gave 2"));
}

TEST_CASE("A dataset that does not write its samples is an error", "[data_loader]") {
  struct Silent {
    std::size_t size() const { return 2; }
    std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
      if (index == 0) {
        sink.place({1}).data[0] = 0;
      }
      return 0;
    }
  };
  struct Empty {
    std::size_t size() const { return 2; }
    std::int64_t read(std::size_t, RandomStream&, SampleSink& sink) const {
      sink.place({3, 0, 2});
      return 0;
    }
  };
  DataLoader silent{Silent{}, {.batch_size = 2}};
  CHECK_THROWS_WITH(all(silent),
                    ContainsSubstring("never asked for the sample's place") && ContainsSubstring("sample 1"));
  DataLoader empty{Empty{}};
  CHECK_THROWS_WITH(all(empty), ContainsSubstring("sample 0 is empty: its shape is [3, 0, 2]"));
}

TEST_CASE("A dataset may write its sample as a tensor of any type and layout", "[write_sample]") {
  struct Tensors {
    std::vector<at::Tensor> samples;
    std::size_t size() const { return samples.size(); }
    std::int64_t read(std::size_t index, RandomStream&, SampleSink& sink) const {
      write_sample(sink, samples[index]);
      return 0;
    }
  };
  const at::Tensor sample = at::arange(24, at::kFloat).view({2, 3, 4});
  const Tensors tensors{{sample, sample.to(at::kByte), sample.to(at::kDouble),
                         sample.permute({1, 2, 0}).contiguous().permute({2, 0, 1}),
                         sample.clone().set_requires_grad(true)}};
  for (const Layout layout : {Layout::contiguous, Layout::channels_last}) {
    DataLoader loader{tensors, {.batch_size = 5, .workers = 1, .layout = layout}};
    CHECK(at::equal(loader.begin()->inputs, at::stack({sample, sample, sample, sample, sample})));
  }
  DataLoader undefined{Tensors{{at::Tensor()}}};
  CHECK_THROWS_WITH(all(undefined), ContainsSubstring("write_sample: a sample must be a tensor on the CPU"));
}
