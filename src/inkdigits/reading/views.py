"""Views of a line: its band as it was found and, where the line model is unsure, others.

What is read wrong in one view is often read right in most others: of a band that is a little
higher, lower or only a part, and of writing made to lean (test-time augmentation).
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading import line
from inkdigits.reading.constraints import Constraints
from inkdigits.reading.ctc import (
    Frames,
    Marks,
    beam_search,
    best_path,
    log_probabilities,
    stacked,
)
from inkdigits.reading.hypotheses import is_number
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.searching import possible
from inkdigits.reading.strip import Strip

SURE = 0.9  # a line whose best text is less probable is looked at again
NO_NUMBER = 0.02  # what is found on a page and is a number by less than this is left at one look
WITHIN = 9.0  # texts less probable than the best by more than this logarithm are left out
TEXTS = 6  # that are looked at …
RIVALS = 2  # … and so many besides that what is known of the number does not allow

# Who cuts a line out and has it read hardly cuts out letters: of the strings of the training one in
# ten has some. Chosen on the amounts and cells that were looked at while this was built.
OTHERS_ALONE = 0.03


class Aspect(NamedTuple):
    """How a line is looked at.

    Args:
        first: where the band begins in the one that was found, 0 its top and 1 its bottom …
        last: … and where it ends.
        shear: pixels to the right for one upwards, by which the writing is made to lean.
    """

    first: float
    last: float
    shear: float = 0.0


# Chosen one after the other, each the one that helps most, on the amounts and cells that were
# looked at while this was built and on strings of held-out writers of the training.
ASPECTS = (
    (Aspect(0.0, 1.0),),
    (Aspect(-0.175, 1.175, -0.12), Aspect(0.0, 1.0, 0.25)),
    (Aspect(0.25, 1.0), Aspect(0.15, 0.85, 0.25)),
)


class View(NamedTuple):
    """A line as it is looked at, and what the line model makes of it.

    Args:
        top: where its band begins, a row of the strip.
        bottom: where it ends.
        upright: whether it is as it was written.
        patch: as from `line_patch`.
        frames: the probability of each mark in each frame.
    """

    top: float
    bottom: float
    upright: bool
    patch: NDArray[np.uint8]
    frames: Frames


class Views(NamedTuple):
    """A line as it was looked at, the first time upright, and what it may say.

    Args:
        views: one or more.
        texts: what it may say, the most probable first; no empty text.
        logs: (views, texts) the logarithm of the probability of each text in each view.
    """

    views: list[View]
    texts: list[Marks]
    logs: NDArray[np.float64]


def look_around(strip: Strip, lines: LineModel, constraints: Constraints) -> Views:
    """Look at a line until it is surely read, or has been looked at in all ways."""
    views: list[View] = []
    texts: dict[Marks, None] = {}  # an ordered set
    for aspects in ASPECTS:
        for aspect in aspects:
            view = _view(strip, aspect, lines)
            if not views:
                found = dict(beam_search(view.frames))
                texts |= dict.fromkeys(found)
            else:  # what is like it was found in the first
                texts[best_path(view.frames)] = None
            if constraints:
                texts |= dict.fromkeys(possible(view.frames, lines, constraints))
            views.append(view)
        every = list(texts)
        if len(views) == 1 and not constraints:  # the search has told what is told here otherwise
            logs = np.array([list(found.values())])
        else:
            logs = log_probabilities(stacked([view.frames for view in views]), every)
        shares = mean(logs)
        if shares.max(initial=-np.inf) > np.log(SURE):
            break
        if not (strip.alone or constraints) and _is_hardly_a_number(every, shares, lines):
            break
    order = [place for place in np.argsort(-shares, kind="stable") if every[place]]
    near = [place for place in order if shares[place] >= shares[order[0]] - WITHIN][:TEXTS]
    if constraints:  # what is allowed, and what speaks against it
        allowed = [place for place in order if constraints.allow(lines.text(every[place]))]
        near = allowed[:TEXTS] + [place for place in near if place not in allowed][:RIVALS]
        near.sort(key=order.index)
    return Views(views, [every[place] for place in near], logs[:, near])


def _is_hardly_a_number(
    texts: Sequence[Marks], shares: NDArray[np.float64], lines: LineModel
) -> bool:
    """Whether what was found on a page is surely a word, a signature, a picture."""
    numbers = [
        share for text, share in zip(texts, shares, strict=True) if is_number(lines.text(text))
    ]
    return bool(np.logaddexp.reduce([-np.inf, *numbers]) < np.log(NO_NUMBER))


def _view(strip: Strip, aspect: Aspect, lines: LineModel) -> View:
    height = strip.bottom - strip.top
    top, bottom = strip.top + aspect.first * height, strip.top + aspect.last * height
    grey = strip.grey
    if aspect.shear:
        grey = _leaning(grey, aspect.shear, (top + bottom) / 2)
    patch = line.line_patch(grey, top, bottom)
    frames = lines.frames(patch, OTHERS_ALONE if strip.alone else 1.0)
    return View(top, bottom, not aspect.shear, patch, frames)


def _leaning(grey: NDArray[np.uint8], shear: float, middle: float) -> NDArray[np.uint8]:
    """Move each row to the right by `shear` for each row that it is above the middle one."""
    height, width = grey.shape
    room = int(abs(shear) * max(middle, height - middle)) + 1
    turn = np.array([[1.0, -shear, shear * middle + room], [0.0, 1.0, 0.0]])
    size = (width + 2 * room, height)
    return np.asarray(cv2.warpAffine(grey, turn, size, borderMode=cv2.BORDER_REPLICATE))


def by_views(views: Sequence[View], texts: Sequence[Marks]) -> NDArray[np.float64]:
    """The logarithm of the mean probability of each text in all views, (texts,)."""
    return mean(log_probabilities(stacked([view.frames for view in views]), texts))


def mean(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithms of the means of probabilities, (views, texts), in all views, (texts,)."""
    return np.asarray(np.logaddexp.reduce(logs, axis=0) - np.log(len(logs)))
