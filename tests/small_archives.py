"""Archives of a few records as the publishers of pendigits and UNIPEN make them, and their ink."""

import io
import tarfile
import zipfile
from typing import Any

from compressing import compress

TRAIN = """\
.SEGMENT DIGIT 0 ? "8"
.COMMENT 8 12 224
.PEN_DOWN
267 333
267 336
.PEN_UP
.DT 151
.SEGMENT DIGIT 1-2 ? "4"
.COMMENT 4 26 1
.PEN_DOWN
1 10
2 20
.PEN_UP
.DT 100
.PEN_DOWN
3 30
.PEN_UP
"""
TEST = TRAIN.replace(" 12 224", " 6 1").replace(" 26 1", " 12 1")
PENDIGITS: dict[str, list[dict[str, Any]]] = {
    "pendigits_train": [
        {"label": 8, "writer": 12, "strokes": [[[267, 167], [267, 164]]]},
        {"label": 4, "writer": 26, "strokes": [[[1, 490], [2, 480]], [[3, 470]]]},
    ],
    "pendigits_test": [
        {"label": 8, "writer": 36, "strokes": [[[267, 167], [267, 164]]]},
        {"label": 4, "writer": 42, "strokes": [[[1, 490], [2, 480]], [[3, 470]]]},
    ],
}

PENS = ".WRITER_ID {}\n.PEN_DOWN\n1 2\n3 4\n.PEN_UP\n.PEN_DOWN\n5 6\n.PEN_UP\n5 6\n.PEN_DOWN\n7 x\n"
RELEASE = {
    "CDROM-README": "not needed",
    "data/1a/aga/b.dat": '.INCLUDE aga/data/b.dat\n.SEGMENT CHARACTER 0-1 ? "7"\n',
    "data/1a/aga/a.dat": ".INCLUDE aga/aga.doc\n.INCLUDE aga/data/a.dat\n"
    '.SEGMENT CHARACTER 0 OK "1"\n.SEGMENT CHARACTER 1 OK "2"\n',
    "data/1a/lou/lou0/l.dat": '.INCLUDE aga/data/a.dat\n.SEGMENT CHARACTER 0 OK "3"\n',
    "data/1a/val/v.dat": '.INCLUDE aga/data/a.dat\n.SEGMENT CHARACTER 0 OK "1"\n',
    "data/1b/aga/b.dat": '.INCLUDE aga/data/b.dat\n.SEGMENT CHARACTER 0 ? "A"\n',
    "data/1b/ibm/i.dat": '.INCLUDE aga/data/b.dat\n.SEGMENT CHARACTER 0 ? "B"\n',
    "data/1c/aga/a.dat": '.INCLUDE aga/data/a.dat\n.SEGMENT CHARACTER 1 ? "a"\n'
    '.SEGMENT CHARACTER 3 ? "b"\n.SEGMENT CHARACTER 2 ? "c"\n.SEGMENT CHARACTER 9 ? "d"\n',
    "data/1c/aga/broken.dat": ".SEGMENT CHARACTER\n",
    "data/1d/aga/b.dat": '.INCLUDE aga/data/b.dat\n.SEGMENT CHARACTER 0 ? "\\""\n',
    "data/2/aga/a.dat": '.INCLUDE aga/data/a.dat\n.SEGMENT CHARACTER 0 OK "1"\n',
    "include/aga/aga.doc": ".COORD X Y\n",
    "include/aga/data/a.dat": PENS.format("ann"),
    "include/aga/data/b.dat": PENS.format("bob"),
}
FIRST, SECOND = [[1, -2], [3, -4]], [[5, -6]]


def unipen_record(label: int | str, writer: int, *strokes: Any, **other: str) -> dict[str, Any]:
    told = {"label": label, "writer": writer, "contributor": "aga", "quality": "?", **other}
    return {**told, "strokes": list(strokes)}


UNIPEN = {
    "unipen_1a_digits": [
        unipen_record(1, 0, FIRST, quality="OK"),
        unipen_record(2, 0, SECOND, quality="OK"),
        unipen_record(7, 1, FIRST, SECOND),
        unipen_record(1, 4, FIRST, contributor="val", quality="OK"),
    ],
    "unipen_1b_upper": [unipen_record("A", 0, FIRST)],
    "unipen_1c_lower": [unipen_record("a", 1, SECOND)],
    "unipen_1d_symbols": [unipen_record('\\"', 0, FIRST)],
}


def pendigits_archive(train: str = TRAIN, packed: bool = True) -> bytes:
    """A zip archive as UCI's, the text in it compressed by compress or not."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pendigits-orig.names", "not needed")
        for part, text in (("tes", TEST), ("tra", train)):
            name = f"pendigits-orig.{part}{'.Z' * packed}"
            archive.writestr(name, compress(text.encode()) if packed else text)
    return stream.getvalue()


def unipen_archive(files: dict[str, str] = RELEASE) -> bytes:
    """A compressed tar archive as Zenodo's."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"CDROM/train_r01_v07/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


ARCHIVES = {"pendigits": pendigits_archive(), "unipen": unipen_archive()}
EXPECTED = {"pendigits": PENDIGITS, "unipen": UNIPEN}
