"""Fit the weights of `inkdigits.reading.strokes.worth`: strokes as digit, mark or neither.

    INKDIGITS_DATA=FOLDER python benchmarks/ink_weights.py

Short numbers, some with separators, some with a letter or a speck beside them, are put together
from digits of writers of whom the model learned nothing; `ink_reading.py` measures others. For each
number all ways to part its strokes are listed, and the weights make the right ones most likely. It
needs the extra `train` and the pen ink (`inkdigits data fetch pendigits unipen`).
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ink_reading import BROKEN, SOURCES
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from inkdigits import Ink
from inkdigits.digit_model import DigitModel
from inkdigits.reading.strokes import worth
from inkdigits.reading.strokes.groups import SPECK
from inkdigits.reading.strokes.separators import MARKS, separators
from inkdigits.reading.strokes.sightings import Sighting, look
from inkdigits.training import labelled_ink
from inkdigits.training.lines import Lines
from inkdigits.training.numbers import ink_strings
from inkdigits.training.numbers.ink_strings import Digit, InkString, Manner, by_writer, strings

LEARNED = (10, 4)  # a writer whose number leaves 4 by 10: half of those whom training holds out
STRINGS, QUICK_STRINGS = 2500, 20
SIZE_JITTER = 0.12  # more than in `ink_strings`: weights must not count on even heights
PLAIN = Manner(digits=(2, 3), spacing=(-0.15, 0.6))
VARIED = Manner(digits=(2, 3), spacing=(-0.15, 0.6), delayed=0.5, shuffled=True, marks=0.15)
STRANGE = 1 / 6  # of the plain ones have a letter or a speck beside them …
LETTERS = ("unipen_1b_upper", "unipen_1c_lower")  # … of these, but what looks like digits
LOOK_ALIKES = "OoIlZzSsQqDg|iJjYyTCcUubGBVvN"
CHOSEN = ("D small", "D large", "M /", "M piled")  # weights that are not fitted
PULL = 1e-4  # towards the weights as they are
MOST_WAYS = 6000  # a number with more is left out

WEIGHTS = {"D": worth.DIGIT, "N": worth.NOTHING, "M": worth.MARK}
NAMES = [f"{kind} {name}" for kind, weights in WEIGHTS.items() for name in weights]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ways:
    """All ways to part the strokes of a number.

    Args:
        terms: (W, len(NAMES)) what each is worth is the product with the weights.
        right: (W,) which are right; some, not all.
    """

    terms: Floats
    right: NDArray[np.bool_]


def ways(string: InkString, model: DigitModel) -> Ways | None:
    """List them; None if there are too many, none is right, or it is no single line."""
    lines = look(string.ink, model)
    if len(lines) != 1:
        return None
    (line,) = lines
    count = len(line.strokes)
    options = list(_options(line, _truth(line, string), model.labels))
    found: list[tuple[Floats, bool]] = []
    waiting = [(0, np.zeros(len(NAMES)), True)]
    while waiting and len(found) < MOST_WAYS:
        done, terms, right = waiting.pop()
        if done == 2**count - 1:
            found.append((terms, right))
            continue
        first = (~done & (done + 1)).bit_length() - 1
        waiting += [
            (done | mask, terms + more, right and is_right)
            for mask, lowest, more, is_right in options
            if lowest == first and not done & mask
        ]
    rights = np.array([right for _, right in found])
    if waiting or not rights.any():
        return None
    return Ways(np.array([terms for terms, _ in found]), rights)


def _truth(line: Sighting, string: InkString) -> dict[tuple[int, ...], str]:
    """The right text of each group that has one, without the specks of digits."""
    places = {stroke: place for place, stroke in enumerate(line.strokes.tolist())}
    sizes = (line.boxes[:, 2:] - line.boxes[:, :2]).max(axis=1)
    truth = {}
    for text, strokes in zip(string.text, string.groups, strict=True):
        members = sorted(places[stroke] for stroke in strokes)
        solid = [place for place in members if text in MARKS or sizes[place] > SPECK]
        truth[tuple(solid or members)] = text
    return truth


def _options(
    line: Sighting, truth: dict[tuple[int, ...], str], labels: Sequence[str]
) -> Iterator[tuple[int, int, Floats, bool]]:
    """What each group may be: its strokes as bits, the first of them, its terms, and if right."""
    known = {place for members in truth for place in members}
    counts = worth.stroke_counts(labels, line.groups, line.scores)
    digits = worth.digit_terms(line.groups, line.evidence, counts)
    nothings = worth.nothing_terms(line.groups, line.evidence)
    for place, members in enumerate(line.groups.members):
        text = truth.get(members, "")
        may_be = [
            (_terms("D", digits, place), text != "" and text not in MARKS),
            (_terms("N", nothings, place), not known & set(members)),
        ]
        for mark, fit in separators(line.boxes, line.samples, members):
            terms = worth.mark_terms(line.groups, line.evidence, place, mark, fit)
            may_be.append((_terms("M", terms, None), text == mark))
        for row, is_right in may_be:
            yield sum(1 << member for member in members), members[0], row, is_right


def _terms(kind: str, terms: dict[str, Floats], place: int | None) -> Floats:
    """Terms as a row in the order of `NAMES`."""
    row = np.zeros(len(NAMES))
    for name, values in terms.items():
        row[NAMES.index(f"{kind} {name}")] = values if place is None else values[place]
    return row


def strange(string: InkString, letters: Sequence[Ink], rng: np.random.Generator) -> InkString:
    """A number with a letter before or after it, or with a speck."""
    (left, top), (right, foot) = string.ink.points.min(axis=0), string.ink.points.max(axis=0)
    height = foot - top
    if rng.random() < 0.6:
        letter = letters[int(rng.integers(len(letters)))]
        x, y, width, high = letter.box() or (0.0, 0.0, 0.0, 0.0)
        scale = height * rng.uniform(0.7, 1) / max(high, width / ink_strings.WIDEST, 1e-9)
        gap = rng.uniform(0, 0.5) * height
        start = right + gap if rng.random() < 0.5 else left - gap - width * scale
        more = [
            [(start + (px - x) * scale, foot + (py - y - high) * scale) for px, py, *_ in stroke]
            for stroke in letter.strokes
        ]
    else:
        px, py = rng.uniform(left, right), top + height * rng.uniform(-0.3, 0.75)
        more = [[(px, py), tuple(np.array([px, py]) + height * rng.uniform(-0.05, 0.05, 2))]]
    drawn = [[point[:2] for point in stroke] for stroke in string.ink.strokes]
    return InkString(Ink([*drawn, *more]), string.text, string.groups)


def examples(count: int) -> Iterator[InkString]:
    """What is learned from."""
    rng = np.random.default_rng(0)
    every, rest = LEARNED
    letters = []
    for source in LETTERS:
        ink = labelled_ink.read_ink(source, Lines({"contributor": ["ibm"], "label": LOOK_ALIKES}))
        letters += [
            drawn
            for drawn, writer in zip(ink.inks, ink.writers, strict=True)
            if writer % every != (rest + every // 2) % every  # these measure
        ]
    for source in SOURCES:
        ink = labelled_ink.read_ink(source, Lines(BROKEN.get(source, {})))
        writers: dict[int, list[Digit]] = {
            writer: digits for writer, digits in by_writer(ink).items() if writer % every == rest
        }
        for string in strings(writers, count, 0, PLAIN):
            yield string
            if rng.random() < STRANGE:
                yield strange(string, letters, rng)
        yield from strings(writers, count // 2, 1, VARIED)


def fit(data: Sequence[Ways]) -> Floats:
    """The weights, in the order of `NAMES`, that make the right ways likeliest."""
    start = np.array([weight for weights in WEIGHTS.values() for weight in weights.values()])
    free = np.array([name not in CHOSEN for name in NAMES])

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = 0.0, np.zeros(len(NAMES))
        for one in data:
            worths = one.terms @ weights
            shares = np.exp(worths - worths.max())
            right = shares * one.right
            total += np.log(shares.sum()) - np.log(max(right.sum(), 1e-300))
            slope += shares / shares.sum() @ one.terms
            slope -= right / max(right.sum(), 1e-300) @ one.terms
        away = weights - start
        return total / len(data) + PULL * float(away @ away), free * (
            slope / len(data) + 2 * PULL * away
        )

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400})
    print(f"{loss(start)[0]:.4f} nats a number before, {found.fun:.4f} after")
    return np.asarray(found.x)


def main() -> None:
    """Fit, and print the weights."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tiny run that proves it works")
    parser.add_argument("--model", metavar="NAME|FOLDER", help="default: the shipped model")
    options = parser.parse_args()
    model = DigitModel(options.model)
    ink_strings.SIZE_JITTER = SIZE_JITTER
    drawn = list(examples(QUICK_STRINGS if options.quick else STRINGS))
    data = [found for string in drawn if (found := ways(string, model)) is not None]
    print(f"{len(data)} numbers; {len(drawn) - len(data)} left out")
    for name, weight in zip(NAMES, fit(data), strict=True):
        print(f"{name:16}{weight:8.2f}{'  (chosen)' if name in CHOSEN else ''}")


if __name__ == "__main__":
    main()
