/// Which learning rates a model can be trained with: the range test.
#pragma once

#include <c10/core/ScalarType.h>
#include <torch/nn/module.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/data/loader_like.hpp>
#include <hearth/image/image.hpp>
#include <hearth/models/model.hpp>
#include <hearth/optim/optimizer.hpp>
#include <hearth/train/as_task.hpp>
#include <hearth/train/batch_checks.hpp>
#include <hearth/train/check_optimizer.hpp>
#include <hearth/train/forward.hpp>
#include <hearth/train/kept_state.hpp>
#include <hearth/train/parts.hpp>
#include <hearth/train/placed.hpp>
#include <hearth/train/placement.hpp>
#include <hearth/train/step.hpp>
#include <hearth/train/trainer_options.hpp>

namespace hearth {

/// The rates that `lr_range_test` goes through, and when it ends.
struct LrRangeTestOptions {
  double start_lr = 1e-7;    ///< of the first step
  double end_lr = 10;        ///< of the last; each step has the same multiple of the one before
  int steps = 100;           ///< optimizer steps, over as many epochs as that takes
  double diverge_above = 5;  ///< ends when the smoothed loss is above this many times its lowest; 0: never
  double smoothing = 0.05;   ///< the share of a new loss in the smoothed one; 1: no smoothing

  /// How the run is to train: device, precision, accumulate, clipping, mix and channels_last count here.
  TrainerOptions training = {};
};

/// What a learning-rate range test has measured, step by step.
struct LrRange {
  std::vector<double> rates;     ///< of the optimizer's first parameter group
  std::vector<double> losses;    ///< of the batches, each before the step with the rate
  std::vector<double> smoothed;  ///< the same, smoothed
  bool diverged = false;         ///< whether the test ended because the loss grew, or was not finite any more

  /// The rate at which the smoothed loss falls most for the rate's growth by a factor: a good maximum for OneCycleLR, a
  /// third of it a good constant rate. Nothing where the loss never falls, or after too few steps. The first tenth of
  /// the steps and the last five do not count.
  std::optional<double> suggestion;

  /// One line: what was tried, where the loss fell fastest and was lowest, and where it diverged.
  std::string to_string() const;

  /// The smoothed loss over the rates, on a logarithmic axis, with the suggestion; write_png writes it.
  Image plot(image::Size size = {480, 720}) const;
};

}  // namespace hearth

namespace hearth::train {

/// A range test while it goes on; what `lr_range_test` does that is no template.
class LrSweep {
 public:
  /// Throws Error when an option makes no sense, or the optimizer has no state that can be put back.
  LrSweep(torch::nn::Module& model, OptimizerPart& optimizer, LrRangeTestOptions options);

  bool is_over() const noexcept { return is_over_; }

  /// The rate of a parameter group in the step that is open, or is next.
  double rate_of(std::size_t group) const;

  void begin_epoch() noexcept { recorded_before_ = range_.rates.size(); }
  /// Throws Error when the epoch had no batch that counts.
  void end_epoch() const;

  void open() { step_.open(); }
  std::optional<at::ScalarType> autocast_type() const noexcept { return step_.autocast_type(); }

  /// Takes the gradients of a batch, and the step where it is complete or the batch the epoch's last.
  void take(const BatchContext& context, const Forward& done, bool is_last);

  /// Puts everything back.
  LrRange finish();

 private:
  void record(double loss);

  LrRangeTestOptions options_;
  std::vector<double> initial_rates_;
  KeptState kept_;
  std::unique_ptr<SchedulerPart> scheduler_;
  Step step_;
  LrRange range_;
  double lowest_ = 0;
  double loss_sum_ = 0;  // of the open step
  double weight_ = 0;
  std::size_t recorded_before_ = 0;
  bool is_over_ = false;
};

}  // namespace hearth::train

namespace hearth {

/// Trains with a learning rate that grows by the same factor at each step, until the loss diverges, and shows which
/// rates suit; Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017), as fastai's lr_find and
/// pytorch-lr-finder. Model, gradients, optimizer and generators of random numbers are then as they were, the model on
/// the device of the options; the loader's epochs 0, 1, … are gone through.
///
///     const LrRange range = lr_range_test(model, optimizer, loader, Classification{}, {.training = options});
///     write_png("lr.png", range.plot().view());
///     std::cout << range.to_string() << '\n';
///
/// `task` is what Trainer::fit takes. Of several parameter groups the first has the rates of the options, and the
/// others keep their ratio to it. Throws Error when an option makes no sense, when the optimizer's state cannot be
/// saved, and as Trainer::fit does, but for a loss that is not finite, which ends the test.
template <class Model, class Optimizer, class Loader, class Task>
LrRange lr_range_test(Model& model, Optimizer& optimizer, Loader& loader, const Task& task,
                      const LrRangeTestOptions& options = {}) {
  static_assert(ModelLike<Model>,
                "lr_range_test: Model must be a module holder (ModelLike), as models:: functions return");
  static_assert(optim::OptimizerLike<Optimizer>,
                "lr_range_test: Optimizer must be an optimizer (OptimizerLike): step(), zero_grad(), param_groups()");
  static_assert(LoaderLike<Loader>, "lr_range_test: Loader must give batches (LoaderLike), as DataLoader does");
  const auto& given_task = train::as_task(task);
  const Placement placement{options.training.device, options.training.channels_last};
  placement.place(*model);
  train::check_optimizer(*model, optimizer);
  train::OptimizerOf part(optimizer);
  train::LrSweep sweep(*model, part, options);
  const auto classes = train::class_count(loader.dataset());
  train::Placer placer(placement, options.training.copy_ahead);
  for (std::uint64_t epoch = 0; !sweep.is_over(); ++epoch) {
    sweep.begin_epoch();
    for (const Batch& batch : loader.epoch(epoch)) {
      std::size_t index = 0;
      for (auto& group : optimizer.param_groups()) {
        optim::set_rate_of(group, sweep.rate_of(index++));
      }
      const train::Placed placed = placer.place(batch, options.training.mix, epoch);
      const train::BatchContext context{"lr_range_test",         *model,          batch, placed.inputs, placed.targets,
                                        static_cast<int>(epoch), placed.are_mixed};
      sweep.open();
      sweep.take(context, train::forward(context, model, given_task, classes, sweep.autocast_type()),
                 batch.index + 1 == loader.size());
      if (sweep.is_over()) {
        break;
      }
    }
    sweep.end_epoch();
  }
  return sweep.finish();
}

/// The same for a classification with cross-entropy.
template <class Model, class Optimizer, class Loader>
LrRange lr_range_test(Model& model, Optimizer& optimizer, Loader& loader, const LrRangeTestOptions& options = {}) {
  return lr_range_test(model, optimizer, loader, Classification{}, options);
}

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/lr_range_test.ipp>
#endif
