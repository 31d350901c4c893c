"""Writes include/hearth/chart/font_data.hpp: the outlines of the ASCII characters of Aileron Regular.

    pip install pillow fonttools && python tests/chart/reference/font_data.py

Pillow carries the font (public domain) as its default; see ImageFont.load_default.
"""

import pathlib

from fontTools.ttLib import TTFont
from PIL import ImageFont

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HEADER = '''/// The shapes of the letters in the images that the library draws: Aileron Regular, reduced to ASCII.
/// Written by tests/chart/reference/font_data.py; not to be edited.
#pragma once

#include <string_view>

namespace hearth {

/// The outlines of the characters 32 to 126 of Aileron Regular 1.102 by Sora Sagano (dotcolon.net/fonts/aileron), in
/// the public domain (CC0 1.0; the font's own notice is "No Rights Reserved."), in thousandths of the em, y upwards.
/// Every pair of letters is a number of 12 bits in the digits of base64. A character is its advance, its number of
/// points, and for each point 2 * (x + 512) + (1 when it is on the curve) and 2 * (y + 512) + (1 when it is a contour's
/// last).
/// Contours are TrueType's: closed, of quadratic curves, with a point on the curve between two control points left out.
/// Here each begins on the curve.
inline constexpr std::string_view aileron_regular =
'''


def number(value):
    assert 0 <= value < 4096, value
    return DIGITS[value >> 6] + DIGITS[value & 63]


def main():
    font = TTFont(ImageFont.load_default(20).path)
    assert font["head"].unitsPerEm == 1000
    names, glyphs, text = font.getBestCmap(), font["glyf"], ""
    for code in range(32, 127):
        coordinates, ends, flags = glyphs[names[code]].getCoordinates(glyphs)
        points, begin = [], 0
        for end in ends:
            contour = [(x, y, flag & 1) for (x, y), flag in zip(coordinates[begin : end + 1], flags[begin : end + 1])]
            if not any(on_curve for _, _, on_curve in contour):
                (x, y, _), (last_x, last_y, _) = contour[0], contour[-1]
                contour.insert(0, ((x + last_x) // 2, (y + last_y) // 2, 1))
            while not contour[0][2]:
                contour.append(contour.pop(0))
            points += [(x, y, on_curve, i + 1 == len(contour)) for i, (x, y, on_curve) in enumerate(contour)]
            begin = end + 1
        text += number(font["hmtx"][names[code]][0]) + number(len(points))
        for x, y, on_curve, last in points:
            text += number(2 * (x + 512) + on_curve) + number(2 * (y + 512) + last)
    lines = [f'    "{text[i:i + 112]}"' for i in range(0, len(text), 112)]
    target = pathlib.Path(__file__).parents[3] / "include/hearth/chart/font_data.hpp"
    target.write_text(HEADER + "\n".join(lines) + ";\n\n}  // namespace hearth\n")


if __name__ == "__main__":
    main()
