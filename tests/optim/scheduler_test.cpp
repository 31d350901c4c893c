/// The schedulers against torch.optim.lr_scheduler over 200 steps. The reference values are written by
/// make_reference.py, where the same names stand for the same schedules; schedulers.pth has their states on the way.
#include <ATen/ops/scalar_tensor.h>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/value.hpp>
#include <hearth/optim/constant_lr.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/cosine_annealing_warm_restarts.hpp>
#include <hearth/optim/exponential_lr.hpp>
#include <hearth/optim/lambda_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/multi_step_lr.hpp>
#include <hearth/optim/one_cycle_lr.hpp>
#include <hearth/optim/per_batch.hpp>
#include <hearth/optim/polynomial_lr.hpp>
#include <hearth/optim/reduce_lr_on_plateau.hpp>
#include <hearth/optim/scheduler.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/step_lr.hpp>
#include <hearth/weights/checkpoint.hpp>

#include "catch.hpp"

using namespace hearth;
using namespace hearth::optim;
using Catch::Matchers::ContainsSubstring;

namespace {

/// An optimizer without tensors, whose groups don't remember their first rates, as LibTorch's don't.
struct ForgetfulOptimizer {
  struct Group {
    std::vector<int> params;
    struct {
      double lr;
    } options;
  };
  std::vector<Group> groups{{{}, {0.1}}, {{}, {0.003}}};

  void step() {}
  void zero_grad() {}
  std::vector<Group>& param_groups() { return groups; }
};

/// One whose groups do, as hearth's.
struct RememberingOptimizer {
  struct Group {
    std::vector<int> params;
    struct {
      double lr;
    } options;
    std::optional<double> initial_lr = {};
  };
  std::vector<Group> groups{{{}, {0.1}}, {{}, {0.003}}};

  void step() {}
  void zero_grad() {}
  std::vector<Group>& param_groups() { return groups; }
};

/// For each schedule, for each group: the rate after construction and after each of 200 steps.
std::map<std::string, std::vector<std::vector<double>>> reference(const std::string& file_name = "schedulers.txt") {
  std::ifstream file(HEARTH_TEST_DIR "/optim/reference/" + file_name);
  REQUIRE(file.is_open());
  std::map<std::string, std::vector<std::vector<double>>> result;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::size_t group = 0;
    words >> name >> group;
    result[name].resize(group + 1);
    for (std::string run; words >> run;) {  // "0.1*7": seven times 0.1
      const std::size_t star = run.find('*');
      result[name][group].insert(result[name][group].end(), std::stoul(run.substr(star + 1)), std::stod(run));
    }
  }
  return result;
}

template <class Optimizer>
std::vector<double> rates_of(const Optimizer& optimizer) {
  return {optimizer.groups[0].options.lr, optimizer.groups[1].options.lr};
}

template <class Optimizer>
void set_rates(Optimizer& optimizer, const std::vector<double>& rates) {
  optimizer.groups[0].options.lr = rates[0];
  optimizer.groups[1].options.lr = rates[1];
}

/// Sets a rate beside the schedules of this name before step 13, as make_reference.py does.
template <class Optimizer>
void meddle(const std::string& name, std::size_t step, Optimizer& optimizer) {
  if (step == 13 && name.ends_with("meddled")) {
    optimizer.groups[0].options.lr = 0.05;
  }
}

/// Whether two states have the same entries in the same order, but for the milestones, which are not always written.
bool is_same(const Value& a, const Value& b) {
  if (a.is<Value::Dict>() && b.is<Value::Dict>()) {
    const auto entries = [](const Value& dict) {
      std::vector<Value::Dict::Item> result;
      for (const auto& item : dict.as<Value::Dict>()) {
        if (item.first != core::Key("milestones")) {
          result.push_back(item);
        }
      }
      return result;
    };
    const auto ours = entries(a);
    const auto theirs = entries(b);
    return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first && is_same(x.second, y.second); });
  }
  if (a.is<Value::List>() && b.is<Value::List>()) {
    return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), is_same);
  }
  if (a.is<bool>() || b.is<bool>()) {
    return a.is<bool>() && b.is<bool>() && a.as<bool>() == b.as<bool>();
  }
  if (a.is<std::string>() && b.is<std::string>()) {
    return a.as<std::string>() == b.as<std::string>();
  }
  if (a.is<Value::None>() || b.is<Value::None>()) {
    return a.is<Value::None>() && b.is<Value::None>();
  }
  const auto x = a.as<double>();
  const auto y = b.as<double>();
  return x == y || std::abs(x - y) <= 1e-12;
}

struct Schedule {
  std::function<void()> step;
  std::function<std::vector<double>()> last_lr;
  std::function<Value()> state_dict;
  std::function<void(const Value&)> load_state_dict;
};

template <class Scheduler>
Schedule erase(Scheduler scheduler) {
  const auto held = std::make_shared<Scheduler>(std::move(scheduler));
  return {[held] { held->step(); }, [held] { return held->last_lr(); }, [held] { return held->state_dict(); },
          [held](const Value& state) { held->load_state_dict(state); }};
}

template <class Optimizer>
std::map<std::string, std::function<Schedule(Optimizer&)>> schedules() {
  using O = Optimizer;
  return {
      {"step_7",
       [](O& o) {
         return erase(StepLR{o, {.step_size = 7, .gamma = 0.1}});
       }},
      {"step_1",
       [](O& o) {
         return erase(StepLR{o, {.step_size = 1, .gamma = 0.97}});
       }},
      {"multi_step",
       [](O& o) {
         return erase(MultiStepLR{o, {.milestones = {30, 80, 80, 150}, .gamma = 0.5}});
       }},
      {"multi_step_from_0",
       [](O& o) {
         return erase(MultiStepLR{o, {.milestones = {10, 0, 3, 3}, .gamma = 0.3}});
       }},
      {"linear", [](O& o) { return erase(LinearLR{o}); }},
      {"linear_slow",
       [](O& o) {
         return erase(LinearLR{o, {.start_factor = 0.1, .end_factor = 0.75, .total_iters = 40}});
       }},
      {"linear_to_0",
       [](O& o) {
         return erase(LinearLR{o, {.start_factor = 1.0, .end_factor = 0.0, .total_iters = 30}});
       }},
      {"cosine_200",
       [](O& o) {
         return erase(CosineAnnealingLR{o, {.T_max = 200}});
       }},
      {"cosine_50",
       [](O& o) {
         return erase(CosineAnnealingLR{o, {.T_max = 50, .eta_min = 0.001}});
       }},
      {"cosine_7",
       [](O& o) {
         return erase(CosineAnnealingLR{o, {.T_max = 7}});
       }},
      {"cosine_1",
       [](O& o) {
         return erase(CosineAnnealingLR{o, {.T_max = 1, .eta_min = 0.001}});
       }},
      {"warm_up_cosine",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {5}},
                                   LinearLR{o, {.start_factor = 0.1, .total_iters = 5}},
                                   CosineAnnealingLR{o, {.T_max = 85}}});
       }},
      {"cosine_linear",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {50}},
                                   CosineAnnealingLR{o, {.T_max = 50}},
                                   LinearLR{o, {.start_factor = 0.2, .end_factor = 0.9, .total_iters = 20}}});
       }},
      {"three_parts",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {10, 20}},
                                   StepLR{o, {.step_size = 4, .gamma = 0.5}},
                                   MultiStepLR{o, {.milestones = {3, 5}, .gamma = 0.2}},
                                   LinearLR{o, {.start_factor = 0.5, .total_iters = 6}}});
       }},
      {"skipped_part",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {6, 6}},
                                   LinearLR{o, {.start_factor = 0.5, .total_iters = 6}},
                                   LinearLR{o, {.start_factor = 0.1, .total_iters = 6}},
                                   StepLR{o, {.step_size = 9, .gamma = 0.5}}});
       }},
      {"skipped_first",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {0}},
                                   LinearLR{o, {.start_factor = 0.5, .total_iters = 6}},
                                   MultiStepLR{o, {.milestones = {0, 4}, .gamma = 0.1}}});
       }},
      {"single_part",
       [](O& o) {
         return erase(SequentialLR{o, {}, LinearLR{o, {.start_factor = 0.5, .total_iters = 6}}});
       }},
      {"step_meddled",
       [](O& o) {
         return erase(StepLR{o, {.step_size = 5, .gamma = 0.5}});
       }},
      {"cosine_meddled",
       [](O& o) {
         return erase(CosineAnnealingLR{o, {.T_max = 60, .eta_min = 0.0001}});
       }},
      {"constant", [](O& o) { return erase(ConstantLR{o}); }},
      {"constant_slow",
       [](O& o) {
         return erase(ConstantLR{o, {.factor = 0.1, .total_iters = 40}});
       }},
      {"exponential",
       [](O& o) {
         return erase(ExponentialLR{o, {.gamma = 0.97}});
       }},
      {"exponential_meddled",
       [](O& o) {
         return erase(ExponentialLR{o, {.gamma = 0.99}});
       }},
      {"polynomial", [](O& o) { return erase(PolynomialLR{o}); }},
      {"polynomial_200",
       [](O& o) {
         return erase(PolynomialLR{o, {.total_iters = 200, .power = 0.9}});
       }},
      {"polynomial_60",
       [](O& o) {
         return erase(PolynomialLR{o, {.total_iters = 60, .power = 2}});
       }},
      {"lambda",
       [](O& o) {
         return erase(LambdaLR{o, [](int epoch) { return 1.0 / (1 + epoch); }});
       }},
      {"lambda_each",
       [](O& o) {
         return erase(LambdaLR{o,
                               {.lr_lambda = {[](int epoch) { return std::pow(0.95, epoch); },
                                              [](int epoch) { return epoch / 100.0; }}}});
       }},
      {"restarts_10",
       [](O& o) {
         return erase(CosineAnnealingWarmRestarts{o, {.T_0 = 10}});
       }},
      {"restarts_7_2",
       [](O& o) {
         return erase(CosineAnnealingWarmRestarts{o, {.T_0 = 7, .T_mult = 2, .eta_min = 0.0001}});
       }},
      {"restarts_1_3",
       [](O& o) {
         return erase(CosineAnnealingWarmRestarts{o, {.T_0 = 1, .T_mult = 3}});
       }},
      {"restarts_meddled",
       [](O& o) {
         return erase(CosineAnnealingWarmRestarts{o, {.T_0 = 20}});
       }},
      {"one_cycle",
       [](O& o) {
         return erase(PerBatch{OneCycleLR{o, {.max_lr = 0.5, .total_steps = 200, .cycle_momentum = false}}});
       }},
      {"one_cycle_linear",
       [](O& o) {
         return erase(OneCycleLR{o,
                                 {.max_lr = {0.5, 0.02},
                                  .epochs = 21,
                                  .steps_per_epoch = 10,
                                  .pct_start = 0.25,
                                  .anneal_strategy = Anneal::linear,
                                  .cycle_momentum = false,
                                  .div_factor = 10,
                                  .final_div_factor = 100}});
       }},
      {"one_cycle_three_phases",
       [](O& o) {
         return erase(OneCycleLR{o,
                                 {.max_lr = {0.5, 0.02},
                                  .total_steps = 201,
                                  .pct_start = 0.4,
                                  .cycle_momentum = false,
                                  .three_phase = true}});
       }},
      {"one_cycle_without_rise",
       [](O& o) {
         return erase(OneCycleLR{o, {.max_lr = 0.5, .total_steps = 200, .pct_start = 0, .cycle_momentum = false}});
       }},
      {"many_parts",
       [](O& o) {
         return erase(PerBatch{SequentialLR{o,
                                            {.milestones = {12, 90, 120, 130}},
                                            ExponentialLR{o, {.gamma = 0.9}},
                                            CosineAnnealingWarmRestarts{o, {.T_0 = 10, .T_mult = 2}},
                                            LambdaLR{o, [](int epoch) { return 2.0 / (2 + epoch); }},
                                            PolynomialLR{o, {.total_iters = 20}},
                                            ConstantLR{o, {.factor = 0.1, .total_iters = 10}}}});
       }},
      {"restarts_first",
       [](O& o) {
         return erase(SequentialLR{o,
                                   {.milestones = {20}},
                                   CosineAnnealingWarmRestarts{o, {.T_0 = 8}},
                                   ConstantLR{o, {.factor = 0.5, .total_iters = 7}}});
       }},
  };
}

/// The plateaus of make_reference.py.
const std::map<std::string, ReduceLROnPlateauOptions> plateaus = {
    {"default", {}},
    {"patient", {.factor = 0.5, .patience = 3, .threshold = 0.01, .cooldown = 2}},
    {"absolute",
     {.factor = 0.3, .patience = 2, .threshold = 0.02, .threshold_mode = ThresholdMode::abs, .min_lr = {1e-3, 1e-4}}},
    {"max", {.mode = PlateauMode::max, .factor = 0.7, .patience = 4, .threshold = 0.05, .min_lr = 1e-4}},
    {"max_absolute",
     {.mode = PlateauMode::max,
      .factor = 0.9,
      .patience = 0,
      .threshold = 0.1,
      .threshold_mode = ThresholdMode::abs,
      .eps = 1e-4}},
};

}  // namespace

TEMPLATE_TEST_CASE("Every schedule has Python's rates over 200 steps", "", ForgetfulOptimizer, RememberingOptimizer) {
  const auto expected = reference();
  const auto made = schedules<TestType>();
  REQUIRE(expected.size() == made.size());
  for (const auto& [name, make] : made) {
    INFO(name);
    TestType optimizer;
    const Schedule schedule = make(optimizer);
    double worst = 0;
    for (std::size_t step = 0; step <= 200; ++step) {
      if (step > 0) {
        meddle(name, step, optimizer);
        schedule.step();
      }
      for (std::size_t group = 0; group < 2; ++group) {
        const double rate = optimizer.groups[group].options.lr;
        REQUIRE(schedule.last_lr().at(group) == rate);
        worst = std::max(worst, std::abs(rate - expected.at(name).at(group).at(step)));
      }
    }
    CHECK(worst <= 1e-12);
  }
}

TEMPLATE_TEST_CASE("Every schedule that is saved and loaded again goes on as if it had not stopped", "",
                   ForgetfulOptimizer, RememberingOptimizer) {
  for (const auto& [name, make] : schedules<TestType>()) {
    for (const int saved_at : {0, 1, 5, 6, 13, 100}) {
      CAPTURE(name, saved_at);
      TestType optimizer;
      const Schedule whole = make(optimizer);
      for (int step = 0; step < saved_at; ++step) {
        whole.step();
      }
      TestType other;
      const Schedule resumed = make(other);
      const std::vector<double> made = rates_of(other);
      resumed.load_state_dict(whole.state_dict());
      CHECK(rates_of(other) == made);  // these come with the optimizer's own state
      CHECK(resumed.last_lr() == whole.last_lr());
      CHECK(resumed.state_dict().template as<int>("last_epoch") == saved_at);
      set_rates(other, rates_of(optimizer));
      for (int step = saved_at; step < 120; ++step) {
        whole.step();
        resumed.step();
        REQUIRE(resumed.last_lr() == whole.last_lr());
        REQUIRE(rates_of(other) == whole.last_lr());
      }
    }
  }
}

TEMPLATE_TEST_CASE("Every schedule that Python saved goes on as Python's does", "", ForgetfulOptimizer,
                   RememberingOptimizer) {
  const auto expected = reference();
  const Value states = read_checkpoint(HEARTH_TEST_DIR "/optim/reference/schedulers.pth");
  for (const auto& [name, make] : schedules<TestType>()) {
    for (const auto& [at, state] : states.as<Value::Dict>(name)) {
      const auto saved_at = static_cast<std::size_t>(*at.number());
      CAPTURE(name, saved_at);
      TestType begun;
      const Schedule own = make(begun);
      for (std::size_t step = 1; step <= saved_at; ++step) {
        meddle(name, step, begun);
        own.step();
      }
      CHECK(is_same(own.state_dict(), state));

      TestType optimizer;
      const Schedule schedule = make(optimizer);
      schedule.load_state_dict(state);
      CHECK(is_same(schedule.state_dict(), state));
      const auto rates_at = [&, &rates = expected.at(name)](std::size_t step) {
        return std::vector<double>{rates[0].at(step), rates[1].at(step)};
      };
      CHECK(schedule.last_lr() == rates_at(saved_at));
      set_rates(optimizer, rates_at(saved_at));
      double worst = 0;
      for (std::size_t step = saved_at + 1; step <= 200; ++step) {
        meddle(name, step, optimizer);
        schedule.step();
        for (std::size_t group = 0; group < 2; ++group) {
          worst = std::max(worst, std::abs(schedule.last_lr()[group] - rates_at(step)[group]));
        }
      }
      CHECK(worst <= 1e-12);
    }
  }
}

TEST_CASE("ReduceLROnPlateau has Python's rates over 200 epochs, and goes on from Python's state and its own") {
  const auto expected = reference("plateau.txt");
  const std::vector<double>& figures = expected.at("figure").at(0);
  REQUIRE(expected.size() == plateaus.size() + 1);
  const Value states = read_checkpoint(HEARTH_TEST_DIR "/optim/reference/plateau.pth");
  for (const auto& [name, options] : plateaus) {
    INFO(name);
    const auto rates_at = [&, &rates = expected.at(name)](std::size_t step) {
      return std::vector<double>{rates[0].at(step), rates[1].at(step)};
    };
    CHECK(rates_at(0) != rates_at(200));
    RememberingOptimizer optimizer;
    ReduceLROnPlateau scheduler{optimizer, options};
    CHECK(scheduler.last_lr() == rates_at(0));
    for (std::size_t step = 0; step <= 200; ++step) {
      INFO(step);
      if (step > 0) {
        scheduler.step(figures[step - 1]);
      }
      REQUIRE(rates_of(optimizer) == rates_at(step));
      REQUIRE(scheduler.last_lr() == rates_at(step));
      if (const Value* const state = states[name].find(static_cast<int>(step))) {
        CHECK(is_same(scheduler.state_dict(), *state));
        for (const Value& from : {*state, scheduler.state_dict()}) {
          RememberingOptimizer second;
          ReduceLROnPlateau resumed{second, {.figure = "mine", .patience = 77}};
          resumed.load_state_dict(from);
          CHECK(rates_of(second) == std::vector<double>{0.1, 0.003});
          CHECK(resumed.last_lr() == rates_at(step));
          CHECK(resumed.figure() == "mine");
          set_rates(second, rates_at(step));
          for (std::size_t next = step + 1; next <= 200; ++next) {
            resumed.step(figures[next - 1]);
            REQUIRE(rates_of(second) == rates_at(next));
          }
        }
      }
    }
  }
}

TEST_CASE("ReduceLROnPlateau refuses options out of range and states that do not fit") {
  RememberingOptimizer o;
  CHECK_THROWS_WITH((ReduceLROnPlateau{o, {.figure = ""}}), ContainsSubstring("ReduceLROnPlateau: figure is empty"));
  CHECK_THROWS_WITH((ReduceLROnPlateau{o, {.factor = 1}}),
                    "ReduceLROnPlateau: factor must be above 0 and below 1, but got 1");
  CHECK_THROWS_WITH((ReduceLROnPlateau{o, {.patience = -1}}),
                    "ReduceLROnPlateau: patience must be at least 0, but got -1");
  CHECK_THROWS_AS((ReduceLROnPlateau{o, {.cooldown = -1}}), Error);
  CHECK_THROWS_AS((ReduceLROnPlateau{o, {.min_lr = {0.1, -1}}}), Error);
  CHECK_THROWS_WITH((ReduceLROnPlateau{o, {.min_lr = {1, 2, 3}}}),
                    "ReduceLROnPlateau: min_lr has 3 numbers, but the optimizer has 2 parameter groups");
  ReduceLROnPlateau scheduler{o};
  scheduler.step(1);
  Value state = scheduler.state_dict();
  state["best"] = 7;
  state["mode"] = "sideways";
  CHECK_THROWS_WITH(scheduler.load_state_dict(state),
                    "ReduceLROnPlateau: cannot load this state: mode is sideways, neither min nor max");
  CHECK(scheduler.state_dict().as<double>("best") == 1);
  state["mode"] = "max";
  state["min_lrs"] = Value::List{0.1};
  CHECK_THROWS_WITH(scheduler.load_state_dict(state), ContainsSubstring("min_lrs has 1 rates"));
  o.groups.pop_back();
  CHECK_THROWS_WITH(scheduler.step(1), "ReduceLROnPlateau: the optimizer has 1 parameter groups, but had 2");
}

TEST_CASE("A cycle ends with its steps, and says so") {
  RememberingOptimizer o;
  OneCycleLR scheduler{o, {.total_steps = 5, .cycle_momentum = false}};
  for (int step = 1; step <= 5; ++step) {
    scheduler.step();
  }
  const std::vector<double> last = rates_of(o);
  CHECK_THROWS_WITH(scheduler.step(), ContainsSubstring("OneCycleLR: this is step 6 of a cycle of 5 steps"));
  CHECK(rates_of(o) == last);
  CHECK(scheduler.state_dict().as<int>("last_epoch") == 5);
}

TEST_CASE("OneCycleLR refuses options that do not fit and an optimizer without momentum") {
  RememberingOptimizer o;
  CHECK_THROWS_WITH((OneCycleLR{o, {.max_lr = 1, .epochs = 3}}),
                    "OneCycleLR: how long is the run? Give total_steps, or epochs and steps_per_epoch");
  CHECK_THROWS_WITH((OneCycleLR{o, {.total_steps = 0}}), "OneCycleLR: total_steps must be at least 1, but got 0");
  CHECK_THROWS_WITH((OneCycleLR{o, {.epochs = 3, .steps_per_epoch = -1}}),
                    "OneCycleLR: steps_per_epoch must be at least 1, but got -1");
  CHECK_THROWS_WITH((OneCycleLR{o, {.total_steps = 9, .pct_start = 1.5}}),
                    "OneCycleLR: pct_start must be between 0 and 1, but got 1.5");
  CHECK_THROWS_WITH((OneCycleLR{o, {.max_lr = {1, 2, 3}, .total_steps = 9}}),
                    "OneCycleLR: max_lr has 3 numbers, but the optimizer has 2 parameter groups");
  CHECK_THROWS_WITH((OneCycleLR{o, {.max_lr = -1, .total_steps = 9}}),
                    "OneCycleLR: max_lr must be above 0, but got -1");
  CHECK_THROWS_AS((OneCycleLR{o, {.total_steps = 9, .max_momentum = 1}}), Error);
  CHECK_THROWS_AS((OneCycleLR{o, {.total_steps = 9, .div_factor = 0}}), Error);
  CHECK_THROWS_WITH(
      (OneCycleLR{o, {.total_steps = 9}}),
      "OneCycleLR: the optimizer's groups have neither momentum nor betas to cycle; set .cycle_momentum = "
      "false");
  OneCycleLR scheduler{o, {.total_steps = 9, .cycle_momentum = false}};
  Value state = scheduler.state_dict();
  state["last_epoch"] = 3;
  state["_schedule_phases"][0]["end_lr"] = "initial_lr";
  CHECK_THROWS_WITH(
      scheduler.load_state_dict(state),
      "OneCycleLR: cannot load this state: _schedule_phases/0 goes from initial_lr to initial_lr, not from "
      "initial_lr to max_lr");
  state["_anneal_func_type"] = "round";
  CHECK_THROWS_WITH(scheduler.load_state_dict(state), ContainsSubstring("_anneal_func_type is round"));
  CHECK(scheduler.state_dict().as<int>("last_epoch") == 0);
}

TEST_CASE("LambdaLR needs one function or one for each group, and no state of a callable object") {
  RememberingOptimizer o;
  const auto one = [](int) { return 1.0; };
  CHECK_THROWS_WITH(
      (LambdaLR{o, {.lr_lambda = {}}}),
      "LambdaLR: lr_lambda must hold one function, or one for each of the 2 parameter groups, but holds 0");
  CHECK_THROWS_WITH((LambdaLR{o, {.lr_lambda = {one, one, one}}}), ContainsSubstring("but holds 3"));
  CHECK_THROWS_WITH((LambdaLR{o, {.lr_lambda = {std::function<double(int)>()}}}),
                    "LambdaLR: a function of lr_lambda is empty");
  LambdaLR scheduler{o, one};
  Value state = scheduler.state_dict();
  state["last_epoch"] = 3;
  state["lr_lambdas"][1] = Value::Dict{{"rate", 3}};
  CHECK_THROWS_WITH(scheduler.load_state_dict(state), ContainsSubstring("the state of a callable object of Python's"));
  state["lr_lambdas"] = Value::List(1);
  CHECK_THROWS_WITH(scheduler.load_state_dict(state),
                    ContainsSubstring("lr_lambdas has 1 entries, but there are 2 parameter groups"));
  CHECK(scheduler.state_dict().as<int>("last_epoch") == 0);
}

TEST_CASE("CosineAnnealingWarmRestarts refuses a state that stands between two whole steps") {
  RememberingOptimizer o;
  CosineAnnealingWarmRestarts scheduler{o, {.T_0 = 4}};
  Value state = scheduler.state_dict();
  state["last_epoch"] = 2;
  state["T_cur"] = 2.5;
  CHECK_THROWS_WITH(scheduler.load_state_dict(state),
                    ContainsSubstring("it stands at T_cur 2.5 of T_i 4, but epoch 2 is 2 "
                                      "of 4"));
  CHECK(scheduler.state_dict().as<int>("last_epoch") == 0);
  state["T_cur"] = 2;
  scheduler.load_state_dict(state);
  CHECK(scheduler.state_dict().as<int>("last_epoch") == 2);
}

TEST_CASE("A loaded state brings its options, and MultiStepLR's milestones where they can be read") {
  RememberingOptimizer o;
  StepLR step{o, {.step_size = 3, .gamma = 0.5}};
  const Value state = step.state_dict();
  StepLR other{o, {.step_size = 100}};
  other.load_state_dict(state);
  CHECK(other.state_dict().as<int>("step_size") == 3);
  CHECK(other.state_dict().as<double>("gamma") == 0.5);

  MultiStepLR multi{o, {.milestones = {2, 4, 4}, .gamma = 0.5}};
  Value counts = multi.state_dict();
  CHECK(counts.as<int>("milestones", 4) == 2);
  MultiStepLR another{o, {.milestones = {7}}};
  another.load_state_dict(counts);
  CHECK(another.state_dict().as<int>("milestones", 4) == 2);
  CHECK(another.state_dict()["milestones"].as<Value::Dict>().size() == 2);
  counts["milestones"] = Value::Unread{"a collections.Counter"};
  MultiStepLR third{o, {.milestones = {7}}};
  third.load_state_dict(counts);
  CHECK(third.state_dict().as<int>("milestones", 7) == 1);
  CHECK(third.state_dict().as<double>("gamma") == 0.5);

  NoScheduler none{o};
  none.load_state_dict(state);
  CHECK(none.last_lr() == std::vector<double>{0.1, 0.003});
  Value tensors = state;
  tensors["_last_lr"][1] = at::scalar_tensor(0.25, at::kDouble);  // as Python's are where the optimizer's are
  none.load_state_dict(tensors);
  CHECK(none.last_lr() == std::vector<double>{0.1, 0.25});
}

TEST_CASE("State that does not fit is refused with a sentence, and the scheduler stays as it was") {
  RememberingOptimizer o;
  SequentialLR scheduler{o,
                         {.milestones = {5}},
                         LinearLR{o, {.start_factor = 0.1, .total_iters = 5}},
                         CosineAnnealingLR{o, {.T_max = 85}}};
  scheduler.step();
  const Value before = scheduler.state_dict();
  const auto refusal = [&](const std::function<void(Value&)>& change) {
    Value changed = before;
    changed["last_epoch"] = 4;  // comes first and must not be taken over
    changed["_schedulers"][0]["last_epoch"] = 4;
    change(changed);
    std::string said;
    try {
      scheduler.load_state_dict(changed);
    } catch (const Error& error) {
      said = error.what();
    }
    CHECK(scheduler.state_dict().as<int>("last_epoch") == 1);
    CHECK(scheduler.state_dict().as<int>("_schedulers", 0, "last_epoch") == 1);
    return said;
  };
  CHECK(refusal([](Value& v) { v["_schedulers"][1]["T_max"] = 0; }) ==
        "SequentialLR: cannot load this state: _schedulers/1: CosineAnnealingLR: cannot load this state: "
        "CosineAnnealingLR: T_max must be at least 1, but got 0");
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"][1]["T_max"] = "long"; }),
             ContainsSubstring("T_max is a text, not an integer"));
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"][1] = v["_schedulers"][0]; }),
             ContainsSubstring("there is no T_max; it is a dict of start_factor"));
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"][1]["_last_lr"] = Value::List{0.1}; }),
             ContainsSubstring("_last_lr has 1 rates, but the optimizer has 2 parameter groups"));
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"][1]["base_lrs"][0] = "0.1"; }),
             ContainsSubstring("base_lrs/0 is a text, not a number"));
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"][1]["last_epoch"] = -2; }),
             ContainsSubstring("last_epoch must be at least -1, but is -2"));
  CHECK_THAT(refusal([](Value& v) { v["last_epoch"] = -1; }),
             ContainsSubstring("SequentialLR: cannot load this state: last_epoch must be at least 0, but is -1"));
  CHECK_THAT(refusal([](Value& v) {
               v["_milestones"] = Value::List{5, 6};
             }),
             ContainsSubstring("2 schedulers need 1 milestones between them, but got 2"));
  CHECK_THAT(refusal([](Value& v) { v["_schedulers"] = Value::List{v["_schedulers"][0]}; }),
             ContainsSubstring("_schedulers has 1 states, but there are 2 schedulers"));
  CHECK_THAT(refusal([](Value& v) { v = Value(v["_schedulers"][0]); }), ContainsSubstring("there is no _milestones"));

  MultiStepLR multi{o, {.milestones = {3}}};
  Value counts = multi.state_dict();
  counts["milestones"][3] = -1;
  CHECK_THROWS_WITH(multi.load_state_dict(counts),
                    ContainsSubstring("milestones/3 is -1, not a step that is named 0 to 1000 times"));
  counts["milestones"] = Value::Dict{{"three", 1}};
  CHECK_THROWS_WITH(multi.load_state_dict(counts), ContainsSubstring("milestones/three"));
  CHECK(multi.state_dict().as<int>("milestones", 3) == 1);
}

TEST_CASE("Groups that remember their first rates give them to a second scheduler") {
  RememberingOptimizer optimizer;
  const LinearLR first{optimizer, {.start_factor = 0.5}};
  CHECK(optimizer.groups[0].options.lr == 0.05);
  const CosineAnnealingLR second{optimizer, {.T_max = 10}};
  CHECK(second.initial_lr() == std::vector<double>{0.1, 0.003});
  CHECK(second.last_lr() == std::vector<double>{0.05, 0.0015});
}

TEST_CASE("NoScheduler leaves the rates and reports them") {
  ForgetfulOptimizer optimizer;
  NoScheduler scheduler{optimizer};
  CHECK(scheduler.last_lr() == std::vector<double>{0.1, 0.003});
  optimizer.groups[1].options.lr = 0.5;
  scheduler.step();
  CHECK(scheduler.last_lr() == std::vector<double>{0.1, 0.5});
}

TEST_CASE("Options out of range are refused at construction") {
  ForgetfulOptimizer o;
  CHECK_THROWS_WITH((StepLR{o, {.step_size = 0}}), "StepLR: step_size must be at least 1, but got 0");
  CHECK_THROWS_WITH((StepLR{o, {.step_size = 1, .gamma = -0.5}}), "StepLR: gamma must be at least 0, but got -0.5");
  CHECK_THROWS_AS((StepLR{o, {.gamma = std::numeric_limits<double>::quiet_NaN()}}), Error);
  CHECK_THROWS_WITH((MultiStepLR{o, {.milestones = {3, -1}}}),
                    "MultiStepLR: milestones must be at least 0, but got -1");
  CHECK_THROWS_AS((MultiStepLR{o, {.milestones = {3}, .gamma = -1}}), Error);
  CHECK_THROWS_WITH((LinearLR{o, {.start_factor = 0}}),
                    "LinearLR: start_factor must be above 0 and at most 1, but got 0");
  CHECK_THROWS_AS((LinearLR{o, {.start_factor = 1.5}}), Error);
  CHECK_THROWS_WITH((LinearLR{o, {.end_factor = 1.5}}), "LinearLR: end_factor must be between 0 and 1, but got 1.5");
  CHECK_THROWS_AS((LinearLR{o, {.end_factor = -0.5}}), Error);
  CHECK_THROWS_WITH((LinearLR{o, {.total_iters = 0}}), "LinearLR: total_iters must be at least 1, but got 0");
  CHECK_THROWS_WITH((CosineAnnealingLR{o, {.T_max = 0}}), "CosineAnnealingLR: T_max must be at least 1, but got 0");
  CHECK_THROWS_AS((CosineAnnealingLR{o, {.T_max = 5, .eta_min = -1}}), Error);
  CHECK_THROWS_WITH((ExponentialLR{o, {.gamma = -1}}), "ExponentialLR: gamma must be at least 0, but got -1");
  CHECK_THROWS_WITH((ConstantLR{o, {.factor = 0}}), "ConstantLR: factor must be above 0 and at most 1, but got 0");
  CHECK_THROWS_WITH((ConstantLR{o, {.total_iters = 0}}), "ConstantLR: total_iters must be at least 1, but got 0");
  CHECK_THROWS_WITH((PolynomialLR{o, {.total_iters = 0}}), "PolynomialLR: total_iters must be at least 1, but got 0");
  CHECK_THROWS_WITH((PolynomialLR{o, {.power = -1}}), "PolynomialLR: power must be at least 0, but got -1");
  CHECK_THROWS_WITH((CosineAnnealingWarmRestarts{o, {.T_0 = 0}}),
                    "CosineAnnealingWarmRestarts: T_0 must be at least 1, but got 0");
  CHECK_THROWS_WITH((CosineAnnealingWarmRestarts{o, {.T_0 = 3, .T_mult = 0}}),
                    "CosineAnnealingWarmRestarts: T_mult must be at least 1, but got 0");
  CHECK_THROWS_AS((CosineAnnealingWarmRestarts{o, {.T_0 = 3, .eta_min = -1}}), Error);
  CHECK(o.groups[0].options.lr == 0.1);
}

TEST_CASE("SequentialLR refuses parts and milestones that do not fit") {
  ForgetfulOptimizer o;
  ForgetfulOptimizer other;
  CHECK_THROWS_WITH((SequentialLR{o, {.milestones = {5, 6}}, LinearLR{o}, LinearLR{o}}),
                    "SequentialLR: 2 schedulers need 1 milestones between them, but got 2");
  CHECK_THROWS_WITH((SequentialLR{o, {.milestones = {5, 3}}, LinearLR{o}, LinearLR{o}, LinearLR{o}}),
                    "SequentialLR: milestones must ascend from 0, but 3 follows 5");
  CHECK_THROWS_AS((SequentialLR{o, {.milestones = {-1}}, LinearLR{o}, LinearLR{o}}), Error);
  CHECK_THROWS_WITH((SequentialLR{o, {.milestones = {5}}, LinearLR{o}, LinearLR{other}}),
                    ContainsSubstring("a part belongs to another optimizer"));
}

TEST_CASE("A scheduler refuses to go on when the optimizer's groups have changed") {
  ForgetfulOptimizer o;
  StepLR scheduler{o, {.step_size = 1}};
  o.groups.pop_back();
  CHECK_THROWS_WITH(scheduler.step(), ContainsSubstring("StepLR: the optimizer has 1 parameter groups, but had 2"));
  o.groups.resize(3);
  CHECK_THROWS_WITH(scheduler.step(), ContainsSubstring("has 3 parameter groups, but had 2"));
}

TEST_CASE("The concepts tell optimizers and schedulers from other types") {
  STATIC_REQUIRE(OptimizerLike<ForgetfulOptimizer>);
  STATIC_REQUIRE_FALSE(OptimizerLike<std::vector<double>>);
  STATIC_REQUIRE(SchedulerLike<StepLR<ForgetfulOptimizer>>);
  STATIC_REQUIRE(SchedulerLike<SequentialLR<ForgetfulOptimizer, StepLR<ForgetfulOptimizer>>>);
  STATIC_REQUIRE_FALSE(SchedulerLike<ForgetfulOptimizer>);
  STATIC_REQUIRE(PlateauSchedulerLike<ReduceLROnPlateau<ForgetfulOptimizer>>);
  STATIC_REQUIRE_FALSE(SchedulerLike<ReduceLROnPlateau<ForgetfulOptimizer>>);
  STATIC_REQUIRE_FALSE(PlateauSchedulerLike<StepLR<ForgetfulOptimizer>>);
  using Cycle = OneCycleLR<ForgetfulOptimizer>;
  STATIC_REQUIRE(SchedulerLike<Cycle>);
  STATIC_REQUIRE_FALSE(StepsPerBatch<Cycle>);
  STATIC_REQUIRE(SchedulerLike<PerBatch<Cycle>>);
  STATIC_REQUIRE(StepsPerBatch<PerBatch<Cycle>>);
  STATIC_REQUIRE_FALSE(RestartableScheduler<Cycle, ForgetfulOptimizer>);
  STATIC_REQUIRE_FALSE(RestartableScheduler<PerBatch<StepLR<ForgetfulOptimizer>>, ForgetfulOptimizer>);
}
