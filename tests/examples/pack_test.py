"""Runs hearth-pack: pack_test.py PROGRAM PHOTO [archives], where it reads these."""
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zlib

PROGRAM, PHOTO = sys.argv[1], pathlib.Path(sys.argv[2]).read_bytes()


def read_pack(path):
    """The samples of an encoded pack, by the layout that pack_format.hpp has: (name, label, bytes)."""
    pack = path.read_bytes()
    mark, version, content, size, samples, table, names, about, checksum, own = struct.unpack("<8sIIQQQQQII", pack[:64])
    assert (mark, version, content, size) == (b"hearthPK", 1, 0, len(pack))
    assert own == zlib.crc32(pack[:60]) and checksum == zlib.crc32(pack[table:])
    found = []
    for i in range(samples):
        entry = struct.unpack_from("<QQqQQqIIIIII", pack, table + 72 * i)
        offset, length, label, name, source_size, _, name_size, crc = entry[:8]
        data = pack[offset:offset + length]
        assert zlib.crc32(data) == crc and source_size in (0, length)
        start = table + 72 * samples + name
        found.append((pack[start:start + name_size].decode(), label, data))
    return found


class Pack(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.source = self.folder / "train"
        for name in ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg"):
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_bytes(PHOTO + name.encode())  # what follows a JPEG's end is not looked at
        self.expected = [(name, label, PHOTO + name.encode())
                         for name, label in (("cat/1.jpg", 0), ("cat/2.jpg", 0), ("dog/1.jpg", 1))]

    def tearDown(self):
        shutil.rmtree(self.folder)

    def run_program(self, *arguments):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "cache"))
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=environment,
                              timeout=60)

    def fails(self, text, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.startswith("hearth-pack: "), result.stderr)
        self.assertIn(text, result.stderr)

    def test_packs_a_folder_and_checks_the_pack(self):
        pack = self.folder / "train.pack"
        result = self.run_program(self.source, pack)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("3 images of 2 classes, encoded", result.stdout)
        self.assertEqual(read_pack(pack), self.expected)
        result = self.run_program("--check", pack)
        self.assertEqual(result.returncode, 0)
        self.assertIn("is sound: 3 images of 2 classes, encoded", result.stdout)
        damaged = bytearray(pack.read_bytes())
        damaged[100] ^= 1
        pack.write_bytes(damaged)
        self.fails("the image cat/1.jpg is damaged", "--check", pack)
        pack.write_bytes(damaged[:-1])
        self.fails("was cut short", "--check", pack)
        self.fails("is no pack of images", "--check", self.source / "cat/1.jpg")

    @unittest.skipUnless("archives" in sys.argv, "built without libarchive")
    def test_packs_an_archive(self):
        with tarfile.open(self.folder / "all.tar", "w") as archive:
            archive.add(self.source, "data/train")
        result = self.run_program(self.folder / "all.tar", self.folder / "x.pack", "--folder", "data/train")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual([(label, data) for _, label, data in read_pack(self.folder / "x.pack")],
                         [(label, data) for _, label, data in self.expected])

    def test_packs_decoded_images_of_the_first_classes(self):
        result = self.run_program("--decoded", "--num-classes", 1, "--workers", "2", self.source, self.folder / "x.pack")
        self.assertIn("2 images of 1 classes, decoded", result.stdout)
        self.assertGreater((self.folder / "x.pack").stat().st_size, 2 * 24 * 32 * 3)

    def test_a_bad_image_is_an_error_unless_it_is_kept(self):
        (self.source / "cat/2.jpg").write_text("no image")
        self.fails("cat/2.jpg", "--decoded", self.source, self.folder / "x.pack")
        self.assertFalse((self.folder / "x.pack").exists())
        result = self.run_program("--decoded", "--keep-bad", self.source, self.folder / "x.pack")
        self.assertEqual(result.returncode, 0)
        self.assertIn("1 of the images cannot be read", result.stdout)

    def test_says_what_is_wrong_with_the_command_line(self):
        self.fails("hearth-pack SOURCE PACK", self.source)
        self.fails("there is no flag --fast", "--fast")
        self.fails("--workers needs a value", "--workers")
        self.fails("--workers needs a number of at least 0, but got -1", "--workers", "-1")
        self.fails("--folder is for archives", self.source, self.folder / "x.pack", "--folder", "cat")
        self.fails("none", self.folder / "none", self.folder / "x.pack")
        self.assertIn("hearth-pack [options] SOURCE PACK", self.run_program("--help").stdout)

    def test_ctrl_c_leaves_nothing_but_the_old_pack(self):
        pack = self.folder / "out" / "x.pack"
        pack.parent.mkdir()
        pack.write_text("the old one")
        for i in range(5000):
            (self.source / f"dog/{i + 2}.jpg").write_bytes(PHOTO)
        process = subprocess.Popen([PROGRAM, "--decoded", str(self.source), str(pack)], stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL)
        while len(list(pack.parent.iterdir())) == 1 and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual([path.name for path in pack.parent.iterdir()], ["x.pack"])
        self.assertEqual(pack.read_text(), "the old one")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
