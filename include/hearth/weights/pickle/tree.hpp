/// Checks that a pickle's values can be walked as a tree: values may be shared, and may even hold themselves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/weights/pickle/value.hpp>

namespace hearth::pickle {

/// The most lists, tuples and dicts inside each other in a checkpoint; Python's own pickler ends at some 300.
inline constexpr std::size_t max_nesting = 128;

/// The largest tree that a pickle of so many bytes may stand for, in values. A value that is not shared takes at least
/// one byte, so every checkpoint of Python's stays far below this limit. The constant is for small pickles, which may
/// share their values freely.
constexpr std::size_t max_tree(std::size_t pickle_size) noexcept {
  return (std::size_t{1} << 16) + 4 * pickle_size;
}

namespace detail {

/// Measures values once each, however often they are met. Recursion is at most `max_nesting` deep.
class TreeMeasure {
 public:
  struct Extent {
    std::size_t height = 0;  // containers below this one
    std::size_t values = 1;  // in the tree, this one too, and its keys; 16 bytes of text are as much as a value
  };

  /// Counts end at `most` values.
  explicit TreeMeasure(std::size_t most) : most_(most) {}

  Extent measure(const Value& value, std::size_t depth = 0) {
    const Extent known = measure_inside(value, depth);
    core::require(depth + known.height <= max_nesting,
                  "its pickle holds itself, or lists and dicts inside each other more than {} deep", max_nesting);
    return known;
  }

 private:
  /// What a tensor, or a torch.Size of most sizes, takes in memory; the call in the pickle takes 4 bytes or more.
  static constexpr std::size_t values_of_call = 16;

  static std::size_t values_alone(const Value& value) noexcept {
    const auto* const text = value.as<std::string>();
    return text != nullptr ? text->size() / 16 + 1 : value.as<Value::Call>() != nullptr ? values_of_call : 1;
  }

  Extent measure_inside(const Value& value, std::size_t depth) {
    const auto* const dict = value.as<Value::Dict>();
    const auto* const list = value.as<Value::List>();
    const auto* const tuple = value.as<Value::Tuple>();
    const auto* const items = list != nullptr ? &list->items : tuple != nullptr ? &tuple->items : nullptr;
    if ((dict == nullptr || dict->items.empty()) && (items == nullptr || items->empty())) {
      return {.values = std::min(values_alone(value), most_)};
    }
    if (const auto found = known_.find(&value); found != known_.end()) {
      return found->second;
    }
    if (depth >= max_nesting) {
      return {.height = 1};
    }
    Extent extent;
    const auto add = [&](const Value& item) {
      const Extent inside = measure(item, depth + 1);
      extent.height = std::max(extent.height, inside.height + 1);
      extent.values = std::min(extent.values + inside.values, most_);
    };
    if (dict != nullptr) {
      for (const auto& item : dict->items) {
        extent.values = std::min(extent.values + values_alone(*item.first), most_);
        add(*item.second);
      }
    } else {
      for (const Value* const item : *items) {
        add(*item);
      }
    }
    known_.emplace(&value, extent);
    return extent;
  }

  std::size_t most_;
  std::unordered_map<const Value*, Extent> known_;
};

}  // namespace detail

/// Throws Error unless lists, tuples and dicts can be copied from `root` as a tree: none holds itself, they are at most
/// `max_nesting` deep, and what is shared, texts and keys too, does not make the tree out of proportion to the pickle,
/// which has `pickle_size` bytes. The inside of calls is not checked.
inline void check_tree(const Value& root, std::size_t pickle_size) {
  const std::size_t most = max_tree(pickle_size);
  const std::size_t values = detail::TreeMeasure(most + 1).measure(root).values;
  core::require(values <= most, "its pickle repeats the same values: its {} bytes stand for more than {} values",
                pickle_size, most);
}

}  // namespace hearth::pickle
