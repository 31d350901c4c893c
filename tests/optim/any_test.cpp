/// Optimizers and schedulers whose type is chosen at run time.
#include <hearth/optim/any_optimizer.hpp>
#include <hearth/optim/any_scheduler.hpp>

#include <hearth/optim/adamw.hpp>
#include <hearth/optim/cosine_annealing_lr.hpp>
#include <hearth/optim/linear_lr.hpp>
#include <hearth/optim/sequential_lr.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/optim/step_lr.hpp>
#include <vector>

#include "catch.hpp"

using namespace hearth;

static_assert(optim::OptimizerLike<optim::AnyOptimizer> && optim::SchedulerLike<optim::AnyScheduler>);

namespace {

std::vector<torch::Tensor> two_parameters() {
  return {torch::tensor({1.0F, -2.0F}, torch::requires_grad()), torch::tensor({0.5F}, torch::requires_grad())};
}

template <class Optimizer, class Scheduler>
void train(const std::vector<torch::Tensor>& parameters, Optimizer& optimizer, Scheduler& scheduler) {
  for (int step = 0; step < 4; ++step) {
    optimizer.zero_grad();
    ((parameters[0] * parameters[0]).sum() + parameters[1].exp().sum()).backward();
    optimizer.step();
    scheduler.step();
  }
}

bool equal(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  return torch::equal(a[0], b[0]) && torch::equal(a[1], b[1]);
}

}  // namespace

TEST_CASE("AnyOptimizer and AnyScheduler step as what is behind them, to the bit", "[any_optimizer]") {
  const auto own = two_parameters();
  optim::SGD sgd{own, {.lr = 0.1, .momentum = 0.9}};
  optim::StepLR step_lr{sgd, {.step_size = 2}};
  train(own, sgd, step_lr);

  const auto any = two_parameters();
  auto optimizer = optim::AnyOptimizer::of<optim::SGD>(any, {.lr = 0.1, .momentum = 0.9});
  optim::AnyScheduler scheduler(optim::StepLR{optimizer, {.step_size = 2}});
  train(any, optimizer, scheduler);

  CHECK(equal(own, any));
  CHECK(scheduler.last_lr() == step_lr.last_lr());
  CHECK(optim::rate_of(optimizer.param_groups().front()) == sgd.param_groups().front().options.lr);
  CHECK(optimizer.state_dict().at("param_groups", 0, "initial_lr").as<double>() == 0.1);
}

TEST_CASE("AnyOptimizer and AnyScheduler take over the states of what is behind them", "[any_optimizer]") {
  const auto own = two_parameters();
  std::vector<optim::AdamW::Group> groups{{.params = {own[0]}, .options = {.lr = 0.1}},
                                          {.params = {own[1]}, .options = {.lr = 0.01, .weight_decay = 0}}};
  optim::AdamW adamw{groups};
  optim::SequentialLR sequence{adamw,
                               {.milestones = {2}},
                               optim::LinearLR{adamw, {.start_factor = 0.1, .total_iters = 2}},
                               optim::CosineAnnealingLR{adamw, {.T_max = 8}}};
  train(own, adamw, sequence);

  const auto any = two_parameters();
  {
    const torch::NoGradGuard no_grad;
    any[0].copy_(own[0]);
    any[1].copy_(own[1]);
  }
  groups[0].params = {any[0]};
  groups[1].params = {any[1]};
  auto optimizer = optim::AnyOptimizer::of<optim::AdamW>(groups);
  optim::AnyScheduler scheduler(optim::SequentialLR{optimizer,
                                                    {.milestones = {2}},
                                                    optim::LinearLR{optimizer, {.start_factor = 0.1, .total_iters = 2}},
                                                    optim::CosineAnnealingLR{optimizer, {.T_max = 8}}});
  REQUIRE(optimizer.param_groups().size() == 2);
  optimizer.load_state_dict(adamw.state_dict());
  scheduler.load_state_dict(sequence.state_dict());
  CHECK(optim::rate_of(optimizer.param_groups()[1]) == adamw.param_groups()[1].options.lr);
  train(own, adamw, sequence);
  train(any, optimizer, scheduler);
  CHECK(equal(own, any));
}

TEST_CASE("AnyOptimizer throws as what is behind it", "[any_optimizer]") {
  CHECK_THROWS_AS(optim::AnyOptimizer::of<optim::SGD>({}, {.lr = 0.1}), Error);
  CHECK_THROWS_AS(optim::AnyOptimizer::of<optim::SGD>(two_parameters(), {.lr = -1}), Error);
}
