#pragma once

#include <hearth/optim/adam.hpp>

// Header-only, a program instantiates what it uses; the library has both once for all.
#ifdef HEARTH_COMPILED
#include <hearth/optim/adam_rule.ipp>

namespace hearth::optim {

template struct AdamRule<AdamOptions>;
template class RuleOptimizer<AdamRule<AdamOptions>>;

}  // namespace hearth::optim
#endif
