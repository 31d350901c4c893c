/// Where a process finds its place among several, and where they meet: flags, torchrun, Open MPI, Slurm, or nobody.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <hearth/core/inline.hpp>
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

  Membership membership = {};
  Kind kind = Kind::alone;
  std::string host = {};            ///< of the store
  int port = 0;                     ///< of the store, 1 … 65535
  bool serves = false;              ///< tcp: this process makes the store; otherwise rank 0 or torchrun's agent does
  std::filesystem::path file = {};  ///< absolute; on every process the same file, which is not there before
  Backend backend = Backend::automatic;

  /// Whether local_rank and local_size were said. Where they were not they are 0 and 1, and who connects finds them by
  /// comparing the names of the hosts.
  bool knows_local = true;

  std::string source =
      {};  ///< who started the processes, for messages: "torchrun", "Slurm", "--dist-url"; empty: alone
  std::string run_id = {};  ///< torchrun's, Slurm's job or Open MPI's; may be empty
  int restarts =
      0;  ///< how often torchrun has started the processes anew: each time they share a new part of the store

  bool is_alone() const noexcept { return kind == Kind::alone; }
};

/// The value of a variable of the environment, where it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of this process.
Environment process_environment();

/// The place of this process: from the options; otherwise from the variables of torchrun and of this library's launcher
/// (RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT, TORCHELASTIC_…), of Open MPI
/// (OMPI_COMM_WORLD_…), or of Slurm (SLURM_PROCID, SLURM_NTASKS, …). Where nobody has said anything, and where there is
/// one process alone, it is alone.
///
/// Open MPI and Slurm do not say where processes meet: MASTER_ADDR and MASTER_PORT do where they are set; otherwise it
/// is the first host of the job's, and a port that follows from the job's number. The script of `sbatch` itself, which
/// is no step of the job, is alone.
///
/// Throws Error, naming the variable or the flag and what it met, when a part is missing or two parts contradict each
/// other.
Rendezvous find_rendezvous(const RendezvousOptions& options = {},
                           const Environment& environment = process_environment());

}  // namespace hearth::dist

#ifndef HEARTH_COMPILED
#include <hearth/dist/rendezvous.ipp>
#endif
