#!/bin/sh
# report.sh RESULT: shows what check.sh found and fails when the misuse was not refused as it must be.
if [ -f "$1" ]; then
  head -n 12 "$1"
else
  cat "$1.why" 2> /dev/null || echo "$1 was not made: build the target compile_fail"
  exit 1
fi
