"""Weighing witnesses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.reading.trust import LEAST, Trust, negative_log_likelihood
from inkdigits.training.numbers.trusting import LEAST_WEIGHT, fit_trust


@given(
    st.lists(st.tuples(st.floats(-40, 0), st.floats(-40, 0)), min_size=0, max_size=6),
    st.floats(-6, 2),
)
def test_what_is_left_is_for_all_other_texts(rows: list[tuple[float, float]], none: float) -> None:
    shares = Trust((0.7, 0.3), none).probabilities(np.array(rows).reshape(-1, 2))
    assert shares.shape == (len(rows),)
    assert (shares >= 0).all()
    assert shares.sum() < 1


def test_the_weights_are_taken_out_of_the_configuration_of_a_model() -> None:
    numbers = {"ink.strokes": 0.5, "ink.line": 2.0, "ink.none": -1.0, "pictures.line": 9.0}
    assert Trust.of(numbers, "ink", ("strokes", "line")) == Trust((0.5, 2.0), -1.0)


def test_what_is_all_but_impossible_counts_no_less_than_the_least() -> None:
    trust = Trust((1.0,), -3.0)
    _, low, lower = trust.probabilities(np.array([[0.0], [LEAST], [10 * LEAST]]))
    assert low == lower > 0
    (alone,) = trust.probabilities(np.array([[10 * LEAST]]))
    assert alone == trust.probabilities(np.array([[LEAST]]))[0]


def test_a_witness_to_whom_all_is_improbable_still_prefers() -> None:
    better, worse = Trust((1.0,), -3.0).probabilities(np.array([[LEAST - 5], [LEAST - 7]]))
    assert better == pytest.approx(worse * np.exp(2))


def test_a_fit_trusts_the_witness_who_is_right() -> None:
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(400):
        logs = np.log(rng.dirichlet(np.ones(3), 2)).T  # (texts, witnesses)
        honest = np.exp(logs[:, 1]) / np.exp(logs[:, 1]).sum()
        cases.append((logs, int(rng.choice(3, p=honest))))
    numbers = fit_trust(cases, ("liar", "honest"), "made up")
    assert numbers["made up.honest"] == pytest.approx(1, abs=0.25)
    assert numbers["made up.liar"] == LEAST_WEIGHT, "heard, if little"
    fitted = Trust.of(numbers, "made up", ("liar", "honest"))
    shares = [fitted.probabilities(logs) for logs, _ in cases]
    sure = np.mean([share.max() for share in shares])
    right = [share.argmax() == told for share, (_, told) in zip(shares, cases, strict=True)]
    assert sure == pytest.approx(np.mean(right), abs=0.05), "calibrated as a whole"
    before = negative_log_likelihood(np.array([1.0, 1.0, -3.0]), cases)
    after = negative_log_likelihood(np.array([*fitted.weights, fitted.none]), cases)
    assert after < before
