"""Which strokes of an ink stand on one line, near enough to be one number.

Tall strokes stand on a line with those beside them; short ones (bars, dots, dashes) belong to the
nearest tall one. What is then left over is small writing, looked at by itself.
"""

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.strokes.traces import Floats, gaps, typical_height

# All lengths are in typical heights of a digit.
TALL = 0.45  # a stroke of this height or more is not a bar, a dot or a dash …
ALONE = 0.7  # … of this height, even where it stands on a line with no other
APART = 1.2  # farther apart than this, strokes are not of one number …
BRIDGE = 0.9  # … unless there is a mark between them, at most so far from either
BESIDE = 0.4  # tall strokes stand on a line if they share this part of the lower one's height
PILED = 1.4  # strokes above each other, together no higher than this, are parts of a digit …
PILED_GAP = 0.25  # … if this is the most between them
REACH = 0.6  # a short stroke is at most so far above or below what it belongs to
HANG = 0.3  # a mark between two tall strokes is at most so far above or below them

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]


def lines_of(boxes: Floats) -> list[Indices]:
    """Sort strokes into lines.

    Args:
        boxes: (N, 4) left, top, right and bottom of each stroke, N ≥ 1.

    Returns:
        Ascending indices of the strokes of each line, lines in reading order: from the top to the
        bottom, from left to right.
    """
    lines: list[Indices] = []
    rest = np.arange(len(boxes))
    while len(rest):
        found, rest = _tall_lines(boxes, rest)
        lines += found
    return _in_reading_order(boxes, lines)


def _tall_lines(boxes: Floats, rest: Indices) -> tuple[list[Indices], Indices]:
    """The lines of the tall strokes of the rest, with the short ones near; and what is left."""
    unit = typical_height(boxes[rest])
    scaled = boxes[rest] / unit
    height = scaled[:, 3] - scaled[:, 1]
    is_tall = height >= TALL
    if not is_tall.any():  # all lie flat
        is_tall[:] = True
    elif height.max() >= ALONE:
        linked = _neighbours(scaled[is_tall], scaled[~is_tall]).sum(axis=1) > 1
        is_tall[is_tall] = linked | (height[is_tall] >= ALONE)
    tall, short = scaled[is_tall], scaled[~is_tall]
    home = _connected(_neighbours(tall, short))
    lines = [rest[is_tall][home == number].tolist() for number in range(home.max() + 1)]
    left: list[int] = []
    if len(short):
        across = np.maximum(gaps(short, tall, 0), 0)
        down = np.maximum(gaps(short, tall, 1), 0)
        nearest = np.hypot(across, down).argmin(axis=1)
        for row, stroke in enumerate(rest[~is_tall].tolist()):
            place = nearest[row]
            near = across[row, place] <= APART and down[row, place] <= REACH
            (lines[home[place]] if near else left).append(stroke)
    return [np.array(sorted(line)) for line in lines], np.array(left, np.intp)


def _neighbours(tall: Floats, short: Floats) -> Mask:
    """Which tall strokes are beside each other, or parts of one digit, (N, N)."""
    height = tall[:, 3] - tall[:, 1]
    across, down = gaps(tall, tall, 0), gaps(tall, tall, 1)
    lower = np.minimum(height[:, None], height[None, :])
    level = -down >= BESIDE * lower
    beside = level & (across <= APART)
    union = height[:, None] + height[None, :] + down
    piled = (across <= 0) & (down <= PILED_GAP) & (union <= PILED)
    if len(short):
        middle = (short[:, 1] + short[:, 3])[:, None] / 2
        near = (gaps(short, tall, 0) <= BRIDGE) & (
            (middle >= tall[:, 1] - HANG) & (middle <= tall[:, 3] + HANG)
        )
        beside |= level & (near.T @ near)
    return np.asarray(beside | piled)


def _connected(near: Mask) -> Indices:
    """Number the connected parts of a graph, (N,)."""
    home = np.full(len(near), -1)
    count = 0
    for start in range(len(near)):
        if home[start] >= 0:
            continue
        waiting = [start]
        home[start] = count
        while waiting:
            new = np.flatnonzero(near[waiting.pop()] & (home < 0))
            home[new] = count
            waiting += new.tolist()
        count += 1
    return home


def _in_reading_order(boxes: Floats, lines: list[Indices]) -> list[Indices]:
    """Sort lines by rows: those whose middle is above the foot of a row's first are of that row."""
    frames = [
        (*boxes[line, :2].min(axis=0).tolist(), *boxes[line, 2:].max(axis=0).tolist())
        for line in lines
    ]
    order = sorted(range(len(lines)), key=lambda line: frames[line][1] + frames[line][3])
    rows: list[list[int]] = []
    for line in order:
        middle = (frames[line][1] + frames[line][3]) / 2
        if not rows or middle >= frames[rows[-1][0]][3]:
            rows.append([])
        rows[-1].append(line)
    return [lines[line] for row in rows for line in sorted(row, key=lambda line: frames[line])]
