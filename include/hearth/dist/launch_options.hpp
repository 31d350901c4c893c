/// What a launcher of processes is told.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace hearth::dist {

/// How many processes of this program are started, and where they belong.
struct LaunchOptions {
  int processes = 1;             ///< on this host
  int nodes = 1;                 ///< hosts that each start so many
  int node_rank = 0;             ///< of this host: 0 … nodes-1
  std::string master_addr = {};  ///< where rank 0 makes the store; empty: on this host, which is then the only one
  int master_port = 0;           ///< of the store; 0: one that is free

  /// After one has failed, the others have so long to notice and to end by themselves; then they get SIGTERM.
  std::chrono::milliseconds patience = std::chrono::seconds(12);
  /// After SIGTERM, or a signal from outside that ends programs, so long until SIGKILL: time to save a checkpoint.
  std::chrono::milliseconds grace = std::chrono::seconds(25);

  std::vector<std::pair<std::string, std::string>> variables = {};  ///< of the processes' environment, in addition
};

}  // namespace hearth::dist
