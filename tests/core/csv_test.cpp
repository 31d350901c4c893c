#include <hearth/core/csv.hpp>

#include <string>
#include <vector>

#include "catch.hpp"

using hearth::core::csv_field;
using hearth::core::read_csv;
using Lines = std::vector<std::vector<std::string>>;

TEST_CASE("a field with a comma, a quote or a line end is quoted, its quotes doubled", "[csv]") {
  CHECK(csv_field("Noodles/Pasta") == "Noodles/Pasta");
  CHECK(csv_field("") == "");
  CHECK(csv_field("rice, white") == "\"rice, white\"");
  CHECK(csv_field("6\" pizza") == "\"6\"\" pizza\"");
  CHECK(csv_field("a\r\nb") == "\"a\r\nb\"");
}

TEST_CASE("the examples of RFC 4180 are read", "[csv]") {
  CHECK(read_csv("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n") == Lines{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}});
  CHECK(read_csv("aaa,bbb\nzzz,") == Lines{{"aaa", "bbb"}, {"zzz", ""}});
  CHECK(read_csv("\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx") ==
        Lines{{"aaa", "b \r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}});
  CHECK(read_csv("\"aaa\",\"b\"\"bb\",\"c,cc\"") == Lines{{"aaa", "b\"bb", "c,cc"}});
  CHECK(read_csv("").empty());
}

TEST_CASE("fields that are written are read as they were", "[csv]") {
  const std::vector<std::string> fields{"plain", "a,b", "\"", "\"\"", "\n", ",\"\r\n\"", "", "é"};
  std::string line;
  for (const std::string& field : fields) {
    line += (line.empty() ? "" : ",") + csv_field(field);
  }
  CHECK(read_csv(line + "\n" + line) == Lines{fields, fields});
}

TEST_CASE("a quote that is not closed takes in the rest", "[csv]") {
  CHECK(read_csv("a,\"b\nc") == Lines{{"a", "b\nc"}});
}
