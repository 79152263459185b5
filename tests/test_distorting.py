"""Marks in hands of their own: changed a little, and still what they were."""

import cv2
import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.training.numbers.composing import Composed, _link_noughts
from inkdigits.training.numbers.distorting import MOST, amount, distorted
from inkdigits.training.numbers.glyphs import Pen, Picture, Strokes
from inkdigits.training.numbers.hands import HANDS

PEN = Pen(0.1, 0.0, 1.0)
WIDE = Pen(0.3, 0.0, 1.0)


def test_a_third_of_the_hands_write_as_the_sets_have_it() -> None:
    rng = np.random.default_rng(0)
    amounts = np.array([amount(rng) for _ in range(3000)])
    assert 0.28 < (amounts == 0).mean() < 0.39
    assert 0.9 * MOST < amounts.max() <= MOST


@pytest.mark.parametrize("digit", ["4", "8"])
def test_ink_stays_what_it_was(recognizer: Recognizer, digit: str) -> None:
    rng = np.random.default_rng(1)
    mark = HANDS[digit][0](rng)
    assert distorted(mark, 0.0, rng) is mark
    others = [distorted(mark, 1.0, rng) for _ in range(30)]
    assert all(isinstance(other, Strokes) and other.lengths == mark.lengths for other in others)
    assert len({other.draw(40, PEN).tobytes() for other in others}) == 30
    drawn = [255 - np.pad(other.draw(60, PEN), 20) for other in others]
    before = recognizer.recognize(255 - np.pad(mark.draw(60, PEN), 20)).best_label
    same = [recognizer.recognize(picture).best_label == before for picture in drawn]
    assert np.mean(same) > 0.8


def test_a_picture_stays_what_it_was() -> None:
    rng = np.random.default_rng(2)
    pixels = np.zeros((28, 28), np.uint8)
    cv2.ellipse(pixels, (14, 14), (6, 9), 0, 0, 360, 255, 2, cv2.LINE_AA)
    holes = []
    for _ in range(30):
        other = distorted(Picture(pixels), 1.0, rng)
        assert isinstance(other, Picture)
        assert other.pixels.shape == (28, 28)
        assert 0.7 < other.pixels.sum() / pixels.sum() < 1.4
        holes.append(other.pixels[12:16, 13:16].max() < 128)
    assert np.mean(holes) > 0.8


def test_a_wide_and_blunt_pen_leaves_paper_white() -> None:
    """What is no ink stays none, however little contrast the pen has."""
    pixels = np.zeros((28, 28), np.uint8)
    cv2.line(pixels, (14, 4), (14, 23), 255, 2, cv2.LINE_AA)
    drawn = Picture(pixels, sharpness=1.2).draw(40, WIDE)
    assert drawn.shape[1] < 20  # cut to the stroke, not to the tile


def test_noughts_are_linked_to_noughts_alone() -> None:
    boxes = np.array([[20, 20, 20, 30], [60, 20, 20, 30], [100, 20, 20, 30]], np.float32)
    rng = np.random.default_rng(3)
    for text, between in (("200", [False, True]), ("000", [True, True]), ("201", [False, False])):
        ink = np.zeros((80, 150), np.uint8)
        _link_noughts(Composed(ink, text, boxes, 20, 50), text, 4.0, rng)
        columns = ink.max(axis=0)
        assert [bool(columns[50]), bool(columns[90])] == between
