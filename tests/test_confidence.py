"""Calibration and thresholds, against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inkdigits.confidence import (
    energy,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    softmax,
    threshold_to_keep,
)

logits_arrays = arrays(np.float32, (5, 10), elements=st.floats(-80, 80, width=32))


@given(logits_arrays, st.floats(0.1, 10))
def test_softmax_is_a_distribution_in_the_same_order(
    logits: np.ndarray, temperature: float
) -> None:
    probabilities = softmax(logits, temperature)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5))
    best = logits.argmax(axis=1)
    rows = np.arange(5)
    assert (probabilities[rows, best] == probabilities.max(axis=1)).all()


def test_values_worked_out_by_hand() -> None:
    logits = np.log(np.array([[1.0, 3.0]]))
    assert softmax(logits)[0].tolist() == pytest.approx([0.25, 0.75])
    assert softmax(logits, 0.5)[0].tolist() == pytest.approx([0.1, 0.9])
    assert energy(logits)[0] == pytest.approx(np.log(4))
    assert negative_log_likelihood(logits, np.array([0])) == pytest.approx(np.log(4))
    assert energy(np.array([[1000.0, 1000.0]]))[0] == pytest.approx(1000 + np.log(2))


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_temperature_is_found_again(true: float) -> None:
    rng = np.random.default_rng(0)
    scaled = rng.normal(0, 2, (20_000, 10))
    labels = (scaled + rng.gumbel(size=scaled.shape)).argmax(axis=1)  # drawn from softmax(scaled)
    assert fit_temperature(scaled * true, labels) == pytest.approx(true, rel=0.03)


def test_calibration_error() -> None:
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    # four answers at 0.95 of which three are right, two at 0.55 of which one is right
    assert expected_calibration_error(sure, right) == pytest.approx((4 * 0.2 + 2 * 0.05) / 6)
    assert expected_calibration_error(np.ones(3), np.ones(3, bool)) == 0
    assert expected_calibration_error(np.zeros(0), np.zeros(0, bool)) == 0


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=200), st.floats(0.01, 1))
def test_threshold_keeps_as_many_as_promised(scores: list[float], fraction: float) -> None:
    values = np.array(scores)
    threshold = threshold_to_keep(values, fraction)
    assert (values >= threshold).mean() >= fraction - 1e-12
    assert (values > threshold).mean() < fraction
