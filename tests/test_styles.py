"""Styles: each drawn onto its own label only, onto as many as asked for; and coarse digits."""

from typing import Any

import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.normalize import BOX, EDGE, normalize
from inkdigits.training import styles
from inkdigits.training.sections import AugmentationConfig
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
    styles_of: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({"flag": 1.0}, {"1"}),
        ({"bar": 1.0}, {"7"}),
        ({"tail": 1.0}, {"9"}),
        ({"slash": 1.0}, {"0"}),
        ({"coarse": 1.0}, set(DIGITS)),
        ({}, set()),
    )
    for wanted, labels in styles_of:
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
    patches: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(styles, "FOOTED", 0.0)
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
    plain_width, barred_width = (
        (some[seven, 12:20, :, 0] > 0.5).sum(axis=2).max(axis=1) for some in (patches, barred)
    )
    assert barred_width.mean() > plain_width.mean() + 2


def test_an_empty_patch_stays_empty() -> None:
    empty = np.zeros((3, 28, 28, 1), np.float32)
    everything = AugmentationConfig(flag=1.0, bar=1.0, tail=1.0, slash=1.0, coarse=1.0)
    for labels in (["1", "7", "9"], ["0", "", "5"]):
        rng = np.random.default_rng(0)
        assert not restyle(empty, np.array(labels), everything, rng).any()


def test_some_of_the_flagged_ones_get_a_foot() -> None:
    stem = normalize(Ink([[(0, 0), (0, 100)]]).render())
    count = 400
    flagged = restyle(
        np.stack([stem] * count)[..., None],
        np.full(count, "1"),
        AugmentationConfig(flag=1.0),
        np.random.default_rng(5),
    )[..., 0]
    width = []
    for one in flagged:
        last = np.flatnonzero((one > 0.5).any(axis=1))[-1]
        width.append((one[last - 1 : last + 1].max(axis=0) > 0.5).sum())
    share = np.mean(np.array(width) > 4.5)  # the stem alone is 3 wide
    assert share == pytest.approx(0.3, abs=0.07)


def test_a_slash_rises_to_the_right_through_the_middle(patches: NDArray[np.float32]) -> None:
    noughts = np.repeat(patches[LABELS == "0"], 5, axis=0)
    slashed = restyle(
        noughts, np.full(len(noughts), "0"), AugmentationConfig(slash=1.0), np.random.default_rng(2)
    )[..., 0]
    inside = slashed[:, 11:17, 11:17]
    assert (noughts[:, 11:17, 11:17].max(axis=(1, 2, 3)) < 0.1).all(), "noughts have holes"
    assert (inside.max(axis=(1, 2)) > 0.8).all()
    rows, columns = np.mgrid[:6, :6] - 2.5
    slope = (inside * rows * columns).sum(axis=(1, 2))
    assert (slope < 0).all(), "up is a smaller row, right a greater column"


def test_coarse_digits_have_lost_detail_but_neither_place_nor_size(
    patches: NDArray[np.float32],
) -> None:
    coarse = restyle(patches, LABELS, AugmentationConfig(coarse=1.0), np.random.default_rng(0))
    assert (coarse.max(axis=(1, 2, 3)) == 1).all(), "none is lost"
    alike = [
        np.corrcoef(one.ravel(), other.ravel())[0, 1]
        for one, other in zip(patches, coarse, strict=True)
    ]
    assert 0.7 < np.percentile(alike, 5) < 0.92, "some are taken down a lot"
    assert np.max(alike) > 0.97, "and some a little"
    for patch in coarse[..., 0]:
        rows, columns = np.nonzero(patch > EDGE)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(BOX, abs=6)
    few = restyle(patches, LABELS, AugmentationConfig(coarse=0.2), np.random.default_rng(0))
    touched = (np.abs(few - patches).max(axis=(1, 2, 3)) > 0).mean()
    assert touched == pytest.approx(0.2, abs=0.08)


def test_what_is_no_digit_gets_no_style_but_may_be_coarse(patches: NDArray[np.float32]) -> None:
    none = np.full(len(patches), "")
    drawn_on = AugmentationConfig(flag=1.0, bar=1.0, tail=1.0, slash=1.0)
    np.testing.assert_array_equal(
        restyle(patches, none, drawn_on, np.random.default_rng(0)), patches
    )
    coarse = AugmentationConfig(coarse=1.0)
    assert (restyle(patches, none, coarse, np.random.default_rng(0)) != patches).any()
