"""Ways of writing a digit that data sets hardly hold, and that may need its neighbours.

Alone, a stroke that leans is a slash and a 9 whose ring stands right of its stem is a P: the
recogniser of single digits has to leave them alone. In a number they are digits. Each function
makes up a mark of one kind, about one high, y downwards.
"""

from collections.abc import Callable, Sequence

import numpy as np

from inkdigits.training.allographs import curve
from inkdigits.training.numbers.glyphs import Strokes

Points = list[tuple[float, float]]


def flagged_one(rng: np.random.Generator) -> Strokes:
    """As most of the world writes it: an upstroke, short or as long as the stem; some have feet."""
    reach = rng.uniform(0.12, 0.8)
    drop = rng.uniform(max(0.15, 1.1 * reach), 1.05)  # a flatter one makes it a 7
    foot = rng.normal(0, 0.08)
    bend = rng.normal(0, 0.04, 2)
    strokes: list[Points] = [
        [
            (-reach, drop),
            (-reach / 2 + bend[0], drop / 2 + bend[1]),
            (0.0, 0.0),
            (foot / 2, 0.5),
            (foot, 1.0),
        ]
    ]
    if rng.random() < 0.12:
        left, right = rng.uniform(0.15, 0.4, 2)
        strokes.append([(foot - left, 1.0), (foot + right, 1.0)])
    return _mark(strokes, 0.0)


def leaning_one(rng: np.random.Generator) -> Strokes:
    """A straight stroke that leans more than its neighbours do."""
    lean, bend = rng.uniform(0.1, 0.8), rng.normal(0, 0.03)
    return _mark([[(lean, 0.0), (lean / 2 + bend, 0.5), (0.0, 1.0)]], 1.0)


def looped_two(rng: np.random.Generator) -> Strokes:
    """With a loop at its foot, and a tail that goes on below the line or along it."""
    low = rng.uniform(0.8, 0.95)
    points = [
        (rng.uniform(0, 0.2), rng.uniform(0.08, 0.35)),
        (0.45, 0.0),
        (0.78, rng.uniform(0.15, 0.3)),
        (0.5, 0.62),
        (0.1, low),
        (0.0, low - 0.1),
        (0.25, low - rng.uniform(0.08, 0.2)),
        (0.6, low),
        (rng.uniform(0.75, 1.2), rng.uniform(0.8, 1.25)),
    ]
    return _mark([_jittered(points, rng)], 1.0, rng.uniform(0.55, 0.9))


def open_four(rng: np.random.Generator) -> Strokes:
    """Of a bowl or a corner, and a stem that is long or begins only within."""
    width, low = rng.uniform(0.7, 1), rng.uniform(0.45, 0.7)
    arm: Points = [(rng.uniform(0.05, 0.4), 0.0), (0.0, low), (0.0, low), (width, low - 0.04)]
    if rng.random() < 0.5:  # a bowl
        arm = [(rng.uniform(0, 0.25), 0.0), (0.02, 0.3), (0.25, low), (width, low * 0.85)]
    stem, top = rng.uniform(0.55, 0.9) * width, rng.uniform(-0.05, 0.4)
    down = [(stem, top), (stem + rng.normal(-0.06, 0.06), 1.0)]
    return _mark([_jittered(arm, rng), _jittered(down, rng)], 0.8, rng.uniform(0.55, 0.95))


def smooth_five(rng: np.random.Generator) -> Strokes:
    """In one go like an S, its bar and its upright one bow."""
    points = [
        (rng.uniform(0.75, 1.05), rng.uniform(0, 0.1)),
        (0.45, 0.02),
        (rng.uniform(0.1, 0.3), rng.uniform(0.2, 0.35)),
        (0.6, 0.42),
        (0.88, 0.68),
        (0.5, 1.0),
        (0.0, rng.uniform(0.82, 1.0)),
    ]
    return _mark([_jittered(points, rng)], 1.0, rng.uniform(0.5, 0.9))


def root_five(rng: np.random.Generator) -> Strokes:
    """Like √: down, up, and a bar to the right, in one go."""
    foot, top = rng.uniform(0.1, 0.3), rng.uniform(0.4, 0.7)
    height = rng.uniform(-0.02, 0.12)
    points = [(0.0, rng.uniform(0.4, 0.85)), (foot, 1.0), (foot, 1.0), (top, height)]
    if rng.random() < 0.6:
        points.append(points[-1])  # a corner
    points.append((top + rng.uniform(0.12, 0.6), height + rng.normal(0, 0.06)))
    return _mark([_jittered(points, rng)], rng.uniform(0, 0.7), rng.uniform(0.6, 1))


def stem_left_nine(rng: np.random.Generator) -> Strokes:
    """Like a P: up the stem, and the ring to its right, closed or only a curl."""
    stem, foot = rng.uniform(0.1, 0.3), rng.normal(0.12, 0.12)
    low = rng.uniform(0.3, 0.58)
    points = [(foot, 1.0), ((stem + foot) / 2 + rng.normal(0, 0.04), 0.55)]
    points += [(stem, rng.uniform(0.12, 0.25)), (rng.uniform(0.45, 0.65), 0.0), (0.95, low * 0.4)]
    if rng.random() < 0.75:
        points += [(0.75, low * 0.9), (stem + rng.uniform(-0.05, 0.25), low)]
    else:
        points += [(0.85, low * 0.7), (rng.uniform(0.55, 0.75), low * rng.uniform(0.5, 0.8))]
    return _mark([_jittered(points, rng)], rng.uniform(0.6, 1), rng.uniform(0.4, 0.75))


def barred_seven(rng: np.random.Generator) -> Strokes:
    """With a bar through its stem; its top short or long, with or without a serif."""
    left, right = rng.uniform(0, 0.35), rng.uniform(0.6, 0.95)
    foot = rng.uniform(0.2, 0.6)
    top: Points = [(left, rng.uniform(0, 0.12)), (right, 0.0), (right, 0.0)]
    if rng.random() < 0.6:
        top.insert(0, (left - rng.normal(0.02, 0.05), rng.uniform(0.15, 0.35)))
    top.append((foot, 1.0))
    middle = 0.5 * (right + foot)
    height = rng.uniform(0.4, 0.6)
    ends = middle + rng.uniform(0.2, 0.5, 2) * [-1, 1]
    bar = [(ends[0], height + rng.normal(0, 0.04)), (ends[1], height + rng.normal(0, 0.06))]
    return _mark([_jittered(top, rng), bar], rng.uniform(0, 0.8), rng.uniform(0.6, 1))


def open_eight(rng: np.random.Generator) -> Strokes:
    """An S with a stroke back up that does not quite meet its beginning; its head large or tiny."""
    waist, head = rng.uniform(0.28, 0.48), rng.uniform(0.35, 0.9)
    left, right = 0.5 - 0.45 * head, 0.5 + 0.45 * head
    points = [
        (right - rng.uniform(-0.05, 0.25), waist * rng.uniform(0.1, 0.45)),
        (0.5, 0.0),
        (left, waist * 0.45),
        (0.5, waist),
        (0.9, waist + 0.55 * (1 - waist)),
        (0.48, 1.0),
        (0.08, waist + 0.6 * (1 - waist)),
        (0.5, waist + 0.04),
        (right + rng.uniform(-0.15, 0.15), waist * rng.uniform(0, 0.6)),
    ]
    return _mark([_jittered(points, rng)], 1.0, rng.uniform(0.5, 0.95))


def hooked_nine(rng: np.random.Generator) -> Strokes:
    """Its ring a flat triangle or only a hook, its stem straight."""
    low, corner = rng.uniform(0.25, 0.45), rng.uniform(0.6, 0.9)
    points = [(corner - rng.uniform(0, 0.3), rng.uniform(0, 0.15)), (0.35, 0.0)]
    turn = (corner, rng.uniform(0, low))
    points += [(0.02, low * 0.6), (0.35, low), turn, turn]  # given twice: a corner
    points.append((rng.uniform(0.4, corner), 1.0))
    return _mark([_jittered(points, rng)], rng.uniform(0.4, 1), rng.uniform(0.5, 0.9))


Hand = Callable[[np.random.Generator], Strokes]

HANDS: dict[str, tuple[Hand, ...]] = {
    "1": (flagged_one, leaning_one),
    "2": (looped_two,),
    "4": (open_four,),
    "5": (root_five, smooth_five),
    "7": (barred_seven,),
    "8": (open_eight,),
    "9": (stem_left_nine, hooked_nine),
}


def _jittered(points: Sequence[tuple[float, float]], rng: np.random.Generator) -> Points:
    """Points moved a little; those given twice in a row, which are corners, stay so."""
    moved: Points = []
    for place, point in enumerate(points):
        if place and point == points[place - 1]:
            moved.append(moved[-1])
        else:
            x, y = np.asarray(point) + rng.normal(0, 0.035, 2)
            moved.append((float(x), float(y)))
    return moved


def _mark(strokes: Sequence[Points], roundness: float, width: float = 1.0) -> Strokes:
    curves = [curve(np.array(points), roundness) * (width, 1) for points in strokes]
    return Strokes(np.concatenate(curves).astype(np.float32), tuple(map(len, curves)))
