#include <hearth/core/shell_command.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "catch.hpp"

using hearth::core::shell_command;

TEST_CASE("words that a shell takes as they are stand without quotes", "[shell_command]") {
  const std::vector<std::string> words{"./food11", "train", "--lr", "1e-4", "--data=../food-11.zip", "a,b:c@d%e+f_g"};
  CHECK(shell_command(words) == "./food11 train --lr 1e-4 --data=../food-11.zip a,b:c@d%e+f_g");
  CHECK(shell_command({}).empty());
}

TEST_CASE("a shell gets every word back", "[shell_command]") {
  const std::vector<std::string> words{"",  "a b", "it's", "'",   "''", "$HOME",   "`id`",  "a\nb", "\\",   "\"",
                                       "*", "~",   "#",    "a;b", "!x", "été\xff", "{a,b}", "-e",   "a\\'b"};
  std::vector<std::string> command{"printf", "%s\\001"};
  command.insert(command.end(), words.begin(), words.end());
  std::FILE* const shell = ::popen(shell_command(command).c_str(), "r");
  REQUIRE(shell != nullptr);
  std::string read;
  for (int letter = 0; (letter = std::fgetc(shell)) != EOF;) {
    read += static_cast<char>(letter);
  }
  CHECK(::pclose(shell) == 0);
  std::string expected;
  for (const std::string& word : words) {
    expected += word + '\x01';
  }
  CHECK(read == expected);
}
