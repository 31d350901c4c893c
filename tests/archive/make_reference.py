"""Writes the archives in reference/ with Python's zipfile and tarfile: good ones and hostile ones. Run it here."""
import gzip
import io
import pathlib
import tarfile
import zipfile
import zlib

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

# Archives that are read in place, each with a list of its files: name, size, CRC-32.


def tar_bytes(entries, **options):
    """A tar of (name, data) and of TarInfo with no data."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", **options) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
    return packed.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def write_list(name, files):
    lines = [f"{path}\t{len(data)}\t{zlib.crc32(data):08x}\n" for path, data in sorted(files, key=lambda file: file[0].encode())]
    (FOLDER / name).with_suffix(".list").write_text("".join(lines))


def write_tar(name, entries, files=None, **options):
    (FOLDER / name).write_bytes(tar_bytes(entries, **options))
    write_list(name, files if files is not None else [entry for entry in entries if isinstance(entry, tuple)])


several = [
    ("b/2.txt", b"two\n"),
    ("a/" + "long " * 40 + ".txt", b"of a long name\n" * 50),
    ("a-b/1.txt", b""),
    ("a/1.txt", bytes(range(256)) * 4),
    ("d" * 90 + "/" + "e" * 90, b"a name in two parts\n"),
    ("a/stra\u00dfe.txt", b"not ASCII\n"),
]
others = [special("a", tarfile.DIRTYPE), special("bare/", tarfile.DIRTYPE), special("a/pipe", tarfile.FIFOTYPE)]
write_tar("gnu.tar", others + several, format=tarfile.GNU_FORMAT)
write_tar("pax.tar", others + several, format=tarfile.PAX_FORMAT, pax_headers={"comment": "about all entries"})
short = [file for file in several if len(file[0]) < 100 or "/" in file[0][-101:]]
write_tar("ustar.tar", others + [file for file in short if not file[0].startswith("a/long")], format=tarfile.USTAR_FORMAT)

classes = {name: [(f"{name}_{i}.txt", f"{name} {i}\n".encode() * (i + 1)) for i in (10, 2, 1)] for name in ("n02", "n01")}
inner = {name: tar_bytes(files, format=tarfile.GNU_FORMAT) for name, files in classes.items()}
inmost = tar_bytes([("deep/x.txt", b"three tars deep\n")], format=tarfile.PAX_FORMAT)
write_tar(
    "nested.tar",
    [(f"{name}.tar", data) for name, data in inner.items()]
    + [("top/more.tar", tar_bytes([("in.tar", inmost), ("y", b"y\n")])), ("no.tar", b"a text that is called a tar\n" * 40)],
    [(f"{name}/{path}", data) for name, files in classes.items() for path, data in files]
    + [("no.tar", b"a text that is called a tar\n" * 40), ("top/more/in/deep/x.txt", b"three tars deep\n"), ("top/more/y", b"y\n")],
    format=tarfile.GNU_FORMAT,
)

# The headers of a file of 9 GiB and what follows it. The hole between them is the test's to make.
for name, form in {"huge_gnu": tarfile.GNU_FORMAT, "huge_pax": tarfile.PAX_FORMAT}.items():
    info = tarfile.TarInfo("huge.bin")
    info.size = 9 << 30
    (FOLDER / f"{name}.head").write_bytes(info.tobuf(form))
    (FOLDER / f"{name}.tail").write_bytes(tar_bytes([("after.txt", b"after nine gigabytes\n")], format=form)[:2048])

write_list("good.zip", FILES.items())
with zipfile.ZipFile(FOLDER / "methods.zip", "w") as archive:
    for path, method in {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED, "bzip2": zipfile.ZIP_BZIP2}.items():
        info = zipfile.ZipInfo(path + ".txt", (2024, 1, 1, 0, 0, 0))
        info.compress_type = method
        archive.writestr(info, b"packed in another way\n" * 20)
encrypted = bytearray((FOLDER / "methods.zip").read_bytes())  # as encryption is marked; Python writes none
for mark, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
    encrypted[encrypted.index(mark) + flags] |= 1
(FOLDER / "encrypted.zip").write_bytes(encrypted)

# In which data were moved after a stream of unknown size, with the sizes behind it, and a gzip file is deflated.
class Unseekable(io.RawIOBase):
    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


streamed = {"a.txt": b"sizes come after the data\n" * 30, "b.gz": gzip.compress(b"packed twice\n" * 99, mtime=0) * 9}
with open(FOLDER / "streamed.zip", "wb") as file:
    with zipfile.ZipFile(Unseekable(file), "w") as archive:
        for path, data in streamed.items():
            info = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
write_list("streamed.zip", streamed.items())
