#!/bin/sh
# services.sh: installs the Python packages of the services that runs are logged to into build/services (about a minute
# and 900 MB, nearly all of it MLflow's server), where the tests services_wandb and services_mlflow look for them.
set -eu
cd "$(dirname "$0")/.."
packages='wandb==0.31.0 mlflow==3.17.2'
venv=build/services
[ "$(cat "$venv/.packages" 2> /dev/null || true)" != "$packages" ] || exit 0
echo "services: installing $packages into $venv (about a minute)"
python3 -m venv --clear "$venv"
"$venv/bin/python" -m pip install --disable-pip-version-check $packages > build/services-pip.log 2>&1 || {
  tail -n 5 build/services-pip.log >&2
  echo "services: pip did not install them; the whole story is in build/services-pip.log" >&2
  exit 1
}
echo "$packages" > "$venv/.packages"
