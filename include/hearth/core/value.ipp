#pragma once

#include <hearth/core/value.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <hearth/core/error.hpp>

namespace hearth {

namespace core::detail {

/// "optimizer/param_groups/0 is ", or "it is " without keys.
inline std::string subject(std::span<const Key> path) {
  std::string names;
  for (const Key& key : path) {
    names = join_keys(names, key);
  }
  return (names.empty() ? "it" : names) + " is ";
}

/// The types of a Value in their order, for sentences.
inline constexpr std::array<std::string_view, 10> kinds{"None",     "a boolean", "an integer", "a number", "a text",
                                                        "a tensor", "a list",    "a tuple",    "a dict",   "Unread"};

}  // namespace core::detail

HEARTH_INLINE Value::Dict::Dict() = default;
HEARTH_INLINE Value::Dict::Dict(std::initializer_list<Item> items) {
  for (const Item& item : items) {
    set(item.first, item.second);
  }
}
HEARTH_INLINE Value::Dict::Dict(const Dict&) = default;
HEARTH_INLINE Value::Dict::Dict(Dict&&) noexcept = default;
HEARTH_INLINE Value::Dict& Value::Dict::operator=(const Dict&) = default;
HEARTH_INLINE Value::Dict& Value::Dict::operator=(Dict&&) noexcept = default;
HEARTH_INLINE Value::Dict::~Dict() = default;

HEARTH_INLINE Value::Dict Value::Dict::ordered() {
  Dict dict;
  dict.is_ordered_ = true;
  return dict;
}

HEARTH_INLINE void Value::Dict::set(core::Key key, Value value) {
  const auto [place, is_new] = places_.emplace(key, items_.size());
  if (is_new) {
    items_.emplace_back(std::move(key), std::move(value));
  } else {
    items_[place->second].second = std::move(value);
  }
}

HEARTH_INLINE const Value* Value::Dict::find(const core::Key& key) const noexcept {
  const auto found = places_.find(key);
  return found != places_.end() ? &items_[found->second].second : nullptr;
}

HEARTH_INLINE Value::Value() = default;
HEARTH_INLINE Value::Value(std::string text) : data_(std::move(text)) {}
HEARTH_INLINE Value::Value(std::string_view text) : data_(std::string(text)) {}
HEARTH_INLINE Value::Value(const char* text) : data_(std::string(text)) {}
HEARTH_INLINE Value::Value(at::Tensor tensor) : data_(std::move(tensor)) {
  core::require(std::get<at::Tensor>(data_).defined(), "Value: the tensor is undefined");
}
HEARTH_INLINE Value::Value(List list) : data_(std::move(list)) {}
HEARTH_INLINE Value::Value(Tuple tuple) : data_(std::move(tuple)) {}
HEARTH_INLINE Value::Value(Dict dict) : data_(std::move(dict)) {}
HEARTH_INLINE Value::Value(Unread unread) : data_(std::move(unread)) {}
HEARTH_INLINE Value::Value(const Value&) = default;
HEARTH_INLINE Value::Value(Value&&) noexcept = default;
HEARTH_INLINE Value& Value::operator=(const Value&) = default;
HEARTH_INLINE Value& Value::operator=(Value&&) noexcept = default;
HEARTH_INLINE Value::~Value() = default;

HEARTH_INLINE const Value::List& Value::items() const& {
  const List* const list = sequence();
  if (list == nullptr) {
    core::fail("Value: it is {}, not a list or tuple", kind());
  }
  return *list;
}

HEARTH_INLINE const Value* Value::find(const core::Key& key) const noexcept {
  if (const auto* const dict = std::get_if<Dict>(&data_)) {
    return dict->find(key);
  }
  const List* const list = sequence();
  const bool is_inside = list != nullptr && key.number() != nullptr && *key.number() >= 0 &&
                         static_cast<std::uint64_t>(*key.number()) < list->size();
  return is_inside ? &(*list)[static_cast<std::size_t>(*key.number())] : nullptr;
}

HEARTH_INLINE std::string Value::kind() const {
  if (const auto* const unread = std::get_if<Unread>(&data_)) {
    return unread->what;
  }
  if (const auto* const tensor = std::get_if<at::Tensor>(&data_)) {
    return fmt::format("a tensor of [{}]", fmt::join(tensor->sizes(), ", "));
  }
  if (const List* const list = sequence()) {
    return fmt::format("{} of {}", is<List>() ? "a list" : "a tuple", list->size());
  }
  if (const auto* const dict = std::get_if<Dict>(&data_)) {
    constexpr std::ptrdiff_t most = 8;
    std::string keys;
    for (auto item = dict->begin(); item != dict->end() && item - dict->begin() < most; ++item) {
      keys += (keys.empty() ? " of " : ", ") + to_string(item->first);
    }
    return keys.empty() ? "an empty dict" : "a dict" + keys + (dict->end() - dict->begin() > most ? ", …" : "");
  }
  static_assert(core::detail::kinds.size() == std::variant_size_v<Data>);
  return std::string(core::detail::kinds[data_.index()]);
}

HEARTH_INLINE const Value::List* Value::sequence() const noexcept {
  const auto* const tuple = std::get_if<Tuple>(&data_);
  return tuple != nullptr ? tuple : std::get_if<List>(&data_);
}

HEARTH_INLINE const Value& Value::follow(std::span<const core::Key> path) const {
  const Value* value = this;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Value* const next = value->find(path[i]);
    if (next == nullptr) {
      core::fail("Value: there is no {}; {}{}", to_string(path[i]), core::detail::subject(path.first(i)),
                 value->kind());
    }
    value = next;
  }
  return *value;
}

HEARTH_INLINE void Value::fail_on_size(std::uint64_t number) {
  core::fail("Value: the integer {} has more than 63 bits", number);
}

HEARTH_INLINE void Value::fail_on_range(std::span<const core::Key> path, std::int64_t number) {
  core::fail("Value: {}{}, which is out of range", core::detail::subject(path), number);
}

HEARTH_INLINE void Value::fail_on_kind(std::span<const core::Key> path, std::size_t wanted) const {
  core::fail("Value: {}{}, not {}", core::detail::subject(path), kind(), core::detail::kinds[wanted]);
}

}  // namespace hearth
