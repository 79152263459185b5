"""Separators among the strokes of a line: told by their size, and their place beside the digits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inkdigits.reading.strokes.traces import Floats

MARKS = ".,-/:"
LEAST_FIT = -8.0  # what fits worse is no separator

# Each limit is the least and the most of something, in heights of a digit; a place is 0 at the top
# of the digits beside it, 1 at their foot.
DOT = (0.0, 0.18)  # the longer side of a dot
DOT_PLACE = (0.78, 1.2)  # the middle of a decimal point …
COLON_PLACES = ((0.05, 0.6), (0.5, 1.1))  # … and of the two dots of a colon
COLON_APART = (0.25, 0.9)  # from one to the other
COLON_LEAN = (-0.2, 0.2)  # and how far to the right of it
TICK = (0.18, 0.6)  # the height of a comma
TICK_TOP = (0.68, 1.15)
TICK_FOOT = (1.0, 1.5)
TICK_LEAN = (-0.05, 0.35)  # its top is so far to the right of its foot
DASH = (0.18, 0.95)  # the width of a dash
DASH_PLACE = (0.25, 0.75)
DASH_SLOPE = (0.0, 0.3)  # its height, by its width
SLASH = (1.25, 2.3)  # the height of a slash
SLASH_TOP = (-0.8, -0.1)
SLASH_FOOT = (1.08, 1.8)
SLASH_LEAN = (0.25, 1.2)  # its width, by its height
STRAIGHT = (0.93, 1.0)  # the way from end to end of a dash or a slash, by its length

SLACK = 0.06  # beyond a limit by so much, a mark is less likely by a factor of e^½

TALL = 0.5  # a stroke this high is a digit, or a part that is as high


def separators(boxes: Floats, samples: Floats, members: tuple[int, ...]) -> list[tuple[str, float]]:
    """Find the separators that a group of strokes may be.

    Args:
        boxes: (N, 4) left, top, right and bottom of the strokes of a line, heights of a digit.
        samples: (N, S, 2) points along them.
        members: places of the strokes of the group.

    Returns:
        Separators, and how well each fits: 0, or less, as a logarithm, down to `LEAST_FIT`.
    """
    own = list(members)
    if not _is_worth_a_look(boxes[own]):
        return []
    band = _band(boxes, members)
    if band is None:
        return []
    return [(mark, fit) for mark, fit in _fits(boxes[own], samples[own], band) if fit >= LEAST_FIT]


def _is_worth_a_look(boxes: Floats) -> bool:
    """Whether strokes are as many, and as high, as a separator may be."""
    height = float(boxes[:, 3].max() - boxes[:, 1].min())
    if len(boxes) == 1:
        return height <= TICK[1] + 3 * SLACK or height >= SLASH[0] - 3 * SLACK
    return len(boxes) == 2 and height <= COLON_APART[1] + 2 * DOT[1]


@dataclass(frozen=True)
class Band:
    """Where the digits stand beside a mark.

    Args:
        top: of the digits.
        foot: of the digits.
        after: whether it stands after one of them.
        before: whether it stands before one of them.
    """

    top: float
    foot: float
    after: bool
    before: bool


def _band(boxes: Floats, members: tuple[int, ...]) -> Band | None:
    """The band of the tall strokes that stand beside some strokes of a line; None without any."""
    tall = boxes[:, 3] - boxes[:, 1] >= TALL
    tall[list(members)] = False
    if not tall.any():
        return None
    own = boxes[list(members)]
    middle = (own[:, 0].min() + own[:, 2].max()) / 2
    others = boxes[tall]
    places = (others[:, 0] + others[:, 2]) / 2
    before, after = places <= middle, places > middle
    nearest = [
        others[side][np.abs(places[side] - middle).argmin()]
        for side in (before, after)
        if side.any()
    ]
    _, top, _, foot = np.mean(nearest, axis=0).tolist()
    return Band(top, foot, bool(before.any()), bool(after.any()))


def _fits(boxes: Floats, samples: Floats, band: Band) -> Iterator[tuple[str, float]]:
    """The separators that strokes beside digits may be, each with how well it fits."""
    if len(boxes) == 1 and band.after:
        yield from _single(boxes[0], samples[0], band)
    elif len(boxes) == 1 and band.before:  # a minus
        yield "-", _dash(boxes[0], samples[0], band)
    elif len(boxes) == 2 and band.after and band.before:
        yield ":", _colon(boxes, band)


def _single(box: Floats, samples: Floats, band: Band) -> Iterator[tuple[str, float]]:
    """What one stroke after a digit may be."""
    yield ".", -_beyond(_longer(box), DOT) - _beyond(_level(box, band), DOT_PLACE)
    yield "-", _dash(box, samples, band)
    if not band.before:
        return
    lean = samples[0, 0] - samples[-1, 0]
    lean = float(lean if samples[0, 1] < samples[-1, 1] else -lean)
    height, top, foot = box[3] - box[1], box[1] - band.top, box[3] - band.foot + 1
    yield (
        ",",
        -_beyond(height, TICK)
        - _beyond(top, TICK_TOP)
        - _beyond(foot, TICK_FOOT)
        - _beyond(lean, TICK_LEAN),
    )
    yield (
        "/",
        -_beyond(height, SLASH)
        - _beyond(top, SLASH_TOP)
        - _beyond(foot, SLASH_FOOT)
        - _beyond(lean / max(height, SLACK), SLASH_LEAN)
        - _beyond(_straightness(samples), STRAIGHT),
    )


def _dash(box: Floats, samples: Floats, band: Band) -> float:
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        -_beyond(width, DASH)
        - _beyond(height / max(width, SLACK), DASH_SLOPE)
        - _beyond(_level(box, band), DASH_PLACE)
        - _beyond(_straightness(samples), STRAIGHT)
    )


def _colon(boxes: Floats, band: Band) -> float:
    upper, lower = sorted(boxes, key=lambda box: float(box[1] + box[3]))
    places = _level(upper, band), _level(lower, band)
    lean = (upper[0] + upper[2] - lower[0] - lower[2]) / 2
    return (
        -_beyond(_longer(upper), DOT)
        - _beyond(_longer(lower), DOT)
        - _beyond(places[0], COLON_PLACES[0])
        - _beyond(places[1], COLON_PLACES[1])
        - _beyond(places[1] - places[0], COLON_APART)
        - _beyond(lean, COLON_LEAN)
    )


def _beyond(value: float, limits: tuple[float, float]) -> float:
    """How unlikely a value outside of limits is: half the square of how far, in `SLACK`."""
    least, most = limits
    return float(max(least - value, value - most, 0.0) / SLACK) ** 2 / 2


def _level(box: Floats, band: Band) -> float:
    """Where the middle of a box is: 0 at the top of the digits beside it, 1 at their foot."""
    return float(((box[1] + box[3]) / 2 - band.top) / (band.foot - band.top))


def _longer(box: Floats) -> float:
    return float(max(box[2] - box[0], box[3] - box[1]))


def _straightness(samples: Floats) -> float:
    """The way from end to end, by the length along the stroke; 1 for a dot."""
    length = float(np.hypot(*np.diff(samples, axis=0).T).sum())
    return float(np.hypot(*(samples[-1] - samples[0]))) / length if length else 1.0
