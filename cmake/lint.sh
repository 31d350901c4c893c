#!/bin/sh
# lint.sh: runs clang-tidy over the headers, all at once by way of hearth.hpp, and over the programs.
set -eu
cd "$(dirname "$0")/.."
cmake/build.sh dev -n > build/lint-configure.log || {
  cat build/lint-configure.log
  exit 1
}
printf '%s\n' build/dev/tests/headers/hearth/hearth.hpp.cpp examples/*.cpp |
  xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/dev
