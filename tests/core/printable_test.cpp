#include <hearth/core/printable.hpp>

#include <filesystem>
#include <string>

#include "catch.hpp"

using hearth::core::printable;

TEST_CASE("valid UTF-8 is shown as it is", "[printable]") {
  CHECK(printable("runs/été/日本/\U0001F600 a\\b{}") == "runs/été/日本/\U0001F600 a\\b{}");
  CHECK(printable("").empty());
}

TEST_CASE("line ends and control characters are shown as escapes, on one line", "[printable]") {
  CHECK(printable("a\nb\r\tc\x1b[31m\x7f") == "a\\nb\\r\\tc\\x1b[31m\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("a\xc2\x9b"
                  "31m") == "a\\xc2\\x9b31m");  // U+009B begins a command as ESC [ does
}

// The table of well-formed sequences in the Unicode standard: overlong forms, surrogates, beyond U+10FFFF, cut short.
TEST_CASE("bytes that are not UTF-8 are shown as escapes", "[printable]") {
  CHECK(printable("a\xff"
                  "b") == "a\\xffb");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\xe6\x97") == "\\xe6\\x97");
  CHECK(printable("\x89PNG\r\n\x1a\n") == "\\x89PNG\\r\\n\\x1a\\n");
}

TEST_CASE("a long text is cut between two characters", "[printable]") {
  CHECK(printable(std::string(20, 'a'), 10) == std::string(10, 'a') + "...");
  CHECK(printable(std::string(10, 'a'), 10) == std::string(10, 'a'));
  CHECK(printable("aaé", 3) == "aa...");
}

TEST_CASE("a path is shown as a text is", "[printable]") {
  CHECK(printable(std::filesystem::path("a\nb\xff")) == "a\\nb\\xff");
}
