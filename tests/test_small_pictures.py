"""Pictures of a few pixels: the digits of 8×8 that scikit-learn ships, and drawings made small."""

import cv2
import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray

from inkdigits.normalize import BOX, CENTRE, EDGE, normalize
from inkdigits.paper import find_ink
from inkdigits.recognizer import prepare

# Ink and paper, grey levels.
SHEETS = {"dark": (0, 255), "light": (255, 0), "grey": (100, 151), "light grey": (151, 100)}


@pytest.fixture(scope="module")
def eight_by_eight() -> NDArray[np.float64]:
    """All of them, (1797, 8, 8), 1 where there is ink."""
    datasets = pytest.importorskip("sklearn.datasets", reason="needs the extra train")
    return np.asarray(datasets.load_digits().images) / 16


def page_of(ink: NDArray[np.float64], sheet: str) -> NDArray[np.uint8]:
    strongest, paper = SHEETS[sheet]
    return np.rint(paper + (strongest - paper) * ink).astype(np.uint8)


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_ink_of_each_is_told_from_its_paper(
    sheet: str, eight_by_eight: NDArray[np.float64]
) -> None:
    assert len(eight_by_eight) == 1797
    wrong = []
    for number, ink in enumerate(eight_by_eight):
        found = find_ink(page_of(ink, sheet))
        if np.corrcoef(found.ravel(), ink.ravel())[0, 1] < 0.99:  # the wrong way round it is -1
            wrong.append(number)
    assert wrong == []


def test_patches_are_whole_and_the_same_in_all_greys(eight_by_eight: NDArray[np.float64]) -> None:
    apart = []
    for ink in eight_by_eight[::5]:
        patches = [prepare(page_of(ink, sheet))[0] for sheet in SHEETS]
        first = patches[0]
        apart += [np.abs(other - first).mean() for other in patches[1:]]
        assert first.max() == 1
        places = np.mgrid[:28, :28]
        centre = (first * places).sum(axis=(1, 2)) / first.sum()
        assert centre == pytest.approx((CENTRE, CENTRE), abs=0.2)
    # 51 levels of grey are not quite enough for 17 strengths of ink; a blot shows it most
    assert np.median(apart) < 0.002
    assert np.quantile(apart, 0.98) < 0.02


def test_nearly_all_get_the_size_of_all_other_digits(eight_by_eight: NDArray[np.float64]) -> None:
    patches = np.stack([prepare(page_of(ink, "dark"))[0] for ink in eight_by_eight])
    inked = patches > EDGE
    sides = np.maximum(inked.any(axis=1).sum(axis=1), inked.any(axis=2).sum(axis=1))
    # 12 of the 1797, all of them blots, come out smaller, for they are thinned a lot
    assert (np.abs(sides - BOX) <= 3).mean() > 0.99
    assert sides.max() <= BOX + 2


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("side", [8, 10, 12, 16, 19, 20, 24])
def test_a_drawing_made_small_is_still_the_drawing(side: int, digit: str) -> None:
    whole = drawn(digit).draw(400, 400, 22)[60:340, 40:320]
    small = cv2.resize(whole, (round(1.4 * side),) * 2, interpolation=cv2.INTER_AREA)
    patch = normalize(255 - small)
    assert np.corrcoef(patch.ravel(), normalize(255 - whole).ravel())[0, 1] > 0.75


def test_size_changes_the_patch_little_where_enlarging_begins() -> None:
    """From 19 pixels to 20 the way changes; the patch must not jump."""
    for digit in DIGITS:
        patches = []
        for side in (19, 20, 21):
            ink = 255 - drawn(digit, size=side - 2, at=(6, 6)).draw(34, 34, 2)
            patches.append(normalize(ink))
        within = np.abs(patches[2] - patches[1]).mean()
        assert np.abs(patches[1] - patches[0]).mean() < within + 0.03


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (8, 2)])
def test_a_bar_of_five_pixels_becomes_a_bar(shape: tuple[int, int]) -> None:
    for margin in (0, 3):
        patch = normalize(np.pad(np.full(shape, 255, np.uint8), margin))
        rows, columns = np.nonzero(patch > 0.5)
        sides = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1])
        assert abs(sides.max() - BOX) <= 2
        assert (sides[0] > sides[1]) == (shape[0] > shape[1])
