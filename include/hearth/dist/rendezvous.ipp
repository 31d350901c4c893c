#pragma once

#include <hearth/dist/rendezvous.hpp>

#include <stdlib.h>

#include <hearth/core/error.hpp>
#include <hearth/dist/meeting.hpp>
#include <hearth/dist/starters.hpp>
#include <hearth/dist/variables.hpp>

namespace hearth::dist {

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
