"""What is held out: whole writers where that can be, and never all of a label."""

import logging
from pathlib import Path

import numpy as np
import pytest
from tiny_training import ink_lines, write_ink, write_refusing_recipe

from inkdigits.training.config import load_config
from inkdigits.training.forms import open_data
from inkdigits.training.holding_out import by_held_out_writers, lost_by_writer
from inkdigits.training.labelled_ink import read_ink
from inkdigits.training.sections import ValidationConfig

WANTED = ValidationConfig()


@pytest.mark.parametrize(
    ("writers", "held"),
    [
        (range(10), {4, 9}),
        ([7, 9, 4, 12], {4, 9}),  # their numbers are their places where some are held out so
        (range(0, 50, 5), {20, 45}),  # else their order is
        (range(4, 54, 5), {24, 49}),
        ([-1, -1], set()),
    ],
)
def test_every_fifth_writer_is_held_out_whatever_their_numbers(
    writers: range | list[int], held: set[int]
) -> None:
    numbers = np.array(writers, np.int64)
    assert set(numbers[by_held_out_writers(numbers, WANTED)]) == held


def test_no_label_is_held_out_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Ten writers write one letter each: of E there would be nothing to learn."""
    lines = ink_lines("letters", 100, seed=1)
    letters = sorted({line["label"] for line in lines})
    for line in lines:
        line["writer"] = letters.index(line["label"])
    write_ink(tmp_path / "x.jsonl", lines)
    config = load_config(write_refusing_recipe(tmp_path))
    found = open_data(tmp_path / "x.jsonl")
    assert not found.is_split_by_writer(config)
    assert open_data(tmp_path / "letters.jsonl.gz").is_split_by_writer(config)
    assert not open_data(tmp_path / "train-images-idx3-ubyte").is_split_by_writer(config)
    assert found.writers is not None
    assert lost_by_writer(found.labels, found.writers, WANTED) == letters
    with caplog.at_level(logging.WARNING):
        learned, held = found.split(config)
    assert "whole writers, who would leave some labels with nothing" in caplog.text
    for part in (learned, held):
        assert {found.labels[index] for index in part} == set(letters)
    again = read_ink(tmp_path / "x.jsonl").split(config)
    np.testing.assert_array_equal(again[0], learned)
    np.testing.assert_array_equal(again[1], held)
    every = ink_lines("letters", 200, seed=1)
    writers = np.array([line["writer"] for line in every])
    assert lost_by_writer([line["label"] for line in every], writers, WANTED) == []
