"""A worker process: one recogniser, one thread, a part at a time, whole or not at all."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import cv2

from inkdigits import artifact
from inkdigits.batch import answers, places, plan
from inkdigits.batch.contents import Row, read_pieces
from inkdigits.batch.options import Options
from inkdigits.errors import InkdigitsError
from inkdigits.recognizer import BATCH, Prepared, Recognizer, prepare

Files = tuple[tuple[str, bytes], ...]  # names and what is in them
NEEDED = ("config.json", "model.onnx")  # of a model folder, what answering needs


def pack(model: str | os.PathLike[str] | None) -> Files:
    """Take the files of a model, so that all workers answer by the very same.

    Raises:
        InvalidModel: there is no such model, or it is damaged.
    """
    folder = artifact.model_path(model)
    artifact.read_model(folder)
    return tuple((name, (folder / name).read_bytes()) for name in NEEDED)


@lru_cache(maxsize=1)  # one a process, whatever number of parts it does
def worker(
    output: str, listed: str, options: Options, model: Files, lines: Files | None
) -> "Worker":
    """Return this process's worker, made by the first who asks; arguments as of `Worker`."""
    cv2.setNumThreads(1)  # there is a process on each core
    return Worker(output, listed, options, model, lines)


class Worker:
    """Does parts of a job, on one core.

    Args:
        output: the job's folder.
        listed: the folder of its plan, as `Plan.folder`.
        options: what is asked.
        model: the model of single digits, as from `pack`.
        lines: that of lines; None where only single digits are read.

    Raises:
        InvalidModel: a model cannot be used.
    """

    def __init__(
        self,
        output: str,
        listed: str,
        options: Options,
        model: Files,
        lines: Files | None = None,
    ) -> None:
        self._output = places.Folder(output)
        self._plan = listed
        self._options = options
        with tempfile.TemporaryDirectory() as folder:
            self._recognizer = Recognizer(
                _unpack(model, Path(folder, "model")),
                lines=None if lines is None else _unpack(lines, Path(folder, "lines")),
            )
            if options.read:
                _ = self._recognizer.lines_config  # loads it, while it is there

    def do(self, number: int) -> dict[str, Any]:
        """Read a part's pieces, and write its answers in one step, in place of any that are there.

        Returns:
            `part`, its number; `rows`, and `errors` among them; `seconds` that it took.

        Raises:
            DataUnavailable: the plan cannot be read, or the answers cannot be written.
            Exception: inputs cannot be had just now, see `failures.may_pass`.
        """
        start = time.perf_counter()
        pieces = plan.read_part(self._output, self._plan, number)
        rows = read_pieces(pieces, self._options.column)
        labels = None if self._options.read else self._recognizer.labels
        answered = self._readings(rows) if self._options.read else self._digits(rows)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "part"
            count, errors = answers.write(answered, answers.schema(labels), file)
            self._output.put(plan.part_name(number), file)
        seconds = time.perf_counter() - start
        return {"part": number, "rows": count, "errors": errors, "seconds": seconds}

    def _digits(self, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        """Answer in batches, which hold 28×28 each, not the pictures."""
        rows = iter(rows)
        while batch := list(map(_prepared, islice(rows, BATCH))):
            good = [ready for _, ready in batch if not isinstance(ready, Exception)]
            found = iter(self._recognizer.answer(good))
            for path, ready in batch:
                if isinstance(ready, Exception):
                    yield answers.of_error(path, ready)
                else:
                    yield answers.of_digit(path, next(found))

    def _readings(self, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
        known = {key: getattr(self._options, key) for key in ("length", "pattern")}
        known |= {key: getattr(self._options, key) for key in ("minimum", "maximum")}
        for path, content in rows:
            if isinstance(content, InkdigitsError):
                yield answers.of_error(path, content)
                continue
            try:
                readings = self._recognizer.read(content, **known)
            except Exception as error:  # one row must not stop the job, whatever is wrong with it
                yield answers.of_error(path, error)
            else:
                yield answers.of_readings(path, readings)


def _prepared(row: Row) -> tuple[str, Prepared | Exception]:
    path, content = row
    if isinstance(content, InkdigitsError):
        return path, content
    try:
        return path, prepare(content)
    except Exception as error:  # as above
        return path, error


def _unpack(files: Files, folder: Path) -> Path:
    folder.mkdir()
    for name, data in files:
        (folder / name).write_bytes(data)
    return folder
