#!/bin/sh
# libtorch.sh SOURCE FOLDER CMAKE VERSION...: for each version of LibTorch, gets its wheel with pip into FOLDER/VERSION
# (PyPI's have CUDA, 7 GB, where pip knows no others; TORCH_VENV_VERSION names an environment that is there), compiles
# hearth with it, installs that, and builds and runs programs: the headers alone and the compiled library.
set -eu
source=$1
folder=$2
cmake=$3
shift 3
hearth=$(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' "$source/include/hearth/version.hpp")
for version in "$@"; do
  ours=$folder/$version
  mkdir -p "$ours"
  eval "venv=\${TORCH_VENV_$(echo "$version" | tr . _):-$ours/venv}"
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  torch=$("$venv/bin/python" -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")')
  if [ -z "$torch" ]; then
    "$venv/bin/python" -m pip install --disable-pip-version-check --quiet "torch==$version"
    torch=$("$venv/bin/python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
  fi
  "$cmake" -S "$source" -B "$ours/build" -G Ninja -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS_DEBUG=-O0 \
    -D HEARTH_BUILD_TESTS=OFF -D HEARTH_BUILD_EXAMPLES=OFF -D "Torch_DIR=$torch/share/cmake/Torch" > "$ours/build.log" 2>&1 || {
    cat "$ours/build.log"
    exit 1
  }
  "$cmake" --build "$ours/build" --target hearth_compiled
  rm -rf "$ours/stage"
  "$cmake" --install "$ours/build" --prefix "$ours/stage" > "$ours/install.log"
  for library in hearth compiled; do
    "$cmake" -S "$source/test_package" -B "$ours/$library" -G Ninja -D CMAKE_BUILD_TYPE=Debug -D HEARTH_LIBRARY=$library \
      -D "HEARTH_COMPONENTS=archive;jpeg;distributed" -D "CMAKE_PREFIX_PATH=$ours/stage" \
      -D "Torch_DIR=$torch/share/cmake/Torch" > "$ours/$library.log" 2>&1 || {
      cat "$ours/$library.log"
      exit 1
    }
    "$cmake" --build "$ours/$library"
    printed=$("$ours/$library/test_package")
    echo "LibTorch $version, hearth::$library: $printed"
    [ "$printed" = "hearth $hearth: 6 6 image archive" ]
  done
done
