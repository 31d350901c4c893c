"""Writes reference/decode.pack: small JPEG, PNG and BMP files of every kind, and what PIL makes of them.

    python3 tests/image/decode_reference.py      (needs numpy and Pillow; the file is of Pillow 13.0.0)
"""
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

from reference import Pack, noise

pack = Pack(pathlib.Path(__file__).parent / "reference" / "decode.pack")


def add(name, data):
    """For the file NAME: its bytes as NAME, its pixels as NAME/rgb and NAME/grey."""
    pack.add(name, np.frombuffer(data, np.uint8))
    for key, mode in (("rgb", "RGB"), ("grey", "L")):
        pack.add(f"{name}/{key}", np.asarray(Image.open(io.BytesIO(data)).convert(mode)))


def scene(height, width):
    """A smooth image with edges and a little noise, uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [128 + 100 * np.sin(x / 5), 128 + 90 * np.cos((x + y) / 7), 255 * y / height]
    picture = np.stack(channels, -1) + noise(height, width, 3, 1) / 16
    picture[8:16, 10:20] = (250, 20, 60)
    return np.clip(picture, 0, 255).astype(np.uint8)


def saved(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


photo = Image.fromarray(scene(37, 50))
baseline = saved(photo, "JPEG", quality=90, subsampling="4:4:4")
add("baseline.jpg", baseline)
add("subsampled_420.jpg", saved(photo, "JPEG", quality=90, subsampling="4:2:0"))
add("subsampled_422.jpg", saved(photo, "JPEG", quality=90, subsampling="4:2:2"))
add("progressive.jpg", saved(photo, "JPEG", quality=90, progressive=True))
add("optimized.jpg", saved(photo, "JPEG", quality=30, optimize=True))
add("restarts.jpg", saved(photo, "JPEG", quality=90, restart_marker_blocks=2))
add("grey.jpg", saved(photo.convert("L"), "JPEG", quality=90))
add("grey_progressive.jpg", saved(photo.convert("L"), "JPEG", quality=90, progressive=True))
add("rgb.jpg", saved(photo, "JPEG", quality=90, keep_rgb=True))
cmyk = saved(photo.convert("CMYK"), "JPEG", quality=95)
add("cmyk.jpg", cmyk)
adobe = cmyk.index(b"Adobe") + 11  # which transform the colours went through: 0 for none, 2 for that of YCCK
add("ycck.jpg", cmyk[:adobe] + b"\2" + cmyk[adobe + 1:])
add("stops_early", baseline[: len(baseline) // 2] + b"\xff\xd9")  # libjpeg makes the rest grey, and PIL takes it
add("no_end", baseline[:-2] + bytes(8))


def png(width, height, depth, kind, rows, palette=None, transparency=None, interlace=0):
    """A PNG file of packed rows: bytes each, or lists of them for each of Adam7's passes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    data = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace))
    if palette is not None:
        data += chunk(b"PLTE", palette)
    if transparency is not None:
        data += chunk(b"tRNS", transparency)
    data += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


def packed(samples, depth):
    """The rows of [height, width, channels] samples of `depth` bits."""
    rows = []
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            rows.append(row.astype(">u2").tobytes())
        else:
            bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth:]
            rows.append(np.packbits(bits.reshape(-1)).tobytes())
    return rows


def samples(depth, channels, height=13, width=19):
    wide = noise(height, width, 2 * channels, depth).astype(np.uint32)
    return (wide[..., :channels] * 256 + wide[..., channels:]) >> (16 - depth)


colours = noise(256, 1, 3, 9)
for depth in (1, 2, 4, 8, 16):
    add(f"grey_{depth}.png", png(19, 13, depth, 0, packed(samples(depth, 1), depth)))
for depth in (1, 2, 4, 8):
    add(f"palette_{depth}.png", png(19, 13, depth, 3, packed(samples(depth, 1), depth), colours[: 2**depth].tobytes()))
for depth in (8, 16):
    add(f"rgb_{depth}.png", png(19, 13, depth, 2, packed(samples(depth, 3), depth)))
    add(f"grey_alpha_{depth}.png", png(19, 13, depth, 4, packed(samples(depth, 2), depth)))
    add(f"rgb_alpha_{depth}.png", png(19, 13, depth, 6, packed(samples(depth, 4), depth)))
add("palette_transparent.png", png(19, 13, 8, 3, packed(samples(8, 1), 8), colours.tobytes(), bytes(range(256))))
add("grey_transparent.png", png(19, 13, 8, 0, packed(samples(8, 1), 8), transparency=b"\0\x64"))
add("rgb_transparent.png", png(19, 13, 8, 2, packed(samples(8, 3), 8), transparency=b"\0\x01\0\x02\0\x03"))
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
whole = samples(8, 3)
add("interlaced.png", png(19, 13, 8, 2, [row for top, left, down, right in passes
                                         for row in packed(whole[top::down, left::right], 8)], interlace=1))
add("filtered.png", saved(Image.fromarray(scene(13, 19)), "PNG"))


def bmp(width, height, depth, rows, compression=0, masks=b"", palette=b""):
    """A BMP file of rows from the bottom (from the top where height is negative)."""
    pixels = b"".join(row + bytes(-len(row) % 4) for row in rows)
    offset = 14 + 40 + len(masks) + len(palette)
    return (b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(pixels), 2835, 2835,
                          len(palette) // 4, 0) + masks + palette + pixels)


small = Image.fromarray(whole.astype(np.uint8))
add("rgb_24.bmp", saved(small, "BMP"))
add("rgb_alpha_32.bmp", saved(small.convert("RGBA"), "BMP"))
add("grey_8.bmp", saved(small.convert("L"), "BMP"))
add("palette_8.bmp", saved(small.quantize(100), "BMP"))
add("two_colours_1.bmp", saved(small.convert("1"), "BMP"))
quads = np.concatenate([colours[:16, 0], np.zeros((16, 1), np.uint8)], 1).tobytes()
add("palette_4.bmp", bmp(19, 13, 4, packed(samples(4, 1), 4), palette=quads))
shorts = [row.reshape(-1).astype("<u2").tobytes() for row in samples(16, 1)]
add("rgb_555.bmp", bmp(19, 13, 16, shorts))
add("rgb_565.bmp", bmp(19, 13, 16, shorts, 3, struct.pack("<III", 0xF800, 0x07E0, 0x001F)))
add("top_down_24.bmp", bmp(19, -13, 24, packed(samples(8, 3), 8)))
