"""Python's side of a row, in a process of its own: `python bench/serve.py rows.images Idiomatic NAME=VALUE...`.

It makes an object of that class with these settings and then answers as the programs do (serve.hpp): `round` measures
one round, `check FILE` writes as float32 what is compared with hearth's.
"""

import importlib
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests")]
    module, name, *words = sys.argv[1:]
    try:
        import torchvision_parts  # noqa: F401, before torchvision

        side = getattr(importlib.import_module(module), name)(**dict(word.split("=", 1) for word in words))
        print("ready", flush=True)
        for line in sys.stdin:
            command, _, path = line.strip().partition(" ")
            if command == "round":
                start = time.perf_counter()
                amount = side.round()
                print(f"amount={amount} seconds={time.perf_counter() - start:.9f}", flush=True)
            elif command == "check":
                side.check().astype("float32").tofile(path)
                print("checked", flush=True)
            else:
                print(f"error: {command} is not known", flush=True)
    except Exception as error:  # the answer that the reader of stdout waits for
        print("error:", f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)
        raise


if __name__ == "__main__":
    main()
