"""Writes lettering.txt: how wide and how black FreeType sets the characters that the library's font has.

    apt install fonts-dejavu-core && pip install pillow numpy fonttools && python tests/chart/reference/lettering.py

A line: the character's code, the font (1: Aileron Regular, 2: DejaVu Sans at 955 of 1000), its advance at 1000 pixels an
em, and at 200 pixels an em the first row of its ink, the row behind the last (counted down from the base line) and the
sum of the shares of pixels that it covers: a quarter and a sixteenth of what they are at 800, where it matters little
that FreeType moves outlines to whole pixels.
"""

import io
import pathlib

import numpy
from fontTools.ttLib import TTFont
from PIL import ImageFont

import font_data


def main():
    aileron, dejavu = ImageFont.load_default(20).path.getvalue(), pathlib.Path(font_data.DEJAVU).read_bytes()
    aileron_has = TTFont(io.BytesIO(aileron)).getBestCmap()
    lines = []
    for code in sorted(set(aileron_has) | set(font_data.taken(font_data.Font(font_data.DEJAVU, 955)))):
        data, scale = (aileron, 1) if code in aileron_has else (dejavu, 0.955)
        large, small = (
            ImageFont.truetype(io.BytesIO(data), size * scale, layout_engine=ImageFont.Layout.BASIC) for size in (1000, 800)
        )
        mask, (_, top) = small.getmask2(chr(code), anchor="ls")
        pixels = numpy.array(mask, dtype=numpy.int64).reshape(mask.size[1], mask.size[0])
        rows = numpy.flatnonzero(pixels.sum(axis=1)) + top if pixels.any() else numpy.array([0, -1])
        ink, which = pixels.sum() / 255, 1 if data is aileron else 2
        lines.append(f"{code} {which} {large.getlength(chr(code)):.0f} {rows[0] / 4:g} {(rows[-1] + 1) / 4:g} {ink / 16:.1f}")
    pathlib.Path(__file__).with_name("lettering.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
