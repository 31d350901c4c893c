#!/bin/sh
# parity.sh check: whether there is a Python to stand beside.
# parity.sh FOLDER PICTURE: runs hearth beside Python, with the programs built in FOLDER; the curves go to PICTURE.
set -eu
cd "$(dirname "$0")/.."
. build/setup.env
if [ "$1" = check ]; then
  if [ -z "$PYTHON" ] || ! "$PYTHON" -c 'import sys; sys.path.insert(0, "tests")
import torch, PIL, torchvision_parts, torchvision'; then
    echo "parity: ${PYTHON:-python3} lacks torch, torchvision or pillow: install them there, or leave Torch_DIR and" >&2
    echo "CMAKE_PREFIX_PATH unset for a build/venv that has them" >&2
    exit 1
  fi
  exit 0
fi

folder=$1
picture=$2
mkdir -p "$(dirname "$picture")"
# libgomp's threads spin for a bounded time, in Python as in hearth (core/threads.hpp).
[ -n "${OMP_WAIT_POLICY:-}" ] || export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-10000}"
status=0
run() {
  name=$1
  shift
  echo "$name: hearth beside Python"
  "$PYTHON" "tests/parity/$name.py" --program "$folder/tests/parity/parity_$name" "$@" || status=$?
  echo
}
run pixels
run curves --picture "$picture"
if [ -x "$folder/tests/parity/parity_food11" ]; then  # which needs libarchive
  run food11
fi
if "$folder/tests/parity/parity_ddp"; then  # which needs a LibTorch that can be several processes
  run ddp
fi
run zoo
exit $status
