#!/bin/sh
# run.sh find|pkg_config|cpack|conan SOURCE BUILD CMAKE [ARGUMENT...]: tries hearth as a package in that way. The build
# folders stay, so that what did not change is not compiled again.
set -eu
way=$1
source=$2
build=$3
cmake=$4
shift 4
here=$source/tests/packages
ours=$build/tests/packages/$way
stage=$build/tests/consumer/stage/opt/hearth
version=$(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' "$source/include/hearth/version.hpp")

fail() {
  echo "$*"
  exit 1
}
skip() {
  echo "skipped: $*"
  exit 77
}

# printed EXPECTED PROGRAM: runs the program and compares what it prints.
printed() {
  expected=$1
  shift
  found=$("$@") || fail "$* ended with $?: $found"
  echo "$1: $found"
  [ "$found" = "$expected" ] || fail "$1 should have printed: $expected"
}
all="hearth $version: 6 6 image archive"

mkdir -p "$ours"
case $way in
  # What find_package says. The same folder is configured again and again, each time with another question.
  find)
    project=$ours/project
    configure() {
      ask=$1
      shift
      "$cmake" -S "$here/find" -B "$project" -U HEARTH_TOLD_OF_TORCH -U 'CMAKE_DISABLE_FIND_PACKAGE_*' -U 'STUB_*' \
        -U Torch_DIR -U HEARTH_GLOO_INCLUDE_DIR -D "CMAKE_PREFIX_PATH=$stage" -D CMAKE_BUILD_TYPE=Debug \
        -D "ASK=$ask" "$@" > "$project.log" 2>&1
    }
    # finds QUESTION SENTENCE [ARGUMENT...] and refuses, likewise: CMake breaks lines, so they are joined first.
    says() {
      tr -s ' \n' ' ' < "$project.log" | grep -qF "$1" || {
        cat "$project.log"
        fail "find_package(hearth $2) does not say: $1"
      }
      echo "find_package(hearth $2): $1"
    }
    finds() {
      question=$1 sentence=$2
      shift 2
      configure "$question" "$@" || { cat "$project.log"; fail "find_package(hearth $question) fails"; }
      says "$sentence" "$question"
    }
    refuses() {
      question=$1 sentence=$2
      shift 2
      if configure "$question" "$@"; then cat "$project.log"; fail "find_package(hearth $question) succeeds"; fi
      says "$sentence" "$question"
    }
    rm -rf "$project"
    mkdir -p "$project"
    for argument in "$@"; do
      case $argument in Torch_DIR=*) torch=$argument ;; esac
    done
    finds "0.1 REQUIRED" "there is hearth::compiled" "$@"
    stub="STUB_TORCH=$("$cmake" -P /dev/stdin << END 2>&1
set(PACKAGE_FIND_VERSION 0)
include("${torch#Torch_DIR=}/TorchConfigVersion.cmake")
message("\${PACKAGE_VERSION}")
END
)"

    # Versions: before 1.0 those of one 0.N fit.
    major_minor=${version%.*}
    next=0.$((${major_minor#0.} + 1))
    finds "$version REQUIRED" "hearth_FOUND is 1" -D "$stub"
    finds "$major_minor...<$next REQUIRED" "hearth_FOUND is 1" -D "$stub"
    refuses "$next REQUIRED" "version: $version (before 1.0, each 0.N has an interface of its own" -D "$stub"
    refuses "1.0 REQUIRED" "version: $version (before 1.0" -D "$stub"

    # Components.
    refuses "$version REQUIRED COMPONENTS archive jpg" \
      'hearth has no component `jpg`; there are archive, cuda, distributed, download, jpeg, png, safetensors, tiff, webp, compiled.' -D "$stub"
    finds "$version REQUIRED OPTIONAL_COMPONENTS jpg" "hearth_FOUND is 1" -D "$stub"
    finds "$version REQUIRED COMPONENTS archive" "there is hearth::archive" -D "$stub"
    refuses "$version REQUIRED COMPONENTS safetensors archive" \
      "hearth::archive cannot be used: libarchive is not found (Debian's libarchive-dev;" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON
    refuses "REQUIRED COMPONENTS compiled" \
      "hearth::compiled cannot be used: it was built with the component archive, but libarchive is not found" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON
    finds "REQUIRED" "hearth_FOUND is 1" -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON
    ! grep -q "there is hearth::archive" "$project.log" || fail "there is hearth::archive without libarchive"
    finds "COMPONENTS archive" "hearth_FOUND is 0" -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON
    says "hearth::archive cannot be used" "COMPONENTS archive"
    refuses "REQUIRED COMPONENTS download" "hearth::download cannot be used: libcurl is not found (Debian's" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_CURL=ON
    refuses "REQUIRED COMPONENTS download" "hearth::download cannot be used: OpenSSL is not found (Debian's libssl-dev" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON
    refuses "REQUIRED COMPONENTS jpeg" "hearth::jpeg cannot be used: libjpeg-turbo is not found (Debian's" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_JPEG=ON
    refuses "REQUIRED COMPONENTS safetensors" "nlohmann_json is not found (Debian's nlohmann-json3-dev" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
    refuses "REQUIRED COMPONENTS cuda" "hearth::cuda cannot be used: this LibTorch is built without CUDA" -D "$stub"
    refuses "REQUIRED COMPONENTS distributed" "this LibTorch is built without Gloo" -D "$stub"
    refuses "REQUIRED COMPONENTS distributed" "gloo's headers are not found (Debian's libgloo-dev" \
      -D "$stub" -D STUB_TORCH_DEFINITIONS=USE_C10D_GLOO -D HEARTH_GLOO_INCLUDE_DIR=HEARTH_GLOO_INCLUDE_DIR-NOTFOUND \
      -D CMAKE_FIND_ROOT_PATH=/nowhere -D CMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -D Stb_INCLUDE_DIR=/usr/include/stb \
      -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON -D CMAKE_DISABLE_FIND_PACKAGE_CURL=ON \
      -D CMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON -D CMAKE_DISABLE_FIND_PACKAGE_JPEG=ON
    "$cmake" -B "$project" -U CMAKE_FIND_ROOT_PATH -U CMAKE_FIND_ROOT_PATH_MODE_INCLUDE -U Stb_INCLUDE_DIR > /dev/null 2>&1 || true

    # What every program needs.
    refuses "REQUIRED" "fmt is not found, which hearth needs: Debian's libfmt-dev" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_fmt=ON
    refuses "REQUIRED" "stb_image.h is not found, which hearth needs: Debian's libstb-dev" \
      -D "$stub" -D CMAKE_DISABLE_FIND_PACKAGE_Stb=ON
    refuses "REQUIRED" "LibTorch is not found, which hearth needs, 2.9 to 2.13. Say where it is with -D Torch_DIR=" \
      -D CMAKE_DISABLE_FIND_PACKAGE_Torch=ON

    # The versions of LibTorch, and the one for which the library was compiled.
    refuses "REQUIRED" "hearth works with LibTorch 2.9 to 2.13, but found 2.8.0 (Torch_DIR is" -D STUB_TORCH=2.8.0
    finds "REQUIRED" "hearth works with LibTorch 2.9 to 2.13, and nobody has tried 2.14.0a0" -D STUB_TORCH=2.14.0a0
    other=2.9.1
    case $stub in *=2.9*) other=2.13.0 ;; esac
    finds "REQUIRED" "hearth_FOUND is 1" -D STUB_TORCH=$other
    ! grep -q "there is hearth::compiled\|CMake Warning" "$project.log" || fail "hearth::compiled serves two LibTorches"
    refuses "REQUIRED COMPONENTS compiled" "hearth::compiled cannot be used: it was built with LibTorch" \
      -D STUB_TORCH=$other

    # Who makes a package says what shall be in it.
    if "$cmake" -S "$source" -B "$ours/required" "$@" -D HEARTH_BUILD_TESTS=OFF -D HEARTH_BUILD_EXAMPLES=OFF \
      -D HEARTH_DISTRIBUTED=OFF -D HEARTH_ARCHIVE=ON -D CMAKE_DISABLE_FIND_PACKAGE_LibArchive=ON > "$project.log" 2>&1; then
      fail "hearth is built without a component that is required"
    fi
    says "HEARTH_ARCHIVE is ON, but what hearth::archive needs is not there: LibArchive_FOUND is false" "in its own build"
    ;;

  # The installed copy by pkg-config and one command, as a Makefile has it: header-only and compiled.
  pkg_config)
    command -v pkg-config > /dev/null || skip "pkg-config is not there"
    export PKG_CONFIG_PATH="$stage/lib/pkgconfig"
    query="pkg-config --define-variable=libtorch=$LIBTORCH"
    [ "$($query --modversion hearth)" = "$version" ] || fail "pkg-config knows another version"
    make --no-print-directory -C "$here/pkg_config" OUT="$ours" QUERY="$query" CXX="$CXX"
    printed "hearth $version: 6 6 image" "$ours/header_only"
    printed "$all" "$ours/compiled"
    if grep -lF -e "$source" -e "$build" -e /opt/hearth "$stage"/lib/pkgconfig/*.pc; then
      fail "these files hold absolute paths"
    fi
    ;;

  # The packages that CPack writes of this build, each unpacked into a folder of its own, from which alone a program is
  # built. (`make packages` installs the one for Debian into a system that has nothing else.)
  cpack)
    command -v dpkg-deb > /dev/null || skip "dpkg-deb is not there"
    rm -rf "$ours/packages" "$ours/deb" "$ours/tgz"
    "${cmake%cmake}cpack" --config "$build/CPackConfig.cmake" -B "$ours/packages" > "$ours.log" 2>&1 || {
      cat "$ours.log"
      fail "cpack fails"
    }
    deb=$(echo "$ours"/packages/libhearth-dev_"$version"_*.deb)
    archive=$(echo "$ours"/packages/hearth-"$version"*.tar.gz)
    dpkg-deb --info "$deb"
    depends=$(dpkg-deb --field "$deb" Depends)
    for package in libfmt-dev libstb-dev libarchive-dev libssl-dev; do
      case ", $depends," in *", $package,"*) ;; *) fail "the package does not depend on $package" ;; esac
    done
    [ "$(dpkg-deb --field "$deb" Version)" = "$version" ] || fail "the package is of another version"
    dpkg-deb --contents "$deb" | awk '$2 != "root/root" || $1 !~ ($NF ~ /^\.\/usr\/bin\/./ ? "^-rwxr-xr-x" : "^(drwxr-xr-x|-rw-r--r--)") {
      print "owner or rights: " $0; bad = 1 } END { exit bad }'
    dpkg-deb --contents "$deb" | grep -qF ./usr/share/doc/libhearth-dev/copyright || fail "the package has no copyright"
    dpkg-deb -x "$deb" "$ours/deb"
    if [ -x "$build/examples/hearth-pack" ]; then
      "$ours/deb/usr/bin/hearth-pack" --help | grep "^hearth-pack: " || fail "hearth-pack does not run"
    fi
    mkdir -p "$ours/tgz"
    tar -xzf "$archive" -C "$ours/tgz" --strip-components=1
    if grep -rIlF -e "$source" -e "$build" -e "$HOME/" -e site-packages "$ours/deb" "$ours/tgz" ||
      grep -rIlF --exclude=cuda.cmake -e /usr/local "$ours/deb" "$ours/tgz" ||
      grep -rh --include=cuda.cmake -e /usr/local "$ours/deb" "$ours/tgz" | grep -vF "/usr/local/cuda"; then
      fail "these files hold absolute paths"  # but for the place where NVIDIA's toolkit is installed
    fi
    (cd "$ours/deb/usr" && find include lib -type f -name '*.[hi]pp' | sort) > "$ours/deb.list"
    (cd "$source" && find include -type f -name '*.[hi]pp' | sort) > "$ours/source.list"
    cmp "$ours/deb.list" "$ours/source.list" || fail "the package lacks headers"
    (cd "$ours/tgz" && find include lib -type f -name '*.[hi]pp' | sort) | cmp - "$ours/source.list" ||
      fail "the archive lacks headers"
    for root in deb/usr tgz; do
      project=$ours/$(dirname "$root.")-project
      "$cmake" -S "$source/test_package" -B "$project" "$@" -D "CMAKE_PREFIX_PATH=$ours/$root" -D CMAKE_BUILD_TYPE=Debug \
        -D HEARTH_LIBRARY=compiled -D HEARTH_COMPONENTS= > "$project.log" 2>&1 || { cat "$project.log"; exit 1; }
      grep "^hearth_DIR:.*=$ours/$root/" "$project/CMakeCache.txt"
      "$cmake" --build "$project"
      printed "hearth $version: 6 6 image" "$project/test_package"
    done
    ;;

  # Conan's recipe, with a home of its own, no remote, and all that hearth needs from the system. The library was
  # compiled already; its package is made of that build.
  conan)
    [ -x "$CONAN" ] || skip "Conan is not there; cmake/setup.sh installs it"
    export CONAN_HOME="$ours/home"
    rm -rf "$CONAN_HOME" "$ours/recipe" "$ours/output"
    mkdir -p "$CONAN_HOME"
    echo '{"remotes": []}' > "$CONAN_HOME/remotes.json"
    for argument in "$@"; do
      case $argument in Torch_DIR=*) torch=${argument#Torch_DIR=} ;; esac
    done
    "$CONAN" profile detect --name detected > "$ours/profile.log" 2>&1 || { cat "$ours/profile.log"; exit 1; }
    sed -e "s|@TORCH_DIR@|$torch|" -e "s|@CXX@|$CXX|" "$here/conan/system.profile" > "$ours/profile"
    cat "$CONAN_HOME/profiles/detected" >> "$ours/profile"
    options="-pr:a $ours/profile --no-remote -s build_type=$BUILD_TYPE"

    # The recipe beside the files that it takes along, as in a fresh checkout.
    mkdir -p "$ours/recipe"
    (cd "$source" && tar -cf - CMakeLists.txt LICENSE cmake conanfile.py include test_package) | tar -xf - -C "$ours/recipe"
    cd "$ours/recipe"
    "$CONAN" create . $options -o "&:with_libtorch=system" > "$ours/create.log" 2>&1 || { cat "$ours/create.log"; exit 1; }
    grep "^hearth $version" "$ours/create.log"
    grep -qxF "hearth $version: 6 6 image archive" "$ours/create.log" || fail "test_package printed something else"

    # A package of the headers is the same for every compiler.
    "$CONAN" list "hearth/$version:*" --format=json > "$ours/list.json"
    "$cmake" -D "FILE=$ours/list.json" -P "$here/conan/one_package.cmake"

    # What the recipe refuses, and which requirement Conan's LibTorch is.
    if "$CONAN" create . $options -tf "" -o "&:with_libtorch=conan" -o "&:distributed=True" > "$ours/invalid.log" 2>&1; then
      fail "the recipe takes distributed with Conan's LibTorch"
    fi
    grep "distributed needs a LibTorch with Gloo" "$ours/invalid.log" || { cat "$ours/invalid.log"; exit 1; }
    "$CONAN" graph info . $options -o "&:with_libtorch=conan" > "$ours/graph.log" 2>&1 || { cat "$ours/graph.log"; exit 1; }
    grep "libtorch/2.13.0 - Platform" "$ours/graph.log" || { cat "$ours/graph.log"; exit 1; }

    # A consumer's `conan install`, and its build with what that wrote.
    mkdir -p "$ours/project"
    cp "$here/conan/consumer/CMakeLists.txt" "$here/conan/consumer/conanfile.txt" "$source/test_package/main.cpp" "$ours/project"
    "$CONAN" install "$ours/project" $options -of "$ours/output" -o "hearth/*:with_libtorch=system" \
      > "$ours/install.log" 2>&1 || { cat "$ours/install.log"; exit 1; }
    "$cmake" -S "$ours/project" -B "$ours/consumer" -G Ninja -D "CMAKE_TOOLCHAIN_FILE=$ours/output/conan_toolchain.cmake" \
      -D "CMAKE_BUILD_TYPE=$BUILD_TYPE" > "$ours/consumer.log" 2>&1 || { cat "$ours/consumer.log"; exit 1; }
    grep "^hearth_DIR:.*=$CONAN_HOME/" "$ours/consumer/CMakeCache.txt"
    "$cmake" --build "$ours/consumer"
    printed "$all" "$ours/consumer/consumer"

    # The compiled library: the package is made of the build that is there.
    mkdir -p "$ours/built"
    ln -sfn "$build" "$ours/built/$BUILD_TYPE"
    "$CONAN" export-pkg . $options -o "&:compiled=True" -o "&:with_libtorch=system" \
      -c "user.hearth:built=$ours/built/$BUILD_TYPE" > "$ours/export.log" 2>&1 || { cat "$ours/export.log"; exit 1; }
    grep "^hearth $version" "$ours/export.log"
    grep -qxF "hearth $version: 6 6 image archive" "$ours/export.log" || fail "test_package printed something else"
    ;;

  *) fail "there is no test $way" ;;
esac
