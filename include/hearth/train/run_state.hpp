/// The numbers of a run in the form of a checkpoint.
#pragma once

#include <string>
#include <vector>

#include <hearth/core/inline.hpp>
#include <hearth/core/value.hpp>
#include <hearth/train/history.hpp>
#include <hearth/train/meter.hpp>
#include <hearth/train/run.hpp>

namespace hearth::train {

Value to_value(const Position& position);
Value to_value(const MeterSums& sums);

/// `{'epochs': [{'epoch': 0, 'figures': {…}, …}, …], 'stopped': ''}`
Value to_value(const History& history);

/// What `to_value` gave, read again. Throws Error naming what is missing.
Position position_from(const Value& value);
MeterSums sums_from(const Value& value);
std::vector<std::string> texts_from(const Value& value);
std::vector<EpochRecord> epochs_from(const Value& value);

}  // namespace hearth::train

#ifndef HEARTH_COMPILED
#include <hearth/train/run_state.ipp>
#endif
