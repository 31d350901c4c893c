/// Draws from the beta distribution that MixUp and CutMix mix with.
#pragma once

#include <hearth/core/inline.hpp>
#include <hearth/core/random.hpp>

namespace hearth::data {

/// A draw from Beta(alpha, alpha), in [0, 1]: for alpha up to 1 by Jöhnk's method ("Erzeugung von betaverteilten und
/// gammaverteilten Zufallszahlen", Metrika 1964), with logarithms, so that no small alpha underflows; above as X / (X +
/// Y) of two gamma variates (Marsaglia and Tsang, "A simple method for generating gamma variables", TOMS 2000). `alpha`
/// is above 0.
double symmetric_beta(RandomStream& random, double alpha);

}  // namespace hearth::data

#ifndef HEARTH_COMPILED
#include <hearth/data/beta.ipp>
#endif
