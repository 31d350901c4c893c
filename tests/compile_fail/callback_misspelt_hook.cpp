// expect: a callback hides none of Callback's hooks; is the name of its hook misspelt?
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

struct Printer : hearth::Callback {
#ifdef HEARTH_MISUSE
  void on_end_of_epoch(const hearth::EpochEnd&) {}
#else
  void on_epoch_end(const hearth::EpochEnd&) {}
#endif
};

void compose(hearth::models::MLP model, hearth::optim::SGD& optimizer) {
  hearth::optim::NoScheduler scheduler{optimizer};
  hearth::Trainer trainer{model, optimizer, scheduler, {.epochs = 1}, Printer{}};
}
