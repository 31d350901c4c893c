#include <hearth/dist/error_file.hpp>

#include <optional>
#include <string>

#include "catch.hpp"
#include "temporary_folder.hpp"

using namespace hearth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the error file has the sentence as JSON, whatever it holds", "[error_file]") {
  CHECK(
      dist::error_file_content("no such file", 1234) ==
      R"({"message": {"message": "no such file", "extraInfo": {"py_callstack": "no such file", "timestamp": "1234"}}})"
      "\n");
  // Quotes, a backslash, two lines, an escape character, UTF-8, and a byte that is no UTF-8.
  CHECK_THAT(dist::error_file_content("a \"b\" c\\d\nnext\x1b \xc3\xa9 \xff", 1),
             ContainsSubstring(R"("message": "a \"b\" c\\d\nnext\\x1b é \\xff",)"));
  CHECK_THAT(dist::error_file_content("", 1), ContainsSubstring(R"("message": "",)"));
}

TEST_CASE("the error file is written where torchrun looks for it, and nowhere else", "[error_file]") {
  const hearth_test::TemporaryFolder folder;
  const std::string file = folder / "error.json";
  const auto variable = [](const std::optional<std::string>& value) {
    return [value](const std::string& name) { return name == "TORCHELASTIC_ERROR_FILE" ? value : std::nullopt; };
  };
  CHECK_FALSE(dist::write_error_file("lost", variable(std::nullopt)));
  CHECK_FALSE(dist::write_error_file("lost", variable("")));
  CHECK_FALSE(dist::write_error_file("lost", variable((folder / "no/folder/error.json").string())));
  CHECK(dist::write_error_file("rank 1: no data", variable(file)));
  CHECK_THAT(hearth_test::read_text(file), ContainsSubstring(R"("message": "rank 1: no data")"));
}
