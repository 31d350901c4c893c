/// Callbacks: what else happens while a Trainer trains. A callback derives from `Callback` and hides the hooks it
/// wants.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include <hearth/train/history.hpp>

namespace torch::nn {
class Module;
}

namespace hearth {

/// Training is about to start.
struct FitBegin {
  const torch::nn::Module& model;
  int epochs = 0;
  std::size_t train_samples = 0;
  std::size_t val_samples = 0;
  std::string device;                     ///< in words: "cpu (2 threads)"
  std::vector<std::string> classes = {};  ///< the names of the training dataset's classes; empty where it has none
};

/// An epoch is about to start.
struct EpochBegin {
  int epoch = 0;  ///< counted from 0
  int epochs = 0;
};

enum class Phase { train, validation };

/// A batch is done. The means are over the epoch's phase so far.
struct BatchEnd {
  Phase phase = Phase::train;
  int epoch = 0;
  int epochs = 0;
  std::size_t batch = 0;  ///< counted from 0
  std::size_t batches = 0;
  std::size_t samples_done = 0;  ///< in this phase of this epoch, this batch included
  std::size_t samples = 0;       ///< in the whole phase
  double batch_loss = 0;         ///< of this batch alone; not a number when every sample has the ignored label
  double mean_loss = 0;
  double accuracy = 0;
  double seconds = 0;       ///< since the phase began
  double wait_seconds = 0;  ///< of them, waiting for data
};

/// An epoch is complete: trained, validated, recorded as the last one of `history`.
struct EpochEnd {
  const torch::nn::Module& model;
  const History& history;
  int epochs = 0;
  /// Which samples the loaders had to skip in this epoch (BadSamples::skip), in words: a line for each loader that did.
  std::vector<std::string> skipped = {};

  const EpochRecord& record() const { return history.epochs.back(); }
  bool is_best() const { return history.best().epoch == record().epoch; }
};

/// A stop was requested; the weights are those of the last complete step. Called once, on whichever thread sees it
/// first, never while another hook or a step is running.
struct Interrupted {
  const torch::nn::Module& model;
  const History& history;
};

/// Training has ended as planned.
struct FitEnd {
  const torch::nn::Module& model;
  const History& history;
};

/// The hooks, all of which do nothing. Not virtual: Trainer knows each callback's own type and calls the function that
/// it declares under the hook's name, so a wrong parameter is an error of the compiler.
struct Callback {
  void on_fit_begin(const FitBegin&) {}
  void on_epoch_begin(const EpochBegin&) {}
  void on_batch_end(const BatchEnd&) {}
  void on_epoch_end(const EpochEnd&) {}
  void on_interrupted(const Interrupted&) {}
  void on_fit_end(const FitEnd&) {}
};

/// A callback that hides nothing: it would silently never be called.
template <class C>
concept InheritsEveryHook = requires {
  { &C::on_fit_begin } -> std::same_as<void (Callback::*)(const FitBegin&)>;
  { &C::on_epoch_begin } -> std::same_as<void (Callback::*)(const EpochBegin&)>;
  { &C::on_batch_end } -> std::same_as<void (Callback::*)(const BatchEnd&)>;
  { &C::on_epoch_end } -> std::same_as<void (Callback::*)(const EpochEnd&)>;
  { &C::on_interrupted } -> std::same_as<void (Callback::*)(const Interrupted&)>;
  { &C::on_fit_end } -> std::same_as<void (Callback::*)(const FitEnd&)>;
};

/// Every hook can be called with its event.
template <class C>
concept HooksTakeTheirEvents = requires(C& callback, const FitBegin& fit_begin, const EpochBegin& epoch_begin,
                                        const BatchEnd& batch_end, const EpochEnd& epoch_end,
                                        const Interrupted& interrupted, const FitEnd& fit_end) {
  callback.on_fit_begin(fit_begin);
  callback.on_epoch_begin(epoch_begin);
  callback.on_batch_end(batch_end);
  callback.on_epoch_end(epoch_end);
  callback.on_interrupted(interrupted);
  callback.on_fit_end(fit_end);
};

}  // namespace hearth
