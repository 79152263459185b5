"""How many fields of photographed forms layout finds: each one strip, with all of its digits."""

import argparse
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from common import Report, add_report_options, publish
from form_sheet import Corners, Field
from forms import Form, form, held_out_glyphs
from numpy.typing import NDArray

from inkdigits.reading.layout.page import find_strips
from inkdigits.reading.strip import Strip
from inkdigits.training.numbers.texts import SEPARATORS

BAND_ERROR = 0.15  # a band is right if its ends are off by no more than this share of its height
COVERED = 0.75  # a digit is covered by a strip that holds this share of it
SEEN = 0.5  # a border is left in a strip that shows it over this share of its band, …
PAINTED = 0.5  # … unless it lost this share of its darkness
NEAR = 2  # pixels of a strip, on both sides of a border, that show it …
PAPER = 8  # … or the paper around it
OUTCOMES = ("right", "border", "word", "band", "part", "split", "merged", "missed")


@dataclass
class Found:
    """What became of the fields of a form, and which strips are of no field."""

    outcomes: list[tuple[Field, str]]
    spurious: int


def judge(made: Form, strips: Sequence[Strip]) -> Found:
    """Compare strips with the fields.

    A field is `right` if just one strip holds all its digits, its band is right and nothing else is
    in it; else it is `merged` with another, `split` over several strips, `missed`, `part` if some
    of its digits are outside of the strip that holds most, or off in its `band`, or a printed
    `word` or a `border` is in it.
    """
    held = [[_held(strip, one) for strip in strips] for one in made.fields]
    used = {index for row in held for index, some in enumerate(row) if some.any()}
    outcomes = [
        (one, _outcome(one, row, place, held, strips, made))
        for place, (one, row) in enumerate(zip(made.fields, held, strict=True))
    ]
    return Found(outcomes, len(strips) - len(used))


def _tall(one: Field) -> NDArray[np.bool_]:
    return np.array([c not in SEPARATORS for c in one.text])


def _in_strip(strip: Strip, corners: Corners) -> tuple[Corners, Corners]:
    """The boxes (left, top) and (right, foot) of marks, in pixels of a strip."""
    places = _places(strip, corners)
    # half of the difference between a box around a turned box, and the box that it was
    sides = places[:, [1, 2, 2, 3]] + places[:, [0, 1, 3, 0]]
    middle = sides / 2
    low = np.stack([middle[:, 3, 0], middle[:, 0, 1]], axis=1)
    high = np.stack([middle[:, 1, 0], middle[:, 2, 1]], axis=1)
    return low, high


def _held(strip: Strip, one: Field) -> NDArray[np.bool_]:
    """Which digits of a field a strip's band covers."""
    low, high = _in_strip(strip, one.marks[_tall(one)])
    least = np.maximum(low, [0, strip.top])
    most = np.minimum(high, [strip.grey.shape[1], strip.bottom])
    share = np.clip((most - least) / np.maximum(high - low, 1e-6), 0, 1)
    # and it has to be a digit of this strip: not one that its much higher band runs over
    return (share[:, 0] >= COVERED) & (share[:, 1] >= COVERED / 1.5)


def _outcome(
    one: Field,
    row: list[NDArray[np.bool_]],
    place: int,
    held: list[list[NDArray[np.bool_]]],
    strips: Sequence[Strip],
    made: Form,
) -> str:
    holding = [index for index, some in enumerate(row) if some.any()]
    if not holding:
        return "missed"
    best = max(holding, key=lambda index: row[index].sum())
    if any(other[best].any() for at, other in enumerate(held) if at != place):
        return "merged"
    if not row[best].all():
        return "split" if len(holding) > 1 else "part"
    if len(holding) > 1:
        return "split"
    strip = strips[best]
    tall = _tall(one)
    # a stroke between may be as high as digits, or higher
    bands = [
        _off(strip, one.marks[tall | np.isin(list(one.text), list(also))]) for also in ("", "/")
    ]
    if min(bands) > BAND_ERROR:
        return "band"
    low, high = _in_strip(strip, one.marks[tall])
    if _inside(strip, made.words.mean(axis=1)).any():
        return "word"
    return "border" if _shows_border(strip, made, (low, high)) else "right"


def _off(strip: Strip, marks: Corners) -> float:
    """By how much a strip's band differs from that of marks, as a share of the latter's height."""
    low, high = _in_strip(strip, marks)
    top, foot = float(low[:, 1].min()), float(high[:, 1].max())
    return max(abs(strip.top - top), abs(strip.bottom - foot)) / (foot - top)


def _places(strip: Strip, places: Corners) -> Corners:
    """Where places (..., 2) of the picture are in a strip."""
    turn = cv2.invertAffineTransform(strip.to_picture)
    return np.asarray(places @ turn[:, :2].T + turn[:, 2])


def _inside(strip: Strip, places: Corners) -> NDArray[np.bool_]:
    """Which places (N, 2) of the picture are in a strip's band."""
    x, y = _places(strip, places).T
    beside = (x > 0) & (x < strip.grey.shape[1])
    return np.asarray(beside & (y > strip.top) & (y < strip.bottom))


def _shows_border(strip: Strip, made: Form, digits: tuple[Corners, Corners]) -> bool:
    """Whether an upright line is left in a strip: neither outside of it nor painted over.

    Args:
        strip: the strip.
        made: the form.
        digits: as from `_in_strip`; a line is not looked at where it runs through them.
    """
    height, width = strip.grey.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(made.picture, strip.to_picture, (width, height), flags=flags)
    paper = cv2.dilate(seen, np.ones((1, 2 * PAPER + 1), np.uint8)).astype(float)
    near = np.ones((1, 2 * NEAR + 1), np.uint8)
    dark = paper - cv2.erode(seen, near), paper - cv2.erode(strip.grey, near)
    for start, end in _places(strip, made.lines):
        (begin, high), (last, low) = (start, end) if start[1] < end[1] else (end, start)
        first, least = max(high, strip.top), min(low, strip.bottom)
        if low - high < abs(last - begin) or least - first < SEEN * (strip.bottom - strip.top):
            continue
        rows = np.arange(round(first), round(least))
        columns = np.rint(begin + (last - begin) * (rows - high) / (low - high)).astype(int)
        if columns.min() < -NEAR or columns.max() >= width + NEAR:
            continue
        x, y = columns[:, None], rows[:, None]
        (left, top), (right, bottom) = digits[0].T - NEAR, digits[1].T + NEAR
        bare = ~((x >= left) & (x <= right) & (y >= top) & (y <= bottom)).any(axis=1)
        if bare.sum() < SEEN * (strip.bottom - strip.top):
            continue
        rows, columns = rows[bare].clip(0, height - 1), columns[bare].clip(0, width - 1)
        was, still = (float(np.median(one[rows, columns])) for one in dark)
        if still > (1 - PAINTED) * was:
            return True
    return False


def main() -> None:
    """Print how much of some forms layout finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_report_options(parser)
    parser.add_argument("--test", action="store_true", help="have test writers fill them in")
    parser.add_argument("--forms", type=int, default=40, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the first form; the next is one up")
    parser.add_argument("--megapixels", type=float, default=None)
    parser.add_argument("--pictures", type=Path, help="folder for pictures of what was found")
    options = parser.parse_args()
    data = Path(os.environ.get("INKDIGITS_DATA", "/nowhere"))
    glyphs = held_out_glyphs(data, test=options.test)
    counts: dict[str, Counter[str]] = {}
    spurious, seconds, pages = [], [], 2 if options.quick else options.forms
    for seed in range(options.seed, options.seed + pages):
        made = form(glyphs, np.random.default_rng(seed), options.megapixels)
        start = time.perf_counter()
        strips = find_strips(made.picture)
        seconds.append(time.perf_counter() - start)
        found = judge(made, strips)
        for one, outcome in found.outcomes:
            counts.setdefault(one.kind, Counter())[outcome] += 1
        spurious.append(found.spurious)
        if options.pictures:
            _draw(made, strips, found, options.pictures / f"{seed}.png")
    report = Report(
        "Fields of photographed forms that layout finds",
        f"python benchmarks/layout.py --forms {pages} --seed {options.seed}"
        + (" --test" if options.test else ""),
        ("Kind", "Fields", *OUTCOMES),
    )
    counts["all"] = sum(counts.values(), Counter())
    for kind, outcomes in counts.items():
        total = outcomes.total()
        shares = [f"{100 * outcomes[name] / total:.1f} %" for name in OUTCOMES]
        report.rows.append((kind, str(total), *shares))
        report.figures[kind] = dict(outcomes)
    report.figures |= {"spurious": spurious, "seconds": seconds}
    report.notes.append(
        f"Strips of no field, printed words among them: {np.mean(spurious):.1f} a form. Layout of "
        f"a form: {np.median(seconds):.2f} s, the median."
    )
    publish(report, options)


def _draw(made: Form, strips: Sequence[Strip], found: Found, path: Path) -> None:
    """A picture of what was found: bands blue, fields green or, where not right, red."""
    canvas = cv2.cvtColor(made.picture, cv2.COLOR_GRAY2BGR)
    thick = max(1, round(canvas.shape[1] / 900))
    for strip in strips:
        width = strip.grey.shape[1]
        corners = np.array([[0, strip.top], [width, strip.top], [width, strip.bottom]])
        corners = np.vstack([corners, [0, strip.bottom]])
        places = corners @ strip.to_picture[:, :2].T + strip.to_picture[:, 2]
        cv2.polylines(canvas, [np.rint(places).astype(np.int32)], True, (255, 80, 0), thick)
    for one, outcome in found.outcomes:
        colour = (0, 160, 0) if outcome == "right" else (0, 0, 255)
        corners = one.marks.reshape(-1, 2)
        hull = cv2.convexHull(corners.astype(np.float32)).astype(np.int32)
        cv2.polylines(canvas, [hull], True, colour, thick)
        if outcome != "right":
            at = (int(corners[:, 0].min()), int(corners[:, 1].min()) - 4)
            cv2.putText(canvas, outcome, at, 0, 0.5 * thick, colour, thick)
    path.parent.mkdir(parents=True, exist_ok=True)
    scale = min(1.0, 1900 / max(canvas.shape))
    cv2.imwrite(str(path), cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=3))


if __name__ == "__main__":
    main()
