#!/bin/sh
# all.sh BUILD [debian|conan|vcpkg|libtorch]...: what takes minutes.
#
#   debian    installs Debian's package of that build with apt into a system that has nothing else, and builds programs
#   conan     makes Conan's package with the compiled library from the sources
#   vcpkg     installs the port with vcpkg, where VCPKG_ROOT names a checkout of it
#   libtorch  only when it is asked for: tries the oldest LibTorch, for which pip gets some gigabytes, or the versions that
#             LIBTORCH names, like "2.9.1 2.10.0"
#
# What cannot be done here is said.
set -eu
cd "$(dirname "$0")/../.."
source=$(pwd)
build=$source/$1
folder=$build/tests/packages
. build/setup.env
torch=${TORCH_DIR%/share/cmake/Torch}
version=$(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' include/hearth/version.hpp)
mkdir -p "$folder"

# A clean Debian 12. $CLEAN_ROOT: one that is there, made by debootstrap --variant=minbase.
debian() {
  deb=$(echo "$build"/packages/libhearth-dev_"$version"_*.deb)
  if [ "$(id -u)" != 0 ] || { [ -z "${CLEAN_ROOT:-}" ] && ! command -v debootstrap > /dev/null; }; then
    echo "skipped: the clean system, which needs root and debootstrap"
    return
  fi
  root=${CLEAN_ROOT:-$folder/debian}
  if [ ! -x "$root/usr/bin/apt-get" ]; then
    echo "making a Debian 12 in $root"
    debootstrap --variant=minbase bookworm "$root" > "$folder/debootstrap.log" 2>&1 || {
      tail -n 3 "$folder/debootstrap.log"
      echo "skipped: the clean system, for debootstrap did not make it"
      return
    }
  fi
  mkdir -p "$root/torch" "$root/work"
  cp "$deb" test_package/CMakeLists.txt test_package/main.cpp "$root/work"
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || true
  mount --bind -o ro "$torch" "$root/torch"
  mount -t proc proc "$root/proc"
  trap 'umount "$root/torch" "$root/proc"' EXIT
  cat > "$root/work/run.sh" <<END
set -eu
export DEBIAN_FRONTEND=noninteractive
cd /work
apt-get update -qq
apt-get install -y -qq --no-install-recommends g++ cmake make pkgconf lintian > apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
apt-get install -y -qq --no-install-recommends ./$(basename "$deb") >> apt.log 2>&1 || { tail -n 5 apt.log; exit 1; }
dpkg-query -W -f '\${Package} \${Version} \${Status}\n' libhearth-dev
# The project has no address for mail.
lintian --allow-root --fail-on error --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog ./$(basename "$deb")
for library in compiled hearth; do
  cmake -S . -B \$library -D CMAKE_BUILD_TYPE=Debug -D HEARTH_LIBRARY=\$library -D "HEARTH_COMPONENTS=archive;jpeg" \
    -D Torch_DIR=/torch/share/cmake/Torch > \$library.log 2>&1 || { cat \$library.log; exit 1; }
  cmake --build \$library
  [ "\$(\$library/test_package)" = "hearth $version: 6 6 image archive" ]
done
g++ -DWITH_ARCHIVE main.cpp -o by_pkg_config \
  \$(pkg-config --define-variable=libtorch=/torch --cflags --libs hearth-compiled)
./by_pkg_config
apt-get remove -y -qq libhearth-dev >> apt.log 2>&1
[ ! -e /usr/include/hearth ] && [ ! -e /usr/lib/cmake/hearth ]
END
  chroot "$root" sh /work/run.sh
  trap - EXIT
  umount "$root/torch" "$root/proc"
  echo "Debian's package works in a clean system"
}

conan() {
  program=$source/build/venv/bin/conan
  [ -x "$program" ] || {
    echo "skipped: Conan is not there"
    return
  }
  export CONAN_HOME="$folder/conan-home"
  rm -rf "$CONAN_HOME"
  mkdir -p "$CONAN_HOME"
  echo '{"remotes": []}' > "$CONAN_HOME/remotes.json"
  "$program" profile detect --name detected > /dev/null 2>&1
  sed -e "s|@TORCH_DIR@|$TORCH_DIR|" -e "s|@CXX@|${CXX:-c++}|" tests/packages/conan/system.profile > "$folder/profile"
  cat "$CONAN_HOME/profiles/detected" >> "$folder/profile"
  "$program" create . -pr:a "$folder/profile" --no-remote -o "&:compiled=True"
  echo "Conan's package with the compiled library works"
}

vcpkg() {
  sh tests/packages/vcpkg.sh "$source" "$folder/vcpkg" "$CMAKE" -D "Torch_DIR=$TORCH_DIR" || [ $? = 77 ]
}
libtorch() {
  # shellcheck disable=SC2086
  sh tests/packages/libtorch.sh "$source" "$folder/libtorch" "$CMAKE" ${LIBTORCH:-2.9.1}
}

shift
for part in "${@:-debian conan vcpkg}"; do
  for one in $part; do $one; done
done
