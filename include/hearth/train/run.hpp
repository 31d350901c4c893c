/// A run as a callback sees it: everything, and nothing that it could change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hearth/train/history.hpp>

namespace torch::nn {
class Module;
}

namespace hearth {

class StateDict;
class Value;

/// How far a run has come: with the seeds it says what comes next. It moves on when an optimizer step is complete.
struct Position {
  int epoch = 0;           ///< counted from 0: the one that goes on, or the next
  std::size_t batch = 0;   ///< batches of this epoch's training that are done
  std::size_t drawn = 0;   ///< samples of this epoch's order that are done: all of them once validation is due
  std::int64_t steps = 0;  ///< optimizer steps of the whole run
};

/// A run while it goes on.
class Run {
 public:
  /// The model as it is now: with the averaged weights (TrainerOptions::average) from validation to the end of an
  /// epoch's hooks, with those in training otherwise. In the middle of a batch its BatchNorm statistics are ahead of
  /// its weights; `weights()` is always of one piece.
  virtual const torch::nn::Module& model() const = 0;

  /// The weights to save: parameters and buffers by Python's names, averaged where TrainerOptions asks for averages,
  /// and as the last complete optimizer step left them. The tensors are the model's own: save or copy them.
  virtual StateDict weights() const = 0;

  /// The optimizer's and the scheduler's states in Python's layout; None where they have none.
  virtual Value optimizer_state() const = 0;
  virtual Value scheduler_state() const = 0;

  /// The learning rate of each parameter group.
  virtual std::vector<double> learning_rates() const = 0;

  virtual const Position& position() const noexcept = 0;
  virtual const History& history() const noexcept = 0;
  virtual int epochs() const noexcept = 0;  ///< of the whole run

  /// All that the run needs to go on from here, as `checkpoints` in TrainerOptions writes it.
  virtual Value checkpoint() const = 0;

  /// Asks the run to end: in on_epoch_end after this epoch, in any other hook after this batch, without validating.
  /// The run is complete then, its History says the reason, and on_fit_end comes. Any thread may ask.
  virtual void stop_training(const std::string& reason) const = 0;

 protected:
  ~Run() = default;
};

}  // namespace hearth
