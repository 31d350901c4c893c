/// Reducers of gradients, over ranks that are threads with Gloo between them. What a gradient should be comes from one
/// process on the joined batch, or from the arithmetic of what travels.
#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/dist/buckets.hpp>
#include <hearth/dist/c10d_reducer.hpp>
#include <hearth/dist/reducer.hpp>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;
using dist::Compression;
using dist::DataParallelOptions;
using dist::Engine;
using dist::GradientReducer;
using dist::detail::make_reducer;

namespace {

using Group = c10::intrusive_ptr<c10d::ProcessGroup>;

Group gloo(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
  auto options = c10d::ProcessGroupGloo::Options::create();
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
  options->timeout = std::chrono::seconds(60);
  auto backend = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
  auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
  group->setBackend(at::kCPU, c10d::ProcessGroup::GLOO, backend);
  group->setDefaultBackend(c10d::ProcessGroup::GLOO);
  return group;
}

/// Calls `body(rank, group)` in a thread for each rank; what one of them throws comes out, rank 0's first.
void on_ranks(int size, const std::function<void(int, const Group&)>& body) {
  const auto store = c10::make_intrusive<c10d::HashStore>();
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        at::set_num_threads(1);
        body(rank, gloo(store, rank, size));
      } catch (...) {
        failures[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure != nullptr) {
      std::rethrow_exception(failure);
    }
  }
}

at::Tensor normal(at::Generator& generator, at::IntArrayRef sizes) {
  return at::randn(sizes, generator, at::kFloat);
}

constexpr std::int64_t inputs = 24;
constexpr std::int64_t share = 6;  // samples of a rank in a step

/// Three layers, the middle one beside another that a batch may leave out, and one that is never used; a frozen weight.
struct Net {
  Net() {
    auto generator = at::detail::createCPUGenerator(7);
    const auto add = [&](const std::string& name, at::Tensor value) {
      parameters.emplace_back(name, value.mul(0.3).requires_grad_(true));
    };
    add("first.weight", normal(generator, {40, inputs}));
    add("first.bias", normal(generator, {40}));
    add("middle.weight", normal(generator, {30, 40}).t().contiguous().t());  // column-major
    add("middle.bias", normal(generator, {30}));
    add("side.weight", normal(generator, {30, 40}));
    add("head.weight", normal(generator, {5, 30}));
    add("head.bias", normal(generator, {5}));
    parameters.emplace_back("frozen", normal(generator, {5}));
  }

  const at::Tensor& at(const std::string& name) const {
    for (const auto& [known, parameter] : parameters) {
      if (known == name) {
        return parameter;
      }
    }
    throw std::out_of_range(name);
  }

  at::Tensor loss(const at::Tensor& batch, const at::Tensor& targets, bool uses_side = true) const {
    const at::Tensor first = at::tanh(at::linear(batch, at("first.weight"), at("first.bias")));
    at::Tensor middle = at::linear(first, at("middle.weight"), at("middle.bias"));
    if (uses_side) {
      middle = middle + at::linear(first, at("side.weight"));
    }
    return at::cross_entropy_loss(at::linear(at::tanh(middle), at("head.weight"), at("head.bias")) + at("frozen"),
                                  targets);
  }

  std::vector<at::Tensor> gradients() const {
    std::vector<at::Tensor> all;
    for (const auto& [name, parameter] : parameters) {
      all.push_back(parameter.grad().defined() ? parameter.grad().clone() : at::Tensor());
    }
    return all;
  }

  void step(bool to_none) {
    const at::NoGradGuard no_grad;
    for (auto& [name, parameter] : parameters) {
      if (parameter.grad().defined()) {
        parameter.sub_(parameter.grad(), 0.2);
        if (to_none) {
          parameter.mutable_grad().reset();
        } else {
          parameter.mutable_grad().zero_();
        }
      }
    }
  }

  std::vector<std::pair<std::string, at::Tensor>> parameters;
};

/// A micro-batch of all ranks.
struct Batch {
  Batch(int step, int size) {
    auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(100 + step));
    samples = normal(generator, {size * share, inputs});
    targets = at::randint(5, {size * share}, generator, at::kLong);
  }
  at::Tensor samples_of(int rank) const { return samples.narrow(0, rank * share, share); }
  at::Tensor targets_of(int rank) const { return targets.narrow(0, rank * share, share); }
  at::Tensor samples, targets;
};

struct Plan {
  std::string name;
  DataParallelOptions options = {};
  int accumulate = 1;
  bool to_none = true;
  std::function<bool(int rank, int step)> uses_side = [](int, int) { return true; };
};

constexpr int steps = 5;

/// The gradients after each step, on each rank, and the parameters at the end.
using Run = std::vector<std::vector<at::Tensor>>;

std::vector<Run> train(int size, const Plan& plan, Engine engine) {
  std::vector<Run> runs(static_cast<std::size_t>(size));
  on_ranks(size, [&](int rank, const Group& group) {
    Net net;
    DataParallelOptions options = plan.options;
    options.engine = engine;
    const auto reducer = make_reducer(group, net.parameters, options);
    Run& run = runs[static_cast<std::size_t>(rank)];
    for (int step = 0; step < steps; ++step) {
      for (int micro = 0; micro < plan.accumulate; ++micro) {
        const Batch batch(step * plan.accumulate + micro, size);
        reducer->before_forward();
        const at::Tensor loss = net.loss(batch.samples_of(rank), batch.targets_of(rank), plan.uses_side(rank, step));
        reducer->before_backward(micro + 1 == plan.accumulate, loss);
        (loss / plan.accumulate).backward();
        reducer->after_backward();
      }
      run.push_back(net.gradients());
      net.step(plan.to_none);
    }
    run.emplace_back();
    for (const auto& [name, parameter] : net.parameters) {
      run.back().push_back(parameter.detach());
    }
  });
  return runs;
}

/// One process on the batches of all.
Run train_joined(int size, const Plan& plan) {
  Net net;
  Run run;
  for (int step = 0; step < steps; ++step) {
    for (int micro = 0; micro < plan.accumulate; ++micro) {
      const Batch batch(step * plan.accumulate + micro, size);
      (net.loss(batch.samples, batch.targets, plan.uses_side(0, step)) / plan.accumulate).backward();
    }
    run.push_back(net.gradients());
    net.step(plan.to_none);
  }
  run.emplace_back();
  for (const auto& [name, parameter] : net.parameters) {
    run.back().push_back(parameter.detach());
  }
  return run;
}

bool same_bits(const Run& left, const Run& right) {
  if (left.size() != right.size()) {
    return false;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < left[i].size(); ++j) {
      const at::Tensor& a = left[i][j];
      const at::Tensor& b = right[i][j];
      if (a.defined() != b.defined() || (a.defined() && !at::equal(a, b))) {
        UNSCOPED_INFO("step " << i << ", parameter " << j);
        return false;
      }
    }
  }
  return true;
}

double difference(const Run& left, const Run& right) {
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < left[i].size(); ++j) {
      REQUIRE(left[i][j].defined() == right[i][j].defined());
      if (left[i][j].defined()) {
        const auto distance = (left[i][j] - right[i][j]).norm().item<double>();
        largest = std::max(largest, distance / right[i][j].norm().item<double>());
      }
    }
  }
  return largest;
}

DataParallelOptions with(const std::function<void(DataParallelOptions&)>& change) {
  DataParallelOptions options;
  change(options);
  return options;
}

const auto many_buckets = [](DataParallelOptions& options) { options.bucket_cap_mb = 0.001; };

std::vector<Plan> plans() {
  std::vector<Plan> plans{
      {"one bucket"},
      {"many buckets", with(many_buckets)},
      {.name = "gradients zeroed in place", .options = with(many_buckets), .to_none = false},
      {.name = "accumulation", .options = with(many_buckets), .accumulate = 3},
      {.name = "accumulation zeroed in place", .options = {}, .accumulate = 2, .to_none = false},
      {.name = "looking for unused parameters", .options = with([](DataParallelOptions& options) {
                                                  many_buckets(options);
                                                  options.find_unused_parameters = true;
                                                })},
      {.name = "static graph", .options = with([](DataParallelOptions& options) {
                                 many_buckets(options);
                                 options.static_graph = true;
                               })},
      {.name = "static graph, accumulation",
       .options = with([](DataParallelOptions& options) {
         many_buckets(options);
         options.static_graph = true;
       }),
       .accumulate = 3},
  };
  for (const std::size_t index : {0, 1, 3, 6, 7}) {
    Plan plan = plans[index];
    plan.name += ", buckets made anew";
    plan.options.rebuild_buckets = true;
    plans.push_back(std::move(plan));
  }
  return plans;
}

const Engine engines[] = {Engine::c10d, Engine::hooks};

const char* name_of(Engine engine) {
  return engine == Engine::c10d ? "c10d" : "hooks";
}

}  // namespace

TEST_CASE("Gradients of 2 and 4 ranks are those of one process on the joined batch", "[reducer]") {
  for (const int size : {2, 4}) {
    for (const Plan& plan : plans()) {
      const Run joined = train_joined(size, plan);
      for (const Engine engine : engines) {
        INFO(size << " ranks, " << plan.name << ", " << name_of(engine));
        const std::vector<Run> runs = train(size, plan, engine);
        CHECK(difference(runs[0], joined) < 1e-6);
        for (const Run& run : runs) {
          CHECK(same_bits(run, runs[0]));
        }
      }
    }
  }
}

TEST_CASE("Both engines give the same gradients, to the bit", "[reducer]") {
  std::vector<Plan> all = plans();
  for (const Compression compression : {Compression::bf16, Compression::fp16}) {
    for (const std::size_t index : {1, 4, 11}) {
      Plan plan = plans()[index];
      plan.name += compression == Compression::bf16 ? ", bf16" : ", fp16";
      plan.options.compression = compression;
      all.push_back(plan);
    }
  }
  const auto find_unused = with([](DataParallelOptions& options) {
    many_buckets(options);
    options.find_unused_parameters = true;
  });
  all.push_back({.name = "unused on one rank", .options = find_unused, .uses_side = [](int rank, int step) {
                   return rank == 1 || step % 2 == 0;
                 }});
  all.push_back({.name = "unused on all", .options = find_unused, .accumulate = 2, .uses_side = [](int, int step) {
                   return step % 2 == 1;
                 }});
  all.push_back({.name = "static graph, one never used",
                 .options = with([](DataParallelOptions& options) {
                   many_buckets(options);
                   options.static_graph = true;
                 }),
                 .uses_side = [](int, int) { return false; }});
  for (const int size : {2, 3, 4}) {
    for (const Plan& plan : all) {
      INFO(size << " ranks, " << plan.name);
      const std::vector<Run> c10d = train(size, plan, Engine::c10d);
      const std::vector<Run> hooks = train(size, plan, Engine::hooks);
      for (std::size_t rank = 0; rank < c10d.size(); ++rank) {
        CHECK(same_bits(c10d[rank], hooks[rank]));
        CHECK(same_bits(c10d[rank], c10d[0]));
      }
    }
  }
}

TEST_CASE("A parameter that no rank uses keeps no gradient, and one that some use gets the average", "[reducer]") {
  for (const Engine engine : engines) {
    INFO(name_of(engine));
    const Plan plan{.name = "",
                    .options = with([](DataParallelOptions& options) { options.find_unused_parameters = true; }),
                    .uses_side = [](int rank, int step) { return step > 0 && rank == 1; }};
    const std::vector<Run> runs = train(2, plan, engine);
    constexpr std::size_t side = 4;
    CHECK_FALSE(runs[0][0][side].defined());
    CHECK_FALSE(runs[1][0][side].defined());

    Net net;  // the second step's gradient on rank 1 alone, from the parameters of the first
    net.loss(Batch(0, 2).samples, Batch(0, 2).targets, false).backward();
    net.step(true);
    const Batch batch(1, 2);
    net.loss(batch.samples_of(1), batch.targets_of(1)).backward();
    const at::Tensor expected = net.gradients()[side] / 2;
    CHECK((runs[0][1][side] - expected).norm().item<double>() < 1e-6 * expected.norm().item<double>());
    CHECK(at::equal(runs[0][1][side], runs[1][1][side]));
  }
}

TEST_CASE("Compressed gradients are the sum of halves in the smaller type", "[reducer]") {
  const Batch batch(0, 2);
  std::vector<std::vector<at::Tensor>> alone;
  for (int rank = 0; rank < 2; ++rank) {
    Net net;
    net.loss(batch.samples_of(rank), batch.targets_of(rank)).backward();
    alone.push_back(net.gradients());
  }
  for (const auto& [compression, type] :
       {std::pair{Compression::bf16, at::kBFloat16}, {Compression::fp16, at::kHalf}}) {
    for (const Engine engine : engines) {
      INFO(name_of(engine) << " " << type);
      Plan plan;
      plan.options.compression = compression;
      const std::vector<Run> runs = train(2, plan, engine);
      for (std::size_t i = 0; i < alone[0].size(); ++i) {
        if (alone[0][i].defined()) {
          const at::Tensor sum = alone[0][i].to(type).div(2) + alone[1][i].to(type).div(2);
          CHECK(at::equal(runs[0][0][i], sum.to(at::kFloat)));
          CHECK(at::equal(runs[1][0][i], sum.to(at::kFloat)));
        }
      }
    }
  }
}

TEST_CASE("Parameters of several types are reduced in their own", "[reducer]") {
  for (const Engine engine : engines) {
    INFO(name_of(engine));
    std::vector<std::vector<at::Tensor>> gradients(2);
    on_ranks(2, [&](int rank, const Group& group) {
      std::vector<std::pair<std::string, at::Tensor>> parameters;
      for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kFloat, at::kBFloat16, at::kDouble}) {
        parameters.emplace_back("p" + std::to_string(parameters.size()),
                                at::ones({3}, at::TensorOptions(type)).requires_grad_(true));
      }
      DataParallelOptions options;
      options.engine = engine;
      const auto reducer = make_reducer(group, parameters, options);
      for (int step = 0; step < 3; ++step) {
        reducer->before_forward();
        at::Tensor loss = at::zeros({}, at::kDouble);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          loss = loss + parameters[i].second.sum().to(at::kDouble) * ((rank + 1) * (static_cast<double>(i) + 1));
        }
        reducer->before_backward(true, loss);
        loss.backward();
        reducer->after_backward();
        gradients[static_cast<std::size_t>(rank)].clear();
        for (auto& [name, parameter] : parameters) {
          gradients[static_cast<std::size_t>(rank)].push_back(parameter.grad().clone());
          parameter.mutable_grad().reset();
        }
      }
    });
    for (std::size_t i = 0; i < 5; ++i) {
      for (const auto& rank : gradients) {
        CHECK(at::equal(rank[i].to(at::kDouble), at::full({3}, 1.5 * (static_cast<double>(i) + 1), at::kDouble)));
      }
    }
    CHECK(gradients[0][3].scalar_type() == at::kBFloat16);
  }
}

TEST_CASE("A loss that leaves parameters out is an error that names them and the option", "[reducer]") {
  for (const Engine engine : engines) {
    INFO(name_of(engine));
    std::vector<std::string> messages(2);
    on_ranks(2, [&](int rank, const Group& group) {
      Net net;
      DataParallelOptions options;
      options.engine = engine;
      const auto reducer = make_reducer(group, net.parameters, options);
      const Batch batch(0, 2);
      reducer->before_forward();
      const at::Tensor loss = net.loss(batch.samples_of(rank), batch.targets_of(rank), false);
      reducer->before_backward(true, loss);
      loss.backward();
      try {
        reducer->after_backward();
      } catch (const Error& error) {
        messages[static_cast<std::size_t>(rank)] = error.what();
      }
    });
    CHECK_THAT(messages[0], ContainsSubstring("rank 0") && ContainsSubstring("side.weight") &&
                                ContainsSubstring("6 of 7") && ContainsSubstring("find_unused_parameters") &&
                                !ContainsSubstring("head"));
    CHECK_THAT(messages[1], ContainsSubstring("rank 1") && ContainsSubstring("side.weight"));
  }
}

TEST_CASE("A loss that depends on no parameter is an error, or counts as nothing", "[reducer]") {
  for (const Engine engine : engines) {
    for (const bool finds_unused : {false, true}) {
      INFO(name_of(engine) << " " << finds_unused);
      std::vector<std::string> messages(2);
      std::vector<at::Tensor> gradients(2);
      on_ranks(2, [&](int rank, const Group& group) {
        const auto parameter = at::ones({4}).requires_grad_(true);
        DataParallelOptions options;
        options.engine = engine;
        options.find_unused_parameters = finds_unused;
        const auto reducer = make_reducer(group, {{"weight", parameter}}, options);
        for (int step = 0; step < 2; ++step) {
          reducer->before_forward();
          const at::Tensor other = at::ones({}).requires_grad_(true);
          const at::Tensor loss = rank == 1 && finds_unused ? parameter.sum() * 6 : other * 2;
          reducer->before_backward(true, loss);
          loss.backward();
          try {
            reducer->after_backward();
            gradients[static_cast<std::size_t>(rank)] = parameter.grad().clone();
            parameter.mutable_grad().reset();
          } catch (const Error& error) {
            messages[static_cast<std::size_t>(rank)] = error.what();
            return;
          }
        }
      });
      for (std::size_t rank = 0; rank < 2; ++rank) {
        if (finds_unused) {
          CHECK(messages[rank] == "");
          REQUIRE(gradients[rank].defined());
          CHECK(at::equal(gradients[rank], at::full({4}, 3.F)));
        } else {
          CHECK_THAT(messages[rank], ContainsSubstring("0 of 1") && ContainsSubstring("weight"));
        }
      }
    }
  }
}

TEST_CASE("Gradients that accumulated are reduced without a backward pass", "[reducer]") {
  for (const int size : {2, 4}) {
    const Plan two{.name = "", .options = {}, .accumulate = 2};
    const Run joined = train_joined(size, two);
    for (const bool finds_unused : {false, true}) {
      for (const Compression compression : {Compression::none, Compression::bf16}) {
        std::vector<Run> of_engines;
        for (const Engine engine : engines) {
          INFO(size << " ranks, " << name_of(engine) << " " << finds_unused);
          std::vector<Run> runs(static_cast<std::size_t>(size));
          on_ranks(size, [&](int rank, const Group& group) {
            Net net;
            DataParallelOptions options = with(many_buckets);
            options.engine = engine;
            options.find_unused_parameters = finds_unused;
            options.compression = compression;
            const auto reducer = make_reducer(group, net.parameters, options);
            for (int step = 0; step < steps; ++step) {
              const bool ends_early = step != 1 && step != 2;
              for (int micro = 0; micro < 2; ++micro) {
                const Batch batch(step * 2 + micro, size);
                reducer->before_forward();
                const at::Tensor loss = net.loss(batch.samples_of(rank), batch.targets_of(rank));
                reducer->before_backward(micro == 1 && !ends_early, loss);
                (loss / 2).backward();
                reducer->after_backward();
              }
              if (ends_early) {
                reducer->reduce_now();
              }
              runs[static_cast<std::size_t>(rank)].push_back(net.gradients());
              net.step(true);
            }
            runs[static_cast<std::size_t>(rank)].emplace_back();
            for (const auto& [name, parameter] : net.parameters) {
              runs[static_cast<std::size_t>(rank)].back().push_back(parameter.detach());
            }
          });
          CHECK(difference(runs[0], joined) < (compression == Compression::none ? 1e-6 : 2e-2));
          for (const Run& run : runs) {
            CHECK(same_bits(run, runs[0]));
          }
          of_engines.push_back(runs[0]);
        }
        CHECK(same_bits(of_engines[0], of_engines[1]));
      }
    }
  }
}

TEST_CASE("Buckets are those of c10d", "[reducer]") {
  auto generator = at::detail::createCPUGenerator(3);
  const at::Tensor sizes = at::randint(1, 600, {40}, generator, at::kLong);
  const at::Tensor types = at::randint(2, {40}, generator, at::kLong);
  std::vector<at::Tensor> tensors;
  dist::detail::Indices order;
  for (std::int64_t i = 0; i < 40; ++i) {
    tensors.push_back(at::empty({sizes[i].item<std::int64_t>()}, types[i].item<int>() == 0 ? at::kFloat : at::kDouble));
    order.push_back(static_cast<std::size_t>((i * 7) % 40));
  }
  for (const std::vector<std::size_t>& limits :
       {std::vector<std::size_t>{1000, 5000}, std::vector<std::size_t>{1}, std::vector<std::size_t>{1 << 30}}) {
    std::vector<at::Tensor> ordered;
    for (const std::size_t index : order) {
      ordered.push_back(tensors[index]);
    }
    const std::vector<std::int64_t> indices(order.begin(), order.end());
    auto c10d = std::get<0>(c10d::compute_bucket_assignment_by_size(ordered, limits, {}, indices));
    auto ours = dist::detail::assign_buckets(tensors, order, limits);
    std::sort(c10d.begin(), c10d.end());  // c10d leaves open which of two types' last buckets is first
    std::sort(ours.begin(), ours.end());
    CHECK(ours == c10d);
    c10d = std::get<0>(c10d::compute_bucket_assignment_by_size(tensors, limits));
    std::reverse(c10d.begin(), c10d.end());
    CHECK(dist::detail::first_buckets(tensors, {0, 0, limits}) == c10d);
  }
}

namespace {

/// A Reducer of another LibTorch, which does not show what this one shows.
struct ReducerWithoutStats : c10d::Reducer {
  using Reducer::Reducer;

 private:
  using Reducer::backward_stats_;
};

/// And one that is made of something else.
struct ReducerOfNothing : c10d::Reducer {
  ReducerOfNothing();
};

}  // namespace

TEST_CASE("The engine c10d is not there with a Reducer that is not known", "[reducer]") {
  STATIC_REQUIRE(dist::detail::fits_c10d_engine<c10d::Reducer>);
  STATIC_REQUIRE_FALSE(dist::detail::fits_c10d_engine<ReducerWithoutStats>);
  STATIC_REQUIRE_FALSE(dist::detail::fits_c10d_engine<ReducerOfNothing>);
}

TEST_CASE("A reducer counts what travelled", "[reducer]") {
  CHECK(dist::detail::has_c10d_reducer());
  for (const Engine engine : engines) {
    for (const auto& [compression, rebuilds] :
         {std::pair{Compression::none, true}, {Compression::none, false}, {Compression::fp16, true}}) {
      INFO(name_of(engine) << " " << rebuilds);
      std::vector<dist::ReducerStats> stats(2);
      std::int64_t elements = 0;
      on_ranks(2, [&, compression = compression, rebuilds = rebuilds](int rank, const Group& group) {
        Net net;
        DataParallelOptions options;
        options.engine = engine;
        options.compression = compression;
        options.bucket_cap_mb = 1e-6;        // each parameter is one bucket
        options.rebuild_buckets = rebuilds;  // before that, all are one
        const auto reducer = make_reducer(group, net.parameters, options);
        for (int step = 0; step < 2; ++step) {
          const Batch batch(step, 2);
          reducer->before_forward();
          const at::Tensor loss = net.loss(batch.samples_of(rank), batch.targets_of(rank));
          reducer->before_backward(true, loss);
          loss.backward();
          reducer->after_backward();
        }
        stats[static_cast<std::size_t>(rank)] = reducer->stats();
        if (rank == 0) {
          for (const auto& [name, parameter] : net.parameters) {
            elements += parameter.requires_grad() ? parameter.numel() : 0;
          }
        }
      });
      for (const dist::ReducerStats& of_rank : stats) {
        CHECK(of_rank.reductions == (rebuilds ? 1 + 7 : 7 + 7));
        CHECK(of_rank.bytes == 2 * elements * (compression == Compression::none ? 4 : 2));
        CHECK(of_rank.communication > 0);
        CHECK(of_rank.exposed >= 0);
        CHECK(of_rank.exposed <= of_rank.communication);
      }
    }
  }
}

TEST_CASE("What a collective throws comes out of after_backward, in the words of who knows", "[reducer]") {
  for (const Engine engine : engines) {
    for (const bool explained : {false, true}) {
      INFO(name_of(engine) << " " << explained);
      std::string message;
      bool backward_ended = false;
      on_ranks(2, [&](int rank, const Group& group) {
        Net net;
        DataParallelOptions options = with(many_buckets);
        options.engine = engine;
        const auto reducer = make_reducer(group, net.parameters, options, [&](const std::exception_ptr&) {
          if (explained) {
            throw Error("rank 1 has gone");
          }
        });
        for (int step = 0; step < 4; ++step) {
          if (rank == 1 && step == 3) {
            return;  // its connection ends
          }
          const Batch batch(step, 2);
          reducer->before_forward();
          const at::Tensor loss = net.loss(batch.samples_of(rank), batch.targets_of(rank));
          reducer->before_backward(true, loss);
          loss.backward();
          backward_ended = step == 3;
          try {
            reducer->after_backward();
          } catch (const Error& error) {
            message = error.what();
          }
        }
      });
      CHECK(backward_ended);
      CHECK_THAT(message, ContainsSubstring(explained ? "rank 1 has gone" : "could not be reduced"));
    }
  }
}

TEST_CASE("A reducer refuses what it cannot reduce", "[reducer]") {
  on_ranks(1, [](int, const Group& group) {
    const auto frozen = at::ones({2});
    const auto weight = at::ones({2}).requires_grad_(true);
    CHECK_THROWS_WITH(make_reducer(group, {{"weight", frozen}}, {}), ContainsSubstring("no parameter of the model"));
    CHECK_THROWS_WITH(make_reducer(group, {{"weight", weight}}, {.bucket_cap_mb = 0}),
                      ContainsSubstring("bucket_cap_mb must be above 0"));
    const auto reducer = make_reducer(group, {{"weight", weight}, {"shared", weight}, {"frozen", frozen}}, {});
    reducer->before_forward();
    const at::Tensor loss = (weight * frozen).sum() * 3;
    reducer->before_backward(true, loss);
    loss.backward();
    reducer->after_backward();
    CHECK(at::equal(weight.grad(), at::full({2}, 3.F)));
  });
}
