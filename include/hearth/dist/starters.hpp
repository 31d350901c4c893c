/// Who has started a process as one of several, and the place that they tell it: torchrun, Open MPI, Slurm.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>
#include <hearth/dist/meeting_place.hpp>
#include <hearth/dist/membership.hpp>
#include <hearth/dist/variables.hpp>

namespace hearth::dist::detail {

/// The variables in which a launcher tells a process its place.
struct PlaceNames {
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};

inline constexpr PlaceNames torchrun_names{"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
inline constexpr PlaceNames open_mpi_names{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
                                           "OMPI_COMM_WORLD_LOCAL_SIZE"};

/// Requires that of two variables both are set, or none.
inline void require_both(const Variables& variables, const char* one, const char* other) {
  for (const auto& [set, missing] : {std::pair{one, other}, std::pair{other, one}}) {
    core::require(!variables.has(set) || variables.has(missing), "{} is set ({}), but {} is not: a process has both",
                  set, core::printable(variables.text(set).value_or("")), missing);
  }
}

/// Requires that the local place fits the global one.
inline void require_local(const Membership& place, const PlaceNames& names) {
  require_rank(names.local_rank, place.local_rank, names.local_size, place.local_size);
  core::require(place.local_size <= place.size, "{} is {}, but {} is {}: a host has no more processes than there are",
                names.local_size, place.local_size, names.size, place.size);
  core::require(place.local_rank <= place.rank, "{} is {}, but {} is {}: each process counts in both", names.local_rank,
                place.local_rank, names.rank, place.rank);
}

/// The place that the variables tell, where they are set.
inline std::optional<Rendezvous> place_of(const Variables& variables, const PlaceNames& names) {
  require_both(variables, names.rank, names.size);
  if (!variables.has(names.rank)) {
    for (const char* const name : {names.local_rank, names.local_size}) {
      core::require(!variables.has(name), "{} is set ({}), but {} is not: a process has both", name,
                    core::printable(variables.text(name).value_or("")), names.rank);
    }
    return std::nullopt;
  }
  Rendezvous found;
  Membership& place = found.membership;
  place.size = *variables.number(names.size, 1);
  place.rank = *variables.number(names.rank, 0);
  require_rank(names.rank, place.rank, names.size, place.size);
  require_both(variables, names.local_rank, names.local_size);
  found.knows_local = variables.has(names.local_rank);
  if (found.knows_local) {
    place.local_size = *variables.number(names.local_size, 1);
    place.local_rank = *variables.number(names.local_rank, 0);
    require_local(place, names);
  }
  return found;
}

/// FNV-1a, 32 bits, as a port below those that systems give by themselves.
inline int port_of(std::string_view job) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char byte : job) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x01000193;
  }
  return 10'000 + static_cast<int>(hash % 20'000);
}

/// The first name of "gpu[003-010,020],login1" and the like: gpu003.
inline std::string first_host(std::string_view list) {
  std::string host;
  bool is_within = false;   // brackets
  bool is_skipped = false;  // what follows their first number
  for (const char letter : list) {
    if (letter == '[' || letter == ']') {
      is_within = letter == '[';
      is_skipped = false;
    } else if (letter == ',' && !is_within) {
      break;
    } else {
      is_skipped = is_skipped || (is_within && (letter == ',' || letter == '-'));
      host += is_skipped ? "" : std::string(1, letter);
    }
  }
  return host;
}

/// How many tasks the node of that number has, by a list such as "2(x3),1"; none where the list has no such node.
inline std::optional<int> tasks_of_node(std::string_view list, int node) {
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    const std::size_t bracket = entry.find("(x");
    const std::size_t end = entry.find(')');
    int nodes = 1;
    if (bracket != std::string_view::npos && end != std::string_view::npos && end > bracket) {
      nodes = number_of("SLURM_TASKS_PER_NODE", entry.substr(bracket + 2, end - bracket - 2), 1, most_processes);
    }
    const int tasks = number_of("SLURM_TASKS_PER_NODE", entry.substr(0, bracket), 1, most_processes);
    if (node < nodes) {
      return tasks;
    }
    node -= nodes;
  }
  return std::nullopt;
}

/// torchrun's, this library's launcher's, or whoever sets the variables that torch.distributed's env:// reads.
inline std::optional<Rendezvous> from_torchrun(const Variables& variables) {
  std::optional<Rendezvous> found = place_of(variables, torchrun_names);
  if (found) {
    const bool has_agent = variables.has("TORCHELASTIC_RUN_ID");
    found->source = variables.has(launcher_variable) ? "--nproc" : has_agent ? "torchrun" : "the environment (RANK)";
    found->run_id = variables.text("TORCHELASTIC_RUN_ID").value_or("");
    found->restarts = variables.number("TORCHELASTIC_RESTART_COUNT", 0).value_or(0);
  }
  return found;
}

inline std::optional<Rendezvous> from_open_mpi(const Variables& variables) {
  std::optional<Rendezvous> found = place_of(variables, open_mpi_names);
  if (found) {
    found->source = "Open MPI";
    found->run_id = variables.text("PMIX_NAMESPACE").value_or("");
    if (found->knows_local && found->membership.local_size == found->membership.size) {
      found->host = "127.0.0.1";
      found->port = port_of(found->run_id);
    }
  }
  return found;
}

inline std::optional<Rendezvous> from_slurm(const Variables& variables) {
  const bool is_step = variables.has("SLURM_STEP_ID") || variables.has("SLURM_STEPID");
  if (variables.number("SLURM_NTASKS", 1).value_or(1) == 1 || (variables.has("SLURM_JOB_ID") && !is_step)) {
    return std::nullopt;  // an interactive shell, a job of one task, or the script that starts the steps
  }
  require_both(variables, "SLURM_PROCID", "SLURM_NTASKS");
  Rendezvous found;
  Membership& place = found.membership;
  place.size = *variables.number("SLURM_NTASKS", 1);
  place.rank = *variables.number("SLURM_PROCID", 0);
  require_rank("SLURM_PROCID", place.rank, "SLURM_NTASKS", place.size);

  PlaceNames names{"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"};
  std::optional<int> local_size;
  for (const char* const name : {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"}) {
    if (const auto list = variables.text(name); list && !local_size) {
      local_size = tasks_of_node(*list, variables.number("SLURM_NODEID", 0).value_or(0));
      names.local_size = local_size ? name : names.local_size;
    }
  }
  local_size = local_size ? local_size : variables.number("SLURM_NTASKS_PER_NODE", 1);
  const std::optional<int> local_rank = variables.number("SLURM_LOCALID", 0);
  found.knows_local = local_rank && local_size;
  if (found.knows_local) {
    place.local_rank = *local_rank;
    place.local_size = *local_size;
    require_local(place, names);
  }
  found.source = "Slurm";
  found.run_id = variables.text("SLURM_JOB_ID").value_or("");
  for (const char* const name : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"}) {
    if (found.host.empty()) {
      found.host = first_host(variables.text(name).value_or(""));
    }
  }
  if (!found.run_id.empty()) {
    found.port = port_of(found.run_id + "." + variables.text("SLURM_STEP_ID").value_or(""));
  }
  return found;
}

/// Who has started this process as one of several: torchrun or the like, Open MPI, or Slurm.
inline std::optional<Rendezvous> starter_of(const Variables& variables) {
  std::optional<Rendezvous> started = from_torchrun(variables);
  started = started ? std::move(started) : from_open_mpi(variables);
  return started ? std::move(started) : from_slurm(variables);
}

}  // namespace hearth::dist::detail
