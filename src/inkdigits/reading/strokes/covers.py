"""The best ways to part strokes into groups: each stroke in one group, each group read one way.

The first stroke that is in no group yet is put into one, and so on; ways that have the same strokes
in groups go on alike, so that only the best of them are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import exp, log

KEPT = 16  # ways kept of those that have the same strokes in groups, unless told otherwise …
WORSE = 15.0  # … and only if they are worse than the best of them by no more than this
STATES = 16  # sets of strokes kept, of those whose first missing stroke is the same


@dataclass(frozen=True)
class Option:
    """A group of strokes, and what it may be.

    Args:
        members: ascending numbers of its strokes.
        readings: what it may be, each with its score, best first.
        total: the logarithm of the sum of the exponentials of all its scores, shown or not.
    """

    members: tuple[int, ...]
    readings: Sequence[tuple[str, float]]
    total: float


@dataclass(frozen=True)
class Cover:
    """A way to part all strokes.

    Args:
        score: the sum of those of its groups.
        chosen: option and text of each group.
    """

    score: float
    chosen: tuple[tuple[Option, str], ...]


# A way is its score, and the way without its last group, with that: (score, way, option, text).
_Way = tuple[float, "_Way | None", Option | None, str]
_START: _Way = (0.0, None, None, "")


def best_covers(
    options: Sequence[Option], count: int, kept: int = KEPT
) -> tuple[list[Cover], float]:
    """Find the best ways to part strokes.

    Args:
        options: groups; each stroke is one by itself.
        count: how many strokes there are.
        kept: ways kept of those that have the same strokes in groups.

    Returns:
        At most `kept` ways, best first, and the logarithm of the sum of the exponentials of the
        scores of all ways there are.
    """
    by_first: list[list[tuple[int, Option]]] = [[] for _ in range(count)]
    for option in options:
        by_first[option.members[0]].append((sum(1 << place for place in option.members), option))
    # For each first missing stroke, the sets of strokes in groups: their ways, and total.
    states: list[dict[int, tuple[list[_Way], list[float]]]] = [{} for _ in range(count + 1)]
    states[0][0] = [_START], [0.0]
    for first in range(count):
        reached = nlargest(STATES, states[first].items(), key=lambda state: max(state[1][1]))
        for done, (ways, totals) in reached:
            best = nlargest(kept, ways, key=_score)
            worst = best[0][0] - WORSE
            best = [way for way in best if way[0] >= worst]
            total = log_sum(totals)
            for mask, option in by_first[first]:
                if done & mask:
                    continue
                union = done | mask
                missing = (~union & (union + 1)).bit_length() - 1
                more, sums = states[missing].setdefault(union, ([], []))
                sums.append(total + option.total)
                for text, score in option.readings:
                    more += [(way[0] + score, way, option, text) for way in best]
        states[first] = {}
    ((ways, totals),) = states[count].values()
    return [_cover(way) for way in nlargest(kept, ways, key=_score)], log_sum(totals)


def log_sum(values: Sequence[float]) -> float:
    """The logarithm of the sum of exponentials."""
    most = max(values)
    return most + log(sum(exp(value - most) for value in values))


def _score(way: _Way) -> float:
    return way[0]


def _cover(way: _Way) -> Cover:
    """Follow a way back to its start."""
    chosen = []
    score, previous, option, text = way
    while previous is not None and option is not None:
        chosen.append((option, text))
        _, previous, option, text = previous
    return Cover(score, tuple(reversed(chosen)))
