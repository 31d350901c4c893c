// expect: Evaluator: every part must be a metric (MetricLike): update(logits, targets), value(), name(), reset(),
// sums(), load_sums(sums)
#include <hearth/metrics/accuracy.hpp>
#include <hearth/train/evaluator.hpp>

struct Counter {
  void update(const at::Tensor&, const at::Tensor&) {}
  double value() const { return 0; }
#ifndef HEARTH_MISUSE
  std::string name() const {
    return "count";
  }
#endif
  void reset() {}
  std::span<const double> sums() const {
    return {};
  }
  void load_sums(std::span<const double>) {}
};

void compose() {
  hearth::Evaluator evaluate{hearth::Accuracy{}, Counter{}};
}
