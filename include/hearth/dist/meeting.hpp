/// What flags say of a process and of where it meets the others.
#pragma once

#include <cstddef>
#include <filesystem>
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

}  // namespace hearth::dist::detail
