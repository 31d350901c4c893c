/// Comma-separated values, as RFC 4180 has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/inline.hpp>

namespace hearth::core {

/// The text as a field: in quotes where it has a comma, a quote or a line end.
std::string csv_field(std::string_view text);

/// The fields of each line. Lines may end in \n or \r\n, the last one in neither; a field in quotes may have line ends.
/// What is malformed is taken as it stands: there are no errors.
std::vector<std::vector<std::string>> read_csv(std::string_view text);

}  // namespace hearth::core

#ifndef HEARTH_COMPILED
#include <hearth/core/csv.ipp>
#endif
