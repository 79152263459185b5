"""A job from its command to its last part, on one machine or on a cluster.

Every row is there exactly once, whatever dies, because of three things. The inputs are listed once,
into a plan of numbered parts that nobody changes (`plan`). A part is one task, which reads its
pieces, answers, and writes one file in one step (`worker`): a task that Ray does again, or that two
machines do, writes the same file once more. And a part is done when its file is there, which the
driver looks up in the folder, before the work and after it; what Ray says is for the progress only.

Ray hands the numbers of the parts to the workers and their counts back: pictures and answers never
pass through the driver or Ray's object store. Ray Data is not used: it stops at a bad picture,
names files by chance, so that a task done twice may leave rows twice, knows of no job that goes on,
and tries a task that kills its process for ever.
"""

import hashlib
import json
import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from inkdigits import artifact
from inkdigits.batch import answers, places
from inkdigits.batch import plan as plans
from inkdigits.batch.options import Options
from inkdigits.batch.progress import JobLine
from inkdigits.batch.stopping import terminable
from inkdigits.batch.worker import Files, pack, worker
from inkdigits.errors import InkdigitsError, InterruptedJob, InvalidJob
from inkdigits.model_home import ModelHome, find_model
from inkdigits.reading.constraints import Constraints
from inkdigits.recognizer import Recognizer
from inkdigits.wording import counted

OBJECT_STORE = 100 << 20  # bytes, of a Ray of our own: only numbers pass through it
REACH = 10.0  # seconds that a cluster may take to answer
TASKS = (
    1_000  # that Ray knows of at a time: more than a cluster has cores, for an autoscaler to see
)
DEATHS = 3  # of its process, after which a part is tried again
WAITS = (2.0, 10.0)  # seconds before a part that failed is tried again
DIED = "the process that did it died each time; was there too little memory?"
NOT_THERE = "it was done, but is not there; is this a folder that all machines reach?"
SHOWN = 5  # failed parts that are told with the reason
READERS = 32  # parts that are looked into at once
GO_ON = "The same command goes on where it was."
QUIET = {  # what Ray asks for in the environment
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or it warns of a change to come
    "RAY_task_oom_retries": "3",  # or a part that needs too much memory is tried for ever
}


@dataclass(frozen=True)
class Summary:
    """What became of a job.

    Args:
        parts: how many there are, all of them done.
        before: how many of them earlier runs had done.
        rows: that this run answered.
        errors: rows among them that could not be read.
        seconds: that it took, without the start of Ray.
        all_rows: of all parts.
        all_errors: rows among those that could not be read.
    """

    parts: int
    before: int
    rows: int
    errors: int
    seconds: float
    all_rows: int
    all_errors: int


@terminable()
def run(
    named: Sequence[str],
    output: str,
    options: Options | None = None,
    *,
    model: str | os.PathLike[str] | None = None,
    lines: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    address: str | None = None,
    console: Console | None = None,
) -> Summary:
    """Read everything that is named, and write the answers as a folder of Parquet.

    A job that was stopped goes on where it was, if it is asked for by the same arguments; how many
    workers there are, and where, may change.

    Args:
        named: inputs, see `inputs.find_pieces`.
        output: a folder, by path or URL, that all machines reach; see `answers.schema`.
        options: what is asked.
        model: that of single digits, by name or folder; None: the shipped one.
        lines: that of lines, if numbers are read.
        workers: processes at a time; None: a core each, of a cluster as many as it has or gets.
        address: of a Ray cluster to join, `auto` for the one that this machine belongs to; None:
            Ray is started here, for this job only, unless this process has one already.
        console: where progress is shown.

    Raises:
        InvalidJob: inputs or output folder are not what they should be.
        InvalidModel, InvalidConstraint: a model or what is known of numbers cannot be used.
        DataUnavailable: inputs cannot be found, or the output folder not be read or written.
        InterruptedJob: not all parts were done; the message says which, and why.
    """
    options = options or Options()
    folder = places.Folder(output)
    folders = {"digits": find_model(model)}
    if options.read:
        folders["lines"] = find_model(lines, artifact.LINES)
    packed = pack(folders["digits"]), pack(folders["lines"]) if options.read else None
    told = _about(packed)
    _try(options, folders)
    names = {kind: ModelHome().name_of(place) for kind, place in folders.items()}
    tell = None if console is None else lambda said: console.print(Text(said), soft_wrap=True)
    plan = plans.make_or_find(folder, named, options, told, tell, names)
    there = folder.written()
    pending = [number for number in range(plan.parts) if plans.part_name(number) not in there]
    failed: dict[int, str] = {}
    with JobLine(console, plan.parts, plan.parts - len(pending)) as line:
        if pending:
            try:
                with _ray(address, workers), terminable():  # Ray has taken the signal for itself
                    line.begin()
                    arguments = (folder.name, plan.folder, options, *packed)
                    for part in _parts(pending, workers, arguments):
                        if part["problem"]:
                            failed[int(part["part"])] = str(part["problem"])
                        else:
                            line.add(part)
            except KeyboardInterrupt as error:
                raise InterruptedJob(f"Stopped: {line.text()}. {GO_ON}") from error
    there = folder.written()
    missing = [number for number in range(plan.parts) if plans.part_name(number) not in there]
    if missing:
        raise InterruptedJob(_why(missing, failed, plan.parts, folder.name))
    folder.tidy()
    done = sorted(set(range(plan.parts)).difference(pending))
    rows, errors = _counts(folder, done)
    return Summary(
        plan.parts, len(done), line.rows, line.errors, line.seconds, line.rows + rows,
        line.errors + errors,
    )  # fmt: skip


def _why(missing: Sequence[int], failed: Mapping[int, str], parts: int, folder: str) -> str:
    """Say which parts are not there, and why."""
    told = [f"{plans.part_name(part)}: {failed.get(part, NOT_THERE)}" for part in missing[:SHOWN]]
    if len(missing) > SHOWN:
        told.append(f"and {len(missing) - SHOWN:,} more.")
    share = f"{len(missing):,} of {counted(parts, 'part')}"
    return f"Missing in {folder}: {share}. {' '.join(told)} {GO_ON}"


def _counts(folder: places.Folder, done: Sequence[int]) -> tuple[int, int]:
    """Rows, and errors among them, of parts that earlier runs have done."""

    def look(number: int) -> tuple[int, int]:
        name = plans.part_name(number)
        with places.reached(f"{folder.name}/{name}"), folder.open(name) as file:
            return answers.counts(file)

    rows = errors = 0
    with ThreadPoolExecutor(READERS) as pool:
        for some_rows, some_errors in pool.map(look, done):
            rows += some_rows
            errors += some_errors
    return rows, errors


def _about(packed: tuple[Files, Files | None]) -> dict[str, str]:
    """Name the models that answer, so that no other goes on with the job."""
    about = {}
    for files in filter(None, packed):
        digest = hashlib.sha256(b"".join(data for _, data in files)).hexdigest()
        config = json.loads(dict(files)["config.json"])
        about[config.get("kind", "digits")] = f"{config['name']} {config['version']} ({digest:.16})"
    return about


def _try(options: Options, folders: Mapping[str, Path]) -> None:
    """Make sure that models and constraints can be used, before anything is listed or started."""
    Constraints(options.length, options.pattern, options.minimum, options.maximum)
    recognizer = Recognizer(folders["digits"], lines=folders.get("lines"))
    if options.read:
        _ = recognizer.lines_config  # loads it


@contextmanager
def _ray(address: str | None, workers: int | None) -> Iterator[None]:
    """Ray, as long as it is needed: of our own, or the cluster's."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():  # the caller's, who ends it
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    ours: dict[str, Any] = {
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE,
    }
    try:
        if address is None:
            ray.init("local", **ours, **quiet)
        else:
            _knock(address)
            ray.init(address, **quiet)
    except SystemExit as error:  # what Ray makes of SIGTERM while it starts
        raise KeyboardInterrupt from error
    except UnicodeEncodeError as error:  # it notes by which command it was started
        raise InvalidJob(
            "Ray takes no command in which a name is not UTF-8: name INPUT by its folder or by a"
            " pattern, and OUTPUT otherwise."
        ) from error
    except Exception as error:  # Ray has no common class for what keeps it from starting
        what = "could not be started" if address is None else f"cannot be reached at {address}"
        raise InterruptedJob(f"Ray {what}: {_last_line(error)}. {GO_ON}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Make sure that somebody is there: Ray would try for many minutes.

    Raises:
        OSError: nobody is.
    """
    host, colon, port = address.rpartition("//")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), REACH).close()


def _parts(
    pending: Sequence[int], workers: int | None, arguments: tuple[Any, ...]
) -> Iterator[dict[str, Any]]:
    """Have all parts done, in any order, and tell of each what `_do` tells."""
    import ray

    # Tasks, not actors: what a dead machine had in hand goes to whichever process is free, while an
    # actor, and its part with it, would wait for a place to start again. A process that does many
    # tasks has one worker all the same.
    task = ray.remote(num_cpus=1, max_retries=DEATHS)(_do)
    numbers = iter(pending)
    waiting: dict[Any, int] = {}
    try:
        kept = ray.put(arguments)  # the models, once for all
        while True:
            for number in islice(numbers, (workers or TASKS) - len(waiting)):
                waiting[task.remote(number, kept)] = number
            if not waiting:
                return
            (done,), _ = ray.wait(list(waiting))
            number = waiting.pop(done)
            try:
                told = ray.get(done)
            except ray.exceptions.RayTaskError as error:  # it could not even begin
                told = {"part": number, "problem": _told(error.cause)}
            except ray.exceptions.RayError:
                told = {"part": number, "problem": DIED}
            yield told
    except ray.exceptions.RayError as error:
        raise InterruptedJob(f"Ray gave the job up: {_last_line(error)}. {GO_ON}") from error


def _do(number: int, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Do a part, in a worker process; what fails is told, not raised: the other parts go on."""
    problem = ""
    for wait in (*WAITS, None):
        try:
            return worker(*arguments).do(number) | {"problem": ""}
        except Exception as error:  # whatever it is, it is this part's only
            problem = _told(error)
        if wait is not None:
            time.sleep(wait)
    return {"part": number, "problem": problem}


def _told(error: Exception) -> str:
    text = answers.told(error)
    return text if isinstance(error, InkdigitsError) else f"{type(error).__name__}: {text}."


def _last_line(error: Exception) -> str:
    """Of what Ray raises, the line that tells it: the last, after the tracebacks of others."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip().rstrip(".")
