"""Flags and bars: drawn onto ones and sevens only, and onto as many as asked for."""

import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.normalize import normalize
from inkdigits.training.config import AugmentationConfig
from inkdigits.training.styles import restyle

LABELS = np.array(list(DIGITS) * 20)


@pytest.fixture
def patches() -> NDArray[np.float32]:
    return np.stack([normalize(drawn(label).render()) for label in LABELS])[..., None]


def changed(before: NDArray[np.float32], after: NDArray[np.float32]) -> set[str]:
    different = np.abs(after - before).max(axis=(1, 2, 3)) > 0
    return set(LABELS[different].tolist())


def test_each_style_has_its_label(patches: NDArray[np.float32]) -> None:
    kept = patches.copy()
    for wanted, labels in (
        ({"flag": 1.0}, {"1"}),
        ({"bar": 1.0}, {"7"}),
        ({"tail": 1.0}, {"9"}),
        ({}, set()),
    ):
        result = restyle(patches, LABELS, AugmentationConfig(**wanted), np.random.default_rng(0))
        assert changed(patches, result) == labels
        assert result.shape == patches.shape
        assert result.dtype == np.float32
        assert (result.min(), result.max()) == (0, 1)
    assert (patches == kept).all(), "the patches given were changed"


def test_share_and_seed(patches: NDArray[np.float32]) -> None:
    many = np.repeat(patches[LABELS == "1"], 50, axis=0)
    names = np.full(len(many), "1")
    config = AugmentationConfig(flag=0.3)
    first, second, other = (
        restyle(many, names, config, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (first == second).all()
    assert (first != other).any()
    share = (np.abs(first - many).max(axis=(1, 2, 3)) > 0).mean()
    assert share == pytest.approx(0.3, abs=0.05)


def test_a_flag_stands_left_of_the_top_and_a_bar_across_the_middle(
    patches: NDArray[np.float32],
) -> None:
    stem = normalize(Ink([[(0, 0), (0, 100)]]).render())
    stems = np.stack([stem] * 40)[..., None]
    flagged = restyle(
        stems, np.full(40, "1"), AugmentationConfig(flag=1.0), np.random.default_rng(3)
    )
    for one in flagged[..., 0]:
        rows, columns = np.nonzero(one > 0.5)
        foot = rows > rows.min() + 14  # below the longest flag there is the stem alone
        assert columns.max() <= columns[foot].max() + 1
        assert columns.min() < columns[foot].min()
    seven = LABELS == "7"
    barred = restyle(patches, LABELS, AugmentationConfig(bar=1.0), np.random.default_rng(3))
    for plain, crossed in zip(patches[seven, :, :, 0], barred[seven, :, :, 0], strict=True):
        rows, _ = np.nonzero(crossed - plain > 0.5)
        if len(rows):
            assert 8 < np.median(rows) < 22
    assert (barred[seven] > 0.5).sum() > 1.05 * (patches[seven] > 0.5).sum()


def test_an_empty_patch_stays_empty() -> None:
    empty = np.zeros((3, 28, 28, 1), np.float32)
    everything = AugmentationConfig(flag=1.0, bar=1.0, tail=1.0)
    assert not restyle(empty, np.array(["1", "7", "9"]), everything, np.random.default_rng(0)).any()
