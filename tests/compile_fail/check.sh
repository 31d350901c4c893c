#!/bin/sh
# check.sh MISUSE.cpp RESULT COMPILER [FLAG...]
#
# Makes RESULT when the compiler refuses MISUSE.cpp with HEARTH_MISUSE defined, and names the expected sentence within
# the first 12 lines; else RESULT.why says what was wrong.
source=$1
result=$2
shift 2
lines=12
expected=$(sed -n '1s,^// expect: ,,p' "$source")
rm -f "$result" "$result.why"

give_up() {
  { echo "$source: $1"; cat "$result.log"; } > "$result.why"
  exit 0
}

: > "$result.log"
: > "$result.d"
[ -n "$expected" ] || give_up "its first line is not '// expect: SENTENCE'"
if "$@" -DHEARTH_MISUSE -MD -MF "$result.d" -MT "$result" "$source" > "$result.log" 2>&1; then
  give_up "the misuse compiles"
fi
head -n "$lines" "$result.log" | grep -qF -- "$expected" ||
  give_up "the first $lines lines of the compiler do not say: $expected"
mv "$result.log" "$result"
