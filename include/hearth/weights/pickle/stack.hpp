/// The stack of the machine that a pickle drives, with its marks and its memo, and the values that come of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/pickle/value.hpp>

namespace hearth::pickle {

/// Values on a stack, as Lib/pickle.py's Unpickler has them. Every operation checks that what it takes is there, and
/// its cost is in proportion to what it takes. Throws Error saying what is missing.
class Stack {
 public:
  using Pointers = std::vector<const Value*>;

  /// The most values of a pickle; a state_dict has about twenty a tensor.
  static constexpr std::size_t max_values = std::size_t{1} << 24;

  /// Makes a value and pushes it.
  template <class T>
  void push(T value) {
    core::require(document_.values.size() < max_values, "pickle: it has more than {} values, which no state_dict has",
                  max_values);
    values_.push_back(&document_.values.emplace_back(Value{std::move(value)}));
  }

  void push_none() { push_shared(none_, Value::None{}); }
  void push_boolean(bool value) { push_shared(value ? true_ : false_, value); }
  void push_empty_tuple() { push_shared(empty_tuple_, Value::Tuple{}); }

  /// Pushes the integer whose two's complement is `bytes`, little-endian.
  void push_integer(std::string bytes) {
    if (bytes.size() > sizeof(std::int64_t)) {
      push(Value::BigInteger{std::move(bytes)});
      return;
    }
    const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0;
    bytes.resize(sizeof(std::int64_t), negative ? '\xff' : '\0');
    push(core::load_little_endian<std::int64_t>(std::as_bytes(std::span(bytes)), 0));
  }

  void mark() { marks_.push_back(values_.size()); }

  Value* top() const {
    core::require(values_.size() > floor(), "pickle: it is damaged: it takes a value that is not there");
    return values_.back();
  }

  Value* pop() {
    Value* const value = top();
    values_.pop_back();
    return value;
  }

  /// Takes the last `count` values off.
  Pointers pop(std::size_t count) {
    core::require(values_.size() - floor() >= count, "pickle: it is damaged: it takes a value that is not there");
    return pop_from(values_.size() - count);
  }

  /// Takes off the last mark and the values above it.
  Pointers pop_to_mark() {
    core::require(!marks_.empty(), "pickle: it is damaged: it goes back to a mark that is not there");
    const std::size_t begin = marks_.back();
    marks_.pop_back();
    return pop_from(begin);
  }

  void duplicate() { values_.push_back(top()); }

  void keep(std::uint32_t key) { memo_[key] = top(); }
  void keep() { keep(static_cast<std::uint32_t>(memo_.size())); }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    core::require(found != memo_.end(), "pickle: it is damaged: it recalls a value that it never kept");
    values_.push_back(found->second);
  }

  /// Appends to the list or set on top. What an unknown object is given is not kept.
  template <class Sequence>
  void append(const Pointers& items) {
    auto* const sequence = std::get_if<Sequence>(&top()->data);
    if (sequence == nullptr && top()->is_unknown_object()) {
      return;
    }
    core::require(sequence != nullptr, "pickle: it is damaged: it adds items to something that has none");
    sequence->items.insert(sequence->items.end(), items.begin(), items.end());
    added_ += items.size();
  }

  /// Puts keys and values, in turn, into the dict on top. What an unknown object is given is not kept.
  void set_items(const Pointers& items) {
    auto* const dict = std::get_if<Value::Dict>(&top()->data);
    const bool is_kept = dict != nullptr || !top()->is_unknown_object();
    core::require((dict != nullptr || !is_kept) && items.size() % 2 == 0,
                  "pickle: it is damaged: it sets items where there is no dict");
    for (std::size_t i = 0; is_kept && i < items.size(); i += 2) {
      dict->items.emplace_back(items[i], items[i + 1]);
    }
    added_ += is_kept ? items.size() / 2 : 0;
  }

  /// Replaces a global and a tuple by the call of the one with the other, or by a dict for collections.OrderedDict and
  /// collections.Counter.
  void call() {
    const Pointers parts = pop(2);
    push_call(parts[0], parts[1]);
  }

  /// Replaces a global, a tuple and a dict of keyword arguments by the call; the dict is not kept.
  void call_with_keywords() {
    const Pointers parts = pop(3);
    push_call(parts[0], parts[1]);
  }

  /// Replaces the mark, a global and the arguments after it by the call.
  void call_from_mark() {
    Pointers parts = pop_to_mark();
    core::require(!parts.empty(), "pickle: it is damaged: it calls what is no name");
    const Value* const function = parts.front();
    parts.erase(parts.begin());
    push(Value::Tuple{std::move(parts)});
    push_call(function, pop());
  }

  /// Gives the value on top as its state to the dict or call below it.
  void build() {
    const Value* const state = pop();
    Value* const object = top();
    if (auto* const dict = std::get_if<Value::Dict>(&object->data)) {
      dict->state = state;
    } else if (auto* const call = std::get_if<Value::Call>(&object->data)) {
      call->state = state;
    } else {
      core::fail("pickle: it is damaged: {} cannot have attributes", object->kind());
    }
  }

  /// The document whose root is the value on top; the stack is of no more use.
  Document finish() {
    document_.root = pop();
    return std::move(document_);
  }

 private:
  std::size_t floor() const noexcept { return marks_.empty() ? 0 : marks_.back(); }

  void push_call(const Value* callee, const Value* tuple) {
    const auto* const function = callee->as<Value::Global>();
    const auto* const arguments = tuple->as<Value::Tuple>();
    core::require((function != nullptr || callee->is_unknown_object()) && arguments != nullptr,
                  "pickle: it is damaged: it calls what is no name");
    if (function == nullptr) {
      push(Value::Call{callee, tuple});
    } else if (function->name == "collections.OrderedDict") {
      push(ordered_dict(*arguments));
    } else if (const Value::Dict* const counts = counts_of(function->name, *arguments)) {
      count_copies(counts->items.size());
      push(Value::Dict{*counts});
    } else {
      push(Value::Call{callee, tuple});
    }
  }

  Pointers pop_from(std::size_t begin) {
    Pointers taken(values_.begin() + static_cast<std::ptrdiff_t>(begin), values_.end());
    values_.resize(begin);
    return taken;
  }

  /// Pushes a value that nothing can change, and that is therefore made once.
  template <class T>
  void push_shared(Value*& shared, T value) {
    if (shared == nullptr) {
      shared = &document_.values.emplace_back(Value{std::move(value)});
    }
    values_.push_back(shared);
  }

  /// Throws Error when more items are copied than the pickle added: its own lists and dicts are copied once each.
  void count_copies(std::size_t items) {
    copied_ += items;
    core::require(copied_ <= added_, "pickle: it is damaged: it makes many dicts of one list or dict");
  }

  /// The dict that collections.Counter is called with, or null.
  static const Value::Dict* counts_of(std::string_view function, const Value::Tuple& arguments) noexcept {
    return function == "collections.Counter" && arguments.items.size() == 1 ? arguments.items[0]->as<Value::Dict>()
                                                                            : nullptr;
  }

  /// collections.OrderedDict(), or of a list of pairs as Python 2 pickled it.
  Value::Dict ordered_dict(const Value::Tuple& arguments) {
    Value::Dict dict;
    dict.is_ordered = true;
    if (arguments.items.empty()) {
      return dict;
    }
    const auto* const list = arguments.items[0]->as<Value::List>();
    const Pointers* const pairs = list != nullptr ? &list->items : nullptr;
    core::require(pairs != nullptr, "pickle: it is damaged: it makes an OrderedDict of what is no list");
    count_copies(pairs->size());
    for (const Value* const item : *pairs) {
      const Pointers* const pair = items_of(*item);
      core::require(pair != nullptr && pair->size() == 2,
                    "pickle: it is damaged: it makes an OrderedDict without pairs");
      dict.items.emplace_back((*pair)[0], (*pair)[1]);
    }
    return dict;
  }

  static const Pointers* items_of(const Value& value) noexcept {
    const auto* const list = value.as<Value::List>();
    const auto* const tuple = value.as<Value::Tuple>();
    return list != nullptr ? &list->items : tuple != nullptr ? &tuple->items : nullptr;
  }

  Document document_;
  std::vector<Value*> values_;
  std::vector<std::size_t> marks_;
  std::map<std::uint32_t, Value*> memo_;
  std::size_t added_ = 0;   // to lists, sets and dicts, over all
  std::size_t copied_ = 0;  // of them, into other dicts
  Value* none_ = nullptr;
  Value* true_ = nullptr;
  Value* false_ = nullptr;
  Value* empty_tuple_ = nullptr;
};

}  // namespace hearth::pickle
