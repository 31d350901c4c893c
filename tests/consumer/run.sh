#!/bin/sh
# run.sh find_package|after_torch|add_subdirectory|fetch_content|refused|no_build_type SOURCE BUILD CMAKE [ARGUMENT...]:
# builds the consumer project in that way and runs it, or sees that it is refused.
set -eu
way=$1
source=$2
build=$3
cmake=$4
shift 4
ours=$build/tests/consumer/$way
stage=$build/tests/consumer/stage
version=$(sed -n 's/#define HEARTH_VERSION "\(.*\)"/\1/p' "$source/include/hearth/version.hpp")

fail() {
  echo "$*"
  exit 1
}

# configure FOLDER ARGUMENT...: what it printed is in FOLDER.log.
configure() {
  folder=$1
  shift
  "$cmake" -S "$source/tests/consumer/project" -B "$folder" "$@" > "$folder.log" 2>&1 || {
    cat "$folder.log"
    return 1
  }
}

# Builds the programs and compares what they print.
run() {
  "$cmake" --build "$ours" --target "$@"
  for program in "$@"; do
    printed=$("$ours/$program")
    echo "$program: $printed"
    [ "$printed" = "hearth $version: indices add up to 6; 6; archive, weights and image are refused" ] ||
      fail "$program printed something else"
  done
}

# refused TARGET SENTENCE: the target does not link, and the linker says why.
refused() {
  if "$cmake" --build "$ours" --target "$1" > "$ours/$1.log" 2>&1; then
    fail "$1 links"
  fi
  grep -q "$2" "$ours/$1.log" || {
    cat "$ours/$1.log"
    fail "$1 is refused, but nothing says $2"
  }
  echo "$1 is refused: $2"
}

mkdir -p "$build/tests/consumer"
case $way in
  # Installed for /opt/hearth, and used from another folder: an absolute path in its files would lead astray. Without a
  # build type, which is said in the first run of CMake and not in the second.
  find_package)
    DESTDIR=$stage "$cmake" --install "$build" --prefix /opt/hearth > "$build/tests/consumer/install.log"
    if grep -rIlF -e "$source" -e "$build" -e /opt/hearth -e "$HOME/" -e site-packages -e /usr/lib -e /usr/include "$stage"; then
      fail "these installed files hold absolute paths"
    fi
    configure "$ours" "$@" -D "CMAKE_PREFIX_PATH=$stage/opt/hearth" -U HEARTH_TOLD_OF_BUILD_TYPE
    grep -q "hearth: CMAKE_BUILD_TYPE is empty" "$ours.log" || fail "nothing said that there is no build type"
    configure "$ours" "$@"
    ! grep -q "CMAKE_BUILD_TYPE is empty" "$ours.log" || fail "the missing build type is said twice"
    run consumer_hearth consumer_compiled
    ;;

  # The same for a project that has found Torch before.
  after_torch)
    configure "$ours" "$@" -D "CMAKE_PREFIX_PATH=$stage/opt/hearth" -D FIND_TORCH_FIRST=ON -D CMAKE_BUILD_TYPE=Debug \
      -D EXPECTED_BUILD_TYPE=Debug
    run consumer_compiled
    ;;

  # -O0: no build type is missed where the flags say how much to optimise.
  add_subdirectory)
    configure "$ours" "$@" -D "HEARTH_SOURCE=$source" -D CMAKE_CXX_FLAGS=-O0
    ! grep -q "CMAKE_BUILD_TYPE is empty" "$ours.log" || fail "a build type is missed beside -O0"
    run consumer_compiled
    ;;

  # From a git repository that has the sources as they are now; the same files make the same commit.
  fetch_content)
    export GIT_DIR="$ours.git" GIT_WORK_TREE="$source" GIT_CONFIG_GLOBAL=/dev/null
    export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_AUTHOR_DATE='2000-01-01T00:00:00Z'
    export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost GIT_COMMITTER_DATE='2000-01-01T00:00:00Z'
    cd "$source"
    git init -q
    git add -f CMakeLists.txt cmake include LICENSE
    commit=$(git commit-tree "$(git write-tree)" -m hearth)
    git update-ref refs/heads/main "$commit"
    unset GIT_DIR GIT_WORK_TREE
    configure "$ours" "$@" -D "HEARTH_REPOSITORY=file://$ours.git" -D "HEARTH_TAG=$commit" -D FIND_TORCH_FIRST=ON
    run consumer_hearth
    ;;

  # Programs whose parts disagree.
  refused)
    configure "$ours" "$@" -D "CMAKE_PREFIX_PATH=$stage/opt/hearth"
    "$cmake" --build "$ours" --target not_mixed
    "$ours/not_mixed"
    refused mixed_libraries hearth_all_parts_of_a_program_link_hearth_compiled_or_all_are_header_only
    for component in jpeg png tiff webp; do
      refused "mixed_$component" "hearth_all_parts_of_a_program_link_hearth_${component}_or_none_does"
    done
    if configure "$ours.targets" "$@" -D "CMAKE_PREFIX_PATH=$stage/opt/hearth" -D MIXED_TARGETS=ON > /dev/null; then
      fail "CMake takes a target that links both hearth::hearth and hearth::compiled"
    fi
    grep -q HEARTH_EITHER_HEADER_ONLY_OR_COMPILED "$ours.targets.log" || {
      cat "$ours.targets.log"
      fail "CMake refuses the mixed target for another reason"
    }
    echo "mixed_targets is refused by CMake"
    ;;

  # hearth itself: Release.
  no_build_type)
    "$cmake" -S "$source" -B "$ours" "$@" -D HEARTH_BUILD_TESTS=OFF -D HEARTH_BUILD_EXAMPLES=OFF > "$ours.log"
    grep '^CMAKE_BUILD_TYPE:.*=Release$' "$ours/CMakeCache.txt"
    ;;
esac
