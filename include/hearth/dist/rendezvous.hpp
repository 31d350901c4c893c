/// Where a process finds its place among several, and where they meet: flags, torchrun, Open MPI, Slurm, or nobody.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/dist/meeting_place.hpp>

namespace hearth::dist {

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
