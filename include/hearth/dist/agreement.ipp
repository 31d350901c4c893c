#pragma once

#include <hearth/dist/agreement.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace hearth::dist::detail {

/// A list of texts as one, each with its length before it.
HEARTH_INLINE std::string packed(const Facts& facts) {
  std::string all;
  for (const auto& [name, value] : facts) {
    all += fmt::format("{} {} {}{}", name.size(), value.size(), name, value);
  }
  return all;
}

HEARTH_INLINE Facts unpacked(std::string_view all) {
  const auto number = [&](char end) {
    std::size_t value = 0;
    while (!all.empty() && all.front() != end) {
      value = value * 10 + static_cast<std::size_t>(all.front() - '0');
      all.remove_prefix(1);
    }
    all.remove_prefix(1);
    return value;
  };
  Facts facts;
  while (!all.empty()) {
    const std::size_t name_size = number(' ');
    const std::size_t value_size = number(' ');
    facts.emplace_back(all.substr(0, name_size), all.substr(name_size, value_size));
    all.remove_prefix(name_size + value_size);
  }
  return facts;
}

/// The first fact that differs from rank 0's, in words; empty when there is none.
HEARTH_INLINE std::string first_difference(const Facts& of_main, const Facts& own) {
  const auto short_text = [](const std::string& text) {
    return text.size() <= 200 ? text : text.substr(0, 200) + "...";
  };
  for (std::size_t i = 0; i < std::max(of_main.size(), own.size()); ++i) {
    if (i >= own.size()) {
      return fmt::format("it has no {}, which rank 0 has ({})", of_main[i].first, short_text(of_main[i].second));
    }
    if (i >= of_main.size()) {
      return fmt::format("it has {} ({}), which rank 0 has not", own[i].first, short_text(own[i].second));
    }
    if (own[i].first != of_main[i].first) {
      return fmt::format("it has {} where rank 0 has {}", own[i].first, of_main[i].first);
    }
    if (own[i].second != of_main[i].second) {
      return fmt::format("its {} is {}, but that of rank 0 is {}", own[i].first, short_text(own[i].second),
                         short_text(of_main[i].second));
    }
  }
  return {};
}

/// The first text that is not empty, with its rank.
HEARTH_INLINE std::string first_of(Communicator& communicator, const std::string& text) {
  const std::vector<std::string> texts = communicator.gather(text);
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    if (!texts[rank].empty()) {
      return fmt::format("rank {}: {}", rank, texts[rank]);
    }
  }
  return {};
}

HEARTH_INLINE std::string find_difference(Communicator& communicator, const Facts& facts) {
  const bool is_main = communicator.membership().rank == 0;
  const std::string of_main = communicator.broadcast_bytes(is_main ? packed(facts) : std::string());
  return first_of(communicator, is_main ? std::string() : first_difference(unpacked(of_main), facts));
}

HEARTH_INLINE void check_same_facts(Communicator& communicator, const Facts& facts) {
  if (const std::string difference = find_difference(communicator, facts); !difference.empty()) {
    throw AgreedError(difference);
  }
}

HEARTH_INLINE void fail_together(Communicator& communicator, const std::string& failure) {
  if (const std::string first = first_of(communicator, failure); !first.empty()) {
    throw AgreedError(first);
  }
}

HEARTH_INLINE std::string failure_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    if (*error.what() != '\0') {
      return error.what();
    }
    return "an error without words";
  } catch (...) {
    return "an error without words";
  }
  return {};
}

HEARTH_INLINE void together(Communicator& communicator, const std::function<void()>& body) {
  fail_together(communicator, failure_of(body));
}

}  // namespace hearth::dist::detail
