#!/bin/sh
# build.sh PRESET [-D NAME=VALUE]... [NINJA ARGUMENT...]: configures build/PRESET where something calls for it, quietly
# unless it fails, and builds it.
set -eu
cd "$(dirname "$0")/.."
. build/setup.env
preset=$1
shift
folder=build/$preset
settings=
while [ "${1:-}" = -D ]; do
  settings="$settings -D $2"
  shift 2
done

# With another LibTorch or another compiler nothing of the old build can be used. What else changes, Ninja sees itself.
if [ ! -f "$folder/build.ninja" ] || [ build/setup.env -nt "$folder/build.ninja" ]; then
  fresh=--fresh
elif [ -n "$settings" ]; then
  fresh=
else
  fresh=no
fi
if [ "$fresh" != no ]; then
  echo "configuring $folder"
  mkdir -p "$folder"
  # shellcheck disable=SC2086
  CXX=$CXX_FOUND "$CMAKE" --preset "$preset" $fresh $settings > "$folder/configure.log" 2>&1 || {
    cat "$folder/configure.log" >&2
    exit 1
  }
fi
echo "building $folder"
exec "$CMAKE" --build "$folder" -- "$@"
