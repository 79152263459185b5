"""Which strokes of a line may be one digit together, judged by where they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from inkdigits.reading.strokes.traces import Floats, gaps

# All lengths are in typical heights of a digit.
LINK = 0.35  # farther apart than this, two strokes are not parts of one digit
WIDEST = 1.9  # several strokes that are wider than this together are not one digit …
HIGHEST = 1.9  # … nor those that are higher
SPECK = 0.1  # a stroke no longer than this is no part of a digit
MOST_STROKES = 5  # of a digit
WINDOW = 12  # places from the first stroke of a digit to its last, all strokes sorted by x
MOST_GROUPS = 12  # that begin with the same stroke …
FEWEST_GROUPS = 4  # … down to so many …
IN_ALL = 600  # … where that would make more than this
CLOSE = 0.06  # strokes this far apart nearly touch
DOT = 0.3  # two strokes no longer than this, one above the other, may be a colon …
DOTS_APART = 1.0  # … if they are no farther apart


@dataclass(frozen=True)
class Groups:
    """G sets of strokes that may be one digit, or one mark, among the N of a line.

    Args:
        members: places of the strokes of each among those of the line, ascending; the first N are
            the strokes by themselves.
        middles: (G,) x of the middle of the box of each.
        sizes: (G, 2) its width and height.
        gaps: (G,) the widest gap that has to be bridged to connect its strokes.
        shared: (G,) the least width that its left strokes share with those to the right of them,
            below 0 where there is nothing between; infinite for one stroke.
        overlaps: (G, N) how much of its width it shares with each stroke that is not in it.
        touches: (G, N) 1 for a stroke not in it that touches it, 1/e for one that is `CLOSE`, and
            so on; 0 for its own.
    """

    members: list[tuple[int, ...]]
    middles: Floats
    sizes: Floats
    gaps: Floats
    shared: Floats
    overlaps: Floats
    touches: Floats


def groups_of(boxes: Floats, samples: Floats) -> Groups:
    """Find the strokes that may be one digit.

    Args:
        boxes: (N, 4) left, top, right and bottom of the strokes of a line, sorted by x.
        samples: (N, S, 2) points along them.

    Returns:
        Each stroke by itself, each set of at most `MOST_STROKES` that hang together, and two
        dots above each other.
    """
    near = distances(boxes, samples)
    count = len(boxes)
    solid = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) > SPECK
    links = np.where(solid[:, None] & solid[None, :], near, np.inf)
    found: dict[tuple[int, ...], float] = {(stroke,): 0.0 for stroke in range(count)}
    most = min(MOST_GROUPS, max(FEWEST_GROUPS, IN_ALL // count))
    for first in range(count):
        found |= _grown(first, boxes, links, most)
    for pair, gap in _colons(boxes):
        found.setdefault(pair, gap)
    member = np.zeros((len(found), count), bool)
    for row, members in enumerate(found):
        member[row, list(members)] = True
    ends = np.where(member[:, :, None], boxes[None], [np.inf, np.inf, -np.inf, -np.inf])
    frames = np.hstack([ends[:, :, :2].min(axis=1), ends[:, :, 2:].max(axis=1)])
    apart = np.array([near[list(members)].min(axis=0) for members in found])
    return Groups(
        list(found),
        (frames[:, 0] + frames[:, 2]) / 2,
        frames[:, 2:] - frames[:, :2],
        np.array(list(found.values())),
        np.array([_shared(boxes[list(members)]) for members in found]),
        np.where(member, 0.0, np.maximum(-gaps(frames, boxes, 0), 0)),
        np.where(member, 0.0, np.exp(-apart / CLOSE)),
    )


def distances(boxes: Floats, samples: Floats) -> Floats:
    """The distances of strokes, (N, N): infinite beyond `LINK`, and beyond the `WINDOW`."""
    count = len(boxes)
    near = np.full((count, count), np.inf)
    np.fill_diagonal(near, 0.0)
    first, second = np.nonzero(
        (gaps(boxes, boxes, 0) <= LINK)
        & (gaps(boxes, boxes, 1) <= LINK)
        & np.triu(np.ones((count, count), bool), 1)
        & ~np.triu(np.ones((count, count), bool), WINDOW)
    )
    if len(first):
        ways = samples[first][:, :, None] - samples[second][:, None]
        apart = np.sqrt((ways**2).sum(axis=3).min(axis=(1, 2)))
        near[first, second] = near[second, first] = np.where(apart <= LINK, apart, np.inf)
    return near


def _grown(first: int, boxes: Floats, links: Floats, most: int) -> dict[tuple[int, ...], float]:
    """At most `most` sets that begin with a stroke, nearest first, each with its widest gap."""
    after = range(first + 1, min(first + WINDOW, len(boxes)))
    groups: dict[tuple[int, ...], float] = {(first,): 0.0}
    waiting: list[tuple[int, ...]] = [(first,)]
    while waiting and len(groups) < most:
        members = waiting.pop(0)
        if len(members) == MOST_STROKES:
            continue
        ways = {new: float(links[list(members), new].min()) for new in after if new not in members}
        for new, way in sorted(ways.items(), key=lambda item: item[1]):
            larger = tuple(sorted((*members, new)))
            if way <= LINK and larger not in groups and _fits(boxes[list(larger)]):
                groups[larger] = max(groups[members], way)
                waiting.append(larger)
    return dict(islice(groups.items(), most))


def _fits(boxes: Floats) -> bool:
    """Whether strokes are together no larger than a digit."""
    width, height = (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)).tolist()
    return bool(width <= WIDEST and height <= HIGHEST)


def _colons(boxes: Floats) -> Iterator[tuple[tuple[int, int], float]]:
    """The pairs of dots above each other, with the gap between them."""
    dots = np.flatnonzero((boxes[:, 2:] - boxes[:, :2]).max(axis=1) <= DOT)
    for first, second in pairwise(dots.tolist()):
        aside = (boxes[first, 0] + boxes[first, 2] - boxes[second, 0] - boxes[second, 2]) / 2
        gap = float(gaps(boxes[[first]], boxes[[second]], 1)[0, 0])
        if abs(aside) <= DOT and 0 <= gap <= DOTS_APART:
            yield (first, second), gap


def _shared(boxes: Floats) -> float:
    """The least that the strokes to the left of a cut share in x with those to the right."""
    ordered = boxes[np.argsort(boxes[:, 0], kind="stable")]
    ends = np.maximum.accumulate(ordered[:, 2])
    return float((ends[:-1] - ordered[1:, 0]).min(initial=np.inf))
