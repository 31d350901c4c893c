/// The place of a process among several, and where they meet.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <hearth/dist/membership.hpp>

namespace hearth::dist {

/// What the processes talk through: NCCL between GPUs, Gloo elsewhere. `automatic` is one or the other by the device.
enum class Backend { automatic, gloo, nccl };

/// What the user of a program says, in the flags that PyTorch's ImageNet program has. What is not said comes from the
/// environment.
struct RendezvousOptions {
  std::string dist_url = {};  ///< tcp://HOST:PORT, file:///PATH or env://; empty: where the environment says
  std::string backend = {};   ///< nccl or gloo; empty: automatic
  int world_size = -1;        ///< processes, or with `multiprocessing_distributed` nodes; -1: not said
  int rank = -1;              ///< of this process, or of this node; -1: not said
  bool multiprocessing_distributed = false;  ///< every node starts a process for each GPU (dist/launcher.hpp)
};

/// The place of this process, and how it meets the others.
struct Rendezvous {
  /// alone: there are no others; tcp: through the store at host:port; file: through a store in the file.
  enum class Kind { alone, tcp, file };

  Membership membership = {};       ///< which of the processes this is
  Kind kind = Kind::alone;          ///< by what the processes find each other
  std::string host = {};            ///< of the store
  int port = 0;                     ///< of the store, 1 … 65535
  bool serves = false;              ///< tcp: this process makes the store; otherwise rank 0 or torchrun's agent does
  std::filesystem::path file = {};  ///< absolute; on every process the same file, which is not there before
  Backend backend = Backend::automatic;  ///< by what tensors travel

  /// Whether local_rank and local_size were said. Where they were not they are 0 and 1, and who connects finds them by
  /// comparing the names of the hosts.
  bool knows_local = true;

  std::string source =
      {};  ///< who started the processes, for messages: "torchrun", "Slurm", "--dist-url"; empty: alone
  std::string run_id = {};  ///< torchrun's, Slurm's job or Open MPI's; may be empty
  int restarts =
      0;  ///< how often torchrun has started the processes anew: each time they share a new part of the store

  bool is_alone() const noexcept { return kind == Kind::alone; }  ///< whether there is one process only
};

/// The value of a variable of the environment, where it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

}  // namespace hearth::dist
