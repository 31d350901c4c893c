// expect: Trainer: a callback's on_epoch_ended would never be called, for hearth::Callback has no such hook;
// on_epoch_end is the nearest
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

struct Printer : hearth::Callback {
  void on_batch_end(const hearth::BatchEnd&) {}
#ifdef HEARTH_MISUSE
  void on_epoch_ended(const hearth::EpochEnd&) {}
#else
  void on_epoch_end(const hearth::EpochEnd&) {}
#endif
};

void compose(hearth::models::MLP model, hearth::optim::SGD& optimizer) {
  hearth::Trainer trainer{model, optimizer, {.epochs = 1}, Printer{}};
}
