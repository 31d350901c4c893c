"""Writes reference/formats.pack: small PGM, PPM, WebP and TIFF files of every kind, and what PIL makes of them.

    python3 tests/image/formats_reference.py      (needs numpy and Pillow; the file is of Pillow 13.0.0)
"""
import io
import pathlib
import struct

import numpy as np
from PIL import Image, TiffImagePlugin

from reference import Pack, noise

pack = Pack(pathlib.Path(__file__).parent / "reference" / "formats.pack")


def add(name, data):
    """For the file NAME: its bytes as NAME, its pixels as NAME/rgb and NAME/grey."""
    pack.add(name, np.frombuffer(data, np.uint8))
    for key, mode in (("rgb", "RGB"), ("grey", "L")):
        pack.add(f"{name}/{key}", np.asarray(Image.open(io.BytesIO(data)).convert(mode)))


def saved(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def scene(height, width):
    y, x = np.mgrid[0:height, 0:width]
    channels = [128 + 100 * np.sin(x / 5), 128 + 90 * np.cos((x + y) / 7), 255 * y / height]
    return np.clip(np.stack(channels, -1) + noise(height, width, 3, 1) / 16, 0, 255).astype(np.uint8)


photo = Image.fromarray(scene(37, 50))
height, width = 13, 19
grey = noise(height, width, 1, 2)
rgb = noise(height, width, 3, 3)
wide = noise(height, width, 2, 4)[..., 0].astype(np.uint16) * 256 + noise(height, width, 2, 4)[..., 1]
wide[0, :6] = (0, 1, 254, 255, 256, 65535)


def pnm(kind, most, body, comment=b""):
    return b"%s\n%s%d %d\n%d\n" % (kind, comment, width, height, most) + body


def plain(samples):
    return b"".join(b" ".join(b"%d" % sample for sample in row.reshape(-1)) + b"\n" for row in samples)


add("raw.pgm", pnm(b"P5", 255, grey.tobytes()))
add("raw.ppm", pnm(b"P6", 255, rgb.tobytes(), b"# a comment\n"))
add("raw_100.pgm", pnm(b"P5", 100, (grey // 3).tobytes()))  # some are above the largest value
add("raw_100.ppm", pnm(b"P6", 100, (rgb // 2).tobytes()))
add("raw_65535.pgm", pnm(b"P5", 65535, wide.astype(">u2").tobytes()))
add("raw_1000.pgm", pnm(b"P5", 1000, (wide % 1001).astype(">u2").tobytes()))
add("raw_65535.ppm", pnm(b"P6", 65535, np.stack([wide, wide.T.reshape(wide.shape), 65535 - wide], -1).astype(">u2").tobytes()))
add("raw_4095.ppm", pnm(b"P6", 4095, (np.stack([wide, wide.T.reshape(wide.shape), 65535 - wide], -1) // 16).astype(">u2").tobytes()))
add("plain.pgm", pnm(b"P2", 255, plain(grey)))
add("plain.ppm", pnm(b"P3", 255, b"# of three colours\n" + plain(rgb)))
add("plain_15.pgm", pnm(b"P2", 15, plain(grey // 16)))
add("plain_65535.pgm", pnm(b"P2", 65535, plain(wide)))
add("plain_9999.ppm", pnm(b"P3", 9999, plain(np.stack([wide, wide, wide], -1) % 10000)))

add("lossy.webp", saved(photo, "WEBP", quality=80))
add("lossless.webp", saved(photo, "WEBP", lossless=True))
alpha = photo.copy()
alpha.putalpha(Image.fromarray((255 * np.mgrid[0:37, 0:50][1] / 50).astype(np.uint8)))
add("lossy_alpha.webp", saved(alpha, "WEBP", quality=80))
add("lossless_alpha.webp", saved(alpha, "WEBP", lossless=True))
add("exif.webp", saved(photo, "WEBP", quality=60, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"))
others = [Image.fromarray(noise(37, 50, 3, seed)) for seed in (5, 6)]
add("animation.webp", saved(photo, "WEBP", save_all=True, append_images=others, quality=80))
small = Image.new("RGBA", (50, 37), (0, 0, 0, 0))
small.paste(photo.crop((10, 6, 40, 30)), (10, 6))
add("animation_alpha.webp", saved(small, "WEBP", save_all=True, append_images=others, lossless=True))

modes = {"grey": Image.fromarray(grey[..., 0]), "rgb": Image.fromarray(rgb), "bilevel": Image.fromarray(grey[..., 0]).convert("1"),
         "palette": Image.fromarray(rgb).quantize(100), "grey_16": Image.fromarray(wide),
         "cmyk": Image.fromarray(rgb).convert("CMYK"), "rgba": alpha.crop((3, 4, 22, 17)),
         "grey_alpha": alpha.crop((3, 4, 22, 17)).convert("LA")}
for name, image in modes.items():
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        add(f"{name}_{compression}.tif", saved(image, "TIFF", compression=compression))
add("bilevel_group4.tif", saved(modes["bilevel"], "TIFF", compression="group4"))
add("rgb_jpeg.tif", saved(photo, "TIFF", compression="jpeg", quality=90))
add("grey_jpeg.tif", saved(photo.convert("L"), "TIFF", compression="jpeg", quality=90))
add("two_pages.tif", saved(modes["rgb"], "TIFF", save_all=True, append_images=[modes["rgb"].rotate(180)]))
strips = TiffImagePlugin.ImageFileDirectory_v2()
strips[278] = 5
add("strips.tif", saved(photo, "TIFF", compression="tiff_lzw", tiffinfo=strips))
for orientation in range(1, 9):
    turned = TiffImagePlugin.ImageFileDirectory_v2()
    turned[274] = orientation
    add(f"orientation_{orientation}.tif", saved(modes["rgb"], "TIFF", tiffinfo=turned))


def tiff(order, entries, parts):
    """A TIFF file of these entries (tag: (type, values)) and strips or tiles, whose tags are (offsets, counts)."""
    (offsets, counts), data = parts
    entries = dict(entries)
    at = 8
    places = []
    for part in data:
        places.append(at)
        at += len(part)
    entries[offsets] = (4, places)
    entries[counts] = (4, [len(part) for part in data])
    directory, values = b"", b""
    values_at = at + 2 + 12 * len(entries) + 4
    for tag in sorted(entries):
        kind, numbers = entries[tag]
        packed = b"".join(struct.pack(order + {3: "H", 4: "I"}[kind], number) for number in numbers)
        if len(packed) > 4:
            place = struct.pack(order + "I", values_at + len(values))
            values += packed
        else:
            place = packed.ljust(4, b"\0")
        directory += struct.pack(order + "HHI", tag, kind, len(numbers)) + place
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return (magic + struct.pack(order + "I", at) + b"".join(data) + struct.pack(order + "H", len(entries)) + directory
            + bytes(4) + values)


def kinds(photometric, bits, **more):
    entries = {256: (4, [width]), 257: (4, [height]), 258: (3, bits), 259: (3, [1]), 262: (3, [photometric]),
               277: (3, [len(bits)])}
    entries.update({int(tag[1:]): value for tag, value in more.items()})
    return entries


def packed(samples, depth):
    bits = np.unpackbits(samples.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth:]
    return np.packbits(bits.reshape(samples.shape[0], -1), axis=1).tobytes()


strip, tile = (273, 279), (324, 325)
for order, letter in (("<", "little"), (">", "big")):
    shorts = np.stack([wide, wide.T.reshape(wide.shape), 65535 - wide], -1)
    add(f"rgb_16_{letter}.tif", tiff(order, kinds(2, [16] * 3), (strip, [shorts.astype(order + "u2").tobytes()])))
    add(f"grey_16_{letter}.tif", tiff(order, kinds(1, [16]), (strip, [wide.astype(order + "u2").tobytes()])))
for depth in (1, 2, 4, 8):
    whole = grey[..., 0] >> (8 - depth)
    for photometric, name in ((0, "white_is_zero"), (1, "black_is_zero")):
        add(f"{name}_{depth}.tif", tiff("<", kinds(photometric, [depth]), (strip, [packed(whole, depth)])))
    colours = (noise(2**depth, 3, 2, 7).astype(np.uint32) @ np.array([256, 1])).T.reshape(-1).tolist()
    add(f"palette_{depth}.tif", tiff("<", kinds(3, [depth], t320=(3, colours)), (strip, [packed(whole, depth)])))
four = noise(height, width, 4, 8)
add("premultiplied.tif", tiff("<", kinds(2, [8] * 4, t338=(3, [1])), (strip, [four.tobytes()])))
add("extra.tif", tiff("<", kinds(2, [8] * 4, t338=(3, [0])), (strip, [four.tobytes()])))
add("planes.tif", tiff("<", kinds(2, [8] * 3, t284=(3, [2])), (strip, [rgb[..., c].tobytes() for c in range(3)])))
square = np.zeros((16, 32, 3), np.uint8)
square[:height, :width] = rgb
add("tiles.tif", tiff("<", kinds(2, [8] * 3, t322=(3, [16]), t323=(3, [16])),
                      (tile, [square[:, :16].tobytes(), square[:, 16:].tobytes()])))
