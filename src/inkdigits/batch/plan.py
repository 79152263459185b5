"""The plan of a job: its parts, numbered, and what binds it to inputs, models and options.

It is written into the output folder before any work begins, and is what every later run of the same
command goes by: inputs are listed once. Each list has a folder with a name of its own; `job.json`,
which comes last and is never replaced, names the one that counts. So of two commands that begin at
once, both go by the list of the first.
"""

import json
import secrets
import shlex
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from inkdigits.batch import inputs, places
from inkdigits.batch.options import Options
from inkdigits.batch.places import PLAN
from inkdigits.errors import DataUnavailable, InvalidJob

FORMAT = 1
JOB = "job.json"
OPTIONS = {"digits": "--model", "lines": "--lines"}  # by which a model is named
REPEAT = "Repeat that command to go on with it"
WRITERS = 16  # parts of a plan that are written at once
NAMES = ("utf-8", "surrogatepass")  # how names are kept, whatever bytes they hold
_PIECES = pa.schema(
    [
        ("kind", pa.string()),
        ("path", pa.binary()),
        ("rows", pa.int64()),
        ("group", pa.int64()),
        ("start", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Plan:
    """The parts of a job.

    Args:
        folder: where its list is, beside `job.json`.
        parts: how many there are; they are numbered from 0.
        rows: how many rows they give together; None where only reading would tell.
        listed: when the inputs were listed, as ISO 8601 has it.
    """

    folder: str
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
    tell: Callable[[str], None] | None = None,
    names: Mapping[str, str] | None = None,
) -> Plan:
    """Find the plan in the output folder, or list the inputs and write it.

    Args:
        output: the output folder.
        named: the inputs, see `inputs.find_pieces`.
        options: what is asked.
        models: name and version of each model that answers, with the hash of its files.
        tell: told of what is left out, see `inputs.find_pieces`.
        names: what each of them is found by, to be told where another one comes instead.

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
    names = dict(names or {})
    if output.is_file():
        raise InvalidJob(
            f"{output.name} is a file, or a link that leads nowhere: give an empty folder, or one"
            " that is not there."
        )
    place = output / PLAN
    found = place.read(JOB)
    if found is not None:
        return _check(found, wanted, names, output)
    others = sorted(output.names() - {PLAN})
    if others:
        raise InvalidJob(
            f"{output.name} holds {others[0]!r} and no job: give an empty folder, or one that is"
            " not there."
        )
    _refuse_answers(output)
    folder = f"plan-{secrets.token_hex(8)}"
    parts, rows = 0, 0
    known = True
    pieces = inputs.find_pieces(named, output, options.column, tell)
    try:
        with closing(_written(place / folder, inputs.cut(pieces, options.most_rows))) as written:
            for part in written:
                parts += 1
                known = known and all(piece.rows is not None for piece in part)
                rows += sum(piece.rows or 0 for piece in part)
    except BaseException:  # Ctrl-C, too
        with suppress(DataUnavailable):  # what went wrong first is what is told
            (place / folder).remove()
        raise
    plan = Plan(folder, parts, rows if known else None, time.strftime("%Y-%m-%dT%H:%M:%S%z"))
    kept = wanted | {"names": names, "plan": asdict(plan)}
    text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
    # of a name that is not UTF-8 a backslash and four digits are left, which JSON reads again
    if place.create(JOB, text.encode("utf-8", "backslashreplace")):
        return plan
    (place / folder).remove()
    return _check(place.read(JOB) or b"", wanted, names, output)


def _refuse_answers(output: places.Folder) -> None:
    """Make sure that a new output folder does not lie in that of another job.

    Raises:
        InvalidJob: it does.
    """
    for parent in output.parents():
        with suppress(DataUnavailable):  # who may write here may not look there
            if (parent / PLAN).read(JOB) is not None:
                raise InvalidJob(
                    f"{output.name} lies in {parent.name}, which holds another job: give a folder"
                    " outside of it."
                )


def _check(
    found: bytes, wanted: Mapping[str, Any], names: Mapping[str, str], output: places.Folder
) -> Plan:
    """Make sure that the job that is there is the one that is wanted."""
    place = f"{output.name}/{PLAN}/{JOB}"
    try:
        job = json.loads(found)
        plan = Plan(**job["plan"])
        options, other = {**job["options"]}, wanted["options"]
        pairs = [("format", job["format"], wanted["format"], REPEAT)]
        if other["part_rows"] is None:  # the parts are cut, and nobody asks for others
            other = other | {"part_rows": options.get("part_rows")}
        pairs += [(f"the option {key}", options.get(key), other[key], REPEAT) for key in other]
        there, before = job["models"], job.get("names", {})  # which jobs of before do not hold
        pairs += [
            (f"the model of {kind}", there.get(kind), model, _by(kind, before, names))
            for kind, model in wanted["models"].items()
        ]
        pairs += [("inputs", job["inputs"], wanted["inputs"], REPEAT)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidJob(f"{place} is damaged; give another output folder.") from error
    for what, was, here, advice in pairs:
        if was != here:
            raise InvalidJob(
                f"{output.name} holds another job: {what} was {_short(was)}, and is now"
                f" {_short(here)}. {advice}, or give another output folder."
            )
    return plan


def _by(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say how to go on with the model that a job was begun with; it may be the same command."""
    if kind not in before:
        return f"Name that model by {OPTIONS[kind]} to go on with it"
    if before[kind] == now.get(kind):
        return f"{before[kind]} is not what it was: put that model back to go on with it"
    return f"Go on with it by  {OPTIONS[kind]} {shlex.quote(before[kind])}"


def _short(value: Any) -> str:
    if value is None:
        return "not given"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _written(
    place: places.Folder, parts: Iterable[list[inputs.Piece]]
) -> Generator[list[inputs.Piece], None, None]:
    """Write what parts consist of, several at once: a store takes tens of milliseconds for each."""
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(WRITERS) as pool:
        for number, part in enumerate(parts):
            waiting.append(pool.submit(_write_part, place, number, part))
            if len(waiting) == WRITERS:
                waiting.popleft().result()
            yield part
        for future in waiting:
            future.result()


def _write_part(place: places.Folder, number: int, pieces: Sequence[inputs.Piece]) -> None:
    """Write what a part consists of; names as bytes, since not all of them are UTF-8."""
    rows = [asdict(piece) | {"path": piece.path.encode(*NAMES)} for piece in pieces]
    table = pa.Table.from_pylist(rows, _PIECES)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        parquet.write_table(table, file, compression="zstd")
        place.put(part_name(number), file)


def read_part(output: places.Folder, folder: str, number: int) -> list[inputs.Piece]:
    """Read what a part consists of, from the folder of its plan.

    Raises:
        DataUnavailable: the plan cannot be read.
    """
    place = output / PLAN / folder
    with places.reached(f"{place.name}/{part_name(number)}"), place.open(part_name(number)) as file:
        rows = parquet.ParquetFile(file).read().to_pylist()
    return [inputs.Piece(**row | {"path": row["path"].decode(*NAMES)}) for row in rows]
