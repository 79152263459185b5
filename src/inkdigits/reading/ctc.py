"""From frames to texts: connectionist temporal classification, read backwards. NumPy only.

A model gives for each frame the probability of each mark and of the blank, which stands between
marks; a text has the probability of all the ways in which frames can spell it (Graves, Fernández,
Gomez & Schmidhuber, "Connectionist temporal classification", ICML 2006). Class 0 is the blank.
"""

import math
from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

BLANK = 0
BEAM = 12  # prefixes that are followed at a time
NEGLIGIBLE = 1e-3  # a mark less probable than this in a frame is not followed there …
FAINT = 1e-5  # … nor a prefix whose share of the best one's probability is smaller
RESCALED = 8  # frames after which probabilities are made larger again, lest they run out
LEAST = 1e-300  # what a probability is divided by is no less

Marks = tuple[int, ...]  # classes, blanks left out
Span = tuple[int, int]  # first frame, and the one after the last
Frames = NDArray[np.float64]


def probabilities(logits: NDArray[np.floating], temperature: float = 1.0) -> Frames:
    """Turn the logits of frames, (T, classes), into probabilities, float64."""
    scaled = np.asarray(logits, np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def beam_search(
    frames: Frames,
    width: int = BEAM,
    allowed: Callable[[Marks], bool] | None = None,
) -> list[tuple[Marks, float]]:
    """Find the most probable texts: prefix beam search (Graves, "Sequence transduction", 2012).

    Args:
        frames: (T, classes) probabilities, from `probabilities`.
        width: prefixes that are followed at a time, and texts that are given at most.
        allowed: whether a text may begin so; None: any may.

    Returns:
        Texts with the natural logarithms of their probabilities, the most probable first. With
        `allowed` there may be none.
    """
    # of each prefix: the probability of the paths that end in a blank, and of those that do not
    beams: dict[Marks, tuple[float, float]] = {(): (1.0, 0.0)}
    scale = 0.0  # logarithm of what was divided out so far
    refused: set[Marks] = set()
    for row, likely in zip(frames.tolist(), (frames > NEGLIGIBLE).tolist(), strict=True):
        marks = [mark for mark in range(1, len(row)) if likely[mark]]
        blank = row[BLANK]
        if not marks:  # nothing but paper
            beams = {prefix: ((ends + goes) * blank, 0.0) for prefix, (ends, goes) in beams.items()}
            scale += _rescale(beams)
            continue
        found: dict[Marks, list[float]] = {}
        for prefix, (ends, goes) in beams.items():
            here = found.setdefault(prefix, [0.0, 0.0])
            here[0] += (ends + goes) * blank
            last = prefix[-1] if prefix else BLANK
            if last:
                here[1] += goes * row[last]
            for mark in marks:
                longer = (*prefix, mark)
                reached = (ends if mark == last else ends + goes) * row[mark]
                if reached == 0.0 or longer in refused:
                    continue
                if allowed is not None and longer not in found and not allowed(longer):
                    refused.add(longer)
                    continue
                found.setdefault(longer, [0.0, 0.0])[1] += reached
        faint = FAINT * max((ends + goes for ends, goes in found.values()), default=0.0)
        best = [(-ends - goes, prefix) for prefix, (ends, goes) in found.items()]
        best = [item for item in best if -item[0] >= faint]
        beams = {prefix: (found[prefix][0], found[prefix][1]) for _, prefix in sorted(best)[:width]}
        scale += _rescale(beams)
    texts = [(prefix, ends + goes) for prefix, (ends, goes) in beams.items()]
    texts.sort(key=lambda item: -item[1])
    return [(marks, math.log(share) + scale) for marks, share in texts if share > 0]


def best_path(frames: Frames) -> Marks:
    """The text of the most probable mark of each frame."""
    return tuple(mark for mark, _ in groupby(frames.argmax(axis=1).tolist()) if mark != BLANK)


def _rescale(beams: dict[Marks, tuple[float, float]]) -> float:
    """Divide by the sum, lest long lines run out of digits; its logarithm."""
    total = sum(ends + goes for ends, goes in beams.values())
    if not 0 < total < 1e-30:
        return 0.0
    for prefix, (ends, goes) in beams.items():
        beams[prefix] = ends / total, goes / total
    return math.log(total)


def stacked(several: Sequence[Frames]) -> Frames:
    """Frames of one line seen several times, (N, T, classes), those of the shorter with blanks."""
    longest = max(map(len, several))
    stack = np.zeros((len(several), longest, several[0].shape[1]))
    stack[:, :, BLANK] = 1.0
    for row, frames in zip(stack, several, strict=True):
        row[: len(frames)] = frames
    return stack


def log_probabilities(frames: Frames, texts: Sequence[Marks]) -> NDArray[np.float64]:
    """The natural logarithm of the probability of each text: Graves' forward algorithm.

    Args:
        frames: (T, classes) probabilities, or (N, T, classes) of several lines.
        texts: K texts.

    Returns:
        (K,) or (N, K) float64; −∞ for what so few frames cannot spell.
    """
    if not texts:
        return np.zeros((*frames.shape[:-2], 0))
    states = 2 * max(map(len, texts)) + 1
    spelled = np.zeros((len(texts), states), np.intp)  # blank, mark, blank, mark, … blank
    for row, text in enumerate(texts):
        spelled[row, 1 : 2 * len(text) : 2] = text
    # a blank may be left out between two different marks
    skips = np.zeros(spelled.shape)
    skips[:, 2:] = (spelled[:, 2:] != BLANK) & (spelled[:, 2:] != spelled[:, :-2])
    emitted = np.moveaxis(frames[..., spelled], -3, 0)  # frame by frame
    padded = np.zeros((*emitted.shape[1:-1], states + 2))  # so that all states have two before
    before, between, alpha = padded[..., :-2], padded[..., 1:-1], padded[..., 2:]
    alpha[..., :1] = 1.0  # as if a blank had been there: it, or the first mark, comes next
    scale = np.zeros(alpha.shape[:-1])
    moved = np.empty_like(alpha)
    for time, row in enumerate(emitted):
        np.multiply(skips, before, out=moved)
        moved += between
        moved += alpha
        np.multiply(moved, row, out=alpha)
        if time % RESCALED == RESCALED - 1:
            total = np.maximum(alpha.sum(axis=-1), LEAST)
            alpha /= total[..., None]
            scale += np.log(total)
    ends = 2 * np.array([len(text) for text in texts])
    rows = np.arange(len(texts))
    last = alpha[..., rows, ends] + np.where(
        ends > 0, alpha[..., rows, np.maximum(ends - 1, 0)], 0.0
    )
    if not len(emitted):  # nothing spells nothing
        last = np.broadcast_to(np.where(ends > 0, 0.0, 1.0), last.shape)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(last) + scale)


def align(frames: Frames, text: Marks) -> list[Span]:
    """Find where each mark of a text stands: the most probable path (Viterbi).

    Args:
        frames: (T, classes) probabilities.
        text: what is spelled.

    Returns:
        The frames of each mark; empty if so few frames cannot spell it.
    """
    spelled = [BLANK]
    for mark in text:
        spelled += [mark, BLANK]
    with np.errstate(divide="ignore"):
        logs = np.log(frames[:, spelled]).tolist()
    if not logs:
        return []
    never = -math.inf
    best = [logs[0][state] if state < 2 else never for state in range(len(spelled))]
    steps: list[list[int]] = [[0] * len(spelled)]
    for row in logs[1:]:
        step = [0] * len(spelled)
        after = [never] * len(spelled)
        for state, mark in enumerate(spelled):
            here, taken = best[state], 0
            if state and best[state - 1] > here:
                here, taken = best[state - 1], 1
            if state > 1 and mark and mark != spelled[state - 2] and best[state - 2] > here:
                here, taken = best[state - 2], 2
            after[state], step[state] = here + row[state], taken
        best = after
        steps.append(step)
    state = len(spelled) - 1
    if state and best[state - 1] > best[state]:
        state -= 1
    if best[state] == never:
        return []
    path = [0] * len(logs)
    for time in range(len(logs) - 1, -1, -1):
        path[time] = state
        state -= steps[time][state]
    return [_span(path, 2 * place + 1) for place in range(len(text))]


def _span(path: list[int], state: int) -> Span:
    first = path.index(state)
    return first, first + path.count(state)
