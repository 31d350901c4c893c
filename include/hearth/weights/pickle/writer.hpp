/// Writes pickles of protocol 2 with the opcodes that torch.load(weights_only=True) takes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>
#include <hearth/weights/pickle/opcode.hpp>

namespace hearth::pickle {

/// Whether Python can read the bytes as a text out of a pickle: UTF-8, in which lone surrogates may be, as
/// "surrogatepass" has them.
constexpr bool is_pickled_text(std::string_view text) noexcept {
  constexpr std::array<std::uint32_t, 4> least{0, 0x80, 0x800, 0x10000};  // what needs so many bytes after the first
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const std::size_t rest = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (rest > text.size() - i || (lead >= 0x80 && lead < 0xC0) || lead >= 0xF8) {
      return false;
    }
    std::uint32_t letter = rest == 0 ? lead : lead & (0x3Fu >> rest);
    for (const std::size_t end = i + rest; i < end; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xC0) != 0x80) {
        return false;
      }
      letter = (letter << 6) | (next & 0x3F);
    }
    if (letter < least[rest] || letter > 0x10FFFF) {
      return false;
    }
  }
  return true;
}

/// Appends one value after the other, as a stack machine wants them: `begin()`, items, `end_tuple()` make a tuple.
class Writer {
 public:
  Writer() {
    put(Opcode::proto);
    bytes_ += '\x02';
  }

  void none() { put(Opcode::none); }
  void boolean(bool value) { put(value ? Opcode::newtrue : Opcode::newfalse); }

  void integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
      put(Opcode::binint);
      core::append_little_endian(bytes_, static_cast<std::int32_t>(value));
    } else {
      put(Opcode::long1);
      core::append_little_endian(bytes_, std::uint8_t{sizeof(value)});
      core::append_little_endian(bytes_, value);
    }
  }

  void number(double value) {
    put(Opcode::binfloat);
    core::append_little_endian(bytes_, __builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
  }

  /// Throws Error when it is too long, or not UTF-8: no Python would open the file.
  void text(std::string_view value) {
    core::require(value.size() <= std::numeric_limits<std::uint32_t>::max(), "pickle: a text of {} bytes is too long",
                  value.size());
    core::require(is_pickled_text(value), "pickle: a text of {} bytes is not UTF-8", value.size());
    put(Opcode::binunicode);
    core::append_little_endian(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }

  /// A name that Python imports: global("torch", "float32").
  void global(std::string_view module, std::string_view name) {
    put(Opcode::global);
    bytes_.append(module).append(1, '\n').append(name).append(1, '\n');
  }

  /// Opens a tuple, or the items of the dict or list before it.
  void begin() { put(Opcode::mark); }
  void end_tuple() { put(Opcode::tuple); }
  /// Puts the keys and values since `begin` into the dict before it.
  void end_dict() { put(Opcode::setitems); }
  /// Puts the values since `begin` into the list before it.
  void end_list() { put(Opcode::appends); }

  void empty_tuple() { put(Opcode::empty_tuple); }
  void empty_dict() { put(Opcode::empty_dict); }
  void empty_list() { put(Opcode::empty_list); }
  /// An empty collections.OrderedDict.
  void ordered_dict() {
    global("collections", "OrderedDict");
    empty_tuple();
    call();
  }

  /// Gives the last value, a dict, as attributes to the object before it.
  void build() { put(Opcode::build); }
  /// Calls the global before the last tuple with it.
  void call() { put(Opcode::reduce); }
  /// The object that the last value is the persistent id of: a storage.
  void persistent() { put(Opcode::binpersid); }

  /// Ends the pickle; its bytes.
  std::string finish() {
    put(Opcode::stop);
    return std::move(bytes_);
  }

 private:
  void put(Opcode opcode) { bytes_ += static_cast<char>(opcode); }

  std::string bytes_;
};

}  // namespace hearth::pickle
