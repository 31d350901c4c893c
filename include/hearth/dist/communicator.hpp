/// What processes that train together say to each other: what World and the training step ask of a connection.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hearth/dist/data_parallel_options.hpp>
#include <hearth/dist/gradient_reducer.hpp>
#include <hearth/dist/membership.hpp>

namespace hearth::dist {

/// A sum that is on its way.
class PendingSum {
 public:
  virtual ~PendingSum() = default;

  /// Waits for it; the same numbers on every process.
  virtual std::vector<double> wait() = 0;
};

/// A connection between the processes of a run, of which each has one. Every function but `fail`, `leave` and
/// `set_activity` is collective: all processes call the same ones in the same order, from one thread each. They throw
/// Error, naming the process at fault and why, when a process has failed, has gone, or has not answered within the
/// time-out; the connection is of no use then.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual const Membership& membership() const noexcept = 0;  ///< which of the processes this is

  /// What rank `from` has, into the others' tensors, which have the same shapes and types. On their device.
  virtual void broadcast(const std::vector<at::Tensor>& tensors, int from = 0) = 0;

  /// The sum over all processes, in place and the same bits everywhere. On the tensor's device.
  virtual void all_reduce(at::Tensor& tensor) = 0;

  /// The tensors of all processes in their order; all of one shape and type.
  virtual std::vector<at::Tensor> all_gather(const at::Tensor& tensor) = 0;

  /// Sums numbers element by element, without waiting; the processes bring equally many. It travels beside gradients.
  virtual std::unique_ptr<PendingSum> begin_sum(std::vector<double> numbers) = 0;

  /// The bytes of every process in their order, of any length each.
  virtual std::vector<std::string> gather(const std::string& bytes) = 0;

  /// The bytes of rank `from`, for everybody; the others' argument is ignored.
  virtual std::string broadcast_bytes(const std::string& bytes, int from = 0) = 0;

  /// Waits until all processes are here; `longest` in the place of the time-out, for what one of them does meanwhile
  /// (preparing data, say); 0: the time-out.
  virtual void barrier(std::chrono::milliseconds longest = std::chrono::milliseconds(0)) = 0;

  /// A reducer of the gradients of these parameters, named for messages. One at a time.
  virtual std::unique_ptr<GradientReducer> make_reducer(std::vector<std::pair<std::string, at::Tensor>> parameters,
                                                        const DataParallelOptions& options) = 0;

  /// Tells the other processes why this one ends, and closes the connection: what they wait for ends with an Error that
  /// has the rank and the reason. Not collective. Never throws; the first reason counts.
  virtual void fail(const std::string& reason) noexcept = 0;

  /// Ends the connection when nothing more is to be said; the others may still be at work. Not collective.
  /// Collectives that begin later throw Error.
  virtual void leave() noexcept = 0;

  /// What this process is doing, "epoch 3, batch 17", for the message of the others when it does not go on. Cheap; not
  /// collective.
  virtual void set_activity(const std::string& activity) = 0;
};

}  // namespace hearth::dist
