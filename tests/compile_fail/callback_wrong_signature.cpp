// expect: a hook of a callback must take its event as in hearth::Callback
#include <hearth/data/data_loader.hpp>
#include <hearth/datasets/tensor_dataset.hpp>
#include <hearth/models/mlp.hpp>
#include <hearth/optim/sgd.hpp>
#include <hearth/train/trainer.hpp>

struct Printer : hearth::Callback {
#ifdef HEARTH_MISUSE
  void on_epoch_end(const hearth::EpochBegin&) {}
#else
  void on_epoch_end(const hearth::EpochEnd&) {}
#endif
};

hearth::History train(hearth::models::MLP model, hearth::optim::SGD& optimizer,
                      hearth::DataLoader<hearth::TensorDataset>& loader) {
  hearth::optim::NoScheduler scheduler{optimizer};
  hearth::Trainer trainer{model, optimizer, scheduler, {.epochs = 1}, Printer{}};
  return trainer.fit(loader, loader);
}
