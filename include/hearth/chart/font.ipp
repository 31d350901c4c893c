#pragma once

#include <hearth/chart/font.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include <hearth/chart/coverage.hpp>
#include <hearth/chart/font_face.hpp>
#include <hearth/chart/utf8.hpp>
#include <hearth/core/error.hpp>

namespace hearth::chart {

namespace detail {

/// A letter with a mark on it, as one character (Unicode's NFC).
struct Composition {
  char32_t letter, mark, composed;
};

/// What text is set in.
struct Fonts {
  FontFace aileron{chart::aileron};
  FontFace dejavu{chart::dejavu};
  std::vector<Composition> compositions;  // by letter and mark

  Fonts() {
    for (FontReader reader(dejavu_pairs); !reader.at_end();) {
      const char32_t letter = reader.code();
      const char32_t mark = reader.code();
      compositions.push_back({letter, mark, reader.code()});
    }
    std::sort(compositions.begin(), compositions.end(), [](const Composition& a, const Composition& b) {
      return std::pair(a.letter, a.mark) < std::pair(b.letter, b.mark);
    });
  }

  /// The character that the two make, or 0.
  char32_t composed(char32_t letter, char32_t mark) const noexcept {
    const auto found = std::lower_bound(compositions.begin(), compositions.end(), std::pair(letter, mark),
                                        [](const Composition& c, const std::pair<char32_t, char32_t>& wanted) {
                                          return std::pair(c.letter, c.mark) < wanted;
                                        });
    return found != compositions.end() && found->letter == letter && found->mark == mark ? found->composed : 0;
  }

  bool has(char32_t code) const noexcept {
    return aileron.glyph_of(code) != FontFace::none || dejavu.glyph_of(code) != FontFace::none;
  }
};

HEARTH_INLINE const Fonts& fonts() {
  static const Fonts all;
  return all;
}

/// Characters that only say how others look or join: they take no room, and no one misses them.
inline bool is_invisible(char32_t code) noexcept {
  return code == 0xAD || code == 0x34F || code == 0x61C || (code >= 0x180B && code <= 0x180F) ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF ||
         (code >= 0xE0000 && code <= 0xE0FFF);
}

/// Marks that stand above, below or on the letter before them.
inline bool is_mark(char32_t code) noexcept {
  return (code >= 0x300 && code <= 0x36F) || (code >= 0x483 && code <= 0x489);
}

/// The characters as they are set: visible, composed, with ordinary spaces. `ends`, where given, becomes the place in
/// the text behind each, so that a part of the text may be taken.
HEARTH_INLINE std::u32string characters(std::string_view text, std::vector<std::size_t>* ends = nullptr) {
  std::u32string codes;
  for (std::size_t place = 0; place < text.size();) {
    char32_t code = next_character(text, place);
    if (is_invisible(code)) {
      if (ends != nullptr && !ends->empty()) {
        ends->back() = place;
      }
      continue;
    }
    if ((code >= '\t' && code <= '\r') || code == 0x85 || code == 0xA0 || (code >= 0x2000 && code <= 0x200A) ||
        code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000) {
      code = ' ';
    }
    const char32_t one = codes.empty() ? 0 : fonts().composed(codes.back(), code);
    if (one != 0) {
      codes.back() = one;
    } else {
      codes.push_back(code);
    }
    if (ends != nullptr && one == 0) {
      ends->push_back(place);
    } else if (ends != nullptr) {
      ends->back() = place;
    }
  }
  return codes;
}

/// A box with the code of a character that the font lacks, in whole pixels: hexadecimal digits of 3 x 5 pixels, in two
/// rows where the text is large enough, and otherwise in one.
class CodeBox {
 public:
  CodeBox(char32_t code, double size)
      : dot_(std::max(1, static_cast<int>(std::lround(size / 15)))), rows_(size < 11.5 * dot_ ? 1 : 2) {
    const std::size_t count = code < 0x10000 ? 4 : 6;
    for (std::size_t i = 0; i < count; ++i) {
      digits_[i] = static_cast<std::uint8_t>(code >> (4 * (count - 1 - i)) & 0xF);
    }
    columns_ = static_cast<int>(count) / rows_;
  }

  int advance() const noexcept { return dot_ * (width() + 2); }

  template <class Ink>
  void draw(double x, Ink&& ink) const {
    const int left = static_cast<int>(std::lround(x)) + dot_;
    const int height = 6 * rows_ + 3;
    const int top = -dot_ * (rows_ == 1 ? 8 : 12);
    for (int row = 0; row < height * dot_; ++row) {
      for (int column = 0; column < width() * dot_; ++column) {
        if (is_ink(column / dot_, row / dot_, height)) {
          ink(left + column, top + row, 1.0);
        }
      }
    }
  }

 private:
  int width() const noexcept { return 4 * columns_ + 3; }

  bool is_ink(int column, int row, int height) const noexcept {
    if (column == 0 || row == 0 || column == width() - 1 || row == height - 1) {
      return true;
    }
    constexpr std::array<std::uint16_t, 16> shapes{
        0b111'101'101'101'111, 0b010'110'010'010'111, 0b110'001'010'100'111, 0b111'001'011'001'111,
        0b101'101'111'001'001, 0b111'100'111'001'111, 0b111'100'111'101'111, 0b111'001'010'010'010,
        0b111'101'111'101'111, 0b111'101'111'001'111, 0b010'101'111'101'101, 0b110'101'110'101'110,
        0b011'100'100'100'011, 0b110'101'101'101'110, 0b111'100'110'100'111, 0b111'100'110'100'100};
    const int x = (column - 2) % 4, y = (row - 2) % 6;  // within a digit, or between two
    const int digit = (row - 2) / 6 * columns_ + (column - 2) / 4;
    return column >= 2 && row >= 2 && x < 3 && y < 5 && column < width() - 2 && row < height - 2 &&
           (shapes[digits_[static_cast<std::size_t>(digit)]] >> (14 - 3 * y - x) & 1) != 0;
  }

  int dot_;
  int rows_;
  int columns_ = 0;
  std::array<std::uint8_t, 6> digits_{};
};

/// A character in its place.
struct Placed {
  const FontFace* face = nullptr;  // nullptr: a box
  int glyph = 0;
  char32_t code = 0;
  double x = 0;  // in pixels
  double y = 0;
};

/// Sets a line of text that starts at x = 0; `width` becomes where it ends.
///
/// A line with a letter that Aileron lacks is set in DejaVu Sans as a whole, so that a word is of one kind; a sign that
/// it lacks is taken from there alone.
HEARTH_INLINE std::vector<Placed> set_text(std::string_view text, double size, double& width) {
  core::require(size >= 1 && size <= 1000, "text: size must be from 1 to 1000 pixels, but got {}", size);
  const Fonts& fonts = detail::fonts();
  const std::u32string codes = characters(text);
  const bool foreign = std::any_of(codes.begin(), codes.end(), [&](char32_t code) {
    return code >= 0xC0 && code < 0x2000 && code != 0xD7 && code != 0xF7 && fonts.dejavu.glyph_of(code) >= 0 &&
           fonts.aileron.glyph_of(code) < 0;
  });
  const FontFace& first = foreign ? fonts.dejavu : fonts.aileron;
  const FontFace& second = foreign ? fonts.aileron : fonts.dejavu;

  std::vector<Placed> line;
  double x = 0;
  double before = 0;  // where the last letter that marks may stand on began
  bool has_letter = false;
  double above = 0, below = 0;  // how far that letter and its marks reach up and down, in ems
  double centre = 0;            // of that letter
  for (const char32_t code : codes) {
    Placed placed{&first, first.glyph_of(code), code, x, 0};
    if (placed.glyph == FontFace::none) {
      placed = {&second, second.glyph_of(code), code, x, 0};
    }
    if (placed.glyph == FontFace::none) {
      placed.face = nullptr;
      x += CodeBox(code, size).advance();
      has_letter = false;
      line.push_back(placed);
      continue;
    }
    if (!is_mark(code)) {
      before = x;
      x += placed.face->advance(placed.glyph) * size;
      has_letter = code != ' ';
      centre = -1;  // measured when a mark asks for it
      line.push_back(placed);
      continue;
    }
    const Shape mark = placed.face->shape(placed.glyph);
    if (!has_letter) {  // it stands alone
      placed.x = x - mark.left * size + 0.05 * size;
      x += (mark.right - mark.left + 0.1) * size;
    } else {
      if (centre < 0) {
        const Shape letter = line.back().face->shape(line.back().glyph);
        centre = (letter.left + letter.right) / 2;
        above = -letter.top;
        below = letter.bottom;
      }
      placed.x = before + (centre - (mark.left + mark.right) / 2) * size;
      constexpr double gap = 0.06;
      if (-mark.bottom > 0.45) {  // it stands above
        const double rise = std::max(0.0, above + gap + mark.bottom);
        placed.y = -rise * size;
        above = -mark.top + rise;
      } else if (mark.top > -0.05) {  // it stands below
        const double fall = std::max(0.0, below + gap - mark.top);
        placed.y = fall * size;
        below = mark.bottom + fall;
      }
    }
    line.push_back(placed);
  }
  width = x;
  return line;
}

/// The code as it is written: U+00E9.
inline std::string code_name(char32_t code) {
  return fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
}

}  // namespace detail

HEARTH_INLINE double text_width(std::string_view text, double size) {
  double width = 0;
  detail::set_text(text, size, width);
  return width;
}

namespace detail {

/// The text without what makes it too wide: `kept(count)` is what is left of it with `count` of its characters.
template <class Kept>
std::string longest_fitting(std::size_t most, double size, double width, Kept&& kept) {
  std::size_t fits = 0;  // nothing but the dots is always taken
  for (std::size_t too_many = most + 1; too_many - fits > 1;) {
    const std::size_t middle = (fits + too_many) / 2;
    (text_width(kept(middle), size) <= width ? fits : too_many) = middle;
  }
  return kept(fits);
}

inline constexpr std::string_view dots = "\u2026";

/// The first `head` and the last `tail` characters of the text, and dots for the others. No spaces beside the dots.
inline std::string ends_of(std::string_view text, const std::vector<std::size_t>& ends, std::size_t head,
                           std::size_t tail) {
  std::string_view before = head > 0 ? text.substr(0, ends[head - 1]) : std::string_view{};
  std::string_view after = tail > 0 && tail < ends.size() ? text.substr(ends[ends.size() - tail - 1])
                           : tail > 0                     ? text
                                                          : std::string_view{};
  while (before.ends_with(' ')) {
    before.remove_suffix(1);
  }
  while (after.starts_with(' ')) {
    after.remove_prefix(1);
  }
  return std::string(before) + std::string(dots) + std::string(after);
}

/// The text, or as much as fits of its ends, of which `head_share` of what is kept is the beginning.
HEARTH_INLINE std::string cut_text(std::string_view text, double size, double width, double head_share) {
  if (text_width(text, size) <= width) {
    return std::string(text);
  }
  std::vector<std::size_t> ends;
  const std::size_t count = characters(text, &ends).size();
  return longest_fitting(count == 0 ? 0 : count - 1, size, width, [&](std::size_t kept) {
    const auto head = static_cast<std::size_t>(std::ceil(static_cast<double>(kept) * head_share));
    return ends_of(text, ends, head, kept - head);
  });
}

}  // namespace detail

HEARTH_INLINE std::string fitting_text(std::string_view text, double size, double width) {
  return detail::cut_text(text, size, width, 1);
}

HEARTH_INLINE std::string shortened_text(std::string_view text, double size, double width) {
  return detail::cut_text(text, size, width, 0.6);
}

HEARTH_INLINE std::vector<std::string> shortened_texts(std::span<const std::string> texts, double size, double width) {
  std::vector<std::string> shown;
  std::map<std::string, std::vector<std::size_t>> same;  // what looks the same
  for (std::size_t i = 0; i < texts.size(); ++i) {
    shown.push_back(shortened_text(texts[i], size, width));
    same[shown.back()].push_back(i);
  }
  for (const auto& [look, group] : same) {
    const auto differ = [&, &members = group](const std::vector<std::string>& looks) {
      std::map<std::string_view, std::string_view> whole;
      for (std::size_t i = 0; i < members.size(); ++i) {
        const auto [known, added] = whole.emplace(looks[i], texts[members[i]]);
        if (!added && known->second != texts[members[i]]) {
          return false;
        }
      }
      return true;
    };
    std::vector<std::string> looks(group.size(), look);
    for (const double head_share : {1.0, 0.0, 0.3, 0.8}) {
      if (differ(looks)) {
        break;
      }
      for (std::size_t i = 0; i < group.size(); ++i) {
        looks[i] = detail::cut_text(texts[group[i]], size, width, head_share);
        looks[i] = same.count(looks[i]) > 0 ? look : looks[i];  // a look that is another's already
      }
    }
    if (!differ(looks)) {
      for (std::size_t i = 0; i < group.size(); ++i) {
        const std::string number = fmt::format(" {}", group[i]);
        looks[i] = detail::cut_text(texts[group[i]], size, width - text_width(number, size), 1) + number;
      }
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      shown[group[i]] = looks[i];
    }
  }
  return shown;
}

HEARTH_INLINE std::vector<std::string> wrapped_text(std::string_view text, double size, double width, int most) {
  core::require(most >= 1, "text: must be allowed at least one line, but got {}", most);
  std::vector<std::string> lines;
  while (text_width(text, size) > width && static_cast<int>(lines.size()) + 1 < most) {
    std::vector<std::size_t> ends;
    const std::u32string codes = detail::characters(text, &ends);
    std::size_t fits = 1;  // a character, however wide it is
    for (std::size_t too_many = codes.size() + 1; too_many - fits > 1;) {
      const std::size_t middle = (fits + too_many) / 2;
      (text_width(text.substr(0, ends[middle - 1]), size) <= width ? fits : too_many) = middle;
    }
    if (fits == codes.size()) {
      break;
    }
    std::size_t end = fits;
    while (end > 0 && codes[end] != ' ' && codes[end - 1] != '-' && codes[end - 1] != '/') {
      --end;
    }
    end = end > 0 ? end : fits;
    lines.emplace_back(text.substr(0, ends[end - 1]));
    text.remove_prefix(ends[end - 1]);
    while (text.starts_with(' ')) {
      text.remove_prefix(1);
    }
  }
  lines.push_back(shortened_text(text, size, width));
  return lines;
}

HEARTH_INLINE std::u32string missing_characters(std::string_view text) {
  std::u32string missing;
  for (const char32_t code : detail::characters(text)) {
    if (!detail::fonts().has(code) && missing.find(code) == std::u32string::npos) {
      missing.push_back(code);
    }
  }
  return missing;
}

HEARTH_INLINE std::string missing_note(std::span<const std::string> texts, std::string_view what) {
  std::u32string missing;
  for (const std::string& text : texts) {
    for (const char32_t code : missing_characters(text)) {
      if (missing.find(code) == std::u32string::npos) {
        missing.push_back(code);
      }
    }
  }
  if (missing.empty()) {
    return {};
  }
  const bool one = missing.size() == 1;
  std::string note = fmt::format(
      "{} character{} of {} {} not in the font and show{} as {} with {} code{}: ", missing.size(), one ? "" : "s", what,
      one ? "is" : "are", one ? "s" : "", one ? "a box" : "boxes", one ? "its" : "their", one ? "" : "s");
  constexpr std::size_t most = 12;
  const std::size_t listed = missing.size() <= most + 1 ? missing.size() : most;
  for (std::size_t i = 0; i < listed; ++i) {
    note += (i > 0 ? ", " : "") + detail::code_name(missing[i]);
  }
  return note + (listed < missing.size() ? fmt::format(" and {} more.", missing.size() - listed) : ".");
}

HEARTH_INLINE void draw_text(std::string_view text, double size, double start,
                             const std::function<void(int, int, double)>& ink) {
  double width = 0;
  for (const detail::Placed& placed : detail::set_text(text, size, width)) {
    if (placed.face == nullptr) {
      detail::CodeBox(placed.code, size).draw(start + placed.x, ink);
      continue;
    }
    const Shape shape = placed.face->shape(placed.glyph);
    if (shape.edges.empty()) {
      continue;
    }
    const double x = start + placed.x;
    const double y = placed.y;
    const double left = std::floor(x + shape.left * size) - 1;  // room for what rounding puts beside the letter
    const double top = std::floor(y + shape.top * size);
    Coverage coverage(static_cast<int>(std::ceil(x + shape.right * size) + 1 - left),
                      static_cast<int>(std::ceil(y + shape.bottom * size) - top));
    for (const Edge& edge : shape.edges) {
      coverage.add(
          {x + edge.x0 * size - left, y + edge.y0 * size - top, x + edge.x1 * size - left, y + edge.y1 * size - top});
    }
    coverage.each([&](int column, int row, double share) {
      ink(static_cast<int>(left) + column, static_cast<int>(top) + row, share);
    });
  }
}

}  // namespace hearth::chart
