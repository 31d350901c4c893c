#include <hearth/chart/canvas.hpp>
#include <hearth/chart/font.hpp>
#include <hearth/chart/utf8.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace hearth;

namespace {

/// The character in UTF-8.
std::string utf8(char32_t code) {
  const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    return {byte(code)};
  }
  if (code < 0x800) {
    return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  }
  if (code < 0x10000) {
    return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  }
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
          byte(0x80 | (code & 0x3F))};
}

Image picture(const std::string& words, double size = 15) {
  chart::Canvas canvas({static_cast<int>(3 * size), 20 + static_cast<int>(chart::text_width(words, size))});
  canvas.text({10, 2 * size}, words, {.size = size});
  return canvas.image();
}

struct Ink {
  int first = 1000, last = -1000, left = 1000, right = -1000;  // rows and columns; the last ones lie behind
  double sum = 0;
};

Ink ink_of(const std::string& words, double size) {
  Ink ink;
  chart::draw_text(words, size, 0, [&](int column, int row, double share) {
    ink.first = std::min(ink.first, row);
    ink.last = std::max(ink.last, row + 1);
    ink.left = std::min(ink.left, column);
    ink.right = std::max(ink.right, column + 1);
    ink.sum += share;
  });
  return ink;
}

const std::string noodles = "\u9EBA";  // a Chinese character
const std::string bowl = "\U0001F35C";
const std::string e_acute = "\u00E9";
const std::string dots = "\u2026";

}  // namespace

TEST_CASE("Every character has the width, the height and the ink that FreeType gives it") {
  std::ifstream file(HEARTH_TEST_DIR "/chart/reference/lettering.txt");
  int code = 0, font = 0, advance = 0, count = 0, others = 0;
  double top = 0, bottom = 0, black_pixels = 0;
  while (file >> code >> font >> advance >> top >> bottom >> black_pixels) {
    if (code >= 0x300 && code <= 0x36F) {
      continue;  // a mark stands on a letter
    }
    const std::string letter = utf8(static_cast<char32_t>(code));
    INFO("U+" << std::hex << code << " " << letter);
    CHECK(chart::missing_characters(letter).empty());
    if (code == 0xA0 || (code >= 0x483 && code <= 0x489)) {
      continue;
    }
    CHECK(std::abs(chart::text_width(letter, 1000) - advance) <= (font == 1 ? 0 : 1));
    const Ink ink = ink_of(letter, 200);
    if (black_pixels > 0) {
      CHECK(std::abs(ink.first - top) <= 1.25);
      CHECK(std::abs(ink.last - bottom) <= 1.25);
    }
    CHECK(ink.sum == Approx(black_pixels).epsilon(0.02).margin(5));
    ++(font == 1 ? count : others);
  }
  CHECK(count == 113);
  CHECK(others > 1100);
}

TEST_CASE("Bytes are read as Python reads them, malformed ones too") {
  std::ifstream file(HEARTH_TEST_DIR "/chart/reference/utf8.txt");
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    std::istringstream words(line);
    std::string hex;
    words >> hex;
    std::string text;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      text.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    std::vector<unsigned> expected, read;
    for (unsigned code = 0; words >> code;) {
      expected.push_back(code);
    }
    for (std::size_t place = 0; place < text.size();) {
      read.push_back(static_cast<unsigned>(chart::next_character(text, place)));
    }
    INFO(hex);
    CHECK(read == expected);
  }
  CHECK(count == 227);
}

TEST_CASE("What is no UTF-8 shows as the replacement character") {
  CHECK(picture("a\xFF\xFE z") == picture("a\uFFFD\uFFFD z"));
  CHECK(picture("caf\xE9") == picture("caf\uFFFD"));  // Latin-1
  CHECK(picture("\xE2\x82") == picture("\uFFFD"));
  CHECK(ink_of("\uFFFD", 15).sum > 30);
  CHECK(chart::missing_characters("\xFF\xC0").empty());
}

TEST_CASE("Any bytes at all are set, measured and cut without touching what is not theirs") {
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 24, ' ');
    for (char& byte : text) {
      byte = static_cast<char>(random() % 3 == 0 ? 0xCC + random() % 3 : random());
    }
    const double size = 1 + static_cast<double>(random() % 40);
    const double width = chart::text_width(text, size);
    CHECK(width >= 0);
    CHECK(chart::text_width(chart::fitting_text(text, size, width / 2), size) <=
          std::max(width / 2, chart::text_width(dots, size)) + 1e-9);
    const std::vector<std::string> lines = chart::wrapped_text(text, size, 30, 3);
    CHECK(lines.size() >= 1);
    CHECK(lines.size() <= 3);
    ink_of(text, size);
    chart::missing_note(lines);
  }
}

TEST_CASE("A letter and the marks behind it are set as the letter that they make") {
  CHECK(picture("Cre\u0300me bru\u0302le\u0301e") == picture("Cr\u00E8me br\u00FBl\u00E9e"));
  CHECK(picture("\u0438\u0306 \u0456\u0308") == picture("\u0439 \u0457"));        // Cyrillic
  CHECK(picture("\u03B1\u0301 \u03B9\u0308\u0301") == picture("\u03AC \u0390"));  // Greek
  CHECK(picture("a\u0323\u0302 o\u031B\u0301") == picture("\u1EAD \u1EDB"));      // Vietnamese
  CHECK_FALSE(picture("s\u0327") == picture("\u0219"));                           // a cedilla is no comma
  CHECK(picture("s\u0326 c\u030C g\u0306") == picture("\u0219 \u010D \u011F"));
}

TEST_CASE("A mark that makes no letter with the one before it stands above or below that letter") {
  for (const char* letter : {"x", "X", "b", "q", "\u0436", "1"}) {
    INFO(letter);
    const Ink alone = ink_of(letter, 40);
    const Ink above = ink_of(letter + std::string("\u0302\u0301"), 40);
    const Ink below = ink_of(letter + std::string("\u0323"), 40);
    CHECK(above.first < alone.first - 8);  // two marks, one above the other
    CHECK(below.last > alone.last + 2);
    CHECK(above.sum > alone.sum + 20);
    CHECK(chart::text_width(letter + std::string("\u0323\u0302\u0301"), 15) ==
          Approx(chart::text_width(letter + std::string("\u0323"), 15)));
  }
  CHECK(chart::text_width("\u0301", 15) > 2);  // alone
}

TEST_CASE("A word is set in one font") {
  // In a line that needs letters of DejaVu Sans, all are its: an "a" differs from Aileron's.
  const auto width_of = [](const std::string& letters, const std::string& with) {
    return chart::text_width(letters + with, 100) - chart::text_width(with, 100);
  };
  CHECK(width_of("agrW", e_acute) == Approx(width_of("agrW", "\u0416")));
  CHECK(width_of("agrW", e_acute) != Approx(width_of("agrW", "e")));
  // A sign changes the letters beside it no more than a Chinese character does.
  for (const std::string& sign : {std::string("\u2192"), std::string("\u00D7"), std::string("\u2713"), noodles}) {
    CHECK(width_of("agrW", sign) == Approx(width_of("agrW", "e")));
  }
}

TEST_CASE("A character that the font lacks shows as a box with its code, which no other has") {
  CHECK(chart::missing_characters("noodles " + noodles + bowl + noodles) == U"\u9EBA\U0001F35C");
  CHECK(chart::missing_characters("Cr\u00E8me, \u0431\u043E\u0440\u0449, ph\u1EDF \u2713").empty());
  // The frame of the smallest box, pixel by pixel: 11 x 15, and in it 9E BA with digits of 3 x 5.
  chart::Canvas canvas({24, 24});
  canvas.text({0, 16}, noodles, {.size = 15});
  std::string drawn;
  for (int y = 4; y < 19; ++y) {
    for (int x = 1; x < 12; ++x) {
      const int grey = canvas.image().row(y)[3 * x];
      REQUIRE((grey == 0 || grey == 255));
      drawn += grey == 0 ? '#' : '.';
    }
    drawn += '\n';
  }
  CHECK(drawn ==
        "###########\n"
        "#.........#\n"
        "#.###.###.#\n"
        "#.#.#.#...#\n"
        "#.###.##..#\n"
        "#...#.#...#\n"
        "#.###.###.#\n"
        "#.........#\n"
        "#.##...#..#\n"
        "#.#.#.#.#.#\n"
        "#.##..###.#\n"
        "#.#.#.#.#.#\n"
        "#.##..#.#.#\n"
        "#.........#\n"
        "###########\n");
  std::set<std::vector<std::uint8_t>> pictures;
  for (char32_t code = 0x4E00; code < 0x4F00; ++code) {
    pictures.insert(picture(utf8(code)).pixels());
    pictures.insert(picture(utf8(code), 9).pixels());
  }
  CHECK(pictures.size() == 512);
  // Every size has room for it: boxes of neighbours never touch.
  for (const double size : {1.0, 8.0, 9.0, 11.0, 12.0, 15.0, 20.0, 40.0}) {
    INFO(size);
    const Ink one = ink_of(noodles, size);
    CHECK(one.right < chart::text_width(noodles, size));
    CHECK(one.left > 0);
    CHECK(chart::text_width(noodles + bowl, size) ==
          Approx(chart::text_width(noodles, size) + chart::text_width(bowl, size)));
  }
}

TEST_CASE("Joiners, direction marks and variation selectors take no room and are not missed") {
  const std::string invisible = "a\u200Db\u200C\u200E\u202Ec\uFE0F\uFEFFd\u00AD\U000E0101";
  CHECK(picture(invisible) == picture("abcd"));
  CHECK(chart::missing_characters(invisible).empty());
  CHECK(picture("a\tb\nc\u00A0d\u3000e") == picture("a b c d e"));
}

TEST_CASE("A note tells which characters are missing") {
  const std::vector<std::string> none{"Bread", "Cr\u00E8me"};
  CHECK(chart::missing_note(none).empty());
  const std::vector<std::string> one{"Bread", noodles, noodles};
  CHECK(chart::missing_note(one) ==
        "1 character of these names is not in the font and shows as a box with its code: U+9EBA.");
  const std::vector<std::string> two{noodles + bowl};
  CHECK(chart::missing_note(two, "class names") ==
        "2 characters of class names are not in the font and show as boxes with their codes: U+9EBA, U+1F35C.");
  std::vector<std::string> many;
  for (char32_t code = 0x4E00; code < 0x4E14; ++code) {
    many.push_back(utf8(code));
  }
  CHECK(chart::missing_note(many).ends_with("U+4E0A, U+4E0B and 8 more."));
}

TEST_CASE("A text that is too long for its place ends in dots") {
  CHECK(chart::fitting_text("loss", 15, 100) == "loss");
  const std::string cut = chart::fitting_text("validation accuracy", 15, 80);
  CHECK(cut.ends_with(dots));
  CHECK(cut.starts_with("valid"));
  CHECK(chart::text_width(cut, 15) <= 80);
  CHECK(chart::text_width("validation accuracy", 15) > 80);
  CHECK(chart::fitting_text("x", 15, 0) == dots);
  CHECK(chart::fitting_text("two words", 15, chart::text_width("two w", 15)) == "two" + dots);  // no space before dots
  // Neither a character nor a letter with its marks is cut in two.
  for (double width = 5; width < 60; width += 0.5) {
    const std::string part = chart::fitting_text("e\u0302\u0323e\u0302\u0323e\u0302\u0323e\u0302\u0323", 15, width);
    CHECK((part.size() == 20 || part.size() % 5 == dots.size()));
  }
}

TEST_CASE("A shortened text keeps its two ends") {
  const std::string name = "European fire salamander, Salamandra salamandra";
  const std::string cut = chart::shortened_text(name, 13, 150);
  const std::size_t at = cut.find(dots);
  REQUIRE(at != std::string::npos);
  CHECK(name.starts_with(cut.substr(0, at)));
  CHECK(name.ends_with(cut.substr(at + dots.size())));
  CHECK(at > 5);
  CHECK(cut.size() - at > 5 + dots.size());
  CHECK(chart::text_width(cut, 13) <= 150);
  CHECK(chart::shortened_text("Soup", 13, 150) == "Soup");
}

TEST_CASE("Shortened texts differ where the texts do") {
  const std::string begin = "a very long beginning ", end = " and a very long end";
  std::vector<std::string> names{begin + "one" + end,
                                 begin + "two" + end,
                                 "one" + begin + end,
                                 "two" + begin + end,
                                 begin + end + "one",
                                 begin + end + "two",
                                 "crane",
                                 "crane",
                                 begin + "three 3" + end};
  for (int i = 0; i < 20; ++i) {
    names.push_back(begin + begin + std::to_string(i) + end + end);
  }
  for (const double width : {60.0, 90.0, 140.0, 250.0, 1000.0}) {
    const std::vector<std::string> shown = chart::shortened_texts(names, 12, width);
    REQUIRE(shown.size() == names.size());
    std::set<std::string> different(shown.begin(), shown.end());
    CHECK(different.size() == names.size() - 1);  // the cranes are the same
    CHECK(shown[6] == "crane");
    CHECK(shown[7] == "crane");
    for (const std::string& text : shown) {
      INFO(text);
      CHECK(chart::text_width(text, 12) <= width);
    }
  }
  CHECK(chart::shortened_texts(names, 12, 1000) == names);
}

TEST_CASE("A wrapped text breaks at its spaces, or where it must") {
  using Lines = std::vector<std::string>;
  const double width = chart::text_width("the quick brown", 15);
  CHECK(chart::wrapped_text("the quick brown fox jumps", 15, width, 9) == Lines{"the quick brown", "fox jumps"});
  CHECK(chart::wrapped_text("short", 15, width, 9) == Lines{"short"});
  CHECK(chart::wrapped_text("", 15, width, 9) == Lines{""});
  const Lines cut = chart::wrapped_text("the quick brown fox jumps over the lazy dog", 15, width, 2);
  REQUIRE(cut.size() == 2);
  CHECK(cut[1].starts_with("fox"));
  CHECK(cut[1].find(dots) != std::string::npos);
  CHECK(cut[1].ends_with("dog"));
  std::string joined;
  for (const std::string& line : chart::wrapped_text(std::string(60, 'w'), 15, width, 99)) {
    CHECK(chart::text_width(line, 15) <= width);
    joined += line;
  }
  CHECK(joined == std::string(60, 'w'));
  CHECK(chart::wrapped_text("runs/densenet/seed-1", 15, chart::text_width("runs/densenet/", 15), 3) ==
        Lines{"runs/densenet/", "seed-1"});
  CHECK_THROWS_AS(chart::wrapped_text("x", 15, 10, 0), Error);
}
