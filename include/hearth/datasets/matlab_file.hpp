/// Reads the arrays of a MATLAB file (level 5, which MATLAB 5 to 7 write), as the ImageNet development kit has one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hearth/archive/inflate.hpp>
#include <hearth/core/error.hpp>
#include <hearth/core/little_endian.hpp>

namespace hearth::datasets {

/// An array of a MATLAB file. What it holds is in one of three places, by its class.
struct MatlabArray {
  std::string name;
  std::size_t count = 0;              ///< the product of its dimensions
  std::vector<double> numbers;        ///< of a numeric array, column by column
  std::string text;                   ///< of an array of characters, in UTF-8
  std::vector<std::string> fields;    ///< the names of a structure's fields
  std::vector<MatlabArray> children;  ///< of a cell array, its elements; of an array of structures, the fields of each

  /// The field of structure `index`; null where there is none of this name.
  const MatlabArray* field(std::size_t index, std::string_view field_name) const noexcept {
    const auto found = std::find(fields.begin(), fields.end(), field_name);
    const std::size_t place = index * fields.size() + static_cast<std::size_t>(std::distance(fields.begin(), found));
    return found != fields.end() && place < children.size() ? &children[place] : nullptr;
  }
};

namespace detail {

/// The bytes of a MATLAB file, element by element (MAT-File Format, MathWorks, chapter 1).
class MatlabReader {
 public:
  explicit MatlabReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool is_at_end() const noexcept { return rest_.empty(); }

  struct Element {
    std::uint32_t type = 0;
    std::span<const std::byte> data;
  };

  Element next() {
    const auto type = core::load_little_endian<std::uint32_t>(rest_, 0);
    const auto size = core::load_little_endian<std::uint32_t>(rest_, 4);
    if (type >> 16 != 0) {  // data of at most four bytes stand within the tag
      const std::uint32_t small = type >> 16;
      core::require(small <= 4, "an element of it has a damaged beginning");
      const Element element{type & 0xFFFF, rest_.subspan(4, small)};
      rest_ = rest_.subspan(8);
      return element;
    }
    core::require(size <= rest_.size() - 8, "it ends within an element");
    const Element element{type, rest_.subspan(8, size)};
    const std::size_t padding = type == compressed ? 0 : (8 - size % 8) % 8;
    rest_ = rest_.subspan(8 + std::min<std::size_t>(size + padding, rest_.size() - 8));
    return element;
  }

  Element next(std::uint32_t type) {
    const Element element = next();
    core::require(element.type == type, "an element of it has the type {} where {} should be", element.type, type);
    return element;
  }

  std::size_t left() const noexcept { return rest_.size(); }

  static constexpr std::uint32_t int8 = 1;
  static constexpr std::uint32_t int32 = 5;
  static constexpr std::uint32_t uint32 = 6;
  static constexpr std::uint32_t matrix = 14;
  static constexpr std::uint32_t compressed = 15;

 private:
  std::span<const std::byte> rest_;
};

template <class T>
void append_matlab_numbers(std::vector<double>& numbers, std::span<const std::byte> data) {
  for (std::size_t at = 0; at + sizeof(T) <= data.size(); at += sizeof(T)) {
    numbers.push_back(static_cast<double>(core::load_little_endian<T>(data, at)));
  }
}

/// The numbers of an element, whatever type they are stored in.
inline std::vector<double> matlab_numbers(const MatlabReader::Element& element) {
  std::vector<double> numbers;
  switch (element.type) {
    case 1:
      append_matlab_numbers<std::int8_t>(numbers, element.data);
      break;
    case 2:
    case 16:  // UTF-8
      append_matlab_numbers<std::uint8_t>(numbers, element.data);
      break;
    case 3:
      append_matlab_numbers<std::int16_t>(numbers, element.data);
      break;
    case 4:
    case 17:  // UTF-16
      append_matlab_numbers<std::uint16_t>(numbers, element.data);
      break;
    case 5:
      append_matlab_numbers<std::int32_t>(numbers, element.data);
      break;
    case 6:
    case 18:  // UTF-32
      append_matlab_numbers<std::uint32_t>(numbers, element.data);
      break;
    case 7:
      append_matlab_numbers<float>(numbers, element.data);
      break;
    case 9:
      append_matlab_numbers<double>(numbers, element.data);
      break;
    case 12:
      append_matlab_numbers<std::int64_t>(numbers, element.data);
      break;
    case 13:
      append_matlab_numbers<std::uint64_t>(numbers, element.data);
      break;
    default:
      core::fail("an element of it has the type {}, which is none of numbers", element.type);
  }
  return numbers;
}

/// Characters, which are stored one a number, as UTF-8.
inline std::string matlab_text(const MatlabReader::Element& element) {
  constexpr std::uint32_t utf8 = 16;
  if (element.type == utf8) {
    return std::string(core::as_text(element.data));
  }
  std::string text;
  const std::vector<double> units = matlab_numbers(element);
  for (std::size_t i = 0; i < units.size(); ++i) {
    core::require(units[i] >= 0 && units[i] <= 0x10FFFF, "a character of it is none");
    auto code = static_cast<std::uint32_t>(units[i]);
    const auto is_second = [&](std::size_t at) {
      return at < units.size() && units[at] >= 0xDC00 && units[at] <= 0xDFFF;
    };
    if (code >= 0xD800 && code <= 0xDBFF && is_second(i + 1)) {
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(units[++i]) - 0xDC00);
    }
    const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | code >> 6);
      add(0x80 | (code & 0x3F));
    } else {
      if (code < 0x10000) {
        add(0xE0 | code >> 12);
      } else {
        add(0xF0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3F));
      }
      add(0x80 | (code >> 6 & 0x3F));
      add(0x80 | (code & 0x3F));
    }
  }
  return text;
}

/// The array that an element of the type matrix holds.
inline MatlabArray matlab_array(std::span<const std::byte> data, int depth) {
  constexpr int most_depth = 16;
  core::require(depth <= most_depth, "its arrays are within one another more than {} times", most_depth);
  MatlabArray array;
  if (data.empty()) {
    return array;
  }
  MatlabReader reader(data);
  const MatlabReader::Element flags = reader.next(MatlabReader::uint32);
  const auto kind = core::load_little_endian<std::uint32_t>(flags.data, 0) & 0xFF;
  const std::vector<double> dimensions = matlab_numbers(reader.next(MatlabReader::int32));
  core::require(!dimensions.empty() && dimensions.size() <= 8, "an array of it has {} dimensions", dimensions.size());
  double count = 1;
  for (const double dimension : dimensions) {
    core::require(dimension >= 0, "an array of it has a negative size");
    count *= dimension;
  }
  // Each element takes a byte at least.
  core::require(count <= static_cast<double>(data.size()), "an array of it has more elements than it has bytes");
  array.count = static_cast<std::size_t>(count);
  array.name = core::as_text(reader.next(MatlabReader::int8).data);
  std::size_t children = 0;
  constexpr std::uint32_t cell = 1;
  constexpr std::uint32_t structure = 2;
  constexpr std::uint32_t characters = 4;
  constexpr std::uint32_t first_number = 6;
  constexpr std::uint32_t last_number = 15;
  if (kind == cell) {
    children = array.count;
  } else if (kind == structure) {
    const auto width = core::load_little_endian<std::uint32_t>(reader.next(MatlabReader::int32).data, 0);
    std::string_view names = core::as_text(reader.next(MatlabReader::int8).data);
    core::require(width > 0 && width <= 1024, "the fields of a structure of it have names of {} bytes", width);
    for (; names.size() >= width; names.remove_prefix(width)) {
      const std::string_view name = names.substr(0, width);
      array.fields.emplace_back(name.substr(0, name.find('\0')));
    }
    children = array.count * array.fields.size();
  } else if (kind == characters) {
    array.text = matlab_text(reader.next());
  } else {
    core::require(kind >= first_number && kind <= last_number, "an array of it is of the class {}", kind);
    array.numbers = matlab_numbers(reader.next());
  }
  constexpr std::size_t least = 8;  // bytes of an empty element
  core::require(children <= reader.left() / least, "it ends within an array of structures or cells");
  for (std::size_t i = 0; i < children; ++i) {
    array.children.push_back(matlab_array(reader.next(MatlabReader::matrix).data, depth + 1));
  }
  return array;
}

}  // namespace detail

/// The array of this name in the file's bytes; none where there is no such. Throws Error, a sentence without the
/// file's name, when the file is of another kind or damaged.
inline std::optional<MatlabArray> read_matlab_array(std::span<const std::byte> file, std::string_view name) {
  constexpr std::size_t header = 128;
  core::require(file.size() >= header && core::as_text(file.subspan(124, 4)) == std::string_view("\0\1IM", 4),
                "it is no MATLAB file of level 5");
  detail::MatlabReader reader(file.subspan(header));
  while (!reader.is_at_end()) {
    detail::MatlabReader::Element element = reader.next();
    std::vector<std::byte> unpacked;
    if (element.type == detail::MatlabReader::compressed) {
      constexpr std::size_t zlib_header = 2;
      constexpr std::uint64_t most = 1 << 28;
      core::require(element.data.size() > zlib_header, "an element of it is cut short");
      unpacked = archives::inflate(element.data.subspan(zlib_header), most);
      element = detail::MatlabReader(unpacked).next();
    }
    if (element.type == detail::MatlabReader::matrix) {
      if (MatlabArray array = detail::matlab_array(element.data, 0); array.name == name) {
        return array;
      }
    }
  }
  return std::nullopt;
}

}  // namespace hearth::datasets
