/// The values that a checkpoint is made of: numbers, texts and tensors, in lists, tuples and dicts as Python has them.
#pragma once

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/key.hpp>

namespace hearth {

/// One value of a checkpoint, with all that is in it. A copy is a value of its own, but for the tensors, which share
/// their memory. What is taken out of a temporary value is a copy, so that nothing dangles.
///
///     Value checkpoint = Value::Dict{{"epoch", 3}, {"optimizer", optimizer.state_dict()}};
///     double lr = checkpoint["optimizer"]["param_groups"][0]["lr"].as<double>();
///     double same = checkpoint.as<double>("optimizer", "param_groups", 0, "lr");  // its errors name the whole way
class Value {
 public:
  struct None {};
  using List = std::vector<Value>;
  struct Tuple : List {
    using List::List;
    explicit Tuple(List items) : List(std::move(items)) {}
  };

  /// Keys and values in the order in which they were added; every key once.
  class Dict {
   public:
    /// A key and its value: `for (const auto& [key, value] : dict)`.
    using Item = std::pair<core::Key, Value>;

    Dict() = default;
    Dict(std::initializer_list<Item> items) {
      for (const Item& item : items) {
        set(item.first, item.second);
      }
    }

    /// An empty one that Python reads as a collections.OrderedDict, as its state_dicts are.
    static Dict ordered() {
      Dict dict;
      dict.is_ordered_ = true;
      return dict;
    }
    bool is_ordered() const noexcept { return is_ordered_; }

    /// Adds the key at the end, or gives it another value where it is.
    void set(core::Key key, Value value) {
      const auto [place, is_new] = places_.emplace(key, items_.size());
      if (is_new) {
        items_.emplace_back(std::move(key), std::move(value));
      } else {
        items_[place->second].second = std::move(value);
      }
    }

    /// The value of the key, or null.
    const Value* find(const core::Key& key) const noexcept {
      const auto found = places_.find(key);
      return found != places_.end() ? &items_[found->second].second : nullptr;
    }
    bool contains(const core::Key& key) const noexcept { return find(key) != nullptr; }

    std::size_t size() const noexcept { return places_.size(); }
    bool empty() const noexcept { return places_.empty(); }
    auto begin() const noexcept { return items_.begin(); }
    auto end() const noexcept { return items_.end(); }

   private:
    std::vector<Item> items_;
    std::map<core::Key, std::size_t> places_;
    bool is_ordered_ = false;
  };

  /// Something in a file that hearth has no form for: "a set". It can be neither taken as anything else nor saved.
  struct Unread {
    std::string what;
  };

  Value() = default;
  template <std::integral T>
  Value(T number) {
    if constexpr (std::same_as<T, bool>) {
      data_ = number;
    } else {
      core::require(std::in_range<std::int64_t>(number), "Value: the integer {} has more than 63 bits", number);
      data_ = static_cast<std::int64_t>(number);
    }
  }
  template <std::floating_point T>
  Value(T number) : data_(static_cast<double>(number)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(at::Tensor tensor) : data_(std::move(tensor)) {
    core::require(std::get<at::Tensor>(data_).defined(), "Value: the tensor is undefined");
  }
  Value(List list) : data_(std::move(list)) {}
  Value(Tuple tuple) : data_(std::move(tuple)) {}
  Value(Dict dict) : data_(std::move(dict)) {}
  Value(Unread unread) : data_(std::move(unread)) {}

  /// Whether the value is of this type: None, bool, std::int64_t, double, std::string, at::Tensor, List, Tuple, Dict or
  /// Unread.
  template <class T>
  bool is() const noexcept {
    return std::holds_alternative<T>(data_);
  }

  /// The value, or the one that the keys lead to, as one of the types of `is`; a number also as another type
  /// of floats, an integer as any number that holds it. Throws Error naming the key that is not there, or what is there
  /// instead.
  template <class T, class... Keys>
  decltype(auto) as(const Keys&... keys) const& {
    const std::array<core::Key, sizeof...(keys)> path{core::Key(keys)...};
    const Value& value = follow(path);
    if constexpr (std::floating_point<T>) {
      const auto* const number = std::get_if<std::int64_t>(&value.data_);
      return static_cast<T>(number != nullptr ? static_cast<double>(*number) : value.get<double>(path));
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      const std::int64_t number = value.get<std::int64_t>(path);
      if (!std::in_range<T>(number)) {
        core::fail("Value: {}{}, which is out of range", subject(path), number);
      }
      return static_cast<T>(number);
    } else if constexpr (std::same_as<T, bool>) {
      return bool{value.get<bool>(path)};
    } else {
      return value.get<T>(path);  // a reference
    }
  }

  template <class T, class... Keys>
  T as(const Keys&... keys) && {
    return std::as_const(*this).template as<T>(keys...);
  }

  /// The value that the keys lead to. Throws Error naming the key that is not there.
  template <class... Keys>
  const Value& at(const Keys&... keys) const& {
    return follow(std::array<core::Key, sizeof...(keys)>{core::Key(keys)...});
  }
  template <class... Keys>
  Value at(const Keys&... keys) && {
    return std::as_const(*this).at(keys...);
  }

  /// The items of a list or tuple. Throws Error when the value is neither.
  const List& items() const& {
    const List* const list = sequence();
    if (list == nullptr) {
      core::fail("Value: it is {}, not a list or tuple", kind());
    }
    return *list;
  }
  List items() && { return std::as_const(*this).items(); }

  /// The value of a dict's key, or at an index of a list or tuple; null where there is none.
  const Value* find(const core::Key& key) const noexcept {
    if (const auto* const dict = std::get_if<Dict>(&data_)) {
      return dict->find(key);
    }
    const List* const list = sequence();
    const bool is_inside = list != nullptr && key.number() != nullptr && *key.number() >= 0 &&
                           static_cast<std::uint64_t>(*key.number()) < list->size();
    return is_inside ? &(*list)[static_cast<std::size_t>(*key.number())] : nullptr;
  }
  bool contains(const core::Key& key) const noexcept { return find(key) != nullptr; }

  /// The same. Throws Error naming the key and what is there when there is none.
  const Value& operator[](const core::Key& key) const& { return follow({&key, 1}); }
  Value& operator[](const core::Key& key) & { return const_cast<Value&>(std::as_const(*this)[key]); }
  Value operator[](const core::Key& key) && { return std::as_const(*this)[key]; }

  /// Calls the visitor with the value, as one of the types of `is`.
  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    return std::visit(std::forward<Visitor>(visitor), data_);
  }

  /// For sentences: "an integer", "a tensor of [2, 3]", "a dict of model, epoch".
  std::string kind() const {
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
    return std::string(kinds[data_.index()]);
  }

 private:
  using Data = std::variant<None, bool, std::int64_t, double, std::string, at::Tensor, List, Tuple, Dict, Unread>;
  static constexpr std::array<std::string_view, std::variant_size_v<Data>> kinds{
      "None", "a boolean", "an integer", "a number", "a text", "a tensor", "a list", "a tuple", "a dict", "Unread"};

  /// The place of a type in Data.
  template <class T, class... Types>
  static constexpr std::size_t index_of(const std::variant<Types...>*) {
    constexpr std::array is_type{std::same_as<T, Types>...};
    constexpr auto index = static_cast<std::size_t>(std::find(is_type.begin(), is_type.end(), true) - is_type.begin());
    static_assert(index < sizeof...(Types), "Value: as<T>() and is<T>() take the types that a Value may be");
    return index;
  }

  /// The items of a list or tuple, or null.
  const List* sequence() const noexcept {
    const auto* const tuple = std::get_if<Tuple>(&data_);
    return tuple != nullptr ? tuple : std::get_if<List>(&data_);
  }

  /// "optimizer/param_groups/0 is ", or "it is " without keys.
  static std::string subject(std::span<const core::Key> path) {
    std::string names;
    for (const core::Key& key : path) {
      names = core::join_keys(names, key);
    }
    return (names.empty() ? "it" : names) + " is ";
  }

  template <class T>
  const T& get(std::span<const core::Key> path) const {
    const T* const value = std::get_if<T>(&data_);
    if (value == nullptr) {
      core::fail("Value: {}{}, not {}", subject(path), kind(), kinds[index_of<T>(static_cast<const Data*>(nullptr))]);
    }
    return *value;
  }

  const Value& follow(std::span<const core::Key> path) const {
    const Value* value = this;
    for (std::size_t i = 0; i < path.size(); ++i) {
      const Value* const next = value->find(path[i]);
      if (next == nullptr) {
        core::fail("Value: there is no {}; {}{}", to_string(path[i]), subject(path.first(i)), value->kind());
      }
      value = next;
    }
    return *value;
  }

  Data data_;
};

}  // namespace hearth
