/// Optimizer state in Python's layout, from Python and to it. The files of reference/ are written by make_reference.py
/// in the middle of the runs whose ends are in sgd.txt and adam.txt.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/file.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/adagrad.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/constant_lr.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/cosine_annealing_warm_restarts.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/lamb.hpp>
#include <hearth/optim/lambda_lr.hpp>
#include <hearth/optim/lars.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/multi_step_lr.hpp>
#include <hearth/optim/nadam.hpp>
#include <hearth/optim/one_cycle_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/polynomial_lr.hpp>
#include <hearth/optim/radam.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/weights/checkpoint.hpp>
#include <hearth/weights/state_dict.hpp>

#include "catch.hpp"
#include "optim/steps.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

Value checkpoint(const std::string& name) {
  return read_checkpoint(HEARTH_TEST_DIR "/optim/reference/" + name + ".pth");
}

Value to_checkpoint(const std::vector<torch::Tensor>& parameters, const Value& optimizer, int epoch) {
  return Value::Dict{{"model", StateDict{{"a", parameters[0].detach()}, {"b", parameters[1].detach()}}},
                     {"optimizer", optimizer},
                     {"epoch", epoch}};
}

void copy_model(const Value& checkpoint, std::vector<torch::Tensor>& parameters) {
  const torch::NoGradGuard no_grad;
  parameters[0].copy_(checkpoint.as<at::Tensor>("model", "a"));
  parameters[1].copy_(checkpoint.as<at::Tensor>("model", "b"));
}

/// The largest difference, as a share of the largest value.
double difference(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

template <class Optimizer>
using Groups = std::vector<typename Optimizer::Group>;

/// A group for each parameter, with default options: a file's replace them.
template <class Optimizer>
Groups<Optimizer> two_groups(const std::vector<torch::Tensor>& parameters) {
  return {{.params = {parameters[0]}}, {.params = {parameters[1]}}};
}

/// Goes on from a file of Python's to step 50; how far that is from where Python came to.
template <class Optimizer>
double resume(const std::string& file, const std::string& end_file, const std::string& end) {
  const Value from = checkpoint(file);
  auto parameters = make_parameters();
  copy_model(from, parameters);
  Optimizer optimizer{two_groups<Optimizer>(parameters)};
  optimizer.load_state_dict(from["optimizer"]);
  take_steps(optimizer, parameters, from.as<int>("epoch") + 1, 50);
  return difference(joined(parameters), torch::tensor(steps_of(end_file).at(end).at(50), torch::kDouble));
}

std::vector<std::string> keys_of(const Value& dict) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict.as<Value::Dict>()) {
    keys.push_back(to_string(key));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// SGD with momentum, and an Adam that keeps all that one can.
template <class Optimizer>
typename Optimizer::Options rich_options() {
  if constexpr (std::same_as<Optimizer, SGD>) {
    return {.lr = 0.05, .momentum = 0.9};
  } else if constexpr (std::same_as<Optimizer, RMSprop>) {
    return {.lr = 0.005, .momentum = 0.5, .centered = true};
  } else if constexpr (std::same_as<Optimizer, NAdam> || std::same_as<Optimizer, RAdam> ||
                       std::same_as<Optimizer, LAMB>) {
    return {.lr = 0.05, .betas = {0.5, 0.6}};
  } else if constexpr (!std::same_as<Optimizer, Adam> && !std::same_as<Optimizer, AdamW>) {
    return {.lr = 0.05};
  } else {
    return {.lr = 0.05, .betas = {0.5, 0.6}, .amsgrad = true};
  }
}

struct Schedule {
  std::function<void(int)> step;  ///< is told how many steps there have been
  std::function<Value()> state_dict;
  std::function<void(const Value&)> load_state_dict;
};

/// The schedules of resume.py by the names of its cases: with their options, or with others, for those of a file to
/// replace; but a MultiStepLR keeps its milestones.
template <class Optimizer>
Schedule make_schedule(const std::string& name, Optimizer& optimizer, bool with_options) {
  const auto erase = [](auto scheduler) {
    const auto held = std::make_shared<decltype(scheduler)>(std::move(scheduler));
    const auto take = [held](int step) {
      if constexpr (PlateauSchedulerLike<decltype(scheduler)>) {
        held->step(1.0 / std::min(step, 12));
      } else {
        held->step();
      }
    };
    return Schedule{take, [held] { return held->state_dict(); },
                    [held](const Value& state) { held->load_state_dict(state); }};
  };
  const auto options = [&]<class Options>(Options given, Options others = {}) { return with_options ? given : others; };
  const auto step = [&](int size, double gamma) {
    return StepLR{optimizer, options(StepLROptions{.step_size = size, .gamma = gamma})};
  };
  const auto multi_step = [&](std::vector<int> milestones) {
    return MultiStepLR{optimizer, {.milestones = std::move(milestones), .gamma = with_options ? 0.5 : 0.9}};
  };
  const auto linear = [&](double start, int total) {
    return LinearLR{optimizer, options(LinearLROptions{.start_factor = start, .total_iters = total})};
  };
  const auto cosine = [&](int steps, double lowest = 0) {
    return CosineAnnealingLR{optimizer, options(CosineAnnealingLROptions{.T_max = steps, .eta_min = lowest})};
  };
  const auto cycle = [&](OneCycleLROptions given) {
    return PerBatch{OneCycleLR{optimizer, options(std::move(given), OneCycleLROptions{.total_steps = 3})}};
  };
  const auto at = [&](int milestone) { return options(SequentialLROptions{{milestone}}, SequentialLROptions{{1}}); };
  const std::map<std::string, std::function<Schedule()>> schedules{
      {"sgd_momentum", [&] { return erase(step(3, 0.8)); }},
      {"sgd_nesterov",
       [&] {
         return erase(multi_step({10, 22, 22, 40}));
       }},
      {"sgd_groups",
       [&] {
         return erase(SequentialLR{optimizer, at(5), linear(0.1, 5), cosine(60)});
       }},
      {"adam",
       [&] {
         return erase(SequentialLR{optimizer, at(30), linear(0.1, 30), cosine(60)});
       }},
      {"adam_amsgrad",
       [&] {
         return erase(SequentialLR{optimizer, at(25), step(4, 0.9), multi_step({3, 9})});
       }},
      {"adam_groups", [&] { return erase(cosine(15, 0.001)); }},
      {"adamw", [&] { return erase(linear(0.5, 30)); }},
      {"adamw_groups", [&] { return erase(NoScheduler{optimizer}); }},
      {"rmsprop",
       [&] {
         return erase(ExponentialLR{optimizer, options(ExponentialLROptions{.gamma = 0.97})});
       }},
      {"rmsprop_plain",
       [&] {
         return erase(LambdaLR{optimizer, [](int epoch) { return 2.0 / (2 + epoch); }});
       }},
      {"adagrad",
       [&] {
         return erase(PolynomialLR{optimizer, options(PolynomialLROptions{.total_iters = 60, .power = 0.9})});
       }},
      {"adagrad_groups",
       [&] {
         return erase(ReduceLROnPlateau{
             optimizer, options(ReduceLROnPlateauOptions{.factor = 0.5, .patience = 5, .min_lr = {1e-3, 2e-2}})});
       }},
      {"nadam",
       [&] {
         return erase(CosineAnnealingWarmRestarts{optimizer,
                                                  options(CosineAnnealingWarmRestartsOptions{.T_0 = 7, .T_mult = 2})});
       }},
      {"nadam_groups",
       [&] {
         return erase(ConstantLR{optimizer, options(ConstantLROptions{.factor = 0.5, .total_iters = 30})});
       }},
      {"radam", [&] { return erase(cycle({.max_lr = 0.02, .total_steps = 60})); }},
      {"sgd_one_cycle", [&] {
         return erase(cycle({.max_lr = {0.05, 0.02},
                             .epochs = 6,
                             .steps_per_epoch = 10,
                             .pct_start = 0.4,
                             .anneal_strategy = Anneal::linear,
                             .base_momentum = {0.8, 0.7},
                             .three_phase = true}));
       }}};
  return schedules.at(name)();
}

}  // namespace

TEST_CASE("A run that Python began goes on as Python's does") {
  CHECK(resume<SGD>("sgd_nesterov", "sgd.txt", "nesterov") <= 1e-6);
  CHECK(resume<SGD>("sgd_groups", "sgd.txt", "groups") <= 1e-6);
  CHECK(resume<Adam>("adam_plain", "adam.txt", "plain") <= 1e-6);
  CHECK(resume<Adam>("adam_amsgrad", "adam.txt", "amsgrad") <= 1e-6);
  CHECK(resume<AdamW>("adamw_weight_decay", "adam.txt", "w_weight_decay") <= 1e-6);
  CHECK(resume<AdamW>("adamw_groups", "adam.txt", "w_groups") <= 1e-6);
  CHECK(resume<RMSprop>("rmsprop_all", "adaptive.txt", "rmsprop_all") <= 1e-6);
  CHECK(resume<Adagrad>("adagrad_all", "adaptive.txt", "adagrad_all") <= 1e-6);
  CHECK(resume<NAdam>("nadam_all", "adaptive.txt", "nadam_all") <= 1e-6);
  CHECK(resume<RAdam>("radam_all", "adaptive.txt", "radam_all") <= 1e-6);
}

TEST_CASE("State from before PyTorch 1.0 is read: integers for counts, None for momentum, options that were to come") {
  CHECK(resume<SGD>("older_sgd_nesterov", "sgd.txt", "nesterov") <= 1e-6);
  CHECK(resume<Adam>("older_adam_plain", "adam.txt", "plain") <= 1e-6);
}

TEMPLATE_TEST_CASE("state_dict has the entries of Python's, and those that Python wrote are written again", "", SGD,
                   Adam, AdamW, RMSprop, Adagrad, NAdam, RAdam) {
  const std::string file = std::same_as<TestType, SGD>       ? "sgd_groups"
                           : std::same_as<TestType, Adam>    ? "adam_plain"
                           : std::same_as<TestType, AdamW>   ? "adamw_groups"
                           : std::same_as<TestType, RMSprop> ? "rmsprop_all"
                           : std::same_as<TestType, Adagrad> ? "adagrad_all"
                           : std::same_as<TestType, NAdam>   ? "nadam_all"
                                                             : "radam_all";
  const Value expected = checkpoint(file)["optimizer"];
  const auto parameters = make_parameters();
  TestType optimizer{two_groups<TestType>(parameters)};
  const StepLR scheduler{optimizer, {.step_size = 1000}};
  take_steps(optimizer, parameters, 11, 11);
  Value own = optimizer.state_dict();
  CHECK(keys_of(own) == keys_of(expected));
  CHECK(keys_of(own["param_groups"][1]) == keys_of(expected["param_groups"][1]));
  CHECK(own.as<std::int64_t>("param_groups", 1, "params", 0) == 1);

  own["param_groups"][0]["lr"] = 3;
  constexpr bool has_fused = requires(typename TestType::Options options) {
    options.fused;
  };
  if (has_fused) {
    own["param_groups"][0]["fused"] = true;
  }
  Value::Dict named = own["param_groups"][0].as<Value::Dict>();
  named.set("param_names", Value::List{"a"});
  own["param_groups"][0] = named;
  optimizer.load_state_dict(own);
  const Value again = optimizer.state_dict();
  CHECK(again.as<double>("param_groups", 0, "lr") == 3);
  CHECK((!has_fused || again.as<bool>("param_groups", 0, "fused")));
  CHECK(again.as<std::string>("param_groups", 0, "param_names", 0) == "a");
  CHECK(again.as<double>("param_groups", 1, "initial_lr") == typename TestType::Options{}.lr);
  CHECK(again["param_groups"][1]["foreach"].is<Value::None>());

  optimizer.load_state_dict(expected);
  const Value last = optimizer.state_dict();
  for (const auto& [key, tensors] : expected.as<Value::Dict>("state")) {
    CHECK(keys_of(last.at("state", key)) == keys_of(tensors));
    for (const auto& [name, tensor] : tensors.template as<Value::Dict>()) {
      CHECK(torch::equal(last.as<at::Tensor>("state", key, name), tensor.template as<at::Tensor>()));
      CHECK(last.as<at::Tensor>("state", key, name).scalar_type() == torch::kFloat);
    }
  }
}

TEST_CASE("Adam takes over whether its weight decay is decoupled; AdamW's always is") {
  const auto parameters = make_parameters();
  Adam adam{two_groups<Adam>(parameters)};
  AdamW adamw{two_groups<AdamW>(parameters)};
  adam.load_state_dict(checkpoint("adamw_groups")["optimizer"]);
  CHECK(adam.param_groups()[0].options.decoupled_weight_decay);
  CHECK(adam.param_groups()[0].options.amsgrad);
  adamw.load_state_dict(checkpoint("adam_plain")["optimizer"]);
  CHECK(adamw.state_dict().as<bool>("param_groups", 0, "decoupled_weight_decay"));
}

TEMPLATE_TEST_CASE("A run that is saved and loaded again is the same run, to the bit", "", SGD, Adam, AdamW, RMSprop,
                   Adagrad, NAdam, RAdam, LAMB, LARS) {
  const hearth_test::TemporaryFolder folder;
  const auto whole = make_parameters();
  TestType optimizer{whole, rich_options<TestType>()};
  auto parameters = make_parameters();
  {
    TestType first{parameters, rich_options<TestType>()};
    take_steps(optimizer, whole, 1, 25);
    take_steps(first, parameters, 1, 25);
    save_checkpoint(to_checkpoint(parameters, first.state_dict(), 25), folder / "c.pth");
  }
  const Value saved = read_checkpoint(folder / "c.pth");
  auto others = make_parameters();
  copy_model(saved, others);
  TestType second{others};
  second.load_state_dict(saved["optimizer"]);
  take_steps(optimizer, whole, 26, 40);
  take_steps(second, others, 26, 40);
  CHECK(torch::equal(joined(others), joined(whole)));
  // What was loaded is a copy: the steps changed neither the value nor the file.
  CHECK(torch::equal(saved.as<at::Tensor>("optimizer", "state", 0, TestType::RuleType::state_names.back()),
                     read_checkpoint(folder / "c.pth")
                         .template as<at::Tensor>("optimizer", "state", 0, TestType::RuleType::state_names.back())));
}

TEMPLATE_TEST_CASE("State takes the type and the memory format of the parameter that it is loaded for", "", SGD, Adam) {
  const auto parameters = make_parameters();
  TestType optimizer{parameters, rich_options<TestType>()};
  take_steps(optimizer, parameters, 11, 12);
  auto others = make_parameters(torch::kDouble);
  others[1].set_data(others[1].detach().contiguous(torch::MemoryFormat::ChannelsLast));
  TestType other{others};
  other.load_state_dict(optimizer.state_dict());
  const Value state = other.state_dict()["state"];
  const std::string name(TestType::RuleType::state_names.back());
  CHECK(state.as<at::Tensor>(1, name).scalar_type() == torch::kDouble);
  CHECK(state.as<at::Tensor>(1, name).is_contiguous(torch::MemoryFormat::ChannelsLast));
  CHECK(torch::equal(state.as<at::Tensor>(1, name).to(torch::kFloat),
                     optimizer.state_dict().template as<at::Tensor>("state", 1, name)));
  if constexpr (std::same_as<TestType, Adam>) {
    CHECK(state.as<at::Tensor>(1, "step").scalar_type() == torch::kFloat);
  }
}

TEMPLATE_TEST_CASE("Optimizers step on CUDA as on the CPU, and take over a state from there", "", SGD, Adam, AdamW,
                   RMSprop, Adagrad, NAdam, RAdam, LAMB, LARS) {
  if (!torch::cuda::is_available()) {
    WARN("skipped: there is no CUDA device");
    return;
  }
  const auto parameters = make_parameters();
  TestType optimizer{parameters, rich_options<TestType>()};
  std::vector<torch::Tensor> others;
  for (const torch::Tensor& parameter : make_parameters()) {
    others.push_back(parameter.detach().to(torch::kCUDA).requires_grad_());
  }
  TestType other{others, rich_options<TestType>()};
  take_steps(optimizer, parameters, 1, 25);
  take_steps(other, others, 1, 25);
  CHECK(difference(joined(others), joined(parameters)) <= 1e-5);

  const hearth_test::TemporaryFolder folder;
  save_checkpoint(other.state_dict(), folder / "cuda.pth");
  TestType third{others};
  third.load_state_dict(read_checkpoint(folder / "cuda.pth"));
  take_steps(optimizer, parameters, 26, 50);
  take_steps(third, others, 26, 50);
  CHECK(difference(joined(others), joined(parameters)) <= 1e-5);
}

TEST_CASE("State that does not fit is refused with a sentence, and the optimizer stays as it was") {
  const auto parameters = make_parameters();
  Adam optimizer{two_groups<Adam>(parameters)};
  take_steps(optimizer, parameters, 11, 12);
  const Value before = optimizer.state_dict();
  const torch::Tensor exp_avg = before.as<at::Tensor>("state", 0, "exp_avg").clone();

  const auto refusal = [&](const std::function<void(Value&)>& change) {
    Value changed = before;
    changed["param_groups"][0]["lr"] = 0.5;  // comes first and must not be taken over
    change(changed);
    std::string said;
    try {
      optimizer.load_state_dict(changed);
    } catch (const Error& error) {
      said = error.what();
    }
    CHECK(optimizer.param_groups()[0].options.lr == 1e-3);
    CHECK(torch::equal(optimizer.state_dict().as<at::Tensor>("state", 0, "exp_avg"), exp_avg));
    return said;
  };
  const auto without = [](const Value& dict, const std::string& key) {
    Value::Dict rest;
    for (const auto& [name, value] : dict.as<Value::Dict>()) {
      if (name != core::Key(key)) {
        rest.set(name, value);
      }
    }
    return Value(rest);
  };

  CHECK(refusal([](Value& v) { v["param_groups"] = Value::List{v["param_groups"][0]}; }) ==
        "Adam: cannot load this state: it has 1 parameter groups, but the optimizer has 2");
  CHECK_THAT(refusal([](Value& v) {
               v["param_groups"][1]["params"] = Value::List{1, 2};
             }),
             ContainsSubstring("its parameter group 1 has 2 parameters, but the optimizer's has 1"));
  CHECK_THAT(refusal([](Value& v) { v["param_groups"][1]["params"] = Value::List{0}; }),
             ContainsSubstring("it has the parameter 0 twice"));
  CHECK_THAT(refusal([](Value& v) { v["state"][1]["exp_avg_sq"] = torch::ones({3}); }),
             ContainsSubstring("state/1/exp_avg_sq is a tensor of [3] of the type Float, but the parameter has the "
                               "sizes [2, 3, 2, 2]"));
  CHECK_THAT(refusal([](Value& v) { v["state"][0]["exp_avg"] = torch::ones({5}, torch::kLong); }),
             ContainsSubstring("of the type Long"));
  CHECK_THAT(refusal([](Value& v) { v["state"][0]["step"] = "ten"; }),
             ContainsSubstring("state/0/step is a text, not a number"));
  CHECK_THAT(refusal([](Value& v) {
               v["state"] = Value::Dict{{7, v["state"][0]}};
             }),
             ContainsSubstring("it has a state of the parameter 7, which is in no group"));
  CHECK_THAT(refusal([](Value& v) {
               v["state"][1] = Value::Dict{{"momentum_buffer", torch::ones({2, 3, 2, 2})}};
             }),
             ContainsSubstring("state/1 has momentum_buffer, which this optimizer does not keep"));
  CHECK_THAT(refusal([&](Value& v) { v["state"][1] = without(v["state"][1], "step"); }),
             ContainsSubstring("state/1 has no step"));
  CHECK_THAT(refusal([](Value& v) { v["param_groups"][1]["amsgrad"] = true; }),
             ContainsSubstring("state/1 has no max_exp_avg_sq"));
  CHECK_THAT(refusal([&](Value& v) { v["param_groups"][1] = without(v["param_groups"][1], "eps"); }),
             ContainsSubstring("there is no eps; param_groups/1 is a dict of lr, betas"));
  CHECK_THAT(refusal([](Value& v) {
               v["param_groups"][1]["betas"] = Value::Tuple{0.9, 1.5};
             }),
             ContainsSubstring("Adam: betas must be at least 0 and below 1, but got 0.9 and 1.5"));
  CHECK_THAT(refusal([](Value& v) { v["param_groups"][1]["amsgrad"] = "yes"; }),
             ContainsSubstring("param_groups/1/amsgrad is a text, not a boolean"));
  CHECK_THAT(refusal([](Value& v) { v = Value(3); }), ContainsSubstring("there is no param_groups; it is an integer"));
  CHECK(refusal([](Value& v) { v["param_groups"][0]["lr"] = 1e-3; }).empty());
}

TEST_CASE("Learning rates that Python keeps as tensors, and those a rounding below 0, are read") {
  const auto parameters = make_parameters();
  SGD optimizer{parameters};
  Value state = optimizer.state_dict();
  state["param_groups"][0]["lr"] = torch::tensor(0.25);
  optimizer.load_state_dict(state);
  CHECK(optimizer.param_groups()[0].options.lr == 0.25);
  state["param_groups"][0]["lr"] = -1e-19;
  optimizer.load_state_dict(state);
  CHECK(optimizer.param_groups()[0].options.lr == -1e-19);
}

TEST_CASE("Options that Python keeps as 0 and 1 are read as booleans, other integers are refused") {
  const auto parameters = make_parameters();
  SGD optimizer{parameters, {.momentum = 0.9}};
  Value state = optimizer.state_dict();
  state["param_groups"][0]["nesterov"] = 1;
  state["param_groups"][0]["fused"] = 0;
  optimizer.load_state_dict(state);
  CHECK(optimizer.param_groups()[0].options.nesterov);
  CHECK(optimizer.param_groups()[0].options.fused == false);
  state["param_groups"][0]["nesterov"] = 0;
  state["param_groups"][0]["fused"] = 1;
  optimizer.load_state_dict(state);
  CHECK_FALSE(optimizer.param_groups()[0].options.nesterov);
  CHECK(optimizer.param_groups()[0].options.fused == true);
  for (const int other : {2, -1}) {
    state["param_groups"][0]["nesterov"] = other;
    CHECK_THROWS_WITH(optimizer.load_state_dict(state),
                      ContainsSubstring("param_groups/0/nesterov is an integer, not a boolean"));
  }
}

TEST_CASE("A run begun in one language goes on in the other") {
  const char* const python = std::getenv("HEARTH_PYTHON");
  if (python == nullptr || *python == '\0') {
    WARN("skipped: HEARTH_PYTHON names no Python with torch");
    return;
  }
  const hearth_test::TemporaryFolder folder;
  const auto take_all = [](auto& optimizer, const Schedule& schedule, const auto& parameters, int first, int last) {
    for (int step = first; step <= last; ++step) {
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        parameters[k].mutable_grad() =
            parameters[k].detach() * 0.5 +
            formula::tensor(100 * static_cast<std::uint64_t>(step) + k, parameters[k].sizes());
      }
      optimizer.step();
      schedule.step(step);
    }
  };
  const auto save = [&](const std::string& name, const auto& parameters, const auto& optimizer,
                        const Schedule& schedule) {
    Value::Dict all = to_checkpoint(parameters, optimizer.state_dict(), 20).template as<Value::Dict>();
    all.set("scheduler", schedule.state_dict());
    save_checkpoint(all, folder / ("cpp_" + name + ".pth"));
  };
  // The cases of resume.py. Calls `use` with each one's name and a function that makes its optimizer.
  const auto for_each_case = [](auto use) {
    const auto one = [&]<class Optimizer>(const char* name, typename Optimizer::Options options) {
      use(name, [=](const std::vector<torch::Tensor>& p, bool with_options) {
        return std::make_unique<Optimizer>(p, with_options ? options : typename Optimizer::Options{});
      });
    };
    const auto two = [&]<class Optimizer>(const char* name, typename Optimizer::Options a,
                                          typename Optimizer::Options b) {
      use(name, [=](const std::vector<torch::Tensor>& p, bool with_options) {
        return std::make_unique<Optimizer>(
            with_options ? Groups<Optimizer>{{.params = {p[0]}, .options = a}, {.params = {p[1]}, .options = b}}
                         : two_groups<Optimizer>(p));
      });
    };
    one.template operator()<SGD>("sgd_momentum", {.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01});
    one.template operator()<SGD>("sgd_nesterov", {.lr = 0.02, .momentum = 0.8, .nesterov = true});
    two.template operator()<SGD>("sgd_groups", {.lr = 0.05, .momentum = 0.9, .dampening = 0.5}, {.lr = 0.01});
    one.template operator()<Adam>("adam", {.lr = 0.02, .betas = {0.8, 0.95}});
    one.template operator()<Adam>("adam_amsgrad",
                                  {.lr = 0.05, .betas = {0.5, 0.6}, .weight_decay = 0.1, .amsgrad = true});
    two.template operator()<Adam>("adam_groups", {.lr = 0.02}, {.lr = 0.01, .eps = 1e-3, .maximize = true});
    one.template operator()<AdamW>("adamw", {.lr = 0.02, .weight_decay = 0.3});
    two.template operator()<AdamW>("adamw_groups", {.lr = 0.02, .amsgrad = true}, {.lr = 0.01, .weight_decay = 0.5});
    one.template operator()<RMSprop>("rmsprop", {.lr = 0.005, .alpha = 0.9, .momentum = 0.5, .centered = true});
    one.template operator()<RMSprop>("rmsprop_plain", {.lr = 0.02});
    one.template operator()<Adagrad>("adagrad", {.lr = 0.1, .lr_decay = 0.02, .initial_accumulator_value = 0.5});
    two.template operator()<Adagrad>("adagrad_groups", {.lr = 0.1}, {.lr = 0.05, .weight_decay = 0.1});
    one.template operator()<NAdam>("nadam", {.lr = 0.02, .betas = {0.8, 0.95}, .momentum_decay = 0.05});
    two.template operator()<NAdam>("nadam_groups", {.lr = 0.02, .weight_decay = 0.1, .decoupled_weight_decay = true},
                                   {.lr = 0.01, .maximize = true});
    one.template operator()<RAdam>("radam", {.lr = 0.02, .betas = {0.8, 0.9}});
    two.template operator()<SGD>("sgd_one_cycle", {.lr = 0.05, .momentum = 0.9}, {.lr = 0.01, .momentum = 0.5});
  };

  std::map<std::string, torch::Tensor> ends;
  for_each_case([&](const std::string& name, auto make) {
    const auto parameters = make_parameters();
    const auto optimizer = make(parameters, true);
    const Schedule schedule = make_schedule(name, *optimizer, true);
    take_all(*optimizer, schedule, parameters, 1, 20);
    save(name, parameters, *optimizer, schedule);
    take_all(*optimizer, schedule, parameters, 21, 50);
    ends[name] = joined(parameters);
  });

  const std::string script = HEARTH_TEST_DIR "/optim/resume.py";
  const std::string log = (folder / "log").string();
  const int status =
      std::system(fmt::format("'{}' '{}' '{}' >'{}' 2>&1", python, script, folder.path().string(), log).c_str());
  const auto said = core::read_file(log);
  INFO(std::string(reinterpret_cast<const char*>(said.data()), said.size()));
  REQUIRE(status == 0);

  for_each_case([&](const std::string& name, auto make) {
    CAPTURE(name);
    const auto end_of = [&](const std::string& file) {
      auto parameters = make_parameters();
      copy_model(read_checkpoint(folder / file), parameters);
      return joined(parameters);
    };
    CHECK(difference(end_of("cpp_" + name + "_end.pth"), ends.at(name)) <= 1e-6);

    const Value from = read_checkpoint(folder / ("python_" + name + ".pth"));
    auto parameters = make_parameters();
    copy_model(from, parameters);
    const auto optimizer = make(parameters, false);
    const Schedule schedule = make_schedule(name, *optimizer, false);
    optimizer->load_state_dict(from["optimizer"]);
    schedule.load_state_dict(from["scheduler"]);
    take_all(*optimizer, schedule, parameters, 21, 50);
    CHECK(difference(joined(parameters), end_of("python_" + name + "_end.pth")) <= 1e-6);
  });
}

TEMPLATE_TEST_CASE("OneCycleLR cycles momentum against the rate as Python does", "", SGD, Adam) {
  constexpr bool is_sgd = std::same_as<TestType, SGD>;
  const std::string name = is_sgd ? "sgd" : "adam";
  std::ifstream file(HEARTH_TEST_DIR "/optim/reference/one_cycle.txt");
  std::vector<std::vector<double>> expected;  // the rates of two groups, then their momentums
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string of;
    std::size_t column = 0;
    words >> of >> column;
    if (of == name) {
      expected.resize(column + 1);
      for (std::string run; words >> run;) {  // "0.1*7": seven times 0.1
        const std::size_t star = run.find('*');
        expected[column].insert(expected[column].end(), std::stoul(run.substr(star + 1)), std::stod(run));
      }
    }
  }
  REQUIRE(expected.size() == 4);
  const OneCycleLROptions options = is_sgd ? OneCycleLROptions{.max_lr = 0.5, .total_steps = 200}
                                           : OneCycleLROptions{.max_lr = {0.5, 0.02},
                                                               .epochs = 20,
                                                               .steps_per_epoch = 10,
                                                               .pct_start = 0.4,
                                                               .anneal_strategy = Anneal::linear,
                                                               .base_momentum = {0.8, 0.7},
                                                               .max_momentum = {0.9, 0.99},
                                                               .three_phase = true};
  const auto parameters = make_parameters();
  TestType optimizer{two_groups<TestType>(parameters)};
  OneCycleLR scheduler{optimizer, options};
  const auto momentum_of = [](const auto& group) {
    if constexpr (is_sgd) {
      return group.options.momentum;
    } else {
      return group.options.betas.first;
    }
  };
  double worst = 0;
  for (std::size_t step = 0; step <= 200; ++step) {
    if (step > 0) {
      scheduler.step();
    }
    for (std::size_t group = 0; group < 2; ++group) {
      const auto& in = optimizer.param_groups()[group];
      worst = std::max(worst, std::abs(in.options.lr - expected[group].at(step)));
      worst = std::max(worst, std::abs(momentum_of(in) - expected[2 + group].at(step)));
    }
  }
  CHECK(worst <= 1e-12);
}
