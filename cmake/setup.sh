#!/bin/sh
# Finds or installs what hearth is built with, and writes down where it is: build/setup.env, read by the Makefile and
# by cmake/development.cmake. Running it again costs a fraction of a second.
#
#   cmake/setup.sh [demo|test|format|lint|docs]   what it is for; test is the default
#
# LibTorch is looked for in this order: the environment (Torch_DIR, CMAKE_PREFIX_PATH); the torch of python3; a virtual
# environment in build/venv, made with torch 2.13.0. The rest comes from Debian's or Ubuntu's packages, or from Homebrew.
set -eu

purpose=${1:-test}
case $purpose in
  demo | test | format | lint | docs) ;;
  *)
    echo "setup: $purpose is none of demo, test, format, lint and docs" >&2
    exit 1
    ;;
esac
builds=yes
case $purpose in format | docs) builds=no ;; esac
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$root/build/venv
result=$root/build/setup.env
stamp=$root/build/setup.stamp
torch_version=2.13.0
conan_version=2.34.0

say() { echo "setup: $*"; }
stop() {
  echo "setup: $*" >&2
  exit 1
}

# at_least 3.25 "$version": whether the version is that or a later one
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

mkdir -p "$root/build"

# --- Debian's packages ------------------------------------------------------------------------------------------------

# The compiler: $CXX, or the system's if it is recent enough (g++ 12, clang 14), or g++ 12 beside an older one.
compiler_works() {
  command -v "$1" > /dev/null || return 1
  case $("$1" --version 2> /dev/null) in
    *clang*) at_least 14 "$("$1" -dumpversion)" ;;
    *) at_least 12 "$("$1" -dumpversion)" ;;
  esac
}
find_compiler() {
  for compiler in "${CXX:-c++}" g++ g++-14 g++-13 g++-12 clang++ clang++-14; do
    if compiler_works "$compiler"; then
      return 0
    fi
    [ -z "${CXX:-}" ] || stop "the compiler $CXX (from \$CXX) is missing or too old: hearth needs g++ 12 or clang 14"
  done
  return 1
}

cmake_works() {
  command -v "$1" > /dev/null && at_least 3.25 "$("$1" --version | sed -n 's/^cmake version //p')"
}
find_cmake() {
  for cmake in cmake "$venv/bin/cmake"; do
    if cmake_works "$cmake"; then
      return 0
    fi
  done
  return 1
}

missing_packages() {
  case $purpose in
    format) wanted=clang-format ;;
    docs)
      wanted=doxygen
      command -v python3 > /dev/null || wanted="$wanted python3"
      ;;
    *) wanted='libfmt-dev libstb-dev libcli11-dev nlohmann-json3-dev libarchive-dev libgloo-dev' ;;
  esac
  # Any pkg-config and any libcurl will do, and the package of one removes that of another.
  pkg_config=
  command -v pkg-config > /dev/null || pkg_config=pkgconf
  if { [ "$purpose" = test ] || [ "$purpose" = lint ]; } &&
    ! ls /usr/include/curl/curl.h /usr/include/*/curl/curl.h 2> /dev/null | grep -q .; then
    wanted="$wanted libcurl4-openssl-dev"
  fi
  case $purpose in
    test) wanted="$wanted libssl-dev libjpeg-dev libdeflate-dev libwebp-dev libtiff-dev catch2 ccache doxygen iproute2 $pkg_config" ;;  # ip: hosts that are namespaces
    lint) wanted="$wanted libssl-dev libjpeg-dev libdeflate-dev libwebp-dev libtiff-dev catch2 ccache clang-tidy" ;;
  esac
  if [ $builds = yes ]; then
    find_compiler || {
      if command -v g++ > /dev/null; then wanted="$wanted g++-12"; else wanted="$wanted g++"; fi
    }
    command -v ninja > /dev/null || wanted="$wanted ninja-build"
    find_cmake || command -v cmake > /dev/null || wanted="$wanted cmake"
    if { [ "$needs_venv" = yes ] || { [ "$purpose" = test ] && [ ! -x "$venv/bin/python" ]; }; } && ! python3 -c 'import ensurepip, venv' 2> /dev/null; then
      wanted="$wanted python3-venv"
    fi
  fi
  # dpkg-query fails when a package is unknown, and says the rest all the same.
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2> /dev/null | sed -n 's/^installed //p') || true
  missing=
  for package in $wanted; do
    case "
$installed
" in
      *"
$package
"*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  missing=${missing# }
}

install_packages() {
  command="apt-get install -y --no-install-recommends $missing"
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [ -t 0 ]; }; then
    as_root=sudo
  else
    stop "these packages are missing, and only root can install them. Run this, then come back:
  sudo $command"
  fi
  say "installing with ${as_root:+$as_root }apt-get: $missing"
  log=$root/build/setup-apt.log
  if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive $command; } > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    stop "apt-get did not install them. Run this, then come back:
  sudo apt-get update && sudo $command"
  fi
}

# --- Homebrew's packages ----------------------------------------------------------------------------------------------

# What is missing of Homebrew's formulae. The compiler is that of Xcode's command line tools. There is none of gloo, so
# programs are one process there.
missing_formulae() {
  case $purpose in
    format) wanted=clang-format@14 ;;
    docs) wanted=doxygen ;;
    demo) wanted='fmt cli11 nlohmann-json libarchive' ;;
    *) wanted='fmt cli11 nlohmann-json libarchive curl openssl@3 jpeg-turbo libdeflate webp libtiff catch2 ccache doxygen pkgconf' ;;
  esac
  [ "$purpose" != lint ] || wanted="$wanted llvm"
  if [ $builds = yes ]; then
    command -v ninja > /dev/null || wanted="$wanted ninja"
    find_cmake || wanted="$wanted cmake"
  fi
  installed=$(brew list --formula -1)
  missing=
  for formula in $wanted; do
    echo "$installed" | grep -qx "$formula" || missing="$missing $formula"
  done
  missing=${missing# }
}

install_formulae() {
  say "installing with brew: $missing"
  log=$root/build/setup-brew.log
  brew install $missing > "$log" 2>&1 || {
    tail -n 5 "$log" >&2
    stop "brew did not install them. Run this, then come back:
  brew install $missing"
  }
}

# Homebrew has no stb, so its two headers come from their home, at a commit whose files are known.
get_stb() {
  stb=$root/build/stb/include/stb
  while read -r sum header; do
    [ ! -f "$stb/$header" ] || continue
    say "getting $header into build/stb"
    mkdir -p "$stb"
    curl -fsSL -o "$stb/$header.part" \
      "https://raw.githubusercontent.com/nothings/stb/f1c79c02822848a9bed4315b12c8c8f3761e1296/$header" ||
      stop "curl did not get $header; put it into build/stb/include/stb"
    echo "$sum  $stb/$header.part" | { shasum -a 256 -c - || sha256sum -c -; } > /dev/null 2>&1 ||
      stop "$stb/$header.part is not the file that it should be"
    mv "$stb/$header.part" "$stb/$header"
  done << END
594c2fe35d49488b4382dbfaec8f98366defca819d916ac95becf3e75f4200b3 stb_image.h
cbd5f0ad7a9cf4468affb36354a1d2338034f2c12473cf1a8e32053cb6914a05 stb_image_write.h
END
}

# Where CMake finds them: Homebrew links some formulae to no folder of their common ones.
brew_prefixes() {
  prefixes=$root/build/stb
  for folder in "" /opt/libarchive /opt/curl /opt/openssl@3; do
    prefixes="$prefixes;$(brew --prefix)$folder"
  done
}

# --- LibTorch ---------------------------------------------------------------------------------------------------------

# Sets torch_dir from what is named in the environment.
torch_of_environment() {
  if [ -n "${Torch_DIR:-}" ]; then
    [ -f "$Torch_DIR/TorchConfig.cmake" ] || stop "Torch_DIR is $Torch_DIR, but there is no TorchConfig.cmake in it"
    torch_dir=$Torch_DIR
    return 0
  fi
  old_ifs=$IFS
  IFS=':;'
  for prefix in ${CMAKE_PREFIX_PATH:-}; do
    for folder in "$prefix/Torch" "$prefix/share/cmake/Torch" "$prefix/lib/cmake/Torch"; do
      if [ -f "$folder/TorchConfig.cmake" ]; then
        IFS=$old_ifs
        torch_dir=$folder
        return 0
      fi
    done
  done
  IFS=$old_ifs
  return 1
}

# Sets torch_dir and python from the torch of the given Python, without the seconds that importing it takes.
torch_of_python() {
  found=$("$1" - 2> /dev/null <<'PYTHON'
import importlib.util, pathlib, runpy, sys
spec = importlib.util.find_spec("torch")
folder = pathlib.Path(spec.origin).parent
print(sys.executable, runpy.run_path(str(folder / "version.py"))["__version__"], folder / "share/cmake/Torch", sep="\n")
PYTHON
  ) || return 1
  python=$(echo "$found" | sed -n 1p)
  version=$(echo "$found" | sed -n 2p)
  torch_dir=$(echo "$found" | sed -n 3p)
  [ -f "$torch_dir/TorchConfig.cmake" ]
}

make_venv() {
  log=$root/build/setup-pip.log
  say "installing torch $torch_version into build/venv (about a minute)"
  if [ -f "$venv/.incomplete" ] || ! "$venv/bin/python" -m pip --version > /dev/null 2>&1; then
    python3 -m venv --clear "$venv"
  fi
  touch "$venv/.incomplete"
  "$venv/bin/python" -m pip install --disable-pip-version-check "torch==$torch_version" > "$log" 2>&1 || {
    tail -n 5 "$log" >&2
    stop "pip did not install torch $torch_version into build/venv; the whole story is in build/setup-pip.log"
  }
  rm "$venv/.incomplete"
}

# What writes the tests' reference values, and reads event files as TensorBoard does. The tests read the values that are
# committed and pass without it. Of tensorboard its reader alone is wanted (20 MB), not the server and what that needs.
add_reference_packages() {
  say "installing torchvision, numpy, pillow and tensorboard's reader, which the tests compare with"
  log=$root/build/setup-pip.log
  if "$venv/bin/python" -m pip install --disable-pip-version-check numpy pillow >> "$log" 2>&1 &&
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps torchvision==0.28.0 tensorboard==2.21.0 \
      >> "$log" 2>&1 &&
    "$venv/bin/python" -m pip install --disable-pip-version-check protobuf absl-py packaging >> "$log" 2>&1; then
    reference=yes
  else
    say "that did not work (build/setup-pip.log); the tests run without it, only their reference scripts do not"
    reference=no
  fi
}

# Conan, which the test of its recipe runs.
add_conan() {
  say "installing Conan $conan_version, for the test of its recipe"
  log=$root/build/setup-pip.log
  if { [ -x "$venv/bin/python" ] || python3 -m venv "$venv"; } >> "$log" 2>&1 &&
    "$venv/bin/python" -m pip install --disable-pip-version-check "conan==$conan_version" >> "$log" 2>&1; then
    conan=yes
  else
    say "that did not work (build/setup-pip.log); the tests run without it, only that of the recipe is skipped"
    conan=no
  fi
}

find_torch() {
  if torch_of_environment; then
    say "LibTorch of the environment: $torch_dir"
    found_dir=$torch_dir
    torch_of_python python3 || python=
    torch_dir=$found_dir
    return 0
  fi
  if torch_of_python python3; then
    if at_least 2.9 "$version" && ! at_least 2.14 "$version"; then
      say "LibTorch $version of python3: $torch_dir"
      return 0
    fi
    say "python3 has torch $version; hearth works with 2.9 to 2.13, so it is left alone"
  fi
  if [ -x "$venv/bin/python" ] && [ ! -f "$venv/.incomplete" ] && torch_of_python "$venv/bin/python" &&
    [ "${version%%+*}" = "$torch_version" ]; then
    say "LibTorch $version of build/venv"
    return 0
  fi
  needs_venv=yes
  return 1
}

# --- All of it --------------------------------------------------------------------------------------------------------

# The last answer stands while what it points to exists and the question is the same.
question=$(cksum < "$0")/${Torch_DIR:-}/${CMAKE_PREFIX_PATH:-}/${CXX:-}/$(command -v python3 || true)
TORCH_DIR='' PYTHON='' QUESTION='' REFERENCE='' CONAN=''
for file in "$result" "$stamp"; do
  [ ! -f "$file" ] || . "$file"
done
needs_venv=no
torch_dir=
python=
prefixes=
if [ $builds = yes ]; then
  if [ "$QUESTION" = "$question" ] && [ -f "$TORCH_DIR/TorchConfig.cmake" ]; then
    torch_dir=$TORCH_DIR python=$PYTHON reference=$REFERENCE conan=$CONAN
  else
    reference= conan=
    find_torch || torch_dir=
  fi
fi

if command -v dpkg-query > /dev/null && command -v apt-get > /dev/null; then
  missing_packages
  [ -z "$missing" ] || install_packages
elif command -v brew > /dev/null; then
  missing_formulae
  [ -z "$missing" ] || install_formulae
  if [ $builds = yes ]; then
    get_stb
    brew_prefixes
  fi
else
  say "this is neither Debian nor Ubuntu, and there is no Homebrew: fmt, stb, CLI11, nlohmann_json, libarchive, libcurl, OpenSSL, libjpeg-turbo, libdeflate, libwebp, libtiff, Catch2, CMake 3.25 and Ninja must be there"
fi
[ $builds = yes ] || exit 0

find_compiler || stop "no compiler that hearth can use: it needs g++ 12 or clang 14, or later ones"
if [ -z "$torch_dir" ]; then
  command -v python3 > /dev/null || stop "no LibTorch and no python3 to get it with: install python3, or set Torch_DIR"
  make_venv
  torch_of_python "$venv/bin/python" || stop "build/venv has no usable torch; remove it and run this again"
fi
if [ "$purpose" = test ] && [ -z "$reference" ] && [ "$python" = "$venv/bin/python" ]; then
  add_reference_packages
fi
if [ "$purpose" = test ] && [ -z "$conan" ]; then
  if [ -x "$venv/bin/conan" ]; then conan=yes; else add_conan; fi
fi
if ! find_cmake; then
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  say "installing CMake into build/venv: hearth needs 3.25, and the system's is older"
  "$venv/bin/python" -m pip install --disable-pip-version-check 'cmake>=3.25' >> "$root/build/setup-pip.log" 2>&1 &&
    find_cmake || stop "pip did not install CMake into build/venv; the whole story is in build/setup-pip.log"
fi

printf 'QUESTION="%s"\nREFERENCE="%s"\nCONAN="%s"\n' "$question" "$reference" "$conan" > "$stamp"

# Written only when something changed: its time says when the builds must be configured again.
cat > "$result.new" <<END
# written by cmake/setup.sh
TORCH_DIR="$torch_dir"
PYTHON="$python"
CMAKE="$cmake"
CXX_FOUND="$compiler"
END
[ -z "$prefixes" ] || echo "PREFIXES=\"$prefixes\"" >> "$result.new"
if cmp -s "$result.new" "$result"; then
  rm "$result.new"
else
  mv "$result.new" "$result"
fi
