/// How far a run is, or how it has ended.
#pragma once

namespace hearth {

/// How far a run is: `running`, `complete`, ended by a signal (`interrupted`) or an error (`failed`), or `unknown`.
enum class RunState { unknown, running, complete, interrupted, failed };

}  // namespace hearth
