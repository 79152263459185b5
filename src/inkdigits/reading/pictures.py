"""Lines of a picture: the line model reads, the recogniser of digits looks at each digit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.paper import find_ink
from inkdigits.prediction import Box
from inkdigits.reading import line
from inkdigits.reading.constraints import ANYTHING, Constraints
from inkdigits.reading.crops import Crop, cut
from inkdigits.reading.ctc import Marks, align
from inkdigits.reading.forms import form
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.strip import Strip
from inkdigits.reading.views import View, by_views, look_around, mean

# The line model; the recogniser of each digit as it is cut out of the line; the recogniser of the
# whole line as `recognize` sees it, where the text is a single digit; and what numbers look like.
WITNESSES = ("line", "digits", "whole", "form")
KIND = "pictures"

LAYOUTS = 2  # texts whose marks stand in so many different places: the recogniser looks at all
FLOOR = -9.0  # logarithm of the least probability that the recogniser gives to a label


class _Layout(NamedTuple):
    """Where the marks of a text stand: cut out of a view, from `start` on among all crops."""

    view: View
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
    views, near, by_view = look_around(strip, lines, constraints)
    upright = [place for place, view in enumerate(views) if view.upright]
    # texts of as many marks stand at the same places: one of each number of marks is looked at
    layouts: dict[int, _Layout] = {}
    crops: list[Crop] = []
    for marks, logs_of in zip(near, by_view.T, strict=True):
        if len(marks) not in layouts and len(layouts) < LAYOUTS:
            view = views[max(upright, key=logs_of.__getitem__)]
            own = cut(view.patch, align(view.frames, marks))
            if len(own) != len(marks):
                continue  # only a view that leans can spell it
            layouts[len(marks)] = _Layout(view, own, len(crops))
            crops += own
    kept = [place for place, marks in enumerate(near) if len(marks) in layouts]
    near, of_near = [near[place] for place in kept], mean(by_view)[kept]
    if not near:
        return Hypotheses((), np.zeros((0, len(WITNESSES))), (), digits.labels)
    scores, logs = _scores(digits, [crop.patch for crop in crops])
    if 1 in layouts:
        whole_scores, whole_logs = _scores(digits, [normalize.normalize(find_ink(strip.grey))])
    start = layouts[len(near[0])].start
    likings = list(logs[start : start + len(near[0])])
    if len(likings) == 1:
        likings.append(whole_logs[0])
    near = _with_swaps(near, likings, lines, digits, constraints)
    said = np.zeros((len(near), len(WITNESSES)))
    added = near[len(of_near) :]
    said[:, 0] = [*of_near, *by_views(views, added)]
    looks = []
    texts = [lines.text(marks) for marks in near]
    for row, text in enumerate(texts):
        said[row, 3] = form(text)
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
    return Hypotheses(tuple(texts), said, tuple(looks), digits.labels)


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


def _box(strip: Strip, view: View, crop: Crop) -> Box:
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
