/// The lines that PyTorch's ImageNet example prints while it trains.
#pragma once

#include <string>

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>

namespace hearth {

struct BatchLinesOptions {
  int every = 10;  ///< batches from one line to the next
};

/// Prints a line after every so many batches, and after the last, to stdout, in the form of PyTorch's ImageNet example,
/// and one after every epoch:
///
///     Epoch: [0][  10/5005] Time  0.412 ( 0.500) Data  0.001 ( 0.002) Loss 6.9087e+00 (6.9500e+00) Acc@1 …
///     Test: [ 10/196] Time  0.102 ( 0.110) Loss 6.9077e+00 (6.9080e+00) Acc@1   0.78 (  0.81) …
///      * Acc@1 0.810 Acc@5 2.100
///
/// Accuracies are in percent. The first number is of the batches since the line before, the one in parentheses of the
/// phase until now, and of this process where there are several. A line waits for the device; the batches between two
/// do not.
class BatchLines : public Callback {
 public:
  /// Throws Error when `every` is below 1.
  explicit BatchLines(BatchLinesOptions options = {});

  void on_batch_end(const BatchEnd& event);
  void on_epoch_end(const EpochEnd& event) const;

 private:
  struct Mark {
    std::size_t batches = 0;
    std::size_t samples = 0;
    double seconds = 0;
    double wait_seconds = 0;
    Figures figures = {};
  };

  BatchLinesOptions options_;
  Mark mark_;  // of the line before, in this phase
};

}  // namespace hearth

namespace hearth::train {

/// " * Acc@1 69.758 Acc@5 89.076": a line of the accuracies among the figures, in percent.
std::string accuracy_line(const Figures& figures);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/batch_lines.ipp>
#endif
