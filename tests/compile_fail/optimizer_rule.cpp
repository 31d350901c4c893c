// expect: RuleOptimizer: Rule must be an OptimizerRule
#include <hearth/optim/sgd.hpp>

struct Rule : hearth::optim::SGDRule {
#ifdef HEARTH_MISUSE
  static void step_alone(const at::Tensor&, const at::Tensor&) {}
#endif
};

void compose(const std::vector<at::Tensor>& parameters) {
  hearth::optim::RuleOptimizer<Rule> optimizer{parameters};
  optimizer.step();
}
