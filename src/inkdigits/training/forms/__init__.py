"""The forms in which labelled data come; `open_data` opens each of them as the same `Labelled`."""

from pathlib import Path

from inkdigits.errors import DataUnavailable
from inkdigits.training import mnist
from inkdigits.training.addresses import is_url
from inkdigits.training.fetch import INK
from inkdigits.training.forms import arrays, database, idx, parquet, pictures, strokes, table
from inkdigits.training.forms.labelled import Labelled
from inkdigits.training.lines import ALL, Complain, Lines, holds_lines, refuse

__all__ = ["FORMS", "Labelled", "is_there", "open_data", "path_of"]

FORMS = (
    "a folder with one folder a label; ink JSON lines (.jsonl, .jsonl.gz); a table (.csv) of pixels"
    " or of paths; arrays (.npz); Parquet (.parquet); an IDX file of images (images in its name)"
    " with that of its labels beside it; a database of corrections"
)


def open_data(source: str | Path, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Open a labelled data set of any form.

    Args:
        source: `mnist` (its test images), `mnist-train`, the name of an ink set that `inkdigits
            data fetch` gets, the address of a database of corrections, or a path: see `FORMS` and
            `docs/data.md`. Of an archive of arrays with several parts one can be named
            (`digits.npz#test`).
        wanted: which entries count.
        complain: told of each entry that cannot be read, which is then left out; by default it
            raises instead. Pictures are read later, and what is wrong with them comes then.

    Raises:
        DataUnavailable: There is nothing there, or not what it should be.
    """
    name = str(source)
    if not name.strip():  # as a path it would be the current folder
        raise DataUnavailable("An empty name is no data set: name a file, a folder or a known set.")
    if name.lower() in mnist.NAMES:
        return idx.read_named(name, wanted)
    if is_url(name):
        return database.read(name, wanted, complain)
    if name in INK or (holds_lines(Path(name)) and Path(name).is_file()):
        return strokes.read(source, wanted, complain)
    path, part = path_of(name), arrays.split_part(name)[1]
    if not path.exists():
        raise DataUnavailable(
            f"{source}: no such file or folder, and not one of {', '.join([*mnist.NAMES, *INK])}."
        )
    return _open_path(path, part, wanted, complain)


def _open_path(path: Path, part: str | None, wanted: Lines, complain: Complain) -> Labelled:
    if files := parquet.files_of(path):
        if path.is_dir() and pictures.is_set(path):
            raise DataUnavailable(
                f"{path}: holds folders of pictures and {files[0].name}; which of them are the"
                " data? Name the Parquet file itself, or take it out of the folder."
            )
        return parquet.read(path, wanted, complain)
    if path.is_dir():
        return pictures.read(path, wanted, complain)
    if path.name.lower().endswith(table.SUFFIXES):
        return table.read(path, wanted, complain)
    if path.suffix.lower() == ".npz":
        return arrays.read(path, part, wanted, complain)
    is_called_images = "images" in path.name or "idx3" in path.name
    # A test set is opened once: where its labels lie beside it, it is not opened to be looked at.
    if not (is_called_images and mnist.labels_of(path).is_file()) and database.is_file(path):
        return database.read(str(path), wanted, complain)
    if is_called_images:
        return idx.read(path, wanted)
    raise DataUnavailable(f"{path}: not a kind of data known here. Known: {FORMS}.")


def path_of(source: str | Path) -> Path:
    """The path of a source that is no name and no address, without the part that it names."""
    return Path(arrays.split_part(str(source))[0])


def is_there(source: str) -> bool:
    """Whether there is something at the path of a source, whatever it may be."""
    return path_of(source).exists()
