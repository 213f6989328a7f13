"""Archives that Python writes, with the files in them."""

import base64
import io
import tarfile
import zipfile

LONG = "folder/" + "long_folder_" * 6 + "/" + "name_" * 15 + ".txt"
FILES = {
    "a.txt": b"a\n",
    "folder/b.bin": bytes(range(256)) * 5,
    "folder/empty": b"",
    "folder/inner/\u00e9.txt": "\u00e9".encode(),
    LONG: b"of a long name",
}
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def tar(files, mode="w", format=tarfile.PAX_FORMAT, links=()):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=format) as archive:
        folder = tarfile.TarInfo("folder/")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return file.getvalue()


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def text(content):
    return base64.b64encode(content).decode()


def make():
    archives = {f"{name}.tar": tar(FILES, format=format) for name, format in FORMATS.items()}
    archives |= {"gzip.tar.gz": tar(FILES, "w:gz"), "links.tar": tar(FILES, links=[("link", "a.txt")]), "zip.zip": zipped(FILES)}
    outside = {"ok.txt": b"ok", "../outside.txt": b"out"}
    refused = {
        "outside.tar": tar(outside),
        "outside.zip": zipped(outside),
        "absolute.tar": tar({"/absolute.txt": b""}),
        "bzip2.tar.bz2": tar(FILES, "w:bz2"),
    }
    return {
        "files": {name: text(content) for name, content in FILES.items()},
        "archives": {name: text(content) for name, content in archives.items()},
        "refused": {name: text(content) for name, content in refused.items()},
    }
