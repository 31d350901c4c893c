// A program that links only if fmt.cpp defines all that fmt's headers leave to a library.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fmt/chrono.h>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <locale>
#include <string>
#include <vector>

int main(int count, char** arguments) {
  const double real = count / 3.0;
  const float single = static_cast<float>(real);
  fmt::print("{} {:>7.3f} {:e} {:a} {} {:L}\n", real, real, single, real, static_cast<long double>(real), count * 1000);
  fmt::print(stderr, "{:#x} {:5} {} {} {}\n", count, count > 1, arguments[0], static_cast<void*>(arguments), 'c');
  std::string text = fmt::format("{:>{}} {}", count, 5, std::vector<int>{1, 2});
  fmt::format_to(std::back_inserter(text), "{:%Y-%m-%d} {}", std::chrono::system_clock::now(), fmt::join(text, ","));
  text += fmt::format(std::locale::classic(), "{:L}", real) + fmt::to_string(single) + fmt::to_string(real);
  char buffer[32];
  *fmt::format_to_n(buffer, sizeof buffer - 1, "{}", text).out = '\0';
  try {
    text += fmt::vformat(arguments[0], fmt::make_format_args(count));
  } catch (const fmt::format_error& error) {
    std::puts(error.what());
  }
  throw fmt::system_error(count, "{}", text);
}
