"""Answers as rows of Parquet."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading

ROWS = 4096  # that are in memory before they are written
ERRORS = "inkdigits.errors"  # under which a part's file says how many of its rows are errors

_NUMBER = pa.struct(
    [("text", pa.string()), ("confidence", pa.float32()), ("reason", pa.string())]
    + [(side, pa.float32()) for side in ("x", "y", "width", "height")]
)
_READINGS = pa.schema(
    [("path", pa.string()), ("readings", pa.list_(_NUMBER)), ("error", pa.string())]
)


def schema(labels: Sequence[str] | None) -> pa.Schema:
    """The columns of a part.

    Args:
        labels: what the model of single digits can answer; None where numbers are read.

    Returns:
        `path`, `label`, `confidence`, `reason`, `scores` (a struct with a field for each label) and
        `error`; of numbers `path`, `readings` (a list of structs) and `error`. What cannot be read
        has nothing but `path` and `error`.
    """
    if labels is None:
        return _READINGS
    scores = pa.struct([(label, pa.float32()) for label in labels])
    return pa.schema(
        [
            ("path", pa.string()),
            ("label", pa.string()),
            ("confidence", pa.float32()),
            ("reason", pa.string()),
            ("scores", scores),
            ("error", pa.string()),
        ]
    )


def of_digit(path: str, answer: Prediction) -> dict[str, Any]:
    """The row of one digit."""
    return {
        "path": shown(path),
        "label": answer.label,
        "confidence": answer.confidence,
        "reason": answer.reason,
        "scores": answer.scores,
    }


def of_readings(path: str, readings: Iterable[Reading]) -> dict[str, Any]:
    """The row of all that was read in one source."""
    return {
        "path": shown(path),
        "readings": [
            {"text": reading.text, "confidence": reading.confidence, "reason": reading.reason}
            | dict(zip(("x", "y", "width", "height"), reading.box, strict=True))
            for reading in readings
        ],
    }


def of_error(path: str, error: Exception) -> dict[str, Any]:
    """The row of what could not be read."""
    return {"path": shown(path), "error": told(error)}


def told(error: Exception) -> str:
    """Say in a line what an error says."""
    return shown(" ".join(str(error).split()) or type(error).__name__)


def shown(text: str) -> str:
    r"""Return text as Parquet holds it: of names that are not UTF-8, `\udcff` for the byte FF."""
    return text.encode("utf-8", "backslashreplace").decode()


def write(rows: Iterable[dict[str, Any]], columns: pa.Schema, file: Path) -> tuple[int, int]:
    """Write rows as they come, and beside them how many are errors, for `counts`.

    Returns:
        How many there were, and how many of them are errors.
    """
    count = errors = 0
    waiting: list[dict[str, Any]] = []

    with parquet.ParquetWriter(file, columns, compression="zstd") as writer:
        for row in rows:
            waiting.append(row)
            count += 1
            errors += "error" in row
            if len(waiting) == ROWS:
                writer.write_table(pa.Table.from_pylist(waiting, columns))
                waiting.clear()
        writer.write_table(pa.Table.from_pylist(waiting, columns))
        writer.add_key_value_metadata({ERRORS: str(errors)})
    return count, errors


def counts(file: BinaryIO) -> tuple[int, int]:
    """Look up in a part how many rows it has, and how many of them are errors."""
    about = parquet.read_metadata(file)
    return about.num_rows, int(about.metadata[ERRORS.encode()])
