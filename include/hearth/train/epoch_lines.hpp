/// The lines that the well-known tutorials print after every epoch.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/train/callback.hpp>

namespace hearth {

/// Whose lines.
enum class EpochStyle {
  /// PyTorch's tutorial on transfer learning:
  ///
  ///     Epoch 0/24
  ///     ----------
  ///     train Loss: 0.6312 Acc: 0.6680
  ///     val Loss: 0.2103 Acc: 0.9346
  ///
  pytorch,
  /// The same with epochs counted from 1: `Epoch 1/25`.
  pytorch_from_one,
  /// The tutorials of PyImageSearch:
  ///
  ///     [INFO] EPOCH: 1/20
  ///     Train loss: 0.631204, Train accuracy: 0.6680
  ///     Val loss: 0.210311, Val accuracy: 0.9346
  ///
  info,
};

/// Prints what a tutorial prints, to stdout, so that its readers recognise their run. Figures other than loss and
/// accuracy follow under their own names; without validation there is no line of it.
class EpochLines : public Callback {
 public:
  explicit EpochLines(EpochStyle style = EpochStyle::pytorch) : style_(style) {}

  void on_epoch_begin(const EpochBegin& event) const;
  void on_epoch_end(const EpochEnd& event) const;

 private:
  EpochStyle style_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/train/epoch_lines.ipp>
#endif
