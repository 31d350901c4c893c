/// The operators that LibTorch runs in a scope: their tensors, and the multiply-adds that they take.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::train {

/// An operator that ran.
struct Op {
  std::string name;                ///< "conv2d", without the underscore of those that work in their input's memory
  std::vector<at::Tensor> inputs;  ///< undefined for an argument that is left out
  at::Tensor output;               ///< the first one; undefined where it gave no tensor
  std::int64_t mult_adds = 0;
  bool is_outermost = true;  ///< no other operator called it
};

/// Records the operators of this thread as long as it lives, in the order in which they end: the outermost ones, and
/// those inside of them that take multiply-adds. Its tensors stay alive with it, so that a tensor of another address is
/// another tensor. One at a time.
class OpRecord {
 public:
  OpRecord();
  OpRecord(const OpRecord&) = delete;
  OpRecord& operator=(const OpRecord&) = delete;
  ~OpRecord();

  const std::vector<Op>& ops() const noexcept { return ops_; }

  /// To be called by LibTorch.
  void begin(const at::RecordFunction& function);
  void end(const at::RecordFunction& function);

 private:
  std::vector<Op> open_;  ///< from the outermost to the innermost
  std::vector<Op> ops_;
  std::uint64_t handle_;
};

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/op_record.ipp>
#endif
