/// The values that a checkpoint is made of: numbers, texts and tensors, in lists, tuples and dicts as Python has them.
#pragma once

#include <ATen/core/Tensor.h>

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

#include <hearth/core/inline.hpp>
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
  struct None {};                   ///< Python's None
  using List = std::vector<Value>;  ///< Python's list
  /// Python's tuple.
  struct Tuple : List {
    using List::List;
    explicit Tuple(List items) : List(std::move(items)) {}
  };

  /// Keys and values in the order in which they were added; every key once.
  class Dict {
   public:
    /// A key and its value: `for (const auto& [key, value] : dict)`.
    using Item = std::pair<core::Key, Value>;

    Dict();
    Dict(std::initializer_list<Item> items);
    Dict(const Dict&);
    Dict(Dict&&) noexcept;
    Dict& operator=(const Dict&);
    Dict& operator=(Dict&&) noexcept;
    ~Dict();

    /// An empty one that Python reads as a collections.OrderedDict, as its state_dicts are.
    static Dict ordered();
    bool is_ordered() const noexcept { return is_ordered_; }

    /// The version of what the dict describes; 1 unless set. Python reads the version of an ordered dict as that of the
    /// module whose state_dict it is.
    std::int64_t version() const noexcept { return version_; }
    void set_version(std::int64_t version) noexcept { version_ = version; }

    /// Adds the key at the end, or gives it another value where it is.
    void set(core::Key key, Value value);

    /// The value of the key, or null.
    const Value* find(const core::Key& key) const noexcept;
    bool contains(const core::Key& key) const noexcept { return find(key) != nullptr; }

    std::size_t size() const noexcept { return places_.size(); }
    bool empty() const noexcept { return places_.empty(); }
    auto begin() const noexcept { return items_.begin(); }
    auto end() const noexcept { return items_.end(); }

   private:
    std::vector<Item> items_;
    std::map<core::Key, std::size_t> places_;
    std::int64_t version_ = 1;
    bool is_ordered_ = false;
  };

  /// Something in a file that hearth has no form for: "a set". It can be neither taken as anything else nor saved.
  struct Unread {
    std::string what;  ///< the name that Python has for the object
  };

  Value();
  template <std::integral T>
  Value(T number) {
    if constexpr (std::same_as<T, bool>) {
      data_ = number;
    } else {
      if (!std::in_range<std::int64_t>(number)) {
        fail_on_size(static_cast<std::uint64_t>(number));
      }
      data_ = static_cast<std::int64_t>(number);
    }
  }
  template <std::floating_point T>
  Value(T number) : data_(static_cast<double>(number)) {}
  Value(std::string text);
  Value(std::string_view text);
  Value(const char* text);
  Value(at::Tensor tensor);
  Value(List list);
  Value(Tuple tuple);
  Value(Dict dict);
  Value(Unread unread);
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

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
        fail_on_range(path, number);
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
  const List& items() const&;
  List items() && { return std::as_const(*this).items(); }

  /// The value of a dict's key, or at an index of a list or tuple; null where there is none.
  const Value* find(const core::Key& key) const noexcept;
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
  std::string kind() const;

 private:
  using Data = std::variant<None, bool, std::int64_t, double, std::string, at::Tensor, List, Tuple, Dict, Unread>;
  /// The place of a type in Data.
  template <class T, class... Types>
  static consteval std::size_t index_of(const std::variant<Types...>*) {
    std::size_t index = 0;
    static_cast<void>((... || (std::same_as<T, Types> || (++index, false))));
    return index;
  }

  /// The items of a list or tuple, or null.
  const List* sequence() const noexcept;

  template <class T>
  const T& get(std::span<const core::Key> path) const {
    constexpr std::size_t index = index_of<T>(static_cast<const Data*>(nullptr));
    static_assert(index < std::variant_size_v<Data>, "Value: as<T>() and is<T>() take the types that a Value may be");
    const T* const value = std::get_if<T>(&data_);
    if (value == nullptr) {
      fail_on_kind(path, index);
    }
    return *value;
  }

  const Value& follow(std::span<const core::Key> path) const;

  [[noreturn]] static void fail_on_size(std::uint64_t number);
  [[noreturn]] static void fail_on_range(std::span<const core::Key> path, std::int64_t number);
  [[noreturn]] void fail_on_kind(std::span<const core::Key> path, std::size_t wanted) const;

  Data data_;
};

}  // namespace hearth

#ifndef HEARTH_COMPILED
#include <hearth/core/value.ipp>
#endif
