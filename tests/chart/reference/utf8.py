"""Writes utf8.txt: what Python reads in bytes that are UTF-8 in part.

    python tests/chart/reference/utf8.py

A line: the bytes in hexadecimal, and behind them the codes of the characters that decode("utf-8", "replace") makes.
"""

import pathlib
import random

PIECES = ["41", "c3a9", "e9baba", "f09f8d9c", "80", "bf", "c0af", "c3", "e2", "e282", "e08080", "eda080", "ef", "efbfbf"]
PIECES += ["f0", "f09f", "f09f8d", "f0808080", "f4908080", "f5", "ff", "fe", "00", "7f", "edbfbf", "f48fbfbf", "c1bf"]


def main():
    chance = random.Random(5)
    texts = [bytes.fromhex(piece) for piece in PIECES]
    texts += [bytes.fromhex("".join(chance.choices(PIECES, k=5))) for _ in range(100)]
    texts += [bytes(chance.choices(range(0x7E, 0x100), k=12)) for _ in range(100)]
    lines = [f"{text.hex()} {' '.join(str(ord(c)) for c in text.decode('utf-8', 'replace'))}" for text in texts]
    pathlib.Path(__file__).with_name("utf8.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
