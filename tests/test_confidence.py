"""Calibration and thresholds, against values worked out by hand and by scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import calibration, metrics

from inkdigits.confidence import (
    auroc,
    energy,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    rejection_curve,
    reliability,
    share_refused,
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


scores = st.lists(st.integers(0, 12).map(float), min_size=1, max_size=60)  # with many ties
answers = st.lists(
    # between the edges k/15 of the bins, where rounding might decide
    st.tuples(st.integers(0, 9_999).map(lambda number: (number + 0.5) / 10_000), st.booleans()),
    min_size=1,
    max_size=200,
)


def unzip(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([sure for sure, _ in pairs]), np.array([right for _, right in pairs])


@given(scores, scores)
def test_auroc_is_that_of_scikit_learn(inside: list[float], outside: list[float]) -> None:
    belongs = [1] * len(inside) + [0] * len(outside)
    theirs = metrics.roc_auc_score(belongs, inside + outside)
    assert auroc(np.array(inside), np.array(outside)) == pytest.approx(theirs, abs=1e-12)


@given(scores, scores, st.floats(0.01, 1))
def test_share_refused_lies_on_the_curve_of_scikit_learn(
    inside: list[float], outside: list[float], keep: float
) -> None:
    belongs = [1] * len(inside) + [0] * len(outside)
    passed, kept, _ = metrics.roc_curve(belongs, inside + outside, drop_intermediate=False)
    theirs = 1 - passed[kept >= keep - 1e-12].min()
    assert share_refused(np.array(inside), np.array(outside), keep) == pytest.approx(theirs)


def test_outliers_worked_out_by_hand() -> None:
    digits, letters = np.array([3.0, 2.0, 5.0, 1.0]), np.array([0.0, 2.0, -np.inf, 4.0])
    # of 16 pairs the digit is higher in 3 + 2 + 4 + 2, and equal in one
    assert auroc(digits, letters) == pytest.approx(11.5 / 16)
    assert auroc(np.full(3, -np.inf), np.full(2, -np.inf)) == 0.5
    assert share_refused(digits, letters, 0.75) == 0.5  # the threshold is 2, which is not refused
    assert share_refused(digits, letters, 1.0) == 0.5
    assert share_refused(digits, letters, 0.5) == 0.75


@given(answers)
def test_reliability_is_the_calibration_curve_of_scikit_learn(
    pairs: list[tuple[float, bool]],
) -> None:
    sure, right = unzip(pairs)
    found = reliability(sure, right)
    accuracy, confidence = calibration.calibration_curve(right, sure, n_bins=15)
    some = found.images > 0
    assert found.images.sum() == len(sure)
    assert found.accuracy[some] == pytest.approx(accuracy)
    assert found.confidence[some] == pytest.approx(confidence)
    assert np.isnan(found.accuracy[~some]).all()
    gaps = np.abs(accuracy - confidence) * found.images[some] / len(sure)
    assert expected_calibration_error(sure, right) == pytest.approx(gaps.sum(), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), min_size=1, max_size=60))
def test_rejection_is_the_precision_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    sure, right = unzip(pairs)
    found = rejection_curve(sure, right)
    assert (np.diff(found.threshold) < 0).all()
    assert found.coverage[-1] == 1
    assert found.accuracy[-1] == pytest.approx(right.mean())
    for threshold, coverage, accuracy in zip(*found, strict=True):
        given = sure >= threshold
        assert coverage == pytest.approx(given.mean())
        # whether an answer is right, told by its confidence: precision is the accuracy of answers
        theirs = metrics.precision_score(right, given, zero_division=0)
        assert accuracy == pytest.approx(theirs)


def test_temperature_does_not_fall_below_one_where_all_are_right() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 50)
    logits = np.eye(10)[labels] * 3 + rng.normal(0, 0.1, (50, 10))
    assert fit_temperature(logits, labels) == 1.0
    wrong = np.where(np.arange(50) < 1, (labels + 1) % 10, labels)
    assert fit_temperature(logits, wrong) != 1.0
