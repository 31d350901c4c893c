#pragma once

#include <hearth/optim/adamw.hpp>

// Header-only, a program instantiates what it uses; the library has both once for all.
#ifdef HEARTH_COMPILED
#include <hearth/optim/adam_rule.ipp>

namespace hearth::optim {

template struct AdamRule<AdamWOptions>;
template class RuleOptimizer<AdamRule<AdamWOptions>>;

}  // namespace hearth::optim
#endif
