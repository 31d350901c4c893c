/// Reads Python's pickles without running anything: names and calls are only recorded.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/pickle/opcode.hpp>
#include <hearth/weights/pickle/stack.hpp>
#include <hearth/weights/pickle/value.hpp>

namespace hearth::pickle {

/// Tells whether the caller knows this global: "collections.OrderedDict".
using GlobalFilter = bool (*)(std::string_view name);

namespace detail {

/// Takes opcodes with their operands from the bytes, and does them on a stack. Work and memory are in proportion to the
/// bytes read: an opcode makes at most one value, and nothing is sized by a number that the file claims.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, GlobalFilter is_known) : bytes_(bytes), is_known_(is_known) {}

  Document read() {
    while (step(static_cast<Opcode>(number<std::uint8_t>()))) {
    }
    Document document = stack_.finish();
    document.size = position_;
    return document;
  }

 private:
  /// Does what the opcode says; false when it is the last.
  bool step(Opcode opcode) {
    using Op = Opcode;
    // clang-format off
    switch (opcode) {
      case Op::proto: check_protocol(number<std::uint8_t>()); break;
      case Op::frame: number<std::uint64_t>(); break;
      case Op::stop: return false;

      case Op::none: stack_.push_none(); break;
      case Op::newtrue: stack_.push_boolean(true); break;
      case Op::newfalse: stack_.push_boolean(false); break;
      case Op::binint1: stack_.push(std::int64_t{number<std::uint8_t>()}); break;
      case Op::binint2: stack_.push(std::int64_t{number<std::uint16_t>()}); break;
      case Op::binint: stack_.push(std::int64_t{number<std::int32_t>()}); break;
      case Op::long1: stack_.push_integer(text(number<std::uint8_t>())); break;
      case Op::long4: stack_.push_integer(text(number<std::uint32_t>())); break;
      case Op::binfloat: stack_.push(std::bit_cast<double>(__builtin_bswap64(number<std::uint64_t>()))); break;
      case Op::short_binstring:
      case Op::short_binunicode: stack_.push(text(number<std::uint8_t>())); break;
      case Op::binstring:
      case Op::binunicode: stack_.push(text(number<std::uint32_t>())); break;
      case Op::binunicode8: stack_.push(text(number<std::uint64_t>())); break;
      case Op::short_binbytes: stack_.push(Value::Bytes{text(number<std::uint8_t>())}); break;
      case Op::binbytes: stack_.push(Value::Bytes{text(number<std::uint32_t>())}); break;
      case Op::binbytes8:
      case Op::bytearray8: stack_.push(Value::Bytes{text(number<std::uint64_t>())}); break;

      case Op::empty_tuple: stack_.push_empty_tuple(); break;
      case Op::empty_list: stack_.push(Value::List{}); break;
      case Op::empty_dict: stack_.push(Value::Dict{}); break;
      case Op::empty_set: stack_.push(Value::Set{}); break;
      case Op::tuple: stack_.push(Value::Tuple{stack_.pop_to_mark()}); break;
      case Op::tuple1: stack_.push(Value::Tuple{stack_.pop(1)}); break;
      case Op::tuple2: stack_.push(Value::Tuple{stack_.pop(2)}); break;
      case Op::tuple3: stack_.push(Value::Tuple{stack_.pop(3)}); break;
      case Op::frozenset: stack_.push(Value::Set{stack_.pop_to_mark()}); break;
      case Op::append: stack_.append<Value::List>(stack_.pop(1)); break;
      case Op::appends: stack_.append<Value::List>(stack_.pop_to_mark()); break;
      case Op::additems: stack_.append<Value::Set>(stack_.pop_to_mark()); break;
      case Op::setitem: stack_.set_items(stack_.pop(2)); break;
      case Op::setitems: stack_.set_items(stack_.pop_to_mark()); break;

      case Op::mark: stack_.mark(); break;
      case Op::pop: stack_.pop(); break;
      case Op::pop_mark: stack_.pop_to_mark(); break;
      case Op::dup: stack_.duplicate(); break;
      case Op::binput: stack_.keep(number<std::uint8_t>()); break;
      case Op::long_binput: stack_.keep(number<std::uint32_t>()); break;
      case Op::memoize: stack_.keep(); break;
      case Op::binget: stack_.recall(number<std::uint8_t>()); break;
      case Op::long_binget: stack_.recall(number<std::uint32_t>()); break;

      case Op::global: global(); break;
      case Op::stack_global: stack_global(); break;
      case Op::reduce:
      case Op::newobj: stack_.call(); break;
      case Op::newobj_ex: stack_.call_with_keywords(); break;
      case Op::obj: stack_.call_from_mark(); break;
      case Op::inst: instance(); break;
      case Op::build: stack_.build(); break;
      case Op::binpersid: stack_.push(Value::Persistent{stack_.pop()}); break;
      default:
        core::fail("pickle: the opcode 0x{:02x} at byte {} is none that torch.save writes: it is damaged or no pickle",
             static_cast<int>(opcode), position_ - 1);
    }
    // clang-format on
    return true;
  }

  static void check_protocol(int protocol) {
    core::require(protocol >= 2 && protocol <= 5, "pickle: it is of protocol {}, but 2 to 5 are understood", protocol);
  }

  /// The next bytes, as many as `size` says.
  std::span<const std::byte> take(std::uint64_t size) {
    core::require(size <= bytes_.size() - position_,
                  "pickle: it ends at byte {}, before it is complete: it was cut short", bytes_.size());
    const auto part = bytes_.subspan(position_, static_cast<std::size_t>(size));
    position_ += part.size();
    return part;
  }

  template <class T>
  T number() {
    return core::load_little_endian<T>(take(sizeof(T)), 0);
  }

  std::string text(std::uint64_t size) { return std::string(core::as_text(take(size))); }

  /// The text up to the next newline, which is taken too.
  std::string line() {
    const auto rest = bytes_.subspan(position_);
    const auto end = std::find(rest.begin(), rest.end(), std::byte{'\n'});
    core::require(end != rest.end(), "pickle: it ends at byte {}, inside a name: it was cut short", bytes_.size());
    std::string line = text(static_cast<std::uint64_t>(end - rest.begin()));
    ++position_;
    return line;
  }

  void global() {
    const std::string module = line();
    push_global(module, line());
  }

  void stack_global() {
    const Stack::Pointers names = stack_.pop(2);
    const auto* const module = names[0]->as<std::string>();
    const auto* const name = names[1]->as<std::string>();
    core::require(module != nullptr && name != nullptr,
                  "pickle: it is damaged: it names a global by something else than text");
    push_global(*module, *name);
  }

  void push_global(const std::string& module, const std::string& name) {
    std::string full = module + "." + name;
    const bool is_known = is_known_(full);
    stack_.push(Value::Global{std::move(full), is_known});
  }

  /// The call of a global that is named here with the values above the mark.
  void instance() {
    const std::string module = line();
    const std::string name = line();
    Stack::Pointers arguments = stack_.pop_to_mark();
    push_global(module, name);
    stack_.push(Value::Tuple{std::move(arguments)});
    stack_.call();
  }

  std::span<const std::byte> bytes_;
  GlobalFilter is_known_;
  std::size_t position_ = 0;
  Stack stack_;
};

}  // namespace detail

/// Reads the pickle at the head of `bytes`; `document.size` tells where it ended. Nothing is imported and nothing is
/// called: globals for which `is_known` is false are marked so, and calls of them are objects of which nothing is
/// understood. Throws Error saying what is wrong with the pickle.
inline Document read_pickle(std::span<const std::byte> bytes, GlobalFilter is_known) {
  return detail::Reader(bytes, is_known).read();
}

}  // namespace hearth::pickle
