"""Tables of pixels: which column is which, with names and without."""

from pathlib import Path

import numpy as np
import pytest
from small_data import IMAGES, NUMBERS, write_csv

from inkdigits.errors import DataUnavailable
from inkdigits.training.forms import open_data


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


def test_a_label_without_a_name_is_found_at_either_end(tmp_path: Path) -> None:
    small = np.zeros((40, 8, 8), int)
    small[:, 1:7, 3:5] = 16
    rows = [[*image.ravel(), number % 10] for number, image in enumerate(small)]
    found = open_data(write_csv(tmp_path / "last.csv", rows))
    assert found.labels == [str(number % 10) for number in range(40)]
    np.testing.assert_array_equal(found.pictures[3], small[3] * 255 // 16)
    noise = np.random.default_rng(1).integers(0, 256, (400, 64))
    rows = [[number % 10, *image] for number, image in enumerate(noise)]
    assert open_data(write_csv(tmp_path / "x.csv", rows)).labels[:11] == [*"0123456789", "0"]
    write_csv(tmp_path / "x.csv", [row[::-1] for row in rows])
    assert open_data(tmp_path / "x.csv").labels[:11] == [*"0123456789", "0"]
    write_csv(tmp_path / "x.csv", [[1, *image] for image in small.reshape(40, 64)])
    with pytest.raises(DataUnavailable, match="cannot be told; begin it with a line of names"):
        open_data(tmp_path / "x.csv")
