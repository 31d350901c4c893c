"""Writes the archives in reference/ with Python's zipfile and tarfile: good ones and hostile ones. Run it here."""
import gzip
import io
import pathlib
import tarfile
import zipfile

FOLDER = pathlib.Path(__file__).parent / "reference"
FILES = {
    "top/readme.txt": b"read me\n",
    "top/deep/er/numbers.bin": bytes(range(256)) * 300,  # larger than it packs to
    "top/empty.txt": b"",
    "top/stra\u00dfe.txt": b"a name that is not ASCII\n",
}


def write_zip(name, files, link=None, folders=()):
    with zipfile.ZipFile(FOLDER / name, "w") as archive:
        for folder in folders:
            archive.writestr(zipfile.ZipInfo(folder + "/", (2024, 1, 1, 0, 0, 0)), b"")
        for number, (path, data) in enumerate(files.items()):
            info = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            archive.writestr(info, data)
        if link:
            info = zipfile.ZipInfo(link[0], (2024, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o120777 << 16
            archive.writestr(info, link[1])


def write_tar_gz(name, files, link=None, kind=tarfile.SYMTYPE, folders=()):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in folders:
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            info.mode = 0o755
            archive.addfile(info)
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo(link[0])
            info.type = kind
            info.linkname = link[1]
            archive.addfile(info)
    (FOLDER / name).write_bytes(gzip.compress(packed.getvalue(), mtime=0))


FOLDER.mkdir(exist_ok=True)
write_zip("good.zip", FILES, folders=["top", "top/bare"])
write_tar_gz("good.tar.gz", FILES, folders=["top", "top/bare"])
good = {"good.txt": b"good\n"}
write_zip("parent.zip", good | {"../outside.txt": b"outside\n"})
write_zip("parent_inside.zip", good | {"a/../../outside.txt": b"outside\n"})
write_tar_gz("parent.tar.gz", good | {"a/../../outside.txt": b"outside\n"})
write_zip("absolute.zip", good | {"/tmp/hearth-outside.txt": b"outside\n"})
write_zip("link.zip", good, link=("link", "/tmp"))
write_tar_gz("link.tar.gz", good, link=("link", "/tmp"))
write_tar_gz("hard_link.tar.gz", good, link=("link", "/etc/hostname"), kind=tarfile.LNKTYPE)
write_tar_gz("pipe.tar.gz", good, link=("pipe", ""), kind=tarfile.FIFOTYPE)

three = {"first.txt": b"first\n", "second.txt": b"", "third.txt": b"third, of which a byte is wrong\n"}
write_zip("checksum.zip", three)
damaged = bytearray((FOLDER / "checksum.zip").read_bytes())
damaged[damaged.index(b"of which")] ^= 1
(FOLDER / "checksum.zip").write_bytes(damaged)

# The records with which zip files larger than 4 GiB count, as if these were such.
limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
zipfile.ZIP64_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT = 1
with zipfile.ZipFile(FOLDER / "zip64.zip", "w") as archive:
    for name, data in {"first.txt": b"first of two\n", "second.txt": b"second\n"}.items():
        with archive.open(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), "w", force_zip64=True) as entry:
            entry.write(data)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
