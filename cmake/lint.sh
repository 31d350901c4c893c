#!/bin/sh
# lint.sh [REVISION|all]: runs clang-tidy over the headers, definitions and programs that differ from a revision (the one
# before the last commit, unless another is named), or over all of them.
#
# The headers are read as one file, for most of the time goes into LibTorch's, which each of them includes.
set -eu
cd "$(dirname "$0")/.."
base=${1:-HEAD~1}
list=build/lint
mkdir -p "$list"

if [ "$base" = all ]; then
  git ls-files 'include/*.hpp' 'include/*.ipp' 'examples/*.cpp' > "$list/files"
else
  {
    git diff --name-only --diff-filter=d "$base" -- 'include/*.hpp' 'include/*.ipp' 'examples/*.cpp'
    git ls-files --others --exclude-standard -- 'include/*.hpp' 'include/*.ipp' 'examples/*.cpp'
  } > "$list/files"
fi
if [ ! -s "$list/files" ]; then
  echo "lint: nothing differs from $base"
  exit 0
fi

# The compiler's flags, as the build has them for a program.
cmake/build.sh dev -n > "$list/configure.log" || {
  cat "$list/configure.log"
  exit 1
}
flags=$(tr -d '\n' < build/dev/compile_commands.json | tr '{' '\n' | grep 'examples/fashion_mnist\.cpp"' |
  grep -oE -e ' -(D|I|isystem |std=)[^ "]+' | grep -vE 'HEARTH_(COMPILED|TEST_DIR)' | sed 's/-std=gnu/-std=c/' | tr '\n' ' ')
[ -n "$flags" ] || {
  echo "lint: build/dev has no command that compiles examples/fashion_mnist.cpp" >&2
  exit 1
}

status=0
headers=$(sed -n 's,^include/,,p' "$list/files")
if [ -n "$headers" ]; then
  for header in $headers; do echo "#include <$header>"; done > "$list/headers.cpp"
  # shellcheck disable=SC2086
  clang-tidy --quiet --header-filter="include/($(echo "$headers" | sed 's/[.]/[.]/g' | paste -sd '|'))\$" \
    "$list/headers.cpp" -- $flags || status=$?
fi
for program in $(grep '^examples/' "$list/files" || true); do
  # shellcheck disable=SC2086
  clang-tidy --quiet --header-filter='examples/' "$program" -- $flags || status=$?
done
exit $status
