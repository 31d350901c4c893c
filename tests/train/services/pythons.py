"""Finds a Python that has a package of a service's, and goes on in it."""
import importlib.util
import os
import subprocess
import sys


def need(package):
    """Returns where this Python has the package; goes on in the first of $HEARTH_SERVICES (paths with ':' between them)
    that has it; ends with 77, which CTest shows as skipped, where none has."""
    if importlib.util.find_spec(package):
        return
    for python in filter(None, os.environ.pop("HEARTH_SERVICES", "").split(":")):
        code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{package}') is None)"
        if os.path.exists(python) and subprocess.run([python, "-c", code]).returncode == 0:
            os.execv(python, [python, *sys.argv])
    print(f"skipped: no Python has the package {package} (make services installs it)")
    sys.exit(77)
