"""Labels: their names as numbers, and a share of each of them split off."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.training.labels import UNKNOWN, in_order, split, writer_numbers


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=300),
    st.floats(0.01, 0.99),
    st.integers(0, 2**31 - 1),
)
def test_a_split_is_whole_even_and_repeatable(
    labels: list[int], fraction: float, seed: int
) -> None:
    numbers = np.array(labels, np.int64)
    large, share = split(numbers, fraction, seed)
    assert sorted([*large, *share]) == list(range(len(numbers)))
    assert abs(len(share) - fraction * len(numbers)) <= 1
    for label in range(5):
        there = (numbers == label).sum()
        assert abs((numbers[share] == label).sum() - fraction * there) <= 1.5
    np.testing.assert_array_equal(split(numbers, fraction, seed)[1], share)


def test_another_seed_splits_otherwise() -> None:
    labels = np.arange(1000) % 10
    assert not np.array_equal(split(labels, 0.1, 1)[1], split(labels, 0.1, 2)[1])


def test_labels_are_put_in_order_numbers_by_their_size() -> None:
    assert in_order(["b", "10", "a", "9", "b", "-1", "½"]) == ("-1", "9", "10", "a", "b", "½")


def test_writers_are_numbered_as_they_come_unless_they_are_numbers() -> None:
    assert writer_numbers([7, None, 3]).tolist() == [7, UNKNOWN, 3]
    assert writer_numbers(["Bob", "Ann", None, "", "Bob"]).tolist() == [0, 1, UNKNOWN, UNKNOWN, 0]
