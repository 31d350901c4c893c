#!/bin/sh
# check.sh MISUSE.cpp RESULT COMPILER [FLAG...]
#
# Makes RESULT when the compiler refuses MISUSE.cpp with HEARTH_MISUSE defined, and names the expected sentence within
# the first 12 lines; after `// expect only:` it must also be the only sentence of a static_assert. Else RESULT.why says
# what was wrong.
source=$1
result=$2
shift 2
lines=12
expected=$(sed -n -e '1s,^// expect: ,,p' -e '1s,^// expect only: ,,p' "$source")
rm -f "$result" "$result.why"

give_up() {
  { echo "$source: $1"; cat "$result.log"; } > "$result.why"
  exit 0
}

: > "$result.log"
: > "$result.d"
[ -n "$expected" ] || give_up "its first line is neither '// expect: SENTENCE' nor '// expect only: SENTENCE'"
if "$@" -DHEARTH_MISUSE -MD -MF "$result.d" -MT "$result" "$source" > "$result.log" 2>&1; then
  give_up "the misuse compiles"
fi
head -n "$lines" "$result.log" | grep -qF -- "$expected" ||
  give_up "the first $lines lines of the compiler do not say: $expected"
if head -n 1 "$source" | grep -q '^// expect only: '; then
  [ "$(grep -cE 'static assertion failed|static_assert failed' "$result.log")" -eq 1 ] ||
    give_up "the compiler says more than one sentence"
fi
mv "$result.log" "$result"
