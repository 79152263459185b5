"""Tables of pixels: which column is which, with names and without."""

import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from small_data import IMAGES, NAMES, NUMBERS, write_csv

from inkdigits.errors import DataUnavailable
from inkdigits.training.forms import open_data

RNG = np.random.default_rng(1)
SMALL = np.zeros((40, 8, 8), int)
SMALL[:, 1:7, 3:5] = RNG.integers(1, 17, (40, 6, 2))
GREY = RNG.integers(0, 256, (400, 8, 8))  # as it may be of a photograph, or cropped to the ink
BLACK_AND_WHITE = 255 * RNG.integers(0, 2, (400, 28, 28))


def rows_of(images: NDArray[Any], labels: Sequence[Any], is_last: bool) -> list[list[Any]]:
    ink = images.reshape(len(images), -1).tolist()
    told = [[label] for label in labels]
    pairs = zip(ink, told, strict=True) if is_last else zip(told, ink, strict=True)
    return [[*before, *after] for before, after in pairs]


def test_pixels_are_put_in_order_by_their_numbers(tmp_path: Path) -> None:
    flat, places = IMAGES.reshape(20, -1), [divmod(place, 28) for place in range(784)]
    for names in (
        [f"pixel{place}" for place in range(784)],
        [f"{row}x{column}" for row, column in places],
    ):
        order = np.argsort(names)
        rows = [[n, *image[order]] for n, image in zip(NUMBERS, flat, strict=True)]
        write_csv(tmp_path / "x.csv", [["label", *(names[n] for n in order)], *rows])
        found = open_data(tmp_path / "x.csv")
        np.testing.assert_array_equal(found.pictures[7], IMAGES[7])
    names = [f"{column}x{row}" for row, column in places]
    write_csv(
        tmp_path / "x.csv",
        [["label", *names], *([n, *i] for n, i in zip(NUMBERS, flat, strict=True))],
    )
    np.testing.assert_array_equal(open_data(tmp_path / "x.csv").pictures[7], IMAGES[7])


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES, NAMES),  # the corners are paper
        (SMALL, [number % 10 for number in range(40)]),
        (16 - SMALL, [number % 3 for number in range(40)]),
        (SMALL, [f"{number % 2}.0" for number in range(40)]),
        (GREY / 255, [number % 10 for number in range(400)]),  # no label is a fraction
        (BLACK_AND_WHITE, [number % 10 for number in range(400)]),  # no pixel is a 2
        (BLACK_AND_WHITE, [7] * 400),
        (GREY, [string.ascii_letters[number % 52] for number in range(400)]),
        (IMAGES, [*"yabcdefghij123456789"]),  # the first of which could name a column
        (GREY, [string.hexdigits[number % 16] for number in range(400)]),
    ],
)
def test_a_label_without_a_name_is_found_at_either_end(
    images: NDArray[Any], labels: Sequence[Any], is_last: bool, tmp_path: Path
) -> None:
    found = open_data(write_csv(tmp_path / "x.csv", rows_of(images, labels, is_last)))
    assert found.labels == [str(label).removesuffix(".0") for label in labels]
    shade = 255 / images.max() if images.max() in (1, 16) else 1
    np.testing.assert_allclose(found.pictures[3], images[3] * shade, atol=0.5)


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (GREY, [number % 10 for number in range(400)]),  # both ends may be either
        (BLACK_AND_WHITE // 255, [number % 2 for number in range(400)]),
        (BLACK_AND_WHITE, [0] * 400),  # not paper, of which there is none at the other corner
        (np.where(GREY > 128, GREY, 0), [7] * 400),
        (np.where(RNG.random((400, 8, 8)) < 0.05, 255, 0), [0] * 400),
        (SMALL, [0] * 40),
        (SMALL[:, :, 1:], [number % 10 for number in range(40)]),  # no squares
    ],
)
def test_where_the_label_is_is_never_guessed(
    images: NDArray[Any], labels: Sequence[Any], is_last: bool, tmp_path: Path
) -> None:
    write_csv(tmp_path / "x.csv", rows_of(images, labels, is_last))
    with pytest.raises(DataUnavailable, match="cannot be told; begin it with a line of names"):
        open_data(tmp_path / "x.csv")
    names = rows_of(np.arange(images[0].size)[None], ["label"], is_last)
    write_csv(tmp_path / "x.csv", names + rows_of(images, labels, is_last))
    if images.shape[1] == images.shape[2]:
        assert open_data(tmp_path / "x.csv").labels == list(map(str, labels))


def test_a_damaged_cell_is_no_label(tmp_path: Path) -> None:
    for is_last in (False, True):
        rows = rows_of(SMALL, [number % 10 for number in range(40)], is_last)
        rows[7][0 if is_last else -1] = "?"
        write_csv(tmp_path / "x.csv", rows)
        with pytest.raises(DataUnavailable, match="line 8: a pixel is no number"):
            open_data(tmp_path / "x.csv")


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["label", "Class", "y"])
def test_numbers_may_be_the_names_of_pixels(
    name: str, first: int, is_last: bool, tmp_path: Path
) -> None:
    names = rows_of(np.arange(first, first + 784)[None], [name], is_last)
    write_csv(tmp_path / "x.csv", names + rows_of(IMAGES, NAMES, is_last))
    found = open_data(tmp_path / "x.csv")
    assert found.labels == NAMES
    np.testing.assert_array_equal(found.pictures[7], IMAGES[7])


def test_numbers_that_name_no_label_are_no_image(tmp_path: Path) -> None:
    for name in ("784", "Zeichen"):
        names = rows_of(np.arange(784)[None], [name], is_last=True)
        write_csv(tmp_path / "x.csv", names + rows_of(IMAGES, NAMES, is_last=True))
        with pytest.raises(DataUnavailable, match=r"no column of labels among 0, 1, .* label"):
            open_data(tmp_path / "x.csv")
