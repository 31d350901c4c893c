#!/bin/sh
# run.sh find_package|add_subdirectory SOURCE BUILD CMAKE [ARGUMENT...]: builds the consumer project and runs it.
set -eu
way=$1
source=$2
build=$3
cmake=$4
shift 4
ours=$build/tests/consumer/$way

if [ "$way" = find_package ]; then
  # Installed for /opt/hearth, and used from another folder: an absolute path in its files would lead astray.
  stage=$build/tests/consumer/stage
  DESTDIR=$stage "$cmake" --install "$build" --prefix /opt/hearth > "$build/tests/consumer/install.log"
  if grep -rlF -e "$source" -e "$build" -e /opt/hearth -e "$HOME/" -e site-packages -e /usr/lib -e /usr/include "$stage"; then
    echo "these installed files hold absolute paths"
    exit 1
  fi
  set -- "$@" -D "CMAKE_PREFIX_PATH=$stage/opt/hearth"
else
  set -- "$@" -D "HEARTH_SOURCE=$source"
fi
"$cmake" -S "$source/tests/consumer/project" -B "$ours" "$@"
"$cmake" --build "$ours"

printed=$("$ours/consumer")
echo "$printed"
[ "$printed" = "hearth $(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' "$source/include/hearth/version.hpp"): \
indices add up to 6; 6" ]
