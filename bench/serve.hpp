/// What every program of the comparison with Python has in common: settings as words NAME=VALUE, and a conversation
/// with bench/run.py over stdin and stdout. The program is started once and then measures whenever it is told to, so
/// that no figure has its start in it, unless that is what is measured.
///
///     > round           < amount=12000 seconds=1.234567
///     > check FILE      < checked                          what it computes, as float32, for comparison with Python
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hearth/core/error.hpp>

namespace bench {

/// The words NAME=VALUE of a command line.
class Settings {
 public:
  Settings(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const std::size_t equals = word.find('=');
      hearth::core::require(equals != std::string_view::npos, "the setting {} must be NAME=VALUE", word);
      values_.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
  }

  bool has(const std::string& name) const { return values_.contains(name); }

  /// Throws Error when there is no such setting.
  const std::string& text(const std::string& name) const {
    const auto found = values_.find(name);
    hearth::core::require(found != values_.end(), "the setting {}=… is missing", name);
    return found->second;
  }
  int number(const std::string& name) const { return std::atoi(text(name).c_str()); }
  /// Whether it is there, and not 0.
  bool flag(const std::string& name) const { return has(name) && number(name) != 0; }

 private:
  std::map<std::string, std::string> values_;
};

/// What one round has done, and in which time.
struct Done {
  double amount = 0;
  double seconds = 0;
};

inline void write_floats(const std::string& path, std::span<const float> values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  hearth::core::require(file.flush().good(), "{} cannot be written", path);
}

inline void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

/// Answers until stdin ends. `round()` gives what was Done, `check()` the floats to be compared.
template <class Round, class Check>
void serve(Round round, Check check) {
  say("ready");
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "round") {
      const Done done = round();
      char text[96];
      std::snprintf(text, sizeof text, "amount=%.17g seconds=%.9f", done.amount, done.seconds);
      say(text);
    } else if (line.starts_with("check ")) {
      const std::vector<float> values = check();
      write_floats(line.substr(6), values);
      say("checked");
    } else {
      say("error: " + line + " is not known");
    }
  }
}

/// The program: an exception becomes the answer that the reader of stdout waits for.
template <class Main>
int answer(Main main) {
  try {
    main();
    return 0;
  } catch (const std::exception& error) {
    std::string line = error.what();
    for (char& c : line) {
      c = c == '\n' ? ' ' : c;
    }
    say("error: " + line);
    return 1;
  }
}

}  // namespace bench
