"""Writes lettering.txt: how wide and how black FreeType sets the printable ASCII characters in Aileron Regular.

    pip install pillow numpy && python tests/chart/reference/lettering.py

A line: the character's code, its advance at 1000 pixels an em, and at 200 pixels an em the first row of its ink, the row
behind the last (counted down from the base line) and the sum of the shares of pixels that it covers.
"""

import io
import pathlib

import numpy
from PIL import ImageFont


def main():
    data = ImageFont.load_default(20).path.getvalue()
    large, small = (ImageFont.truetype(io.BytesIO(data), s, layout_engine=ImageFont.Layout.BASIC) for s in (1000, 200))
    lines = []
    for code in range(32, 127):
        mask, (_, top) = small.getmask2(chr(code), anchor="ls")
        pixels = numpy.array(mask, dtype=numpy.int64).reshape(mask.size[1], mask.size[0])
        rows = numpy.flatnonzero(pixels.sum(axis=1)) + top if pixels.any() else numpy.array([0, -1])
        ink = pixels.sum() / 255
        lines.append(f"{code} {large.getlength(chr(code)):.0f} {rows[0]} {rows[-1] + 1} {ink:.1f}")
    pathlib.Path(__file__).with_name("lettering.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
