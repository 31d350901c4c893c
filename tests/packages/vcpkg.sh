#!/bin/sh
# vcpkg.sh SOURCE FOLDER CMAKE [ARGUMENT...]: installs the port with the real vcpkg, as an overlay, and builds a program
# with it by vcpkg's toolchain. VCPKG_ROOT is a checkout of vcpkg; the tool is $VCPKG, or the one in that checkout. What
# hearth needs is taken from the system: ports that install nothing stand in for vcpkg's own, so that nothing is
# downloaded.
set -eu
source=$1
folder=$2
cmake=$3
shift 3
[ -n "${VCPKG_ROOT:-}" ] || {
  echo "skipped: VCPKG_ROOT names no checkout of vcpkg"
  exit 77
}
vcpkg=${VCPKG:-$VCPKG_ROOT/vcpkg}
version=$(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' "$source/include/hearth/version.hpp")
rm -rf "$folder"
mkdir -p "$folder/ports"
for port in fmt stb libarchive curl openssl libjpeg-turbo nlohmann-json gloo libtorch; do
  mkdir "$folder/ports/$port"
  echo "{\"name\": \"$port\", \"version\": \"0\", \"description\": \"Of the system\"}" > "$folder/ports/$port/vcpkg.json"
  echo 'set(VCPKG_POLICY_EMPTY_PACKAGE enabled)' > "$folder/ports/$port/portfile.cmake"
done
export VCPKG_KEEP_ENV_VARS=Torch_DIR VCPKG_FORCE_SYSTEM_BINARIES=1 VCPKG_DISABLE_METRICS=1 VCPKG_BINARY_SOURCES=clear
FEATURES=${FEATURES:-}
"$vcpkg" install "hearth$FEATURES" --classic --vcpkg-root="$VCPKG_ROOT" \
  --overlay-ports="$source/cmake/vcpkg" --overlay-ports="$folder/ports" --x-install-root="$folder/installed" \
  --x-buildtrees-root="$folder/buildtrees" --x-packages-root="$folder/packages" --downloads-root="$folder/downloads"
"$cmake" -S "$source/test_package" -B "$folder/program" -G Ninja -D CMAKE_BUILD_TYPE=Debug \
  -D "CMAKE_TOOLCHAIN_FILE=$VCPKG_ROOT/scripts/buildsystems/vcpkg.cmake" -D "VCPKG_INSTALLED_DIR=$folder/installed" \
  -D VCPKG_MANIFEST_MODE=OFF -D HEARTH_COMPONENTS="archive;jpeg" "$@"
grep "^hearth_DIR:.*=$folder/installed/" "$folder/program/CMakeCache.txt"
"$cmake" --build "$folder/program"
[ "$("$folder/program/test_package")" = "hearth $version: 6 6 image archive" ]
echo "vcpkg installed the port of hearth $version, and a program with it runs"
