"""Lines of a picture: the line model reads, the recogniser of digits looks at each digit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.prediction import Box
from inkdigits.reading import line
from inkdigits.reading.crops import Crop, cut
from inkdigits.reading.ctc import Marks, align, beam_search, log_probabilities
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.strip import Strip

WITNESSES = ("line", "digits")
KIND = "pictures"

WITHIN = 9.0  # texts less probable than the best by more than this logarithm are left out
TEXTS = 6  # that are looked at
LAYOUTS = 2  # of these, with so many different numbers of marks the recogniser looks at all
FLOOR = -9.0  # logarithm of the least probability that the recogniser gives to a label


def look_at(
    strip: Strip,
    lines: LineModel,
    digits: DigitModel,
    allowed: Callable[[str], bool] | None = None,
) -> Hypotheses:
    """Say what a line of a picture may say.

    Args:
        strip: the line.
        lines: the model of lines.
        digits: the model of single digits, whose labels are those of the digits here.
        allowed: whether what is read may begin so; None: any text may.
    """
    patch = line.line_patch(strip.grey, strip.top, strip.bottom)
    frames = lines.frames(patch)
    may_begin = None if allowed is None else (lambda marks: allowed(lines.text(marks)))
    found = beam_search(frames, allowed=may_begin)
    near = [marks for marks, log in found if log > found[0][1] - WITHIN and marks][:TEXTS]
    whole = strip.in_picture(0, strip.top, strip.grey.shape[1], strip.bottom)
    if not near:
        return Hypotheses((), np.zeros((0, len(WITNESSES))), (), digits.labels, whole)
    # texts of as many marks stand at the same places: one of each number of marks is looked at
    layouts: dict[int, list[Crop]] = {}
    for marks in near:
        if len(marks) not in layouts and len(layouts) < LAYOUTS:
            layouts[len(marks)] = cut(patch, align(frames, marks))
    near = [marks for marks in near if len(marks) in layouts]
    crops = [crop for part in layouts.values() for crop in part]
    scores, logs = _scores(digits, crops)
    places = dict(zip(layouts, np.cumsum([0, *map(len, layouts.values())]).tolist(), strict=False))
    near = _with_swaps(near, logs, places, lines, digits, allowed)
    said = np.zeros((len(near), len(WITNESSES)))
    said[:, 0] = log_probabilities(frames, near)
    texts = [lines.text(marks) for marks in near]
    looks = []
    for row, text in enumerate(texts):
        start = places[len(text)]
        for place, character in enumerate(text):
            if character in digits.labels:
                said[row, 1] += logs[start + place, digits.labels.index(character)]
        looks.append(
            tuple(
                Look(_box(strip, patch, crop), scores[start + place])
                for place, crop in enumerate(layouts[len(text)])
            )
        )
    box = _around([look.box for look in looks[0]])
    return Hypotheses(tuple(texts), said, tuple(looks), digits.labels, box)


def _scores(
    digits: DigitModel, crops: list[Crop]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the recogniser says of each crop: probabilities, and logarithms with its doubt in them.

    Returns:
        (N, labels) probabilities of the labels, and (N, labels) logarithms of the probability that
        it is a digit and this one.
    """
    outputs = digits.run(np.array([crop.patch for crop in crops]))
    scores = softmax(outputs.logits, digits.config.temperature)
    is_digit = -np.logaddexp(0, -outputs.evidence)  # log of the logistic function
    with np.errstate(divide="ignore"):
        logs = np.log(scores) + is_digit[:, None]
    return scores, np.maximum(logs, FLOOR)


def _with_swaps(
    near: list[Marks],
    logs: NDArray[np.float64],
    places: dict[int, int],
    lines: LineModel,
    digits: DigitModel,
    allowed: Callable[[str], bool] | None,
) -> list[Marks]:
    """Add the best text with what the recogniser would rather read in one of its places."""
    best = near[0]
    start = places[len(best)]
    more = list(near)
    text = lines.text(best)
    for place, character in enumerate(text):
        if character not in digits.labels:
            continue
        liked = digits.labels[int(logs[start + place].argmax())]
        swapped = text[:place] + liked + text[place + 1 :]
        marks = lines.marks(swapped)
        if marks is not None and marks not in more and (allowed is None or allowed(swapped)):
            more.append(marks)
    return more


def _box(strip: Strip, patch: NDArray[np.uint8], crop: Crop) -> Box:
    """Where a crop is in the picture."""
    scale = line.BAND / (strip.bottom - strip.top)
    stretch = strip.grey.shape[1] / (patch.shape[1] - 2 * line.MARGIN)
    first = strip.top - (line.HEIGHT - line.BAND) / 2 / scale
    return strip.in_picture(
        (crop.left - line.MARGIN) * stretch,
        first + crop.top / scale,
        (crop.right - line.MARGIN) * stretch,
        first + crop.bottom / scale,
    )


def _around(boxes: list[Box]) -> Box:
    """The box around boxes."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
