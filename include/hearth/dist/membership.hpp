/// Which of several processes this one is.
#pragma once

namespace hearth::dist {

/// The place of a process among those that train together.
struct Membership {
  int rank = 0;        ///< 0 … size-1
  int size = 1;        ///< how many processes there are
  int local_rank = 0;  ///< among those of this host: 0 … local_size-1
  int local_size = 1;  ///< processes on this host
};

}  // namespace hearth::dist
