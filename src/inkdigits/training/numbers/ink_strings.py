"""Numbers as somebody may draw them with a pen, put together from one writer's single digits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkdigits import Ink
from inkdigits.training.labelled_ink import LabelledInk

WIDEST = 1.5  # a digit is at most so many heights wide: a 1 that lies is not blown up
SIZE_JITTER = 0.08  # deviation of the logarithm of a digit's height
WOBBLE = 0.05  # deviation of a digit's baseline, digit heights
HEIGHTS = (20.0, 400.0)  # units of the ink that a digit is high
PITCH = (1.5, 2.5)  # from one line to the next, digit heights
BETWEEN = (1.6, 3.0)  # from one number to the next on a line, digit heights
MARKS = ".,-/:"

Digit = tuple[str, Ink]
Points = list[tuple[float, float]]
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Manner:
    """How a number is drawn.

    Args:
        digits: the least and the most of them.
        spacing: from one bounding box to the next, digit heights, least and most.
        delayed: share of digits of several strokes whose last one is drawn after all the others.
        shuffled: whether the digits are drawn in any order.
        marks: share of the places between two digits that have a separator.
    """

    digits: tuple[int, int] = (2, 8)
    spacing: tuple[float, float] = (-0.1, 0.6)
    delayed: float = 0.0
    shuffled: bool = False
    marks: float = 0.0


PLAIN = Manner()


@dataclass(frozen=True)
class InkString:
    """A drawing, and what it shows.

    Args:
        ink: all strokes, in the order in which they were drawn.
        text: the number; several are parted by spaces on a line, by line feeds between lines.
        groups: for each character but those two, the indices of its strokes.
    """

    ink: Ink
    text: str
    groups: Groups


def by_writer(inks: LabelledInk) -> dict[int, list[Digit]]:
    """The digits of each writer."""
    writers: dict[int, list[Digit]] = {}
    for writer, label, ink in zip(inks.writers.tolist(), inks.labels, inks.inks, strict=True):
        writers.setdefault(writer, []).append((label, ink))
    return writers


def strings(
    writers: Mapping[int, Sequence[Digit]], count: int, seed: int, manner: Manner = PLAIN
) -> Iterator[InkString]:
    """Draw numbers, each in the hand of one writer, all writers alike."""
    rng = np.random.default_rng(seed)
    names = sorted(writers)
    for _ in range(count):
        digits = writers[names[rng.integers(len(names))]]
        length = int(rng.integers(manner.digits[0], manner.digits[1] + 1))
        yield compose(
            [digits[index] for index in rng.integers(len(digits), size=length)], rng, manner
        )


def compose(digits: Sequence[Digit], rng: np.random.Generator, manner: Manner = PLAIN) -> InkString:
    """Write digits beside each other."""
    texts: list[str] = []
    drawn: list[list[Points]] = []  # the strokes of each character
    edge = 0.0
    for place, (label, ink) in enumerate(digits):
        if place and rng.random() < manner.marks:
            mark = MARKS[rng.integers(len(MARKS))]
            strokes = _moved(_mark(mark, rng), edge + rng.uniform(0.05, 0.3))
            texts.append(mark)
            drawn.append(strokes)
            edge = _right(strokes) + rng.uniform(0.05, 0.3)
        elif place:
            edge += rng.uniform(*manner.spacing)
        strokes = _moved(_standing(ink, rng), edge)
        texts.append(label)
        drawn.append(strokes)
        edge = _right(strokes)
    order = _order([len(strokes) for strokes in drawn], rng, manner)
    places = {stroke: number for number, stroke in enumerate(order)}
    scale = float(np.exp(rng.uniform(*np.log(HEIGHTS))))
    left, top = rng.uniform(0, 3 * scale, 2)
    ink = Ink(
        [
            [(left + scale * x, top + scale * y) for x, y in drawn[character][stroke]]
            for character, stroke in order
        ]
    )
    groups = tuple(
        tuple(sorted(places[character, stroke] for stroke in range(len(strokes))))
        for character, strokes in enumerate(drawn)
    )
    return InkString(ink, "".join(texts), groups)


def below(first: InkString, second: InkString, rng: np.random.Generator) -> InkString:
    """Two numbers on two lines."""
    return _joined(first, second, "\n", (0.0, float(rng.uniform(*PITCH))))


def beside(first: InkString, second: InkString, rng: np.random.Generator) -> InkString:
    """Two numbers on one line, far apart."""
    height = _height(first)
    gap = float(np.ptp(first.ink.points[:, 0])) / height + rng.uniform(*BETWEEN)
    return _joined(first, second, " ", (float(gap), 0.0))


def _joined(first: InkString, second: InkString, by: str, move: tuple[float, float]) -> InkString:
    """The second moved from the place of the first, in digit heights, and scaled alike."""
    height = _height(first)
    scale = height / _height(second)
    start = first.ink.points.min(axis=0) + np.array(move) * height
    shift = start - scale * second.ink.points.min(axis=0)
    moved = [
        [(scale * point[0] + shift[0], scale * point[1] + shift[1]) for point in stroke]
        for stroke in second.ink.strokes
    ]
    count = len(first.ink.strokes)
    ink = Ink([*([point[:2] for point in stroke] for stroke in first.ink.strokes), *moved])
    later = tuple(tuple(count + stroke for stroke in group) for group in second.groups)
    return InkString(ink, first.text + by + second.text, first.groups + later)


def _height(string: InkString) -> float:
    """The height of all of it: a digit's, and the wobble."""
    return float(np.ptp(string.ink.points[:, 1]))


def _standing(ink: Ink, rng: np.random.Generator) -> list[Points]:
    """A digit about 1 high, its left edge at 0, its foot near 1."""
    x, y = ink.points.min(axis=0).tolist()
    width, height = np.ptp(ink.points, axis=0).tolist()
    scale = float(np.exp(rng.normal(0, SIZE_JITTER))) / max(height, width / WIDEST, 1e-9)
    foot = 1 + rng.normal(0, WOBBLE)
    return [
        [((px - x) * scale, foot + (py - y - height) * scale) for px, py, *_ in stroke]
        for stroke in ink.strokes
    ]


def _mark(mark: str, rng: np.random.Generator) -> list[Points]:
    """A separator beside digits that stand from 0 to 1, its left edge at 0."""
    wobble = rng.normal(0, WOBBLE)
    if mark == ".":
        return [_dot(0.95 + wobble, rng)]
    if mark == ":":
        return [_dot(0.3 + wobble, rng), _dot(0.8 + wobble, rng)]
    if mark == ",":
        top, length, lean = 0.88 + wobble, rng.uniform(0.2, 0.45), rng.uniform(0.02, 0.15)
        return [[(lean, top), (lean * 0.9, top + length / 2), (0.0, top + length)]]
    if mark == "-":
        middle, length, slope = 0.5 + 1.5 * wobble, rng.uniform(0.25, 0.6), rng.normal(0, 0.04)
        return [[(0.0, middle), (length / 2, middle + slope), (length, middle + slope)]]
    top, foot, lean = rng.uniform(-0.4, -0.12), rng.uniform(1.1, 1.4), rng.uniform(0.4, 0.8)
    return [[(lean, top + wobble), (lean / 2 + wobble / 2, (top + foot) / 2), (0.0, foot + wobble)]]


def _dot(y: float, rng: np.random.Generator) -> Points:
    """A touch of the pen: a point or a short stroke."""
    if rng.random() < 0.3:
        return [(0.0, y)]
    steps = rng.uniform(-0.05, 0.05, (3, 2))
    return [(float(dx) + 0.05, y + float(dy)) for dx, dy in steps]


def _moved(strokes: list[Points], x: float) -> list[Points]:
    return [[(px + x, py) for px, py in stroke] for stroke in strokes]


def _right(strokes: list[Points]) -> float:
    return max(x for stroke in strokes for x, _ in stroke)


def _order(
    lengths: Sequence[int], rng: np.random.Generator, manner: Manner
) -> list[tuple[int, int]]:
    """All strokes as (character, stroke of it), as they are drawn."""
    characters = list(range(len(lengths)))
    if manner.shuffled:
        rng.shuffle(characters)
    now: list[tuple[int, int]] = []
    later: list[tuple[int, int]] = []
    for character in characters:
        strokes = [(character, stroke) for stroke in range(lengths[character])]
        if len(strokes) > 1 and rng.random() < manner.delayed:
            later.append(strokes.pop())
        now += strokes
    return now + later


def varied(manner: Manner = PLAIN) -> Manner:
    """The same with bars added later, digits in any order, and separators."""
    return replace(manner, delayed=0.5, shuffled=True, marks=0.2)
