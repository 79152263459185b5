"""Augmentation: seeded, within its bounds, and each change the one that its name says."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray

from inkdigits.normalize import BOX, EDGE, normalize
from inkdigits.training import augment as module
from inkdigits.training.augment import augment
from inkdigits.training.sections import AugmentationConfig

EVERYTHING = AugmentationConfig(
    rotation=15, shift=2, shear=0.3, scale=0.2, stretch=0.2, elastic=1, thickness=0.5
)
REFITTED = EVERYTHING.model_copy(update={"refit": True})


@pytest.fixture
def bars() -> NDArray[np.float32]:
    """Upright bars, 4 wide and 16 high, in the middle of the patch."""
    patches = np.zeros((200, 28, 28, 1), np.float32)
    patches[:, 6:22, 12:16] = 1
    return patches


def _changed(patches: NDArray[np.float32], seed: int = 0, **wanted: Any) -> NDArray[np.float32]:
    return augment(patches, AugmentationConfig(**wanted), np.random.default_rng(seed))


def _moments(patch: NDArray[np.float32]) -> dict[str, float]:
    return dict(cv2.moments(np.ascontiguousarray(patch[..., 0])))


def _centroids(patches: NDArray[np.float32]) -> NDArray[np.float64]:
    found = [_moments(patch) for patch in patches]
    return np.array([(m["m10"] / m["m00"], m["m01"] / m["m00"]) for m in found])


def _angles(patches: NDArray[np.float32]) -> NDArray[np.float64]:
    """Angle of the longer axis to the vertical, degrees."""
    found = [_moments(patch) for patch in patches]
    return np.array(
        [np.degrees(0.5 * np.arctan2(2 * m["mu11"], m["mu02"] - m["mu20"])) for m in found]
    )


def test_the_same_seed_gives_the_same_and_another_gives_another(bars: NDArray[np.float32]) -> None:
    first, again, other = (
        augment(bars, EVERYTHING, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.5


@pytest.mark.parametrize("wanted", [EVERYTHING, REFITTED], ids=["as they come", "refitted"])
def test_threads_and_chunks_change_nothing(
    wanted: AugmentationConfig, bars: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = augment(bars, wanted, np.random.default_rng(3))
    monkeypatch.setattr(module, "CHUNK", 7)
    monkeypatch.setattr(module, "THREADS", 1)
    np.testing.assert_allclose(augment(bars, wanted, np.random.default_rng(3)), before, atol=1e-4)


def test_shape_type_and_range_are_kept_and_the_input_is_left_alone(
    bars: NDArray[np.float32],
) -> None:
    before = bars.copy()
    result = augment(bars, EVERYTHING, np.random.default_rng(0))
    assert result.shape == bars.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1
    np.testing.assert_array_equal(bars, before)


def test_nothing_wanted_is_nothing_changed(bars: NDArray[np.float32]) -> None:
    assert not AugmentationConfig().is_active
    np.testing.assert_allclose(_changed(bars), bars, atol=1e-6)
    np.testing.assert_array_equal(_changed(bars, rotation=90, share=0), bars)


def test_a_share_is_the_share_that_is_changed(bars: NDArray[np.float32]) -> None:
    touched = np.abs(_changed(bars, rotation=30, share=0.25) - bars).max(axis=(1, 2, 3)) > 0
    assert 0.15 < touched.mean() < 0.35


def test_rotation_turns_up_to_its_angle_to_both_sides(bars: NDArray[np.float32]) -> None:
    angles = _angles(_changed(bars, rotation=20))
    assert np.abs(angles).max() <= 20.5
    assert angles.min() < -15
    assert angles.max() > 15
    centres = _centroids(_changed(bars, rotation=20))
    np.testing.assert_allclose(centres, _centroids(bars), atol=0.35)


def test_shear_slants_but_keeps_the_rows(bars: NDArray[np.float32]) -> None:
    slanted = _changed(bars, shear=0.4)
    angles = _angles(slanted)
    assert angles.min() < -15
    assert angles.max() > 15
    np.testing.assert_allclose(_centroids(slanted)[:, 1], _centroids(bars)[:, 1], atol=0.1)
    rows = (slanted.max(axis=2) > 0.5).sum(axis=(1, 2))
    assert set(rows) <= {15, 16, 17}


def test_shift_moves_by_up_to_its_pixels(bars: NDArray[np.float32]) -> None:
    moved = _centroids(_changed(bars, shift=3)) - _centroids(bars)
    assert np.abs(moved).max() <= 3.05
    assert np.all(moved.min(axis=0) < -2)
    assert np.all(moved.max(axis=0) > 2)


def test_scale_changes_both_sides_and_stretch_trades_them(bars: NDArray[np.float32]) -> None:
    def sides(patches: NDArray[np.float32]) -> NDArray[np.float64]:
        found = [_moments(patch) for patch in patches]
        return np.array([np.sqrt([m["mu20"] / m["m00"], m["mu02"] / m["m00"]]) for m in found])

    height = sides(bars)[:, 1]
    scaled = sides(_changed(bars, scale=0.25))[:, 1] / height
    assert scaled.min() == pytest.approx(1 / 1.25, abs=0.04)
    assert scaled.max() == pytest.approx(1.25, abs=0.04)
    stretched = sides(_changed(bars, stretch=0.5))
    assert np.corrcoef(stretched[:, 0], stretched[:, 1]).min() < -0.8


def _longer_sides(patches: NDArray[np.float32]) -> NDArray[np.int64]:
    """The longer side of the ink in each patch, pixels."""
    inked = patches[..., 0] > EDGE
    sides: NDArray[np.int64] = np.maximum(inked.any(axis=2).sum(1), inked.any(axis=1).sum(1))
    return sides


@pytest.mark.parametrize("stretch", [0.0, 0.3, 0.9])
def test_refitted_ink_has_the_size_that_the_normaliser_gives(stretch: float) -> None:
    digits = np.stack([normalize(drawn(digit).render()) for digit in DIGITS] * 40)[..., None]
    wanted: dict[str, Any] = {"stretch": stretch, "rotation": 20.0, "shear": 0.5}
    loose, fitted = (_changed(digits, refit=refit, **wanted) for refit in (False, True))
    assert np.ptp(_longer_sides(loose)) > 4
    lines = np.zeros((400, 28, 28, 1), np.float32)
    lines[:, 4:24, 13:15] = 1
    lines[::2] = lines[::2].transpose(0, 2, 1, 3)
    for patches in (fitted, _changed(lines, refit=True, **wanted)):
        off = np.abs(_longer_sides(patches) - BOX)
        assert np.quantile(off, 0.98) <= 1
        assert off.max() <= 2, "where a corner falls between two pixels at either end"


def test_refitted_ink_still_changes_its_size_by_scale_and_its_place_by_shift() -> None:
    digits = np.stack([normalize(drawn(digit).render()) for digit in DIGITS] * 40)[..., None]
    sides = _longer_sides(_changed(digits, refit=True, stretch=0.9, scale=0.2))
    assert sides.min() == pytest.approx(BOX / 1.2, abs=1.5)
    assert sides.max() == pytest.approx(BOX * 1.2, abs=1.5)
    still = _centroids(_changed(digits, refit=True, stretch=0.5))
    moved = _centroids(_changed(digits, refit=True, stretch=0.5, shift=3)) - still
    # uniform from -3 to 3: a standard deviation of the square root of 3
    assert moved.std(axis=0) == pytest.approx((3**0.5, 3**0.5), abs=0.25)
    np.testing.assert_allclose(still, 14, atol=1.2)


def test_refitting_leaves_a_blank_patch_blank() -> None:
    blank = np.zeros((3, 28, 28, 1), np.float32)
    assert not augment(blank, REFITTED, np.random.default_rng(0)).any()


def test_thickness_moves_each_edge_by_its_pixels() -> None:
    bars = np.zeros((200, 28, 28, 1), np.float32)
    bars[:, 6:22, 10:18] = 1
    ink = np.clip(bars[..., 0], 0, 1)
    amounts = np.linspace(-1, 1, 200, dtype=np.float32)[:, None, None]
    module._thicken(ink, amounts)
    wide = ink[:, 14].sum(axis=1)  # a row through the middle of the bar, 8 wide
    np.testing.assert_allclose(wide, 8 + 2 * amounts.ravel(), atol=1e-5)


def test_thickness_adds_and_removes_ink(bars: NDArray[np.float32]) -> None:
    ink = _changed(bars, thickness=0.5).sum(axis=(1, 2, 3)) / bars.sum(axis=(1, 2, 3))
    assert ink.min() < 0.75
    assert ink.max() > 1.25
    assert ink.min() > 0.5


def test_elastic_bends_by_about_its_pixels(bars: NDArray[np.float32]) -> None:
    bent = _changed(bars, elastic=1)
    columns = np.arange(28)
    rows = bent[:, 8:20, :, 0]
    middle = (rows * columns).sum(axis=2) / rows.sum(axis=2)
    assert 0.6 < (middle - 13.5).std() < 1.4
    within = middle - middle.mean(axis=1, keepdims=True)
    assert within.std() > 0.25, "the bars are moved as a whole instead of bent"


def test_a_patch_that_would_vanish_stays_as_it_was() -> None:
    dots = np.zeros((20, 28, 28, 1), np.float32)
    dots[:, 0, 0] = 1
    result = _changed(dots, shift=14)
    assert np.all(result.max(axis=(1, 2, 3)) == 1)


def test_preview_is_a_contact_sheet(tmp_path: Path) -> None:
    from tiny_training import RECIPE, write_recipe

    from inkdigits.errors import InvalidConfig
    from inkdigits.training.config import load_config
    from inkdigits.training.train import preview

    sheet = preview(load_config(write_recipe(tmp_path)), tmp_path / "sheet.png")
    picture = cv2.imread(str(sheet), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape[0] > 10 * 84
    assert picture.shape[1] > 13 * 84
    assert (picture < 60).mean() > 0.03, "there is ink on it"
    plain = RECIPE.replace("augmentation: {", "augmentation: {share: 0, ")
    with pytest.raises(InvalidConfig, match="nothing to show"):
        preview(load_config(write_recipe(tmp_path, plain)), tmp_path / "none.png")
