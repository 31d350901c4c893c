/// What a pickle says, as data: a tree of values in which calls are recorded and never made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <hearth/core/error.hpp>

namespace hearth::pickle {

/// The most bytes of a global's name that a sentence or a checkpoint's value repeats: a name may be as long as the
/// file, and many values may share it.
inline constexpr std::size_t longest_name = 200;

/// One value of a pickle. Values refer to each other by pointer, may be shared, and may even form cycles: walk them
/// with that in mind. They belong to their Document.
struct Value {
  struct None {};
  /// An integer wider than 64 bits: its two's complement, little-endian.
  struct BigInteger {
    std::string bytes;
  };
  struct Bytes {
    std::string bytes;
  };
  /// A name that Python would import: "collections.OrderedDict".
  struct Global {
    std::string name;
    bool is_known = true;  ///< whether the reader was told that such pickles have this name
  };
  struct List {
    std::vector<const Value*> items;
  };
  struct Tuple {
    std::vector<const Value*> items;
  };
  struct Set {
    std::vector<const Value*> items;
  };
  /// A dict or a collections.OrderedDict, in the order of the file; `state` are the attributes set on it, or null.
  struct Dict {
    std::vector<std::pair<const Value*, const Value*>> items;
    const Value* state = nullptr;
    bool is_ordered = false;  ///< a collections.OrderedDict

    /// The value of a text key, or null.
    const Value* find(std::string_view key) const noexcept;
  };
  /// A call that Python would make: a Global, or an object that a call of one would give, with the Tuple of its
  /// arguments, then its state, or null.
  struct Call {
    const Value* function = nullptr;
    const Value* arguments = nullptr;
    const Value* state = nullptr;
  };
  /// An object kept outside the pickle: torch.save's storages.
  struct Persistent {
    const Value* id = nullptr;
  };

  std::variant<None, bool, std::int64_t, BigInteger, double, std::string, Bytes, Global, List, Tuple, Set, Dict, Call,
               Persistent>
      data;

  /// The value as one of the types above (`as<std::string>()` for text), or null when it is another.
  template <class T>
  const T* as() const noexcept {
    return std::get_if<T>(&data);
  }

  /// For sentences: "an integer", "a dict", "a collections.Counter".
  std::string kind() const {
    static constexpr std::string_view kinds[] = {"None",     "a boolean", "an integer", "an integer",
                                                 "a number", "a text",    "bytes",      "a name",
                                                 "a list",   "a tuple",   "a set",      "a dict"};
    if (data.index() < std::size(kinds)) {
      return std::string(kinds[data.index()]);
    }
    const Call* const call = as<Call>();
    if (call == nullptr) {
      return "a storage";
    }
    const Global* const function = call->function->as<Global>();
    if (function == nullptr) {
      return "an object";
    }
    constexpr std::string_view vowels = "aeiouAEIOU";
    const bool is_vowel = !function->name.empty() && vowels.find(function->name.front()) != vowels.npos;
    return (is_vowel ? "an " : "a ") + function->name.substr(0, longest_name);
  }

  /// Whether the value is what a call of an unknown name would give: an object of which nothing is understood.
  bool is_unknown_object() const noexcept {
    const Call* const call = as<Call>();
    const Global* const function = call != nullptr ? call->function->as<Global>() : nullptr;
    return call != nullptr && (function == nullptr || !function->is_known);
  }
};

inline const Value* Value::Dict::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : items) {
    const auto* const text = name->as<std::string>();
    if (text != nullptr && *text == key) {
      return value;
    }
  }
  return nullptr;
}

/// `items[index]` as one of the types of Value. Throws Error when it is absent or another type.
template <class T>
const T& pickled_item(const std::vector<const Value*>& items, std::size_t index) {
  const T* const value = index < items.size() ? items[index]->as<T>() : nullptr;
  if (value == nullptr) {
    core::fail("its pickle is damaged: item {} of a tuple or list is {}", index,
               index < items.size() ? items[index]->kind() : "missing");
  }
  return *value;
}

/// A pickle that was read: every value in it, and the one it stands for.
struct Document {
  std::deque<Value> values;
  const Value* root = nullptr;
  std::size_t size = 0;  ///< bytes that the pickle takes

  Document() = default;
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;
};

}  // namespace hearth::pickle
