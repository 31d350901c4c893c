"""Writes include/hearth/chart/font_data.hpp: the outlines of Aileron Regular and of what DejaVu Sans has beyond it.

    apt install fonts-dejavu-core && pip install pillow fonttools && python tests/chart/reference/font_data.py

Pillow carries the former (public domain) as its default; see ImageFont.load_default.
"""

import pathlib
import textwrap
import unicodedata

from fontTools.ttLib import TTFont
from PIL import ImageFont

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
DEJAVU_SIZE = 955  # of 1000: with this, its letters are as high and as wide as those of Aileron

# What is taken of DejaVu Sans, as far as it has it: the letters of the Latin, Greek and Cyrillic alphabets as languages
# use them today (Vietnamese and those of Africa among them), the marks that combine with them, punctuation, and the
# usual symbols.
RANGES = [
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x2B9, 0x2BF), (0x2C6, 0x2CD), (0x2D8, 0x2DD), (0x300, 0x338),
    (0x370, 0x3D7), (0x400, 0x45F), (0x48A, 0x52F), (0x1E00, 0x1EFF), (0x2010, 0x2022), (0x2024, 0x2027),
    (0x2030, 0x203E), (0x2044, 0x2044), (0x2070, 0x208E), (0x20A0, 0x20BF), (0x2153, 0x215E), (0x2190, 0x2199),
]  # fmt: skip
SYMBOLS = """
    ɐɑɓɔɖɗəɛɠɣɨɩɪɲʀʃʊʋʌʒʔ ℃℉ℓ№℗℠™Ω℮ ⇐⇒⇔ ∀∂∃∅∆∇∈∉∏∑−∓∗∘∙√∞∠∧∨∩∪∫∼≈≠≡≤≥⊂⊃⊕⊗⋅ ■□▲△▶▼▽◀◆◇○●★☆♀♂♠♣♥♦♪♫♭♯✓✔✗✘ ﬁﬂ\ufffd
"""

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HEADER = '''/// The shapes of the letters in the images that the library draws: Aileron Regular, and DejaVu Sans for what it lacks.
/// Written by tests/chart/reference/font_data.py; not to be edited.
///
/// Aileron Regular 1.102 by Sora Sagano (dotcolon.net/fonts/aileron) is in the public domain (CC0 1.0; the font's own
/// notice is "No Rights Reserved.").
///
/// DejaVu Sans 2.37 (dejavu-fonts.github.io), reduced to the characters below, scaled and written in another format
/// here. Its licence asks for this notice:
///
@NOTICE@
#pragma once

#include <string_view>

namespace hearth::chart {

/// A font: its characters and their shapes, in thousandths of the em, y upwards. Every pair of letters is a number of
/// 12 bits in the digits of base64.
///
/// `codes` has runs of characters: two numbers for the first code (its upper 12 bits, then the lower ones), and how
/// many follow each other. The characters' shapes are the first ones in `shapes`, in this order; others are parts.
///
/// A shape is its advance, its number of points, and for each point 2 * (x + 512) + (1 when it is on the curve) and
/// 2 * (y + 512) + (1 when it is a contour's last). Contours are TrueType's: closed, of quadratic curves, with a point
/// on the curve between two control points left out. Here each begins on the curve.
/// A number of points of 2048 and more is one of parts instead, when 2048 is taken away: each has the number of its
/// shape, which has points, x + 2048 and y + 2048.
struct FontData {
  std::string_view codes;
  std::string_view shapes;
};

'''


def number(value):
    assert 0 <= value < 4096, value
    return DIGITS[value >> 6] + DIGITS[value & 63]


def code_of(value):
    return number(value >> 12) + number(value & 4095)


class Font:
    """A TrueType font, its glyphs scaled to thousandths of the em."""

    def __init__(self, file, size):
        self.font = TTFont(file)
        self.glyphs, self.names, self.metrics = self.font["glyf"], self.font.getBestCmap(), self.font["hmtx"]
        self.scale = size / self.font["head"].unitsPerEm

    def length(self, units):
        return round(units * self.scale)

    def points(self, name):
        """Of the glyph: x, y, whether it is on the curve, and whether it is its contour's last."""
        coordinates, ends, flags = self.glyphs[name].getCoordinates(self.glyphs)
        points, begin = [], 0
        for end in ends:
            contour = [
                (self.length(x), self.length(y), flag & 1)
                for (x, y), flag in zip(coordinates[begin : end + 1], flags[begin : end + 1])
            ]
            if not any(on_curve for _, _, on_curve in contour):
                (x, y, _), (last_x, last_y, _) = contour[0], contour[-1]
                contour.insert(0, ((x + last_x) // 2, (y + last_y) // 2, 1))
            while not contour[0][2]:
                contour.append(contour.pop(0))
            points += [(x, y, on_curve, i + 1 == len(contour)) for i, (x, y, on_curve) in enumerate(contour)]
            begin = end + 1
        return points

    def parts(self, name, dx=0, dy=0):
        """The glyphs with points of their own that the glyph consists of, and where; None when one is turned."""
        glyph, found = self.glyphs[name], []
        if not glyph.isComposite():
            return [(name, dx, dy)] if glyph.numberOfContours > 0 else []
        for part in glyph.components:
            if hasattr(part, "transform") or not hasattr(part, "x"):
                return None
            inner = self.parts(part.glyphName, dx + part.x, dy + part.y)
            if inner is None:
                return None
            found += inner
        return found

    def write(self, codes):
        """The texts `codes` and `shapes` of FontData."""
        codes = sorted(codes)
        runs = []
        for code in codes:
            if runs and runs[-1][0] + runs[-1][1] == code:
                runs[-1][1] += 1
            else:
                runs.append([code, 1])
        # A glyph that several characters share is written once, with the first of them or as a part.
        shapes, order = {}, []
        for i, code in enumerate(codes):
            name = self.names[code]
            order.append(name)
            if not self.glyphs[name].isComposite():
                shapes.setdefault(name, i)
        text, i = "", 0
        while i < len(order):  # which grows by the parts
            name = order[i]
            parts = self.parts(name)
            text += number(self.length(self.metrics[name][0]))
            if parts is not None and (self.glyphs[name].isComposite() or shapes.get(name, i) != i):
                text += number(2048 + len(parts))
                for part, dx, dy in parts:
                    if part not in shapes:
                        shapes[part] = len(order)
                        order.append(part)
                    text += number(shapes[part]) + number(self.length(dx) + 2048) + number(self.length(dy) + 2048)
            else:
                points = self.points(name)
                assert len(points) < 2048
                text += number(len(points))
                for x, y, on_curve, last in points:
                    text += number(2 * (x + 512) + on_curve) + number(2 * (y + 512) + last)
            i += 1
        return "".join(code_of(first) + number(count) for first, count in runs), text


def literal(text):
    """The text in lines, in pieces that every compiler takes."""
    return "\n".join(f'    "{text[i:i + 112]}"' for i in range(0, len(text), 112))


def wide(font, code):
    """Whether the character is larger than the format allows for."""
    xs = [x for x, _, _, _ in font.points(font.names[code])] + [0]
    return min(xs) < -512 or max(xs) >= 1536


def taken(dejavu):
    """The characters that are taken of DejaVu Sans."""
    wanted = {code for first, last in RANGES for code in range(first, last + 1)} | set(map(ord, "".join(SYMBOLS.split())))
    return sorted(code for code in wanted if code in dejavu.names and not wide(dejavu, code))


def main():
    aileron, dejavu = Font(ImageFont.load_default(20).path, 1000), Font(DEJAVU, DEJAVU_SIZE)
    codes = taken(dejavu)
    pairs = ""
    for code in codes:
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and "<" not in parts[0] and unicodedata.normalize("NFC", chr(code)) == chr(code):
            pairs += code_of(int(parts[0], 16)) + code_of(int(parts[1], 16)) + code_of(code)
    notice = [
        piece
        for line in dejavu.font["name"].getDebugName(13).strip().split("\n")
        for piece in textwrap.wrap(line.strip(), 116) or [""]
    ]
    text = HEADER.replace("@NOTICE@", "\n".join(f"/// {line}".rstrip() for line in notice))
    for name, font, characters, whose in (
        ("aileron", aileron, aileron.names, "Aileron Regular: ASCII, and quotation marks."),
        ("dejavu", dejavu, codes, "DejaVu Sans: Latin, Greek and Cyrillic letters, punctuation and symbols."),
    ):
        runs, shapes = font.write(characters)
        text += f"/// {whose}\ninline constexpr FontData {name}{{\n{literal(runs)},\n{literal(shapes)}}};\n\n"
    text += "/// What a letter and a mark of DejaVu Sans compose to (Unicode's NFC): the three codes, of two numbers each.\n"
    text += f"inline constexpr std::string_view dejavu_pairs =\n{literal(pairs)};\n\n}}  // namespace hearth::chart\n"
    target = pathlib.Path(__file__).parents[3] / "include/hearth/chart/font_data.hpp"
    target.write_text(text)
    print(len(codes), "characters of DejaVu Sans,", len(text), "bytes")


if __name__ == "__main__":
    main()
