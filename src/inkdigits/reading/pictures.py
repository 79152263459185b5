"""Lines of a picture: the line model reads, the recogniser of digits looks at each digit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.paper import find_ink
from inkdigits.prediction import Box
from inkdigits.reading import line
from inkdigits.reading.crops import Crop, cut
from inkdigits.reading.ctc import Marks, align, beam_search, log_probabilities
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.strip import Strip

# The line model; the recogniser of each digit as it is cut out of the line; and the recogniser of
# the whole line as `recognize` sees it, where the text is a single digit.
WITNESSES = ("line", "digits", "whole")
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
    scores, logs = _scores(digits, [crop.patch for crop in crops])
    places = dict(zip(layouts, np.cumsum([0, *map(len, layouts.values())]).tolist(), strict=False))
    if 1 in layouts:
        whole_scores, whole_logs = _scores(digits, [_whole(strip)])
    likings = list(logs[places[len(near[0])] :][: len(near[0])])
    if len(likings) == 1:
        likings = [likings[0], whole_logs[0]]
    near = _with_swaps(near, likings, lines, digits, allowed)
    said = np.zeros((len(near), len(WITNESSES)))
    said[:, 0] = log_probabilities(frames, near)
    texts = [lines.text(marks) for marks in near]
    looks = []
    for row, text in enumerate(texts):
        start = places[len(text)]
        seen = scores[start : start + len(text)]
        for place, character in enumerate(text):
            if character in digits.labels:
                said[row, 1] += logs[start + place, digits.labels.index(character)]
        if len(text) == 1 and text in digits.labels:
            said[row, 2] = whole_logs[0, digits.labels.index(text)]
            seen = whole_scores
        looks.append(
            tuple(
                Look(_box(strip, patch, crop), own)
                for crop, own in zip(layouts[len(text)], seen, strict=True)
            )
        )
    box = _around([look.box for look in looks[0]])
    return Hypotheses(tuple(texts), said, tuple(looks), digits.labels, box)


def _whole(strip: Strip) -> NDArray[np.float32]:
    """The line as `recognize` sees a picture: (28, 28), all zeros where it finds no ink."""
    return normalize.normalize(find_ink(strip.grey))


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
    allowed: Callable[[str], bool] | None,
) -> list[Marks]:
    """Add the best text with what the recogniser would rather read in one of its places.

    Args:
        near: the texts, best first.
        likings: for each place of the best one, (labels,); of a single digit there may be two.
        lines: the model of lines.
        digits: the model of single digits.
        allowed: as for `look_at`.
    """
    text = lines.text(near[0])
    more = list(near)
    for place, liking in enumerate(likings):
        place = min(place, len(text) - 1)
        if text[place] not in digits.labels:
            continue
        swapped = text[:place] + digits.labels[int(liking.argmax())] + text[place + 1 :]
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
