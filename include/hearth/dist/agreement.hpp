/// Checks that every process of a run has the same, and that all fail where one does.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/inline.hpp>
#include <hearth/dist/communicator.hpp>

namespace hearth::dist {

/// An error that every process throws, each knowing that the others do: nobody need be told of it.
class AgreedError : public Error {
 public:
  using Error::Error;
};

}  // namespace hearth::dist

namespace hearth::dist::detail {

/// What must be the same in every process: a name, and a value as text.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// What `body` throws, in words; empty when it throws nothing.
std::string failure_of(const std::function<void()>& body);

/// The first fact of a process that differs from rank 0's, with the rank, in words; the same in all processes; empty
/// when none does.
std::string find_difference(Communicator& communicator, const Facts& facts);

/// Throws AgreedError in all processes when one has other facts than rank 0: the first that differs, and the rank.
void check_same_facts(Communicator& communicator, const Facts& facts);

/// Throws AgreedError in all processes when the text is not empty in one: the first of them, with its rank.
void fail_together(Communicator& communicator, const std::string& failure);

/// Calls `body` in every process; where it throws in one, all throw AgreedError.
void together(Communicator& communicator, const std::function<void()>& body);

}  // namespace hearth::dist::detail

#ifndef HEARTH_COMPILED
#include <hearth/dist/agreement.ipp>
#endif
