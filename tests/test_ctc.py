"""Texts from frames, against all paths counted one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkdigits.reading import ctc


def frames_of(seed: int, count: int, classes: int) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(0, 2, (count, classes))
    return ctc.probabilities(logits)


def spelled(path: tuple[int, ...]) -> ctc.Marks:
    return tuple(mark for mark, _ in itertools.groupby(path) if mark != ctc.BLANK)


def every_text(frames: NDArray[np.float64]) -> dict[ctc.Marks, float]:
    """The probability of each text, by adding up all paths."""
    count, classes = frames.shape
    sums: dict[ctc.Marks, float] = {}
    for path in itertools.product(range(classes), repeat=count):
        share = math.prod(frames[time, mark] for time, mark in enumerate(path))
        sums[spelled(path)] = sums.get(spelled(path), 0.0) + share
    return sums


small = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(2, 4))


@given(small)
def test_a_text_has_the_probability_of_all_its_paths(shape: tuple[int, int, int]) -> None:
    frames = frames_of(*shape)
    sums = every_text(frames)
    found = np.exp(ctc.log_probabilities(frames, list(sums)))
    np.testing.assert_allclose(found, list(sums.values()), rtol=1e-9)
    assert found.sum() == pytest.approx(1)


@given(small)
def test_a_wide_beam_finds_the_most_probable_texts(shape: tuple[int, int, int]) -> None:
    frames = frames_of(*shape)
    sums = every_text(frames)
    found = ctc.beam_search(frames, width=10_000)
    best = max(sums, key=sums.__getitem__)
    assert found[0][0] == best
    assert math.exp(found[0][1]) == pytest.approx(sums[best], rel=0.01)  # what is negligible is not
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)


@given(small)
def test_only_what_is_allowed_is_found(shape: tuple[int, int, int]) -> None:
    frames = frames_of(*shape)
    for text, _ in ctc.beam_search(frames, allowed=lambda marks: len(marks) < 3 and 1 not in marks):
        assert len(text) < 3
        assert 1 not in text


@given(small)
def test_the_alignment_is_the_most_probable_path(shape: tuple[int, int, int]) -> None:
    frames = frames_of(*shape)
    count, classes = frames.shape
    paths = itertools.product(range(classes), repeat=count)
    best: dict[ctc.Marks, tuple[float, tuple[int, ...]]] = {}
    for path in paths:
        share = math.prod(frames[time, mark] for time, mark in enumerate(path))
        text = spelled(path)
        if share > best.get(text, (0.0, ()))[0]:
            best[text] = share, path
    for text, (_, path) in best.items():
        spans = ctc.align(frames, text)
        assert len(spans) == len(text)
        for (start, end), mark in zip(spans, text, strict=True):
            assert set(path[start:end]) == {mark}


def test_what_cannot_be_spelled() -> None:
    frames = frames_of(1, 2, 3)
    assert ctc.log_probabilities(frames, [(1, 1)])[0] == -math.inf, "needs a blank between"
    assert ctc.align(frames, (1, 1)) == []
    assert ctc.log_probabilities(frames, []).shape == (0,)


def test_no_frames_are_the_empty_text() -> None:
    nothing = np.zeros((0, 4))
    assert ctc.beam_search(nothing) == [((), 0.0)]
    assert ctc.align(nothing, ()) == []
    assert ctc.log_probabilities(nothing, [()])[0] == 0.0


def test_long_lines_do_not_run_out_of_digits() -> None:
    frames = ctc.probabilities(np.zeros((3000, 17)))
    frames[:, 0] = 1e-3
    frames[::2, 3] = 1e-3
    text, share = ctc.beam_search(frames, width=4)[0]
    assert math.isfinite(share)
    assert math.isfinite(ctc.log_probabilities(frames, [text])[0])


@given(st.lists(small, min_size=1, max_size=4), st.integers(2, 4))
def test_lines_seen_together_are_told_as_each_alone(
    shapes: list[tuple[int, int, int]], classes: int
) -> None:
    several = [frames_of(seed, count, classes) for seed, count, _ in shapes]
    texts = [(), (1,), (1, 1), (1, classes - 1)]
    together = ctc.log_probabilities(ctc.stacked(several), texts)
    assert together.shape == (len(several), len(texts))
    for row, frames in zip(together, several, strict=True):
        np.testing.assert_allclose(row, ctc.log_probabilities(frames, texts), atol=1e-9)


@given(small)
def test_the_best_path_is_a_text_that_can_be(shape: tuple[int, int, int]) -> None:
    frames = frames_of(*shape)
    (log,) = ctc.log_probabilities(frames, [ctc.best_path(frames)])
    assert math.exp(log) >= frames.max(axis=1).prod() * (1 - 1e-9)
