#include <hearth/core/random.hpp>
#include <hearth/data/cut_mix.hpp>
#include <hearth/data/data_loader.hpp>
#include <hearth/data/mix_one_of.hpp>
#include <hearth/data/mix_up.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/cuda.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "models/formula.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using Mixed = std::pair<at::Tensor, at::Tensor>;

static_assert(BatchMixLike<MixUp> && BatchMixLike<CutMix> && BatchMixLike<MixOneOf<MixUp, CutMix>>);
static_assert(std::same_as<decltype(MixOneOf{MixUp{}, CutMix{}}), MixOneOf<MixUp, CutMix>>);
static_assert(std::same_as<decltype(MixOneOf{{.weights = {1, 3}}, MixUp{}, CutMix{}}), MixOneOf<MixUp, CutMix>>);
static_assert(!BatchMixLike<MixUpOptions>);

namespace {

/// Four classes; no lambda of its own is used.
const MixUp mix_up{{.num_classes = 4}};
const CutMix cut_mix{{.num_classes = 4}};

/// A count and so many numbers of a line of the reference.
at::Tensor read_numbers(std::istringstream& words) {
  std::int64_t count = 0;
  words >> count;
  at::Tensor numbers = at::empty({count}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    std::string word;
    words >> word;
    numbers.mutable_data_ptr<float>()[i] = std::stof(word);
  }
  return numbers;
}

/// Pictures [n, 1, h, w], all of whose numbers are their place in the batch.
at::Tensor places(std::int64_t n, std::int64_t height, std::int64_t width) {
  return at::arange(n, at::kFloat).view({n, 1, 1, 1}).expand({n, 1, height, width}).contiguous();
}

}  // namespace

TEST_CASE("MixUp and CutMix of a given lambda or box make what torchvision makes, to the last bit", "[batch_mix]") {
  std::ifstream file(HEARTH_TEST_DIR "/data/reference/mixing.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    std::istringstream words(line);
    std::string mix;
    std::string type;
    std::string kind;
    words >> mix >> type >> kind;
    INFO(line.substr(0, 60));
    const at::Tensor inputs = formula::tensor(3, {3, 2, 4, 5}, 4.0).to(type == "float32" ? at::kFloat : at::kBFloat16);
    const at::Tensor targets =
        kind == "labels" ? at::tensor({2, 0, 3}, at::kLong) : formula::tensor(4, {3, 4}, 1.0, 0.5);
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      std::istringstream rest(line.substr(static_cast<std::size_t>(words.tellg())));
      Mixed mixed;
      if (mix == "mixup") {
        double lambda = 0;
        rest >> lambda;
        mixed = mix_up.mix(inputs.contiguous(format), targets, lambda);
      } else {
        CutMixBox box;
        rest >> box.x1 >> box.y1 >> box.x2 >> box.y2;
        mixed = cut_mix.mix(inputs.contiguous(format), targets, box);
      }
      CHECK(mixed.first.is_contiguous(format));
      CHECK(mixed.first.scalar_type() == inputs.scalar_type());
      CHECK(mixed.second.scalar_type() == at::kFloat);
      CHECK(mixed.second.sizes() == at::IntArrayRef({3, 4}));
      CHECK(at::equal(mixed.first.to(at::kFloat).contiguous().flatten(), read_numbers(rest)));
      CHECK(at::equal(mixed.second.flatten(), read_numbers(rest)));
      REQUIRE(rest);
    }
  }
  CHECK(lines == 28);
}

TEST_CASE("CutMix's rectangles are torchvision's for the same lambda and centre", "[batch_mix]") {
  std::ifstream file(HEARTH_TEST_DIR "/data/reference/cut_mix_boxes.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    std::istringstream words(line);
    double lambda = 0;
    std::int64_t x = 0;
    std::int64_t y = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    CutMixBox expected;
    words >> lambda >> x >> y >> height >> width >> expected.x1 >> expected.y1 >> expected.x2 >> expected.y2;
    REQUIRE(words);
    CHECK(CutMix::box_around(x, y, lambda, height, width) == expected);
  }
  CHECK(lines == 300);
}

TEST_CASE("MixUp leaves its arguments as they are, and mixes any inputs", "[batch_mix]") {
  const at::Tensor inputs = at::rand({4, 3});
  const at::Tensor targets = at::tensor({0.0, 1.0, 2.0, 3.0}, at::kFloat);  // a regression's
  const at::Tensor before = inputs.clone();
  const auto [mixed, mixed_targets] = MixUp{}.mix(inputs, targets, 0.25);
  CHECK(at::equal(inputs, before));
  CHECK(at::allclose(mixed, 0.25 * inputs + 0.75 * at::roll(inputs, 1, 0)));
  CHECK(at::equal(mixed_targets, at::tensor({2.25, 0.25, 1.25, 2.25}, at::kFloat)));
  const auto [same, labels] = mix_up.mix(inputs, at::tensor({3, 2, 1, 0}, at::kLong), 1);
  CHECK(same.is_same(inputs));
  CHECK(at::equal(labels.argmax(1), at::tensor({3, 2, 1, 0}, at::kLong)));
  CHECK(at::equal(labels.sum(1), at::ones({4})));
  const at::Tensor one = at::rand({1, 3});
  CHECK(at::allclose(mix_up.mix(one, at::tensor({2}, at::kLong), 0.3).first, one));
}

TEST_CASE("CutMix leaves its arguments as they are, and an empty rectangle mixes nothing", "[batch_mix]") {
  const at::Tensor inputs = places(3, 4, 4);
  const at::Tensor targets = at::tensor({2, 0, 3}, at::kLong);
  const auto [mixed, shares] = cut_mix.mix(inputs, targets, {1, 1, 3, 2});
  CHECK(at::equal(inputs, places(3, 4, 4)));
  CHECK(at::equal(mixed.sum({1, 2, 3}), at::tensor({2 * 2.0, 14 * 1.0, 14 * 2.0 + 2 * 1.0}, at::kFloat)));
  CHECK(at::equal(shares[0], at::tensor({0.0, 0.0, 0.875, 0.125}, at::kFloat)));
  const auto [same, labels] = cut_mix.mix(inputs, targets, {2, 2, 2, 3});
  CHECK(same.is_same(inputs));
  CHECK(at::equal(labels.argmax(1), targets));
}

TEST_CASE("A batch's mixing is a function of (seed, epoch, batch)", "[batch_mix]") {
  const MixUp mix{{.alpha = 0.4, .num_classes = 4, .seed = 7}};
  const MixUp other{{.alpha = 0.4, .num_classes = 4, .seed = 8}};
  std::set<double> lambdas;
  for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
    for (std::size_t batch = 0; batch < 10; ++batch) {
      CHECK(mix.lambda(epoch, batch) == MixUp{{.alpha = 0.4, .seed = 7}}.lambda(epoch, batch));
      lambdas.insert(mix.lambda(epoch, batch));
      lambdas.insert(other.lambda(epoch, batch));
    }
  }
  CHECK(lambdas.size() == 200);
  const at::Tensor inputs = at::rand({4, 3, 6, 6});
  const at::Tensor targets = at::arange(4, at::kLong);
  const auto [mixed, shares] = mix(inputs, targets, 3, 5);
  const auto [expected, expected_shares] = mix.mix(inputs, targets, mix.lambda(3, 5));
  CHECK(at::equal(mixed, expected));
  CHECK(at::equal(shares, expected_shares));
  const CutMix cut{{.num_classes = 4, .seed = 7}};
  CHECK(cut.box(3, 5, 64, 48) == CutMix{{.seed = 7}}.box(3, 5, 64, 48));
  CHECK_FALSE(cut.box(3, 5, 64, 48) == cut.box(3, 6, 64, 48));
  const auto [cut_inputs, cut_shares] = cut(inputs, targets, 2, 1);
  const auto [expected_inputs, expected_cut_shares] = cut.mix(inputs, targets, cut.box(2, 1, 6, 6));
  CHECK(at::equal(cut_inputs, expected_inputs));
  CHECK(at::equal(cut_shares, expected_cut_shares));
}

TEST_CASE("Lambda has the beta distribution over the batches, and mixes as often as p says", "[batch_mix]") {
  const std::size_t batches = 20000;
  for (const double p : {1.0, 0.3, 0.0}) {
    const MixUp mix{{.alpha = 0.2, .p = p, .seed = 3}};
    std::size_t mixed = 0;
    double variance = 0;
    for (std::size_t batch = 0; batch < batches; ++batch) {
      const double lambda = mix.lambda(1, batch);
      mixed += lambda != 1 ? 1 : 0;
      variance += lambda != 1 ? (lambda - 0.5) * (lambda - 0.5) : 0;
    }
    const auto count = static_cast<double>(mixed);
    CHECK(std::abs(count - p * batches) <= 5 * std::sqrt(batches * p * (1 - p)) + (p == 1 ? 20 : 0));  // a rare exact 1
    if (p > 0) {
      // As in beta_test.cpp: 1 / (4 (2 * 0.2 + 1)), and its standard deviation.
      const double second = 1 / (4 * 1.4);
      const double fourth = 3 / (16 * 1.4 * 3.4);
      CHECK(std::abs(variance / count - second) < 5 * std::sqrt((fourth - second * second) / count));
    }
  }
}

TEST_CASE("CutMix's centres are uniform, and its rectangles have 1 - lambda of the area", "[batch_mix]") {
  // With alpha so large, lambda is 1/2: half the sides are int(0.5 sqrt(0.5) * 10) = 3, and the centre can be told from
  // the rectangle.
  const CutMix mix{{.alpha = 1e9, .seed = 2}};
  const std::size_t batches = 20000;
  std::array<std::size_t, 10> columns{};
  std::array<std::size_t, 10> rows{};
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const CutMixBox box = mix.box(0, batch, 10, 10);
    ++columns.at(static_cast<std::size_t>(box.x1 > 0 ? box.x1 + 3 : box.x2 - 3));
    ++rows.at(static_cast<std::size_t>(box.y1 > 0 ? box.y1 + 3 : box.y2 - 3));
  }
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(std::abs(static_cast<double>(columns.at(i)) - batches * 0.1) < 5 * std::sqrt(batches * 0.1 * 0.9));
    CHECK(std::abs(static_cast<double>(rows.at(i)) - batches * 0.1) < 5 * std::sqrt(batches * 0.1 * 0.9));
  }
  std::size_t unmixed = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    unmixed += CutMix{{.alpha = 1e9, .p = 0.25}}.box(0, batch, 10, 10).is_empty() ? 1 : 0;
  }
  CHECK(std::abs(static_cast<double>(unmixed) - batches * 0.75) < 5 * std::sqrt(batches * 0.75 * 0.25));
}

TEST_CASE("MixOneOf mixes each batch with one of its parts, as often as the weights say", "[batch_mix]") {
  struct Constant {
    double value;
    Mixed operator()(const at::Tensor&, const at::Tensor& targets, std::uint64_t, std::size_t) const {
      return {at::zeros({1}) + value, targets};
    }
  };
  const at::Tensor none = at::zeros({1});
  const auto shares = [&](const auto& mix) {
    std::array<double, 3> counts{};
    for (std::size_t batch = 0; batch < 6000; ++batch) {
      counts.at(static_cast<std::size_t>(mix(none, none, 4, batch).first.template item<float>())) += 1.0 / 6000;
    }
    return counts;
  };
  const double deviation = 5 * std::sqrt(0.25 / 6000);
  for (const double share : shares(MixOneOf{Constant{0}, Constant{1}, Constant{2}})) {
    CHECK(share == Approx(1.0 / 3).margin(deviation));
  }
  const auto weighted = shares(MixOneOf{{.weights = {1, 0, 3}, .seed = 5}, Constant{0}, Constant{1}, Constant{2}});
  CHECK(weighted[0] == Approx(0.25).margin(deviation));
  CHECK(weighted[1] == 0);
  CHECK(shares(MixOneOf{{.weights = {0, 2, 0}}, Constant{0}, Constant{1}, Constant{2}})[1] == Approx(1));

  const MixUp up{{.alpha = 0.2, .num_classes = 4}};
  const CutMix cut{{.num_classes = 4}};
  const MixOneOf mix{up, cut};
  const at::Tensor inputs = at::rand({4, 3, 8, 8});
  const at::Tensor targets = at::arange(4, at::kLong);
  std::size_t blended = 0;
  for (std::size_t batch = 0; batch < 20; ++batch) {
    const at::Tensor mixed = mix(inputs, targets, 0, batch).first;
    const bool is_blended = at::equal(mixed, up(inputs, targets, 0, batch).first);
    CHECK((is_blended || at::equal(mixed, cut(inputs, targets, 0, batch).first)));
    blended += is_blended ? 1 : 0;
  }
  CHECK((blended > 0 && blended < 20));
}

TEST_CASE("Mixing goes on with an epoch where a run has stopped", "[batch_mix]") {
  struct Rows {
    std::size_t size() const { return 20; }
    std::int64_t read(std::size_t index, RandomStream& random, SampleSink& sink) const {
      sink.place({1}).data[0] = static_cast<float>(random.uniform());
      return static_cast<std::int64_t>(index % 4);
    }
  };
  DataLoader loader{Rows{}, {.batch_size = 4, .shuffle = true, .workers = 1, .seed = 2}};
  const MixUp mix{{.num_classes = 4, .seed = 2}};
  std::vector<Mixed> whole;
  for (const Batch& batch : loader.epoch(3)) {
    whole.push_back(mix(batch.inputs, batch.targets, 3, batch.index));
  }
  std::size_t index = 2;
  for (const Batch& batch : loader.epoch(3, 8)) {
    const auto [inputs, targets] = mix(batch.inputs, batch.targets, 3, batch.index);
    CHECK(at::equal(inputs, whole.at(index).first));
    CHECK(at::equal(targets, whole.at(index).second));
    ++index;
  }
  CHECK(index == 5);
}

TEST_CASE("What cannot be mixed is an error", "[batch_mix]") {
  const at::Tensor inputs = at::rand({2, 3, 4, 4});
  const at::Tensor labels = at::tensor({0, 3}, at::kLong);
  CHECK_THROWS_WITH(MixUp{}.mix(inputs, labels, 0.5), "MixUp: it needs num_classes where targets are labels");
  CHECK_THROWS_WITH((MixUp{{.num_classes = 3}}.mix(inputs, labels, 0.5)),
                    "MixUp: label 3 of sample 1 in the batch is none of 3 classes");
  CHECK_THROWS_WITH(cut_mix.mix(inputs, at::tensor({-100, 0}, at::kLong), {0, 0, 1, 1}),
                    "CutMix: label -100 of sample 0 in the batch is none of 4 classes");
  CHECK_THROWS_WITH(mix_up.mix(inputs, at::rand({2, 3}), 0.5),
                    ContainsSubstring("num_classes is 4, but the targets are of 3 classes"));
  CHECK_THROWS_WITH(mix_up.mix(inputs, labels.to(at::kInt), 0.5), ContainsSubstring("but are Int of 1 dimensions"));
  CHECK_THROWS_WITH(mix_up.mix(inputs, labels.view({2, 1}), 0.5), ContainsSubstring("but are Long of 2 dimensions"));
  CHECK_THROWS_WITH(mix_up.mix(inputs, at::tensor({0}, at::kLong), 0.5), "MixUp: there are 2 inputs, but 1 targets");
  CHECK_THROWS_WITH(mix_up.mix(inputs.to(at::kByte), labels, 0.5), ContainsSubstring("but are Byte"));
  CHECK_THROWS_WITH(mix_up.mix(at::Tensor(), labels, 0.5), ContainsSubstring("must be tensors"));
  CHECK_THROWS_WITH(mix_up.mix(inputs, labels, 1.5), "MixUp: lambda must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH(cut_mix.mix(inputs, labels, {0, 0, 5, 4}),
                    "CutMix: the rectangle from (0, 0) to (5, 4) is not within 4 x 4 pixels");
  CHECK_THROWS_WITH(cut_mix(inputs.flatten(1), labels, 0, 0),
                    "CutMix: inputs must be pictures [N, C, H, W], but have 2 dimensions");
}

TEST_CASE("Options of mixing that make no sense are errors at once", "[batch_mix]") {
  CHECK_THROWS_WITH((MixUp{{.alpha = 0}}), "MixUp: alpha must be a finite number above 0, but got 0");
  CHECK_THROWS_WITH((CutMix{{.alpha = std::numeric_limits<double>::infinity()}}), ContainsSubstring("but got inf"));
  CHECK_THROWS_WITH((CutMix{{.num_classes = -1}}), "CutMix: num_classes must be at least 1, but got -1");
  CHECK_THROWS_WITH((MixUp{{.p = 1.5}}), "MixUp: p must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((MixOneOf{{.weights = {1}}, MixUp{}, CutMix{}}), "MixOneOf: there are 1 weights for 2 mixes");
  CHECK_THROWS_WITH((MixOneOf{{.weights = {1, -1}}, MixUp{}, CutMix{}}), ContainsSubstring("but got -1"));
  CHECK_THROWS_WITH((MixOneOf{{.weights = {0, 0}}, MixUp{}, CutMix{}}), ContainsSubstring("at least one weight"));
}

TEST_CASE("A batch on a GPU is mixed there, in its memory format", "[batch_mix]") {
  if (!torch::cuda::is_available()) {
    WARN("no CUDA here: not tested");
    return;
  }
  const at::Tensor inputs = at::rand({4, 3, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor targets = at::arange(4, at::kLong);
  for (const auto& mix :
       {std::function<Mixed(const at::Tensor&, const at::Tensor&)>(
            [](const at::Tensor&x, const at::Tensor&y) { return mix_up.mix(x, y, 0.3); }),
        std::function<Mixed(const at::Tensor&, const at::Tensor&)>([](const at::Tensor&x, const at::Tensor&y) {
          return cut_mix.mix(x, y, {1, 2, 5, 7});
        })}) {
    const auto [mixed, shares] = mix(inputs.cuda(), targets.cuda());
    const auto [expected, expected_shares] = mix(inputs, targets);
    CHECK(mixed.is_cuda());
    CHECK(shares.is_cuda());
    CHECK(mixed.is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(at::allclose(mixed.cpu(), expected, 1e-6, 1e-7));
    CHECK(at::allclose(shares.cpu(), expected_shares, 1e-6, 1e-7));
  }
}
