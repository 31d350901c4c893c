#pragma once

#include <hearth/dist/launcher.hpp>

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include <hearth/core/error.hpp>
#include <hearth/core/process.hpp>
#include <hearth/core/terminal.hpp>
#include <hearth/dist/error_file.hpp>
#include <hearth/dist/launch_processes.hpp>
#include <hearth/dist/meeting.hpp>
#include <hearth/dist/starters.hpp>
#include <hearth/dist/variables.hpp>

namespace hearth::dist {

namespace detail {

/// The variable by which `spawn` tells which of the program's calls of it a process is for.
inline constexpr const char* spawn_variable = "HEARTH_SPAWN";

inline std::string place_text(const Rendezvous& started) {
  return fmt::format("{} has started this process as rank {} of {}", started.source, started.membership.rank,
                     started.membership.size);
}

/// Sets the number of nodes and this one's, from the flags or from who has started one process on each.
inline void place_node(const RendezvousOptions& options, const std::optional<Rendezvous>& started,
                       LaunchOptions& plan) {
  const bool is_one_a_node = started && (!started->knows_local || started->membership.local_size == 1) &&
                             !(started->source == "torchrun" || started->source == "--nproc");
  core::require(!started || is_one_a_node,
                "--multiprocessing-distributed starts the processes of a node, but {}: leave the flag out",
                started ? place_text(*started) : "");
  RendezvousOptions nodes = options;
  nodes.dist_url.clear();
  const Rendezvous place = place_by_flags(nodes, started);
  plan.nodes = place.membership.size;
  plan.node_rank = place.membership.rank;
}

}  // namespace detail

HEARTH_INLINE bool is_launched(const Environment& environment) {
  return environment(detail::launcher_variable) == std::to_string(::getppid());
}

HEARTH_INLINE std::optional<LaunchOptions> launch_plan(const RendezvousOptions& options, int processes,
                                                       const std::function<int()>& gpus,
                                                       const Environment& environment) {
  core::require(processes >= 0, "--nproc must be at least 1, but is {}", processes);
  if ((processes == 0 && !options.multiprocessing_distributed) || is_launched(environment)) {
    return std::nullopt;
  }
  const detail::Variables variables(environment);
  detail::backend_of(options.backend);
  detail::require_scheme(options.dist_url);
  const std::optional<Rendezvous> started = detail::starter_of(variables);
  LaunchOptions plan;
  plan.processes = processes > 0 ? processes : std::max(1, gpus());
  if (options.multiprocessing_distributed) {
    detail::place_node(options, started, plan);
  } else {
    core::require(!started, "--nproc {} starts processes, but {}: leave the flag out", processes,
                  started ? detail::place_text(*started) : "");
    core::require(
        options.world_size == -1 && options.rank == -1,
        "--nproc {} gives the processes of this host their ranks: leave --world-size and --rank out, or count "
        "nodes in them, with --multiprocessing-distributed",
        processes);
  }
  Rendezvous meeting = started.value_or(Rendezvous{});
  meeting.membership = {.rank = plan.node_rank, .size = plan.nodes};
  meeting.source = "--multiprocessing-distributed";
  if (options.dist_url.starts_with("tcp://")) {
    detail::meet_by_tcp(options.dist_url, variables, meeting);
  } else if (options.dist_url.starts_with("file://")) {
    detail::meet_by_file(options.dist_url, meeting);
    meeting.port = 0;
  } else if (plan.nodes > 1 || options.dist_url == "env://") {
    detail::meet_by_environment(variables, meeting);
  }
  plan.master_addr = meeting.port != 0 ? meeting.host : "";
  plan.master_port = meeting.port;
  return plan;
}

HEARTH_INLINE int launch(const LaunchOptions& options, const std::vector<std::string>& words) {
  const auto& [processes, nodes, node_rank, master_addr, master_port, patience, grace, variables] = options;
  core::require(processes >= 1 && processes <= 4096, "launch: processes must be 1 to 4096, but got {}", processes);
  core::require(nodes >= 1 && node_rank >= 0 && node_rank < nodes,
                "launch: node_rank must be 0 to nodes-1, but got {} of {} nodes", node_rank, nodes);
  core::require(master_port >= 0 && master_port <= 65'535 && (master_port == 0) == master_addr.empty(),
                "launch: master_addr and master_port belong together, but got \"{}\" and {}", master_addr, master_port);
  core::require(!words.empty(), "launch: the command line must begin with the program's name, but is empty");
  return detail::Launch(options).run(words);
}

HEARTH_INLINE int spawn(int nprocs, int argc, char** argv, const std::function<void(int)>& body) {
  static int calls = 0;
  const std::string call = std::to_string(++calls);
  if (!is_launched()) {
    return launch({.processes = nprocs, .variables = {{detail::spawn_variable, call}}},
                  std::vector<std::string>(argv, argv + argc));
  }
  const std::optional<std::string> wanted = process_environment()(detail::spawn_variable);
  core::require(wanted.has_value(), "spawn: a launcher (--nproc) has started this process already");
  if (*wanted != call) {
    return 0;  // this process belongs to a later call
  }
  const int rank = find_rendezvous().membership.rank;  // read as the others read it
  int code = 0;
  try {
    body(rank);
  } catch (const std::exception& error) {
    core::show(stderr, fmt::format("{}: rank {}: {}\n", core::program_name(), rank, error.what()));
    write_error_file(error.what());
    code = 1;
  }
  std::exit(code);
}

}  // namespace hearth::dist
