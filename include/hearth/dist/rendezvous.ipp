#pragma once

#include <hearth/dist/rendezvous.hpp>

#include <stdlib.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/printable.hpp>

namespace hearth::dist {

namespace detail {

/// The variable by which the launcher tells its children that they are that: its process id.
inline constexpr const char* launcher_variable = "HEARTH_LAUNCHER";

/// A whole number that `name`, a variable or a flag, has.
inline int number_of(std::string_view name, std::string_view text, int least, int most) {
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  core::require(error == std::errc{} && stop == text.data() + text.size() && number >= least && number <= most,
                "{} must be a whole number from {} to {}, but is \"{}\"", name, least, most, core::printable(text));
  return number;
}

inline constexpr int most_processes = 1'000'000;

/// The environment, read with what is expected of it. A variable that is set to nothing is not set.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  std::optional<std::string> text(const std::string& name) const {
    std::optional<std::string> value = environment_(name);
    return value && value->empty() ? std::nullopt : value;
  }

  bool has(const std::string& name) const { return text(name).has_value(); }

  std::optional<int> number(const std::string& name, int least, int most = most_processes) const {
    const std::optional<std::string> value = text(name);
    return value ? std::optional(number_of(name, *value, least, most)) : std::nullopt;
  }

 private:
  const Environment& environment_;
};

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

inline void require_rank(const std::string& rank_name, int rank, const std::string& size_name, int size) {
  core::require(rank < size, "{} is {}, but {} is {}: ranks are 0 to {}", rank_name, rank, size_name, size, size - 1);
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
    if (node < nodes) {
      return number_of("SLURM_TASKS_PER_NODE", entry.substr(0, bracket), 1, most_processes);
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

inline constexpr std::string_view url_forms = "tcp://HOST:PORT, file:///PATH or env://";

/// Sets where the processes meet from MASTER_ADDR and MASTER_PORT, or leaves what their launcher has told.
inline void meet_by_environment(const Variables& variables, Rendezvous& found) {
  found.host = variables.text("MASTER_ADDR").value_or(found.host);
  found.port = variables.number("MASTER_PORT", 1, 65'535).value_or(found.port);
  for (const auto& [is_there, name] :
       {std::pair{!found.host.empty(), "MASTER_ADDR"}, std::pair{found.port != 0, "MASTER_PORT"}}) {
    core::require(is_there,
                  "{} is not set: this is rank {} of {} (by {}), and nobody says where they meet. Set MASTER_ADDR and "
                  "MASTER_PORT, or give --dist-url tcp://HOST:PORT",
                  name, found.membership.rank, found.membership.size, found.source);
  }
  found.kind = Rendezvous::Kind::tcp;
}

/// Whether torchrun's agent makes the store, so that no process does.
inline bool has_agent_store(const Variables& variables) {
  return variables.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
}

/// Sets where the processes meet from tcp://HOST:PORT (HOST may be an address of IPv6 in brackets).
inline void meet_by_tcp(std::string_view url, const Variables& variables, Rendezvous& found) {
  const std::string_view address = url.substr(6);
  const std::size_t colon = address.rfind(':');
  const bool is_within = colon != std::string_view::npos && address.find(']', colon) != std::string_view::npos;
  core::require(colon != std::string_view::npos && !is_within,
                "--dist-url {} has no port: it is tcp://HOST:PORT, such as tcp://10.0.0.1:23456", core::printable(url));
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  core::require(!host.empty(), "--dist-url {} has no host: it is tcp://HOST:PORT, such as tcp://10.0.0.1:23456",
                core::printable(url));
  found.kind = Rendezvous::Kind::tcp;
  found.host = host;
  found.port = number_of("the port of --dist-url", address.substr(colon + 1), 1, 65'535);
  if (has_agent_store(variables)) {
    Rendezvous agent = found;
    meet_by_environment(variables, agent);
    core::require(
        agent.host == found.host && agent.port == found.port,
        "--dist-url is {}, but torchrun has its store at {}:{} (MASTER_ADDR, MASTER_PORT): leave --dist-url out",
        core::printable(url), agent.host, agent.port);
  }
}

inline void meet_by_file(std::string_view url, Rendezvous& found) {
  const std::filesystem::path path(url.substr(7));
  core::require(path.is_absolute(), "--dist-url {} has a path that is not absolute: it is file:///PATH, with three /",
                core::printable(url));
  found.kind = Rendezvous::Kind::file;
  found.file = path;
}

/// The place that the flags and the environment tell together.
inline Rendezvous place_by_flags(const RendezvousOptions& options, std::optional<Rendezvous> started) {
  core::require(options.world_size == -1 || options.world_size >= 1, "--world-size must be at least 1, but is {}",
                options.world_size);
  core::require(options.rank >= -1, "--rank must be at least 0, but is {}", options.rank);
  if (!started) {
    core::require(options.rank == -1 || options.world_size != -1, "--rank is {}, but --world-size is missing",
                  options.rank);
    core::require(options.rank != -1 || options.world_size <= 1, "--world-size is {}, but --rank is missing",
                  options.world_size);
    core::require(options.dist_url.empty() || options.dist_url == "env://" || options.world_size != -1,
                  "--dist-url is {}, but --world-size and --rank are missing, and no launcher has started this process",
                  core::printable(options.dist_url));
    core::require(options.dist_url != "env://" || options.world_size != -1,
                  "--dist-url is env://, but RANK and WORLD_SIZE are not set");
    Rendezvous found;
    if (options.rank != -1) {
      found.membership.size = options.world_size;
      found.membership.rank = options.rank;
      found.knows_local = false;
      found.source = "--world-size and --rank";
      require_rank("--rank", options.rank, "--world-size", options.world_size);
    }
    return found;
  }
  const Membership& place = started->membership;
  core::require(options.world_size == -1 || options.world_size == place.size,
                "--world-size is {}, but {} has started {} processes", options.world_size, started->source, place.size);
  core::require(options.rank == -1 || options.rank == place.rank, "--rank is {}, but by {} this is rank {}",
                options.rank, started->source, place.rank);
  return std::move(*started);
}

inline Backend backend_of(const std::string& name) {
  core::require(name.empty() || name == "nccl" || name == "gloo", "--dist-backend must be nccl or gloo, but is \"{}\"",
                core::printable(name));
  return name.empty() ? Backend::automatic : name == "nccl" ? Backend::nccl : Backend::gloo;
}

inline void require_scheme(const std::string& url) {
  core::require(url.empty() || url == "env://" || url.starts_with("tcp://") || url.starts_with("file://"),
                "--dist-url must be {}, but is \"{}\"", url_forms, core::printable(url));
}

/// Who has started this process as one of several: torchrun or the like, Open MPI, or Slurm.
inline std::optional<Rendezvous> starter_of(const Variables& variables) {
  std::optional<Rendezvous> started = from_torchrun(variables);
  started = started ? std::move(started) : from_open_mpi(variables);
  return started ? std::move(started) : from_slurm(variables);
}

}  // namespace detail

HEARTH_INLINE Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = ::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

HEARTH_INLINE Rendezvous find_rendezvous(const RendezvousOptions& options, const Environment& environment) {
  const detail::Variables variables(environment);
  const Backend backend = detail::backend_of(options.backend);
  detail::require_scheme(options.dist_url);
  RendezvousOptions said = options;
  if (said.multiprocessing_distributed) {
    core::require(variables.has(detail::launcher_variable),
                  "--multiprocessing-distributed has each node start its processes, but nobody has: dist::launch does, "
                  "and --rank and --world-size count nodes for it");
    said.rank = said.world_size = -1;  // of nodes: the launcher has made those of processes from them
  }
  Rendezvous found = detail::place_by_flags(said, detail::starter_of(variables));
  found.backend = backend;
  Rendezvous tried = found;  // a wrong address is a mistake of one process, too
  if (options.dist_url.starts_with("tcp://")) {
    detail::meet_by_tcp(options.dist_url, variables, tried);
  } else if (options.dist_url.starts_with("file://")) {
    detail::meet_by_file(options.dist_url, tried);
  } else if (found.membership.size > 1) {
    detail::meet_by_environment(variables, tried);
  }
  if (found.membership.size == 1) {
    return {.backend = backend, .run_id = found.run_id, .restarts = found.restarts};
  }
  tried.serves =
      tried.kind == Rendezvous::Kind::tcp && tried.membership.rank == 0 && !detail::has_agent_store(variables);
  return tried;
}

}  // namespace hearth::dist
