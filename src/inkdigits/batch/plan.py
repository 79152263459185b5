"""The plan of a job: its parts, numbered, and what binds it to inputs, models and options.

It is written into the output folder before any work begins, and is what every later run of the same
command goes by: inputs are listed once. `job.json` comes last; without it there is no plan.
"""

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from inkdigits.batch import inputs, places
from inkdigits.batch.options import Options
from inkdigits.errors import InvalidJob

FORMAT = 1
PLAN = "_inkdigits"  # readers of Parquet folders leave names alone that begin so
JOB = "job.json"
_PIECES = pa.schema(
    [("kind", pa.string()), ("path", pa.string()), ("rows", pa.int64()), ("group", pa.int64())]
)


@dataclass(frozen=True)
class Plan:
    """The parts of a job.

    Args:
        parts: how many there are; they are numbered from 0.
        rows: how many rows they give together; None where only reading would tell.
        listed: when the inputs were listed, as ISO 8601 has it.
    """

    parts: int
    rows: int | None
    listed: str


def part_name(number: int) -> str:
    """The file of a part."""
    return f"part-{number:06d}.parquet"


def make_or_find(
    output: places.Folder,
    named: Sequence[str],
    options: Options,
    models: Mapping[str, str],
) -> Plan:
    """Find the plan in the output folder, or list the inputs and write it.

    Args:
        output: the output folder.
        named: the inputs, see `inputs.find_pieces`.
        options: what is asked.
        models: name and version of each model that answers, with the hash of its weights.

    Raises:
        InvalidJob: the folder holds another job, or something else.
        DataUnavailable: an input or the folder cannot be read, or the plan cannot be written.
    """
    wanted = {
        "format": FORMAT,
        "inputs": [places.absolute(name) for name in named],
        "models": dict(models),
        "options": asdict(options),
    }
    found = (output / PLAN).read(JOB)
    if found is not None:
        return _check(found, wanted, output)
    others = sorted(output.names() - {PLAN})
    if others:
        raise InvalidJob(
            f"{output.name} holds {others[0]!r} and no job: give an empty folder, or one that is"
            " not there."
        )
    parts, rows = 0, 0
    known = True
    for pieces in inputs.cut(inputs.find_pieces(named, output, options.column), options.part_rows):
        _write_part(output, parts, pieces)
        parts += 1
        known = known and all(piece.rows is not None for piece in pieces)
        rows += sum(piece.rows or 0 for piece in pieces)
    plan = Plan(parts, rows if known else None, time.strftime("%Y-%m-%dT%H:%M:%S%z"))
    text = json.dumps(wanted | {"plan": asdict(plan)}, indent=2, ensure_ascii=False) + "\n"
    (output / PLAN).put_bytes(JOB, text.encode())
    return plan


def _check(found: bytes, wanted: Mapping[str, Any], output: places.Folder) -> Plan:
    """Make sure that the job that is there is the one that is wanted."""
    place = f"{output.name}/{PLAN}/{JOB}"
    try:
        job = json.loads(found)
        plan = Plan(**job["plan"])
        options, other = {**job["options"]}, wanted["options"]
        pairs = [("format", job["format"], wanted["format"])]
        pairs += [(f"the option {key}", options.get(key), other[key]) for key in other]
        pairs += [("models", job["models"], wanted["models"])]
        pairs += [("inputs", job["inputs"], wanted["inputs"])]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidJob(f"{place} is damaged; give another output folder.") from error
    for what, there, here in pairs:
        if there != here:
            raise InvalidJob(
                f"{output.name} holds another job: {what} was {_short(there)}, and is now"
                f" {_short(here)}. Repeat that command to go on with it, or give another output"
                " folder."
            )
    return plan


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _write_part(output: places.Folder, number: int, pieces: Sequence[inputs.Piece]) -> None:
    table = pa.Table.from_pylist([asdict(piece) for piece in pieces], _PIECES)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        parquet.write_table(table, file, compression="zstd")
        (output / PLAN).put(part_name(number), file)


def read_part(output: places.Folder, number: int) -> list[inputs.Piece]:
    """Read what a part consists of.

    Raises:
        DataUnavailable: the plan cannot be read.
    """
    place = output / PLAN
    with places.reached(f"{place.name}/{part_name(number)}"), place.open(part_name(number)) as file:
        rows = parquet.ParquetFile(file).read().to_pylist()
    return [inputs.Piece(**row) for row in rows]
