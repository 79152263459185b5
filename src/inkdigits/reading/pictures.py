"""Lines of a picture: the line model reads, the recogniser of digits looks at each digit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.paper import find_ink
from inkdigits.prediction import Box, around
from inkdigits.reading import line
from inkdigits.reading.constraints import ANYTHING, Constraints
from inkdigits.reading.crops import Crop, cut
from inkdigits.reading.ctc import Frames, Marks, align, log_probabilities
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.searching import constrained_search, possible_of
from inkdigits.reading.strip import Strip

# The line model; the recogniser of each digit as it is cut out of the line; and the recogniser of
# the whole line as `recognize` sees it, where the text is a single digit.
WITNESSES = ("line", "digits", "whole")
KIND = "pictures"

WITHIN = 9.0  # texts less probable than the best by more than this logarithm are left out
TEXTS = 6  # that are looked at
LAYOUTS = 2  # of these, with so many different places of the marks the recogniser looks at all
FLOOR = -9.0  # logarithm of the least probability that the recogniser gives to a label

SURE = 0.9  # a line whose best text is less probable is looked at again, in other bands:
BANDS = (  # from where to where in the band that was found, 0 its top and 1 its bottom
    (0.15, 0.85),
    (-0.175, 1.175),
    (0.0, 0.75),
    (0.25, 1.0),
)

# Who cuts a line out and has it read hardly cuts out letters: of the strings of the training one in
# twelve has some. Chosen on the amounts and cells that were looked at while this was built.
OTHERS_ALONE = 0.03


class _View(NamedTuple):
    """A band of a strip, and what the line model makes of it.

    Args:
        top: where it begins, a row of the strip.
        bottom: where it ends.
        patch: as from `line_patch`.
        frames: the probability of each mark in each frame.
        found: texts, with the logarithms of their probabilities, best first.
    """

    top: float
    bottom: float
    patch: NDArray[np.uint8]
    frames: Frames
    found: list[tuple[Marks, float]]


class _Layout(NamedTuple):
    """Where the marks of a text stand: cut out of a view, from `start` on among all crops."""

    view: _View
    crops: list[Crop]
    start: int


def look_at(
    strip: Strip,
    lines: LineModel,
    digits: DigitModel,
    constraints: Constraints = ANYTHING,
) -> Hypotheses:
    """Say what a line of a picture may say.

    Args:
        strip: the line.
        lines: the model of lines.
        digits: the model of single digits, whose labels are those of the digits here.
        constraints: what is known of the number.
    """
    views = _views(strip, lines, constraints)
    near = _likely(views, lines, constraints)
    if not near:
        whole = strip.in_picture(0, strip.top, strip.grey.shape[1], strip.bottom)
        return Hypotheses((), np.zeros((0, len(WITNESSES))), (), digits.labels, whole)
    # texts of as many marks stand at the same places: one of each number of marks is looked at
    layouts: dict[int, _Layout] = {}
    crops: list[Crop] = []
    for marks in near:
        if len(marks) not in layouts and len(layouts) < LAYOUTS:
            view = max(views, key=lambda one: dict(one.found).get(marks, -np.inf))
            own = cut(view.patch, align(view.frames, marks))
            layouts[len(marks)] = _Layout(view, own, len(crops))
            crops += own
    near = [marks for marks in near if len(marks) in layouts]
    scores, logs = _scores(digits, [crop.patch for crop in crops])
    if 1 in layouts:
        whole_scores, whole_logs = _scores(digits, [normalize.normalize(find_ink(strip.grey))])
    start = layouts[len(near[0])].start
    likings = list(logs[start : start + len(near[0])])
    if len(likings) == 1:
        likings.append(whole_logs[0])
    near = _with_swaps(near, likings, lines, digits, constraints)
    said = np.zeros((len(near), len(WITNESSES)))
    said[:, 0] = _mean([log_probabilities(view.frames, near) for view in views])
    looks = []
    texts = [lines.text(marks) for marks in near]
    for row, text in enumerate(texts):
        layout = layouts[len(text)]
        seen = scores[layout.start : layout.start + len(text)]
        for place, character in enumerate(text):
            if character in digits.labels:
                said[row, 1] += logs[layout.start + place, digits.labels.index(character)]
        if len(text) == 1 and text in digits.labels:
            said[row, 2] = whole_logs[0, digits.labels.index(text)]
            seen = whole_scores
        looks.append(
            tuple(
                Look(_box(strip, layout.view, crop), own)
                for crop, own in zip(layout.crops, seen, strict=True)
            )
        )
    box = around([look.box for look in looks[0]])
    return Hypotheses(tuple(texts), said, tuple(looks), digits.labels, box)


def _views(strip: Strip, lines: LineModel, constraints: Constraints) -> list[_View]:
    """The band that was found, and others where the line model is unsure of it."""
    height = strip.bottom - strip.top
    views: list[_View] = []
    for first, last in ((0.0, 1.0), *BANDS):
        top, bottom = strip.top + first * height, strip.top + last * height
        patch = line.line_patch(strip.grey, top, bottom)
        frames = lines.frames(patch, OTHERS_ALONE if strip.alone else 1.0)
        found = constrained_search(frames, lines, constraints)
        views.append(_View(top, bottom, patch, frames, found))
        if len(views) == 1 and found and found[0][1] > np.log(SURE):
            break
    return views


def _likely(views: Sequence[_View], lines: LineModel, constraints: Constraints) -> list[Marks]:
    """The texts that are most probable in all views together, best first; no empty one."""
    shares: dict[Marks, float] = {}
    for view in views:
        for marks, log in view.found:
            shares[marks] = shares.get(marks, 0.0) + float(np.exp(log))
    possible = possible_of(list(shares), lines, constraints)
    ordered = sorted(((shares[marks], marks) for marks in possible), reverse=True)
    least = ordered[0][0] * np.exp(-WITHIN) if ordered else 0.0
    return [marks for share, marks in ordered if marks and share >= least][:TEXTS]


def _mean(logs: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The logarithm of the mean of probabilities, views by texts."""
    return np.asarray(np.logaddexp.reduce(np.array(logs), axis=0) - np.log(len(logs)))


def _scores(
    digits: DigitModel, patches: list[NDArray[np.float32]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the recogniser says of each patch: probabilities, and logarithms with its doubt in them.

    Returns:
        (N, labels) probabilities of the labels, and (N, labels) logarithms of the probability that
        it is a digit and this one.
    """
    outputs = digits.run(np.array(patches))
    scores = softmax(outputs.logits, digits.config.temperature)
    is_digit = -np.logaddexp(0, -outputs.evidence)  # log of the logistic function
    with np.errstate(divide="ignore"):
        logs = np.log(scores) + is_digit[:, None]
    return scores, np.maximum(logs, FLOOR)


def _with_swaps(
    near: list[Marks],
    likings: list[NDArray[np.float64]],
    lines: LineModel,
    digits: DigitModel,
    constraints: Constraints,
) -> list[Marks]:
    """Add the best text with what the recogniser would rather read in one of its places.

    Args:
        near: the texts, best first.
        likings: for each place of the best one, (labels,); of a single digit there may be two.
        lines: the model of lines.
        digits: the model of single digits.
        constraints: as for `look_at`.
    """
    text = lines.text(near[0])
    more = list(near)
    for number, liking in enumerate(likings):
        place = min(number, len(text) - 1)
        if text[place] not in digits.labels:
            continue
        swapped = text[:place] + digits.labels[int(liking.argmax())] + text[place + 1 :]
        marks = lines.marks(swapped)
        if marks is not None and marks not in more and constraints.allow(swapped):
            more.append(marks)
    return more


def _box(strip: Strip, view: _View, crop: Crop) -> Box:
    """Where a crop is in the picture."""
    scale = line.BAND / (view.bottom - view.top)
    stretch = strip.grey.shape[1] / (view.patch.shape[1] - 2 * line.MARGIN)
    first = view.top - (line.HEIGHT - line.BAND) / 2 / scale
    return strip.in_picture(
        (crop.left - line.MARGIN) * stretch,
        first + crop.top / scale,
        (crop.right - line.MARGIN) * stretch,
        first + crop.bottom / scale,
    )
