/// An optimizer whose state is divided over processes: what it does is what the same optimizer does in one process.
#include <hearth/train/sharded_optimizer.hpp>

#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <hearth/dist/connect.hpp>
#include <hearth/optim/adagrad.hpp>
#include <hearth/optim/adam.hpp>
#include <hearth/optim/adamw.hpp>
#include <hearth/optim/lamb.hpp>
#include <hearth/optim/lars.hpp>
#include <hearth/optim/nadam.hpp>
#include <hearth/optim/radam.hpp>
#include <hearth/optim/rmsprop.hpp>
#include <hearth/optim/sgd.hpp>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "dist/local_ranks.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using namespace hearth_test;
using Catch::Matchers::ContainsSubstring;

namespace {

using Tensors = std::vector<torch::Tensor>;
using Groups = std::pair<Tensors, Tensors>;

constexpr std::size_t frozen = 2;
constexpr std::size_t unused = 4;

torch::Tensor numbers(torch::IntArrayRef sizes, double phase) {
  return torch::arange(1, c10::multiply_integers(sizes) + 1, torch::kFloat).mul_(0.37).add_(phase).sin_().view(sizes);
}

/// Seven parameters: one is channels_last, one frozen, one never has a gradient.
Tensors make_parameters() {
  const std::vector<std::vector<std::int64_t>> shapes{{8, 3, 3, 3}, {8}, {4, 5}, {20, 8}, {9}, {20}, {3, 20}};
  Tensors parameters;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    torch::Tensor parameter = numbers(shapes[i], static_cast<double>(i));
    if (i == 0) {
      parameter = parameter.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    parameters.push_back(parameter.set_requires_grad(i != frozen));
  }
  return parameters;
}

/// The gradients of a step, the same in every process.
void set_gradients(const Tensors& parameters, int step) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (i != frozen && i != unused) {
      parameters[i].mutable_grad() =
          torch::empty_like(parameters[i], torch::TensorOptions().requires_grad(false))
              .copy_(numbers(parameters[i].sizes(), 0.7 * static_cast<double>(i) + 1.3 * step));
    }
  }
}

Groups in_groups(const Tensors& parameters) {
  return {{parameters.begin(), parameters.begin() + 4}, {parameters.begin() + 4, parameters.end()}};
}

Tensors copies(const Tensors& tensors) {
  Tensors copied;
  for (const torch::Tensor& tensor : tensors) {
    copied.push_back(tensor.detach().clone());
  }
  return copied;
}

bool same(const Tensors& left, const Tensors& right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                   [](const auto& a, const auto& b) { return torch::equal(a, b); });
}

bool same(const Value& left, const Value& right) {
  return left.visit([&](const auto& held) {
    using Held = std::remove_cvref_t<decltype(held)>;
    if (!right.is<Held>()) {
      return false;
    }
    const auto& other = right.as<Held>();
    if constexpr (std::same_as<Held, torch::Tensor>) {
      return held.dtype() == other.dtype() && held.strides() == other.strides() && torch::equal(held, other);
    } else if constexpr (std::same_as<Held, Value::Dict>) {
      return held.size() == other.size() && std::equal(held.begin(), held.end(), other.begin(), [](auto& a, auto& b) {
               return a.first == b.first && same(a.second, b.second);
             });
    } else if constexpr (std::derived_from<Held, Value::List>) {
      return held.size() == other.size() &&
             std::equal(held.begin(), held.end(), other.begin(), [](auto& a, auto& b) { return same(a, b); });
    } else if constexpr (std::same_as<Held, Value::None>) {
      return true;
    } else if constexpr (std::same_as<Held, Value::Unread>) {
      return false;
    } else {
      return held == other;
    }
  });
}

Value deep(const Value& value) {
  return value.visit([&](const auto& held) -> Value {
    using Held = std::remove_cvref_t<decltype(held)>;
    if constexpr (std::same_as<Held, torch::Tensor>) {
      return held.clone();
    } else if constexpr (std::same_as<Held, Value::Dict>) {
      Value::Dict dict;
      for (const auto& [key, item] : held) {
        dict.set(key, deep(item));
      }
      return dict;
    } else {
      return value;
    }
  });
}

/// The numbers that a state keeps for the parameters.
std::int64_t elements(const Value& state) {
  std::int64_t count = 0;
  for (const auto& [parameter, tensors] : state.as<Value::Dict>("state")) {
    for (const auto& [name, tensor] : tensors.template as<Value::Dict>()) {
      count += tensor.template as<torch::Tensor>().numel();
    }
  }
  return count;
}

struct Run {
  Tensors values;
  Tensors gradients;
  Value state;            ///< as if not sharded, in rank 0
  std::int64_t kept = 0;  ///< numbers that this rank's optimizer holds
};

constexpr int half = 3;

/// Steps `begin` … `end`-1 of one rank, from `values` and `state` where they are given. Makes the optimizer of two
/// groups by `make`.
template <class Make>
Run steps(const dist::World& world, const Make& make, int begin, int end, const Run* before = nullptr) {
  const Tensors parameters = make_parameters();
  if (before != nullptr) {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      torch::Tensor(parameters[i]).copy_(before->values[i]);
    }
  }
  const auto optimizer = make(in_groups(parameters));
  train::OptimizerOf whole(*optimizer);
  train::ShardedOptimizer sharded(whole, world);
  if (before != nullptr) {
    sharded.load_state(before->state);
  }
  for (int step = begin; step < end; ++step) {
    set_gradients(parameters, step);
    sharded.step();
  }
  Run run{copies(parameters), {}, deep(sharded.state()), 0};
  for (const torch::Tensor& parameter : parameters) {
    run.gradients.push_back(parameter.grad());
  }
  if (whole.torch_optimizer() == nullptr) {
    run.kept = elements(whole.state());
  }
  return run;
}

template <class Make>
void check_as_one(const Make& make, bool keeps_state = true) {
  const Run first = steps({}, make, 0, half);
  const Run last = steps({}, make, 0, 2 * half);
  REQUIRE_FALSE(same(first.values, last.values));
  REQUIRE_FALSE(same(first.values, copies(make_parameters())));
  const bool is_torch = first.state.is<torch::Tensor>();
  std::vector<Run> saved;
  for (const int ranks : {1, 2, 3}) {
    INFO(ranks << " ranks");
    const std::vector<Run> runs =
        on_ranks(ranks, [&](const dist::World& world) { return steps(world, make, 0, half); });
    std::int64_t kept = 0;
    for (const Run& run : runs) {
      CHECK(same(run.values, first.values));
      for (std::size_t i = 0; i < run.gradients.size(); ++i) {
        CHECK(run.gradients[i].defined() == (i != frozen && i != unused));
      }
      kept += run.kept;
      CHECK((ranks == 1 || is_torch || !keeps_state || run.kept < first.kept * 3 / 4));
    }
    if (!is_torch) {
      CHECK(kept == first.kept);
      CHECK(same(runs.front().state, first.state));
    }
    saved.push_back(runs.front());
  }
  for (const Run& before : saved) {
    for (const int ranks : {1, 2, 3}) {
      INFO("going on with " << ranks << " ranks");
      for (const Run& run :
           on_ranks(ranks, [&](const dist::World& world) { return steps(world, make, half, 2 * half, &before); })) {
        CHECK(same(run.values, last.values));
      }
    }
  }
}

template <class Optimizer>
auto maker(typename Optimizer::Options options) {
  return [options](const Groups& groups) {
    typename Optimizer::Options other = options;
    other.lr *= 0.5;
    return std::make_unique<Optimizer>(std::vector<typename Optimizer::Group>{
        {.params = groups.first, .options = options}, {.params = groups.second, .options = other}});
  };
}

template <class Optimizer, class Options>
auto torch_maker(const Options& options) {
  return [options](const Groups& groups) {
    return std::make_unique<Optimizer>(
        std::vector<torch::optim::OptimizerParamGroup>{torch::optim::OptimizerParamGroup(groups.first),
                                                       torch::optim::OptimizerParamGroup(groups.second)},
        options);
  };
}

}  // namespace

TEST_CASE("Parameters are divided as Python's ZeroRedundancyOptimizer divides them", "[sharded_optimizer]") {
  // Lines of make_sharding_reference.py: processes, groups, their sizes, the parameters' elements, their owners.
  std::ifstream file(std::filesystem::path(HEARTH_TEST_DIR) / "train/reference/sharding.txt");
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    INFO(line);
    std::istringstream in(line);
    int processes = 0;
    std::size_t groups = 0;
    in >> processes >> groups;
    std::vector<std::size_t> sizes(groups);
    std::size_t count = 0;
    for (std::size_t& size : sizes) {
      in >> size;
      count += size;
    }
    Tensors parameters;
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t numel = 0;
      in >> numel;
      parameters.push_back(torch::empty({numel}));
    }
    std::vector<int> expected(count);
    for (int& owner : expected) {
      in >> owner;
    }
    REQUIRE(in);
    CHECK(train::owners_of(parameters, sizes, processes) == expected);
  }
  CHECK(lines == 225);
}

TEST_CASE("SGD, sharded, does what it does in one process, and its state goes on with any number",
          "[sharded_optimizer]") {
  check_as_one(maker<optim::SGD>({.lr = 0.1, .momentum = 0.9, .weight_decay = 1e-2, .nesterov = true}));
  check_as_one(maker<optim::SGD>({.lr = 0.1, .momentum = 0.9, .fused = true}));
  check_as_one(maker<optim::SGD>({.lr = 0.1}), /*keeps_state=*/false);
}

TEST_CASE("Adam and AdamW, sharded, do what they do in one process", "[sharded_optimizer]") {
  check_as_one(maker<optim::Adam>({.lr = 0.1, .weight_decay = 1e-2, .amsgrad = true}));
  check_as_one(maker<optim::AdamW>({.lr = 0.1}));
  check_as_one(maker<optim::AdamW>({.lr = 0.1, .fused = true}));
}

TEST_CASE("RMSprop, NAdam, RAdam and Adagrad, sharded, do what they do in one process", "[sharded_optimizer]") {
  check_as_one(maker<optim::RMSprop>({.lr = 0.1, .momentum = 0.9, .centered = true}));
  check_as_one(maker<optim::NAdam>({.lr = 0.1}));
  check_as_one(maker<optim::RAdam>({.lr = 0.1}));
  check_as_one(maker<optim::Adagrad>({.lr = 0.1, .lr_decay = 1e-2}));
}

TEST_CASE("LAMB and LARS, sharded, do what they do in one process", "[sharded_optimizer]") {
  check_as_one(maker<optim::LAMB>({.lr = 0.1}));
  check_as_one(maker<optim::LARS>({.lr = 0.1, .momentum = 0.9}));
}

TEST_CASE("LibTorch's optimizers, sharded, do what they do in one process", "[sharded_optimizer]") {
  check_as_one(torch_maker<torch::optim::Adam>(torch::optim::AdamOptions(0.1)));
  check_as_one(torch_maker<torch::optim::SGD>(torch::optim::SGDOptions(0.1).momentum(0.9)));
  check_as_one(torch_maker<torch::optim::Adagrad>(torch::optim::AdagradOptions(0.1)));  // all its state from the start
}

TEST_CASE("Over Gloo a sharded optimizer does what it does in one process", "[sharded_optimizer]") {
  if (!dist::is_available()) {
    WARN("this build has no distributed support: not tested");
    return;
  }
  const auto check = [](const auto& make) {
    const Run first = steps({}, make, 0, half);
    const Run last = steps({}, make, 0, 2 * half);
    const std::vector<Run> saved =
        on_gloo_ranks(3, [&](const dist::World& world) { return steps(world, make, 0, half); });
    if (!first.state.template is<torch::Tensor>()) {
      CHECK(same(saved[0].state, first.state));
    }
    for (const Run& run :
         on_gloo_ranks(2, [&](const dist::World& world) { return steps(world, make, half, 2 * half, &saved[0]); })) {
      CHECK(same(run.values, last.values));
    }
  };
  check(maker<optim::AdamW>({.lr = 0.1}));
  check(torch_maker<torch::optim::Adam>(torch::optim::AdamOptions(0.1)));
}

TEST_CASE("A rank keeps the state of its own parameters of one of LibTorch's optimizers", "[sharded_optimizer]") {
  const auto sizes = on_ranks(3, [](const dist::World& world) {
    const Tensors parameters = make_parameters();
    torch::optim::Adagrad optimizer(parameters, torch::optim::AdagradOptions(0.1));
    train::OptimizerOf whole(optimizer);
    train::ShardedOptimizer sharded(whole, world);
    const std::size_t at_first = optimizer.state().size();
    set_gradients(parameters, 0);
    sharded.step();
    sharded.load_state(sharded.state());
    return std::pair{at_first, optimizer.state().size()};
  });
  CHECK(sizes[0].first + sizes[1].first + sizes[2].first == 7);
  CHECK(sizes[0].first < 7);
  CHECK(sizes[0].second == sizes[0].first);
}

TEST_CASE("State that an optimizer had before it was sharded is dropped but for its own part", "[sharded_optimizer]") {
  const auto make = maker<optim::Adam>({.lr = 0.1});
  const Run first = steps({}, make, 0, half);
  const auto kept = on_ranks(2, [&](const dist::World& world) {
    const auto optimizer = make(in_groups(make_parameters()));
    optimizer->load_state_dict(first.state);
    train::OptimizerOf whole(*optimizer);
    const train::ShardedOptimizer sharded(whole, world);
    return std::pair{elements(optimizer->state_dict()), same(sharded.state(), first.state)};
  });
  CHECK(kept[0].first < first.kept);
  CHECK(kept[0].first + kept[1].first == first.kept);
  CHECK(kept[0].second);
}

TEST_CASE("Each owner sends its parameters in one message", "[sharded_optimizer]") {
  const auto messages = on_ranks(3, [](const dist::World& world) {
    const Tensors parameters = make_parameters();
    optim::SGD optimizer(parameters, {.lr = 0.1});
    train::OptimizerOf whole(optimizer);
    train::ShardedOptimizer sharded(whole, world);
    set_gradients(parameters, 0);
    sharded.step();
    return dynamic_cast<LocalCommunicator&>(world.communicator()).messages();
  });
  CHECK(messages == std::vector<std::size_t>{3, 3, 3});
}

TEST_CASE("A step that fails gives the gradients of others back", "[sharded_optimizer]") {
  struct Failing {
    Tensors all;
    struct Group {
      struct {
        double lr = 0.1;
      } options;
      Tensors params;
    };
    std::vector<Group> groups{{{}, all}};
    void step() { throw std::runtime_error("the optimizer"); }
    void zero_grad() {}
    std::vector<Group>& param_groups() { return groups; }
  };
  const auto defined = on_ranks(2, [](const dist::World& world) {
    const Tensors parameters = make_parameters();
    Failing optimizer{parameters};
    train::OptimizerOf whole(optimizer);
    train::ShardedOptimizer sharded(whole, world);
    set_gradients(parameters, 0);
    std::string reason;
    try {
      sharded.step();
    } catch (const std::runtime_error& error) {
      reason = error.what();
    }
    return std::pair{reason, std::count_if(parameters.begin(), parameters.end(),
                                           [](const auto& parameter) { return parameter.grad().defined(); })};
  });
  for (const auto& [reason, count] : defined) {
    CHECK(reason == "the optimizer");
    CHECK(count == 5);
  }
}

TEST_CASE("Numbers and flags in a state come through, and what cannot be shared is an error", "[sharded_optimizer]") {
  struct Odd {
    Tensors all;
    Value::Dict mine = {};
    struct Group {
      struct {
        double lr = 0.1;
      } options;
      Tensors params;
    };
    std::vector<Group> groups{{{}, all}};
    void step() {}
    void zero_grad() {}
    std::vector<Group>& param_groups() { return groups; }
    Value state_dict() const {
      Value::Dict state;
      for (int i = 0; i < 7; ++i) {
        state.set(i, mine);
      }
      return Value::Dict{{"state", state},
                         {"param_groups", Value::List{Value::Dict{{"params", Value::List{0, 1, 2, 3, 4, 5, 6}}}}},
                         {"more", 3}};
    }
    void load_state_dict(const Value&) {}
  };
  const Value::Dict entries{{"rate with blanks", 0.1}, {"count", 3}, {"flag", true}, {"none", Value()}};
  const auto gathered = on_ranks(2, [&](const dist::World& world) {
    Odd optimizer{make_parameters(), entries};
    train::OptimizerOf whole(optimizer);
    return train::ShardedOptimizer(whole, world).state();
  });
  CHECK(gathered[0].as<int>("more") == 3);
  for (int i = 0; i < 7; ++i) {
    CHECK(same(gathered[0].at("state", i), entries));
  }
  const auto of_lists = [&] {
    on_ranks(2, [&](const dist::World& world) {
      Odd optimizer{make_parameters(), {{"list", Value::List{1}}}};
      train::OptimizerOf whole(optimizer);
      return train::ShardedOptimizer(whole, world).state();
    });
  };
  CHECK_THROWS_WITH(of_lists(),
                    ContainsSubstring("the optimizer's state 'list' is") && ContainsSubstring("it cannot be sharded"));
}
