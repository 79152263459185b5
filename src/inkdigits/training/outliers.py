"""Things that are not digits, made afresh in every epoch: what a model must learn to refuse.

Strokes teach strokes, so most are ink: symbols and scribbles by formula, and digits halved, turned,
paired or crossed out. Nothing here may be read as a digit by a person: each shape keeps the turns,
proportions and numbers of bends that say so. Foreign script, printed letters and clothing are left
out on purpose: that they are refused unseen is what tests measure.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink
from inkdigits.training import outlier_pictures, outlier_strokes

# Shares of the kinds; they need not add up to 1. Strokes are the larger part, and among them what
# is made of digits, since it lies nearest to them. Pictures are few: from photographs a model
# learns little about strokes.
DRAWN = {
    "scribble": 6.0,  # a smooth random walk
    "scrawl": 5.0,  # like a word written too fast to be read
    "zigzag": 3.0,
    "spiral": 2.0,
    "loops": 3.0,  # eee, lll
    "arches": 3.0,  # mmm, uuu, waves
    "symbol": 14.0,  # straight: crosses, ticks, arrows, boxes, stars …
    "round": 7.0,  # curved: hearts, faces, suns, rings, infinity …
    "glyph": 12.0,  # a few strokes thrown together
    "dash": 1.0,
    "dots": 1.0,
}
FROM_DIGITS = {
    "half": 8.0,
    "pair": 10.0,
    "turned": 7.0,
    "mirrored": 2.0,
    "crossed_out": 4.0,
}
PICTURES = {
    "noise": 0.2,
    "smooth": 1.0,
    "salt": 0.7,
    "stripes": 1.0,
    "checks": 1.0,
    "lattice": 1.0,
    "solid": 0.2,
    "gradient": 0.2,
    "blobs": 1.5,
    "polygon": 1.5,
    "nothing": 1.5,  # a photograph of nothing
    "text_lines": 1.0,  # grey bars, as a page of print seen from afar
    "dirt": 1.0,
}
KINDS = (*DRAWN, *FROM_DIGITS, *PICTURES)

# `prepare` finds no ink in most of these: no model is asked about them.
OFTEN_BLANK = frozenset({"noise", "smooth", "solid", "gradient", "nothing", "dirt"})

# What people write for another sign and would read as a digit when it stands alone, scaled to the
# height of one; by the labels of UNIPEN, which writes \\ for \. Letters and |: O and D for 0, I for
# 1, Z for 2 and so on. Marks: ' , . ` / \ are a short stroke each, and a stroke as high as a digit
# is a 1 (a few are a 7); ( and ) come as straight as a 1 or as bent as a 7; the dot of ! is a speck
# to the normaliser as often as not, and what is left is a 1; \@ is no sign but a slash in most
# samples. Neither trained on nor tested on.
LOOK_ALIKES = frozenset("OoQDIilLZzSsBbGgqyTt|") | {
    *("'", ",", ".", "`", "/", "\\", "\\\\", "(", ")", "!", "\\@"),
}
# Not trained on, but tested on: a person tells them from digits, but many a } is all but a 3, and
# many an f all but a crossed 7 or an 8, so that to refuse them costs digits.
DOUBTFUL = frozenset("}f")

# Halves that are no digit: label, directions from the digit's middle to the part that is kept,
# degrees (0 right, 90 down), and how wide it must be, as a share of its height: a narrower arc is a
# 1, a narrower corner an L. Left out: any half of 1 and 7 (a stroke is a 1), the stem of 4, all of
# 6 and 9 (a ring, a 1, an open 6, a 4), the rings of 8, the right of 0 (a round 7), 3 and 8 (a 3),
# the tops of 2, 3 and 5 and the bottoms of 3 and 5, which pass for 7, 2 and 3.
HALVES = {
    "0": ((90.0, 180.0, 270.0), 0.45),
    "2": ((90.0,), 0.9),
    "3": ((180.0,), 0.3),
    "4": ((180.0,), 0.8),
    "5": ((180.0,), 0.4),
    "8": ((180.0,), 0.35),
}
# By 90 degrees 0 stays a 0, 6 and 9 become each other with a long tail, and a 4 is so symmetrical
# that it stays a 4. An 8 becomes the sign of infinity, and a 1 a dash, if it has no flag.
TURNED = "23578"
SLENDER = {"8": 1.4, "1": 3.0}  # height over width from which on these two are turned
MIRRORED = "37"  # the others are symmetrical, or pass for another digit or for themselves
TRIES = 20  # how often a digit that suits is looked for before another kind is taken

Digit = tuple[str, Ink]
Source = Ink | NDArray[np.uint8]
Points = NDArray[np.float64]


def synthetic(count: int, digits: Sequence[Digit], rng: np.random.Generator) -> list[Source]:
    """Make things that are not digits.

    Args:
        count: how many.
        digits: labels, "0" to "9", and inks, of which some are halved, turned and so on; without
            any, the other kinds take their place.
        rng: all that is random comes from it.

    Returns:
        `count` sources for `inkdigits.recognizer.prepare`: inks, and pictures (H, W) uint8 of 40 to
        200 pixels a side. In a few of the pictures there is no ink to be found (`OFTEN_BLANK`).
    """
    weights = DRAWN | (FROM_DIGITS if digits else {}) | PICTURES
    shares = np.array(list(weights.values()))
    kinds = rng.choice(list(weights), size=count, p=shares / shares.sum())
    return [make(kind, digits, rng) for kind in kinds.tolist()]


def make(kind: str, digits: Sequence[Digit], rng: np.random.Generator) -> Source:
    """Make one thing of this kind, one of `KINDS`; a scribble if no digit is found that suits."""
    if kind in PICTURES:
        return outlier_pictures.MAKERS[kind](rng)
    if kind in DRAWN:
        return outlier_strokes.draw(kind, rng)
    return _MADE_OF_DIGITS[kind](digits, rng) or outlier_strokes.draw("scribble", rng)


def _pick(digits: Sequence[Digit], labels: str, rng: np.random.Generator) -> Digit | None:
    """Look for a digit with one of these labels."""
    for index in rng.integers(len(digits), size=TRIES).tolist():
        digit: Digit = digits[index]
        if digit[0] in labels and not digit[1].is_empty:
            return digit
    return None


def _strokes(ink: Ink) -> list[Points]:
    """Points of each stroke, with the ink's box as high as 1 and its corner at the origin."""
    strokes = [np.array(stroke)[:, :2] for stroke in ink.strokes]
    left, top, width, height = ink.box() or (0.0, 0.0, 1.0, 1.0)
    return [(stroke - (left, top)) / (height or width or 1.0) for stroke in strokes]


def _half(digits: Sequence[Digit], rng: np.random.Generator) -> Ink | None:
    """Keep what lies to one side of a line through the middle of a digit."""
    for _ in range(3):
        picked = _pick(digits, "".join(HALVES), rng)
        if picked is None:
            return None
        label, ink = picked
        directions, least = HALVES[label]
        angle = np.deg2rad(rng.choice(directions) + rng.uniform(-15, 15))
        part = _cut(_strokes(ink), np.array([np.cos(angle), np.sin(angle)]), least, rng)
        if part is not None:
            return Ink(part)
    return None


def _cut(
    strokes: list[Points], towards: Points, least: float, rng: np.random.Generator
) -> list[Points] | None:
    """Keep 35 to 55 % of the ink's length, the part that lies farthest `towards` a side.

    None where what is left is narrower than `least` of its height.
    """
    dense = [_dense(stroke) for stroke in strokes if len(stroke) > 1]
    if not dense:
        return None
    depth = np.concatenate(dense) @ towards
    limit = np.sort(depth)[int(rng.uniform(0.45, 0.65) * len(depth))]
    kept: list[Points] = []
    for stroke in dense:
        inside = stroke @ towards > limit
        ends = np.flatnonzero(np.diff(inside)) + 1
        pieces = np.split(stroke, ends)
        kept += [piece for piece in pieces[0 if inside[0] else 1 :: 2] if len(piece) > 2]
    if not kept:
        return None
    width, height = np.ptp(np.concatenate(kept), axis=0)
    return kept if width > least * height else None


def _dense(stroke: Points) -> Points:
    """Put points at even distances, 3 % of the height, so that a share of them is one of length."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0, along[-1], 2 + int(along[-1] / 0.03))
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def _pair(digits: Sequence[Digit], rng: np.random.Generator) -> Ink | None:
    """Two digits side by side or a little into each other; seldom three.

    Ones keep their distance: near a 0 they would make a 6 or a 9 of it.
    """
    chosen = [digits[index] for index in rng.integers(len(digits), size=rng.choice([2, 2, 2, 3]))]
    strokes: list[Points] = []
    right, before = 0.0, ""
    for label, ink in chosen:
        if ink.is_empty:
            return None
        size = rng.uniform(0.8, 1.2)
        parts = [stroke * size for stroke in _strokes(ink)]
        if strokes:
            right += rng.uniform(0.2 if "1" in before + label else -0.1, 0.6)
        drop = rng.uniform(-0.15, 0.15)
        parts = [part + np.array([right, drop]) for part in parts]
        right = max(float(part[:, 0].max()) for part in parts)
        strokes += parts
        before = label
    return Ink(strokes)


def _turned(digits: Sequence[Digit], rng: np.random.Generator) -> Ink | None:
    """A digit lying on its side; a 1 becomes a dash."""
    for _ in range(3):
        picked = _pick(digits, TURNED + "1" * (rng.random() < 0.3), rng)
        if picked is None:
            return None
        _, _, width, height = picked[1].box() or (0.0, 0.0, 0.0, 0.0)
        if height >= SLENDER.get(picked[0], 0.0) * width:
            angle = np.deg2rad(rng.choice([-90, 90]) + rng.uniform(-8, 8))
            cosine, sine = np.cos(angle), np.sin(angle)
            turn = np.array([[cosine, sine], [-sine, cosine]])
            return Ink([stroke @ turn for stroke in _strokes(picked[1])])
    return None


def _mirrored(digits: Sequence[Digit], rng: np.random.Generator) -> Ink | None:
    picked = _pick(digits, MIRRORED, rng)
    return picked and Ink([stroke * (-1, 1) for stroke in _strokes(picked[1])])


def _crossed_out(digits: Sequence[Digit], rng: np.random.Generator) -> Ink | None:
    """A digit with a scribble over it; one line would be a slashed 0 or a crossed 7."""
    picked = _pick(digits, "0123456789", rng)
    if picked is None:
        return None
    strokes = _strokes(picked[1])
    width, height = np.ptp(np.concatenate(strokes), axis=0)
    scrawl = outlier_strokes.strike_out(rng)
    size = (max(width, 0.6) * rng.uniform(1.1, 1.5), height * rng.uniform(0.6, 1.1))
    return Ink([*strokes, *(part * size + (width / 2, height / 2) for part in scrawl)])


_MADE_OF_DIGITS: dict[str, Callable[[Sequence[Digit], np.random.Generator], Ink | None]] = {
    "half": _half,
    "pair": _pair,
    "turned": _turned,
    "mirrored": _mirrored,
    "crossed_out": _crossed_out,
}
