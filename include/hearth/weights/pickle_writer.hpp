/// Writes pickles of protocol 2 with the opcodes that torch.load(weights_only=True) takes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/weights/little_endian.hpp>
#include <hearth/weights/pickle_opcode.hpp>

namespace hearth {

/// Appends one value after the other, as a stack machine wants them: `begin()`, items, `end_tuple()` make a tuple.
class PickleWriter {
 public:
  PickleWriter() {
    put(PickleOpcode::proto);
    bytes_ += '\x02';
  }

  void none() { put(PickleOpcode::none); }
  void boolean(bool value) { put(value ? PickleOpcode::newtrue : PickleOpcode::newfalse); }

  void integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
      put(PickleOpcode::binint);
      append_little_endian(bytes_, static_cast<std::int32_t>(value));
    } else {
      put(PickleOpcode::long1);
      append_little_endian(bytes_, std::uint8_t{sizeof(value)});
      append_little_endian(bytes_, value);
    }
  }

  void number(double value) {
    put(PickleOpcode::binfloat);
    append_little_endian(bytes_, __builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
  }

  void text(std::string_view value) {
    require(value.size() <= std::numeric_limits<std::uint32_t>::max(), "PickleWriter: a text of {} bytes is too long",
            value.size());
    put(PickleOpcode::binunicode);
    append_little_endian(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }

  /// A name that Python imports: global("torch", "float32").
  void global(std::string_view module, std::string_view name) {
    put(PickleOpcode::global);
    bytes_.append(module).append(1, '\n').append(name).append(1, '\n');
  }

  /// Opens a tuple, or the items of the dict or list before it.
  void begin() { put(PickleOpcode::mark); }
  void end_tuple() { put(PickleOpcode::tuple); }
  /// Puts the keys and values since `begin` into the dict before it.
  void end_dict() { put(PickleOpcode::setitems); }
  /// Puts the values since `begin` into the list before it.
  void end_list() { put(PickleOpcode::appends); }

  void empty_tuple() { put(PickleOpcode::empty_tuple); }
  void empty_dict() { put(PickleOpcode::empty_dict); }
  void empty_list() { put(PickleOpcode::empty_list); }
  /// An empty collections.OrderedDict.
  void ordered_dict() {
    global("collections", "OrderedDict");
    empty_tuple();
    call();
  }

  /// Calls the global before the last tuple with it.
  void call() { put(PickleOpcode::reduce); }
  /// The object that the last value is the persistent id of: a storage.
  void persistent() { put(PickleOpcode::binpersid); }

  /// Ends the pickle; its bytes.
  std::string finish() {
    put(PickleOpcode::stop);
    return std::move(bytes_);
  }

 private:
  void put(PickleOpcode opcode) { bytes_ += static_cast<char>(opcode); }

  std::string bytes_;
};

}  // namespace hearth
