"""Speed of answers in process: one by one against the original, and in batches, stage by stage."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from drawing import Strokes, draw
from numpy.typing import NDArray

from inkdigits import Ink, Recognizer, normalize
from inkdigits.paper import find_ink

EXAMPLES = Path(__file__).parents[1] / "examples"
BATCH = 64  # patches the model is given at a time, as in a batch of `Recognizer`

Stages = dict[str, float]


@dataclass(frozen=True)
class Effort:
    """How often things are done."""

    rounds: int  # of answers one by one, each way
    passes: int  # of our way over the drawings in a round: it is much the faster
    batch: int  # digits in a batch
    batches: int


FULL = Effort(rounds=20, passes=10, batch=8192, batches=5)
QUICK = Effort(rounds=1, passes=2, batch=256, batches=2)


def example_drawings() -> list[Strokes]:
    """Return the strokes of the example drawings, made on a sheet of 400 × 400."""
    files = sorted(EXAMPLES.glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8"))["strokes"] for file in files]


def compare(
    drawings: Sequence[Strokes], network: Path, recognizer: Recognizer, effort: Effort
) -> tuple[list[float], list[float]]:
    """Time single answers, in turn, a round of drawings each.

    The original may use all cores, and starts from the drawn canvas; ours has one core, and starts
    from the strokes.

    Returns:
        Seconds of each answer, the original's and ours.
    """
    import original

    loaded = original.load(network)
    canvases = [draw(strokes) for strokes in drawings]
    original.predict(loaded, canvases[0])  # first answers prepare much, and do not count
    recognizer.recognize(Ink(drawings[0]))
    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(effort.rounds):
        theirs += timed(lambda canvas: original.predict(loaded, canvas), canvases)
        with one_core():
            for _ in range(effort.passes):
                ours += timed(lambda strokes: recognizer.recognize(Ink(strokes)), drawings)
    return theirs, ours


def batch_rates(
    drawings: Sequence[Strokes], recognizer: Recognizer, effort: Effort
) -> dict[str, float]:
    """Count answers a second in batches on all cores: the median of a few batches.

    Each ink is built anew from its strokes, as for a user.
    """
    chosen = [index % len(drawings) for index in range(effort.batch)]
    squares = pictures(drawings, recognizer)
    rates: dict[str, list[float]] = {"strokes": [], "28×28 pictures": []}
    for _ in range(effort.batches):
        start = time.perf_counter()
        recognizer.recognize_many(Ink(drawings[index]) for index in chosen)
        middle = time.perf_counter()
        recognizer.recognize_many(squares[index] for index in chosen)
        end = time.perf_counter()
        rates["strokes"].append(effort.batch / (middle - start))
        rates["28×28 pictures"].append(effort.batch / (end - middle))
    return {source: median(found) for source, found in rates.items()}


def stages(
    drawings: Sequence[Strokes], recognizer: Recognizer, effort: Effort
) -> dict[str, Stages]:
    """See where the time of a digit goes, on one core, in a batch from strokes and from pictures.

    Returns:
        Seconds for each stage; `the rest` is what the stages leave of the whole: softmax, accepting
        or rejecting, the `Prediction`.
    """
    drawings = list(drawings)
    squares = pictures(drawings, recognizer)
    found = {
        "strokes": [Ink(strokes).render() for strokes in drawings],
        "28×28 pictures": [find_ink(picture) for picture in squares],
    }
    patches = np.stack([normalize.normalize(ink) for ink in found["strokes"]])
    batch = patches[np.arange(BATCH) % len(patches)]

    def cost(action: Callable[[Any], object], things: Sequence[Any]) -> float:
        return median(sum(timed(action, things)) / len(things) for _ in range(4 * effort.batches))

    with one_core():
        model = cost(recognizer.run, [batch]) / BATCH
        whole = {
            "strokes": cost(lambda some: recognizer.recognize_many(map(Ink, some)), [drawings * 8]),
            "28×28 pictures": cost(recognizer.recognize_many, [squares * 8]),
        }
        first = {
            "strokes": {
                "checking strokes": cost(Ink, drawings),
                "rendering": cost(Ink.render, [Ink(strokes) for strokes in drawings]),
            },
            "28×28 pictures": {"finding ink": cost(find_ink, squares)},
        }
        answer: dict[str, Stages] = {}
        for source, parts in first.items():
            parts["normalizing"] = cost(normalize.normalize, found[source])
            parts["model"] = model
            total = whole[source] / (8 * len(drawings))
            answer[source] = {**parts, "the rest": total - sum(parts.values())}
    return answer


def pictures(drawings: Sequence[Strokes], recognizer: Recognizer) -> list[NDArray[np.uint8]]:
    """Return the drawings as pictures of 28 × 28, bright ink on black, as MNIST's are."""
    patches = [recognizer.patch(Ink(strokes)) for strokes in drawings]
    return [np.rint(patch * 255).astype(np.uint8) for patch in patches]


def timed(action: Callable[[Any], object], things: Sequence[Any]) -> list[float]:
    """Return the seconds that each call takes."""
    seconds = []
    for thing in things:
        start = time.perf_counter()
        action(thing)
        seconds.append(time.perf_counter() - start)
    return seconds


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread to one core; where the system cannot, to one thread, as it is anyway."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
