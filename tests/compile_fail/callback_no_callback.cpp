// expect: every callback must derive from hearth::Callback
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

#ifdef HEARTH_MISUSE
struct Printer {
#else
struct Printer : hearth::Callback {
#endif
  void on_epoch_end(const hearth::EpochEnd&) {}
};

void compose(hearth::models::MLP model, hearth::optim::SGD& optimizer) {
  hearth::optim::NoScheduler scheduler{optimizer};
  hearth::Trainer trainer{model, optimizer, scheduler, {.epochs = 1}, Printer{}};
}
