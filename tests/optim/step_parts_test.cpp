/// GradScaler, the clipping of gradients and WeightAverage, against Python's. step_parts.py wrote the reference values,
/// with the same cases under the same names; where there is a Python with torch, it computes them again here, and both
/// sides must agree to the last bit, because LibTorch's operators are the same.
#include <torch/torch.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/value.hpp>
#include <hearth/optim/clip_gradients.hpp>
#include <hearth/optim/grad_scaler.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/weight_average.hpp>
#include <hearth/train/autocast.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/module_state.hpp>

#include "catch.hpp"
#include "models/formula.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using optim::GradScaler;
using optim::WeightAverage;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Whether two tensors are equal, or as near as processors differ in rounding.
bool agree(const torch::Tensor& found, const torch::Tensor& expected, bool exactly) {
  return found.scalar_type() == expected.scalar_type() && found.sizes() == expected.sizes() &&
         (exactly ? torch::equal(found, expected) : torch::allclose(found, expected, 1e-5, 1e-6, /*equal_nan=*/true));
}

/// The reference values: Python's of this machine, where there is one, and else the committed ones.
struct Reference {
  Value values;
  bool is_exact;
};

/// Runs step_parts.py on the folder. False, after a warning, where there is no Python with torch.
bool run_python(const hearth_test::TemporaryFolder& folder) {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr || *python == '\0') {
    WARN("not compared to the last bit: HEARTH_PYTHON names no Python with torch");
    return false;
  }
  const std::string log = (folder / "log").string();
  const std::string command = fmt::format("'{}' '" HEARTH_TEST_DIR "/optim/step_parts.py' '{}' >'{}' 2>&1", python,
                                          folder.path().string(), log);
  const int status = std::system(command.c_str());
  INFO(hearth_test::read_text(log));
  REQUIRE(status == 0);
  return true;
}

const std::vector<Reference>& references() {
  static const std::vector<Reference> all = [] {
    std::vector<Reference> read{{read_checkpoint(HEARTH_TEST_DIR "/optim/reference/step_parts.pth"), false}};
    const hearth_test::TemporaryFolder folder;
    if (run_python(folder)) {
      read.push_back({read_checkpoint(folder / "step_parts.pth"), true});
    }
    return read;
  }();
  return all;
}

template <class T>
std::vector<T> list(const Value& value) {
  std::vector<T> numbers;
  for (const Value& item : value.items()) {
    numbers.push_back(item.as<T>());
  }
  return numbers;
}

const std::map<int, double> overflows = {{3, infinity},  {4, not_a_number},  {9, -infinity},
                                         {20, infinity}, {26, not_a_number}, {36, infinity}};
const optim::GradScalerOptions scaler_options = {
    .init_scale = 1024, .growth_factor = 4, .backoff_factor = 0.25, .growth_interval = 5};

struct ScalerRun {
  torch::Tensor weight = formula::tensor(0, {6}).requires_grad_();
  GradScaler scaler{scaler_options};
  std::vector<double> scales = {};
  std::vector<std::int64_t> skipped = {};

  void take(int first, int last) {
    optim::SGD optimizer{std::vector<torch::Tensor>{weight}, {.lr = 0.1}};
    for (int step = first; step <= last; ++step) {
      optimizer.zero_grad();
      const torch::Tensor loss = (weight * formula::tensor(static_cast<std::uint64_t>(step), {6})).sum();
      scaler.scale(loss).backward();
      if (overflows.contains(step)) {
        weight.mutable_grad()[2] = overflows.at(step);
      }
      scaler.unscale({&weight, 1});
      if (scaler.found_inf()) {
        skipped.push_back(step);
      } else {
        optimizer.step();
      }
      scaler.update();
      scales.push_back(scaler.scale());
    }
  }
};

constexpr int saved = 17;

torch::nn::Sequential make_model(torch::ScalarType type = torch::kFloat) {
  torch::nn::Sequential model(torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).bias(false)),
                              torch::nn::BatchNorm2d(4), torch::nn::Linear(5, 2));
  model->to(type);
  return model;
}

/// The weights and statistics that a training has after the step.
void train_to(const torch::nn::Sequential& model, int step) {
  const torch::NoGradGuard no_grad;
  std::uint64_t k = 0;
  for (const auto& [name, tensor] : state_dict(*model)) {
    if (tensor.is_floating_point()) {
      tensor.copy_(formula::tensor(1000 * static_cast<std::uint64_t>(step) + k, tensor.sizes()));
    } else {
      tensor.fill_(step);
    }
    ++k;
  }
}

struct AverageCase {
  std::string name;
  optim::WeightAverageOptions options;
  torch::ScalarType type = torch::kFloat;
};

const std::vector<AverageCase> average_cases = {
    {"ema", {.decay = 0.9}},
    {"ema_slow", {.decay = 0.999, .every = 3, .first_step = 4}},
    {"ema_no_buffers", {.decay = 0.5, .buffers = false}},
    {"mean", {}},
    {"mean_late", {.every = 2, .first_step = 7}},
    {"mean_no_buffers", {.buffers = false}},
    {"ema_double", {.decay = 0.99}, torch::kDouble},
    {"mean_double", {}, torch::kDouble},
};

void take(WeightAverage& average, const torch::nn::Sequential& model, int first, int last) {
  for (int step = first; step <= last; ++step) {
    train_to(model, step);
    average.update();
  }
}

/// Compares with Python's AveragedModel, but for its averages of an integer buffer, which C++ copies.
void check_average(const WeightAverage& average, const Value& expected, bool is_exact) {
  const optim::NamedTensors averages = average.averaged_weights();
  REQUIRE(averages.size() + 1 == expected.as<Value::Dict>().size());
  CHECK(average.n_averaged() == expected.as<at::Tensor>("n_averaged").item<std::int64_t>());
  for (const auto& [name, tensor] : averages) {
    if (!name.ends_with("num_batches_tracked")) {
      CAPTURE(name);
      CHECK(agree(tensor, expected.as<at::Tensor>("module." + name), is_exact));
    }
  }
}

}  // namespace

TEST_CASE("GradScaler has Python's scales and skips Python's steps over injected overflows") {
  ScalerRun run;
  run.take(1, 40);
  for (const auto& [values, is_exact] : references()) {
    const Value& expected = values["scaler"];
    CHECK(run.scales == list<double>(expected["scales"]));
    CHECK(run.skipped == list<std::int64_t>(expected["skipped"]));
    CHECK(agree(run.weight.detach(), expected["weight"].as<at::Tensor>(), is_exact));
  }
}

TEST_CASE("GradScaler finds a scale at which 16-bit gradients under autocast are finite, as Python's does") {
  const torch::Tensor weight = formula::tensor(1, {4, 16}).requires_grad_();
  optim::SGD optimizer{std::vector<torch::Tensor>{weight}, {.lr = 0.01}};
  GradScaler scaler{{.growth_interval = 3}};
  std::vector<double> scales;
  for (int step = 1; step <= 10; ++step) {
    optimizer.zero_grad();
    torch::Tensor out;
    {
      const train::Autocast autocast{at::kCPU, at::kHalf};
      out = torch::nn::functional::linear(formula::tensor(static_cast<std::uint64_t>(step), {8, 16}), weight);
    }
    CHECK(out.scalar_type() == at::kHalf);
    scaler.scale((out.to(at::kFloat) * 20).pow(2).mean()).backward();
    scaler.unscale({&weight, 1});
    if (!scaler.found_inf()) {
      optimizer.step();
    }
    scaler.update();
    scales.push_back(scaler.scale());
  }
  for (const auto& [values, is_exact] : references()) {
    CHECK(scales == list<double>(values["half"]["scales"]));
    const torch::Tensor expected = values["half"]["weight"].as<at::Tensor>();
    CHECK(
        (is_exact ? torch::equal(weight.detach(), expected) : torch::allclose(weight.detach(), expected, 1e-2, 1e-2)));
  }
}

TEST_CASE("GradScaler goes on from Python's state as Python does") {
  for (const auto& [values, is_exact] : references()) {
    const Value& expected = values["scaler"];
    ScalerRun run;
    run.weight = expected["middle"].as<at::Tensor>().clone().requires_grad_();
    run.scaler = GradScaler{};
    run.scaler.load_state_dict(expected["state"]);
    run.take(saved + 1, 40);
    const std::vector<double> all = list<double>(expected["scales"]);
    CHECK(run.scales == std::vector<double>(all.begin() + saved, all.end()));
    CHECK(agree(run.weight.detach(), expected["weight"].as<at::Tensor>(), is_exact));
  }
}

TEST_CASE("GradScaler unscales gradients of several types, and dense and sparse ones") {
  std::vector<torch::Tensor> parameters;
  for (const auto type : {torch::kFloat, torch::kDouble, torch::kBFloat16}) {
    parameters.push_back(torch::zeros({3}, torch::TensorOptions().dtype(type).requires_grad(true)));
    parameters.back().mutable_grad() = torch::full({3}, 12, type);
  }
  parameters.push_back(torch::zeros({4, 2}, torch::requires_grad()));
  parameters.back().mutable_grad() =
      torch::sparse_coo_tensor(torch::tensor({{1, 3}}), torch::full({2, 2}, 12.0F), {4, 2});
  parameters.push_back(torch::zeros({2}, torch::requires_grad()));  // without a gradient
  GradScaler scaler{{.init_scale = 4}};
  CHECK(scaler.scale(torch::tensor(3.0F)).item<float>() == 12);
  scaler.unscale(parameters);
  CHECK_FALSE(scaler.found_inf());
  for (std::size_t i = 0; i < 4; ++i) {
    const torch::Tensor gradient = parameters[i].grad();
    CHECK(((gradient.is_sparse() ? gradient._values() : gradient) == 3).all().item<bool>());
  }
  scaler.update();
  CHECK(scaler.scale() == 4);
  parameters[1].mutable_grad()[0] = infinity;
  scaler.unscale(parameters);
  CHECK(scaler.found_inf());
  scaler.update();
  CHECK(scaler.scale() == 2);
}

TEST_CASE("GradScaler refuses calls out of order, 16-bit parameters, and options and states out of range") {
  const torch::Tensor weight = torch::zeros({2}, torch::requires_grad());
  GradScaler scaler;
  CHECK_THROWS_WITH(scaler.unscale({&weight, 1}), ContainsSubstring("no loss was scaled before unscale()"));
  CHECK(scaler.scale() == 65536);
  scaler.scale(weight.sum()).backward();
  CHECK_THROWS_WITH(scaler.update(), ContainsSubstring("needs unscale() before it"));
  scaler.unscale({&weight, 1});
  CHECK_THROWS_WITH(scaler.unscale({&weight, 1}), ContainsSubstring("called twice for one step"));
  scaler.update();

  const torch::Tensor half = torch::zeros({2}, torch::TensorOptions().dtype(torch::kHalf).requires_grad(true));
  half.mutable_grad() = torch::ones({2}, torch::kHalf);
  CHECK_THROWS_WITH(scaler.unscale({&half, 1}), ContainsSubstring("a parameter is of 16-bit float"));

  CHECK_THROWS_WITH((GradScaler{{.init_scale = 0}}), "GradScaler: the scale must be above 0, but got 0");
  CHECK_THROWS_WITH((GradScaler{{.growth_factor = 1}}), "GradScaler: growth_factor must be above 1, but got 1");
  CHECK_THROWS_WITH((GradScaler{{.backoff_factor = 1}}),
                    ContainsSubstring("backoff_factor must be above 0 and below 1"));
  CHECK_THROWS_WITH((GradScaler{{.growth_interval = 0}}), "GradScaler: growth_interval must be at least 1, but got 0");

  const Value before = scaler.state_dict();
  CHECK_THROWS_WITH(scaler.load_state_dict(Value::Dict{}), ContainsSubstring("the state is empty"));
  CHECK_THROWS_WITH(scaler.load_state_dict(Value::Dict{{"scale", 8.0}}), ContainsSubstring("growth_factor"));
  Value::Dict wrong = before.as<Value::Dict>();
  wrong.set("scale", -1.0);
  CHECK_THROWS_WITH(scaler.load_state_dict(wrong), "GradScaler: the scale must be above 0, but got -1");
  wrong = before.as<Value::Dict>();
  wrong.set("_growth_tracker", -1);
  CHECK_THROWS_WITH(scaler.load_state_dict(wrong), "GradScaler: _growth_tracker must be at least 0, but got -1");
  CHECK(scaler.scale() == before.as<double>("scale"));
  CHECK(scaler.state_dict().as<int>("_growth_tracker") == 1);
}

TEST_CASE("clip_grad_norm and clip_grad_value give Python's norms and gradients") {
  const std::vector<std::vector<std::int64_t>> shapes = {{5}, {3, 4, 2, 2}, {}, {7, 3}, {2}};
  const auto parameters_of = [&](const std::string& kind) {
    std::vector<torch::Tensor> parameters;
    for (std::size_t k = 0; k < shapes.size(); ++k) {
      const auto type = kind == "double" || (kind == "mixed" && k % 2 == 1) ? torch::kDouble : torch::kFloat;
      parameters.push_back(torch::zeros(shapes[k], torch::TensorOptions().dtype(type).requires_grad(true)));
      if (k != 4) {
        parameters.back().mutable_grad() = formula::tensor(50 + k, shapes[k], 10).to(type);
      }
    }
    return parameters;
  };
  const auto check_gradients = [](const std::vector<torch::Tensor>& parameters, const Value& expected, bool is_exact) {
    REQUIRE(expected.items().size() == 4);
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(agree(parameters[k].grad(), expected.items()[k].as<at::Tensor>(), is_exact));
    }
    CHECK_FALSE(parameters[4].grad().defined());
  };
  const std::map<std::string, std::pair<double, double>> clips = {{"length", {1.5, 2}},       {"sum", {7, 1}},
                                                                  {"maximum", {2, infinity}}, {"third", {4, 3}},
                                                                  {"within", {1e6, 2}},       {"zero", {0, 2}}};
  for (const auto& [values, is_exact] : references()) {
    for (const std::string kind : {"float", "double", "mixed"}) {
      for (const auto& [name, clip] : clips) {
        CAPTURE(kind, name);
        const auto parameters = parameters_of(kind);
        const Value& expected = values["clip"][kind + "_" + name];
        const torch::Tensor norm = optim::clip_grad_norm(parameters, clip.first, clip.second);
        // The order of the two types' norms is that of a hash table in Python.
        CHECK(agree(norm, expected["norm"].as<at::Tensor>(), is_exact && kind != "mixed"));
        check_gradients(parameters, expected["gradients"], is_exact && kind != "mixed");
      }
      const auto parameters = parameters_of(kind);
      optim::clip_grad_value(parameters, 2.5);
      check_gradients(parameters, values["clip"][kind + "_value"]["gradients"], is_exact);
    }
  }
}

TEST_CASE("clip_grad_norm measures alone under an infinite bound, and is 0 without gradients") {
  const torch::Tensor weight = torch::zeros({2}, torch::requires_grad());
  CHECK(optim::clip_grad_norm({&weight, 1}, 1).item<float>() == 0);
  weight.mutable_grad() = torch::tensor({3.0F, 4.0F});
  CHECK(optim::clip_grad_norm({&weight, 1}, infinity).item<float>() == 5);
  CHECK(torch::equal(weight.grad(), torch::tensor({3.0F, 4.0F})));
  weight.mutable_grad()[0] = infinity;
  CHECK(optim::clip_grad_norm({&weight, 1}, infinity).item<float>() == std::numeric_limits<float>::infinity());
  CHECK(weight.grad()[1].item<float>() == 4);
  CHECK_THROWS_WITH(optim::clip_grad_norm({&weight, 1}, -1), "clip_grad_norm: max_norm must be at least 0, but got -1");
  CHECK_THROWS_WITH(optim::clip_grad_norm({&weight, 1}, 1, not_a_number), ContainsSubstring("norm_type"));
  CHECK_THROWS_WITH(optim::clip_grad_value({&weight, 1}, not_a_number), ContainsSubstring("clip must be at least 0"));
  weight.mutable_grad() = torch::ones({2}).to_sparse();
  CHECK_THROWS_WITH(optim::clip_grad_norm({&weight, 1}, 1), ContainsSubstring("has a sparse gradient"));
}

TEST_CASE("WeightAverage has the averages of Python's AveragedModel, exponential and equal") {
  for (const AverageCase& one : average_cases) {
    CAPTURE(one.name);
    const auto model = make_model(one.type);
    train_to(model, 0);
    WeightAverage average{*model, one.options};
    take(average, model, 1, saved);
    for (const auto& [values, is_exact] : references()) {
      check_average(average, values["averages"][one.name]["middle"], is_exact);
    }
    take(average, model, saved + 1, 20);
    for (const auto& [values, is_exact] : references()) {
      check_average(average, values["averages"][one.name]["end"], is_exact);
    }
  }
}

TEST_CASE("WeightAverage goes on from Python's state, and from its own, as if it had not stopped") {
  for (const AverageCase& one : average_cases) {
    CAPTURE(one.name);
    const auto model = make_model(one.type);
    WeightAverage whole{*model, one.options};
    take(whole, model, 1, saved);
    const hearth_test::TemporaryFolder folder;
    save_checkpoint(whole.state_dict(), folder / "average.pth");
    WeightAverage again{*model, one.options};
    again.load_state_dict(read_checkpoint(folder / "average.pth"));
    take(again, model, saved + 1, 20);
    for (const auto& [values, is_exact] : references()) {
      check_average(again, values["averages"][one.name]["end"], is_exact);
      WeightAverage from_python{*model, one.options};
      from_python.load_state_dict(values["averages"][one.name]["middle"]);
      // How far Python was between two updates is not in its state: on from the last update.
      const int last = saved - (saved - static_cast<int>(one.options.first_step)) % static_cast<int>(one.options.every);
      take(from_python, model, last + 1, 20);
      check_average(from_python, values["averages"][one.name]["end"], is_exact);
    }
  }
}

TEST_CASE("Python goes on from the states of GradScaler and WeightAverage, and comes to the same end") {
  ScalerRun run;
  run.take(1, saved);
  Value::Dict averages;
  std::vector<torch::nn::Sequential> models;
  for (const AverageCase& one : average_cases) {
    models.push_back(make_model(one.type));
    WeightAverage average{*models.back(), one.options};
    take(average, models.back(), 1, saved);
    averages.set(one.name, average.state_dict());
  }
  const hearth_test::TemporaryFolder folder;
  save_checkpoint(
      Value::Dict{
          {"scaler", run.scaler.state_dict()}, {"weight", run.weight.detach()}, {"averages", std::move(averages)}},
      folder / "from_cpp.pth");
  run_python(folder);
}

TEST_CASE("WeightAverage exchanges weights and averages without a copy, and optimizers keep their parameters") {
  const auto model = make_model();
  train_to(model, 0);
  optim::SGD optimizer{model->parameters(), {.lr = 0.5, .momentum = 0.9}};
  const auto gradients = [&] {
    for (torch::Tensor& parameter : model->parameters()) {
      parameter.mutable_grad() = torch::ones_like(parameter);
    }
  };
  WeightAverage average{*model, {.decay = 0.5}};
  gradients();
  optimizer.step();
  average.update();
  optimizer.step();
  average.update();

  const auto contents = [](const optim::NamedTensors& tensors) {
    std::vector<std::pair<const void*, torch::Tensor>> found;
    for (const auto& [name, tensor] : tensors) {
      found.emplace_back(tensor.data_ptr(), tensor.clone());
    }
    return found;
  };
  const auto same = [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.first == y.first && torch::equal(x.second, y.second);
    });
  };
  const auto trained = contents(average.training_weights());
  const auto averaged = contents(average.averaged_weights());
  REQUIRE_FALSE(same(trained, averaged));

  const torch::Tensor parameter = model->parameters()[0];
  average.swap();
  CHECK(average.swapped());
  CHECK(model->parameters()[0].is_same(parameter));
  CHECK(parameter.requires_grad());
  CHECK(parameter.is_leaf());
  CHECK(same(contents(average.training_weights()), trained));
  CHECK(same(contents(average.averaged_weights()), averaged));
  std::vector<std::pair<const void*, torch::Tensor>> in_model;
  for (const auto& [name, tensor] : state_dict(*model)) {
    in_model.emplace_back(tensor.data_ptr(), tensor.clone());
  }
  CHECK(same(in_model, averaged));  // the same names in the same order, buffers too
  CHECK_THROWS_WITH(average.update(), ContainsSubstring("update() while the model holds the averages"));
  average.swap();
  CHECK_FALSE(average.swapped());
  CHECK(same(contents(average.training_weights()), trained));

  // Another model, never swapped, takes the same third step.
  const auto other = make_model();
  train_to(other, 0);
  optim::SGD other_optimizer{other->parameters(), {.lr = 0.5, .momentum = 0.9}};
  for (int step = 0; step < 3; ++step) {
    for (torch::Tensor& p : other->parameters()) {
      p.mutable_grad() = torch::ones_like(p);
    }
    other_optimizer.step();
  }
  optimizer.step();
  for (std::size_t i = 0; i < other->parameters().size(); ++i) {
    CHECK(torch::equal(model->parameters()[i], other->parameters()[i]));
  }
  // And backward() reaches the parameters that were exchanged.
  optimizer.zero_grad();
  torch::nn::functional::linear(torch::ones({1, 5}), model->parameters()[3], model->parameters()[4]).sum().backward();
  CHECK(torch::equal(model->parameters().back().grad(), torch::ones({2})));
}

TEST_CASE("Before its first update, WeightAverage is the model as it is") {
  const auto model = make_model();
  train_to(model, 0);
  WeightAverage average{*model, {.first_step = 5}};
  take(average, model, 1, 4);
  const auto holds_step_4 = [](const optim::NamedTensors& tensors) {
    return torch::equal(tensors[0].second, formula::tensor(4000, {4, 3, 3, 3}));
  };
  CHECK(average.n_averaged() == 0);
  CHECK(holds_step_4(average.averaged_weights()));
  average.swap();
  CHECK(holds_step_4(average.averaged_weights()));
  CHECK(torch::equal(model->parameters()[0], formula::tensor(4000, {4, 3, 3, 3})));
  average.swap();
  CHECK(holds_step_4(average.training_weights()));
}

TEST_CASE("WeightAverage keeps one average of a tensor that has two names") {
  struct Tied : torch::nn::Module {
    torch::nn::Linear first = register_module("first", torch::nn::Linear(3, 3));
    torch::Tensor tied = register_parameter("tied", first->weight);
  };
  const auto model = std::make_shared<Tied>();
  REQUIRE(model->tied.is_same(model->first->weight));
  WeightAverage average{*model, {.decay = 0.5}};
  for (const float value : {0.0F, 1.0F}) {
    const torch::NoGradGuard no_grad;
    model->tied.fill_(value);
    average.update();
  }
  const optim::NamedTensors averages = average.averaged_weights();
  REQUIRE(averages.size() == 3);
  CHECK(averages[0].first == "tied");
  CHECK(averages[1].first == "first.weight");
  CHECK(averages[0].second.data_ptr() == averages[1].second.data_ptr());
  CHECK((averages[0].second == 0.5).all().item<bool>());
  average.swap();
  CHECK((model->first->weight == 0.5).all().item<bool>());
  average.swap();
  CHECK((model->first->weight == 1).all().item<bool>());
}

TEST_CASE("WeightAverage refuses options out of range and states that do not fit, and stays as it was") {
  const auto model = make_model();
  CHECK_THROWS_WITH((WeightAverage{*model, {.decay = 1.5}}),
                    "WeightAverage: decay must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((WeightAverage{*model, {.every = 0}}), ContainsSubstring("every must be at least 1"));
  CHECK_THROWS_WITH((WeightAverage{*model, {.first_step = -1}}), ContainsSubstring("first_step must be at least 0"));

  WeightAverage average{*model, {.decay = 0.9}};
  take(average, model, 1, 3);
  const torch::Tensor before = average.averaged_weights()[0].second.clone();
  const auto changed = [&](const std::string& key, const Value& value) {
    Value::Dict state = average.state_dict().as<Value::Dict>("averaged_model");
    state.set(key, value);
    return Value::Dict{{"steps", 3}, {"averaged_model", state}};
  };
  CHECK_THROWS_WITH(average.load_state_dict(changed("module.2.bias", torch::zeros({3}))),
                    ContainsSubstring("2.bias is a tensor of [3]") && ContainsSubstring("the sizes [2]"));
  CHECK_THROWS_WITH(average.load_state_dict(changed("module.3.bias", torch::zeros({3}))),
                    ContainsSubstring("the state has module.3.bias, which the model does not"));
  CHECK_THROWS_WITH(average.load_state_dict(changed("n_averaged", -1)), ContainsSubstring("n_averaged"));
  CHECK_THROWS_WITH(average.load_state_dict(Value::Dict{{"n_averaged", 2}}), ContainsSubstring("module.0.weight"));
  CHECK(average.n_averaged() == 3);
  CHECK(torch::equal(average.averaged_weights()[0].second, before));
}
