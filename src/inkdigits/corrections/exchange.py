"""Corrections as files: ink JSON lines and folders of pictures and ink, written and read back."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import cv2
import numpy as np

from inkdigits.corrections.store import Correction, CorrectionStore, Kept
from inkdigits.errors import InkdigitsError, InvalidCorrection, UnreadableImage
from inkdigits.files import write_whole
from inkdigits.image import ImageSource, load_image
from inkdigits.ink import Ink
from inkdigits.names import normal, text_of

NOT_A_DIGIT = "not_a_digit"  # the folder of what has no label
SIDE, PEN = 200, 15  # pixels of an ink that is written as a picture, and of its pen
LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 9999))

_TOLD = ("label", "predicted", "confidence", "model", "version", "writer")


def grey_png(source: ImageSource) -> bytes:
    """Turn a picture into the form in which corrections keep it: grey, with nothing else in it.

    Where and when a photograph was taken is not kept.

    Raises:
        UnreadableImage, ImageTooLarge: see `load_image`.
    """
    done, data = cv2.imencode(".png", load_image(source))
    if not done:
        raise UnreadableImage("The image could not be written as PNG.")
    return data.tobytes()


def as_entry(kept: Kept) -> dict[str, Any]:
    """A correction as a JSON object; what was shown is `strokes`, or `image`, PNG in base64."""
    correction = kept.correction
    entry = {"id": kept.id, "time": kept.time.isoformat(timespec="milliseconds")}
    entry |= {key: getattr(correction, key) for key in _TOLD}
    if isinstance(correction.shown, Ink):
        return entry | {"strokes": correction.shown.strokes}
    return entry | {"image": base64.b64encode(correction.shown).decode("ascii")}


def from_entry(entry: Any) -> tuple[Correction, datetime | None]:
    """Read what `as_entry` made, and any other labelled ink; and when it was made, if told.

    Raises:
        InvalidCorrection, InvalidInk, UnreadableImage: it is none; the message says why.
    """
    if not isinstance(entry, dict) or "label" not in entry:
        raise InvalidCorrection('a correction is an object like {"label": "1", "strokes": […]}.')
    told = {key: _name(key, entry.get(key)) for key in _TOLD if key != "confidence"}
    confidence = entry.get("confidence")
    if confidence is not None and (
        isinstance(confidence, bool) or not isinstance(confidence, int | float)
    ):
        raise InvalidCorrection("confidence: a number from 0 to 1 is needed.")
    if "image" in entry:
        try:
            shown: Ink | bytes = grey_png(base64.b64decode(entry["image"], validate=True))
        except (TypeError, ValueError) as error:
            raise InvalidCorrection(f"image: not base64 ({error}).") from error
    else:
        shown = Ink.from_json(entry)
    try:
        made = datetime.fromisoformat(entry["time"]) if entry.get("time") else None
    except (TypeError, ValueError) as error:
        raise InvalidCorrection(f"time: not a time as ISO 8601 writes it ({error}).") from error
    if made is not None and made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    if made is not None and not EARLIEST <= made <= LATEST:
        raise InvalidCorrection(f"time: {made} is not a time at which somebody could have drawn.")
    return Correction(shown, confidence=confidence, **told), made


def write_lines(kept: Iterable[Kept], path: Path) -> int:
    """Write corrections as ink JSON lines, compressed where the name ends in `.gz`.

    They may be more than memory holds: each is written as it comes.

    Returns:
        How many.

    Raises:
        OSError: the file cannot be written; one that was there is left as it was.
    """
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for one in kept:
            yield f"{json.dumps(as_entry(one), ensure_ascii=False)}\n".encode()
            count += 1

    write_whole(path, _compressed(lines()) if path.suffix == ".gz" else lines())
    return count


def _compressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip makes of bytes, without the time at which it did."""
    compressor = zlib.compressobj(level=9, wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        yield compressor.compress(part)
    yield compressor.flush()


def write_pictures(kept: Iterable[Kept], folder: Path) -> int:
    """Write corrections as PNG, one folder a label, called after their ids.

    Returns:
        How many.

    Raises:
        OSError: they cannot be written.
    """
    count = 0
    for one in kept:
        label = one.correction.label
        name = NOT_A_DIGIT if label is None else _folder(label)
        (folder / name).mkdir(parents=True, exist_ok=True)
        write_whole(folder / name / f"{one.id}.png", picture(one.correction))
        count += 1
    return count


def _folder(label: str) -> str:
    """A label as the name of a folder: what could lead elsewhere is written as in addresses."""
    name = quote(label, safe=" ")
    return name if name.strip(".") else name.replace(".", "%2E")


def picture(correction: Correction) -> bytes:
    """What was shown as a PNG: ink in dark on white."""
    if isinstance(correction.shown, bytes):
        return correction.shown
    left, top, width, height = correction.shown.box() or (0.0, 0.0, 0.0, 0.0)
    scale = (SIDE - 3 * PEN) / max(width, height, 1e-9)
    middle = np.array([left + width / 2, top + height / 2])
    strokes = [
        [((x - middle[0]) * scale + SIDE / 2, (y - middle[1]) * scale + SIDE / 2) for x, y, *_ in s]
        for s in correction.shown.strokes
    ]
    return grey_png(Ink(strokes).draw(SIDE, SIDE, PEN))


def read(source: Path) -> Iterator[tuple[str, Callable[[], tuple[Correction, datetime | None]]]]:
    """Go through a file of ink JSON lines, or a folder with one folder a label.

    In those are pictures, and ink as `Ink.to_json` writes it (`.json`).

    Returns:
        The place of each, for messages, and what reads it; that raises as `from_entry` does.

    Raises:
        InvalidCorrection: the source is neither, or cannot be read.
    """
    if source.is_dir():
        for path in sorted(source.glob("*/*")):
            if path.is_file() and not path.name.startswith("."):
                yield str(path), lambda path=path: (_from_file(path), None)  # type: ignore[misc]
        return
    if not source.name.endswith(LINES):
        raise InvalidCorrection(
            f"{source}: a file of ink JSON lines (.jsonl, .jsonl.gz) or a folder with one folder a"
            " label, of pictures and ink files, is needed."
        )
    try:
        data = source.read_bytes()
        text = (gzip.decompress(data) if source.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InvalidCorrection(f"{source}: cannot be read ({error}).") from error
    for number, line in enumerate(text.split("\n"), 1):  # JSON may hold other ends of lines
        if line.strip():
            yield f"{source}, line {number}", lambda line=line: from_entry(_parsed(line))  # type: ignore[misc]


def read_into(store: CorrectionStore, source: Path, complain: Callable[[str], None]) -> int:
    """Keep all corrections of a file or folder that can be read and are not there already.

    Args:
        store: where to.
        source: as for `read`, which says what is raised.
        complain: told what could not be read, and why.

    Returns:
        How many are new.
    """
    new = 0
    for place, get in read(source):
        try:
            correction, made = get()
        except InkdigitsError as error:
            complain(f"{place}: {error}")
        else:
            new += store.add(correction, made).is_new
    return new


def _from_file(path: Path) -> Correction:
    label = normal(unquote(path.parent.name))
    shown = _ink(path) if path.suffix.lower() == ".json" else grey_png(path)
    return Correction(shown, None if label == NOT_A_DIGIT else label)


def _ink(path: Path) -> Ink:
    try:
        return Ink.from_json(path.read_bytes())
    except OSError as error:
        raise InvalidCorrection(f"cannot be read ({error.strerror}).") from error


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidCorrection(f"not JSON ({error}).") from error


def _name(key: str, value: Any) -> str | None:
    """A name, which some sets write as a number.

    Raises:
        InvalidCorrection: it is neither.
    """
    if value is None or isinstance(value, str):
        return value and normal(value)
    if not isinstance(value, int | float):
        raise InvalidCorrection(f"{key}: text or a number is needed, not {value!r:.60}.")
    return text_of(value) or str(value)
