"""Numbers drawn by hand and by formula: which strokes are a digit, a separator, or neither."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from drawings import DIGITS
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits import Ink
from inkdigits.digit_model import DigitModel
from inkdigits.reading.strokes.candidates import N_BEST, InkLine, read_ink

EXAMPLES = Path(__file__).parents[1] / "examples"
MODEL = DigitModel()

Strokes = list[list[tuple[float, float]]]

DOT: Strokes = [[(0.0, 0.95), (0.02, 0.97)]]
COMMA: Strokes = [[(0.08, 0.88), (0.08, 1.05), (0.0, 1.22)]]
DASH: Strokes = [[(0.0, 0.5), (0.4, 0.5)]]
SLASH: Strokes = [[(0.6, -0.3), (0.0, 1.25)]]
COLON: Strokes = [[(0.0, 0.3), (0.02, 0.3)], [(0.0, 0.8), (0.02, 0.8)]]
EQUALS: Strokes = [[(0.0, 0.4), (0.4, 0.4)], [(0.0, 0.62), (0.4, 0.62)]]
MARKS = {".": DOT, ",": COMMA, "-": DASH, "/": SLASH, ":": COLON, "=": EQUALS}


def example(name: str) -> Strokes:
    """A digit that somebody drew, 1 high, its left edge at 0."""
    strokes = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))["strokes"]
    ink = Ink(strokes)
    box = ink.box()
    assert box is not None
    x, y, _, height = box
    return [[((px - x) / height, (py - y) / height) for px, py, *_ in s] for s in ink.strokes]


HAND = {name[0]: example(name) for name in ("0", "1", "2", "3", "4-open", "5", "6", "8", "9")}
HAND["7"] = example("7-crossed")
SEVERAL = HAND | {"5": DIGITS["5"]}  # 4, 5 and 7 of two strokes each


def row(text: str, *, gap: float = 0.25, by: dict[str, Strokes] = HAND) -> list[Strokes]:
    """The strokes of each character, side by side, digits from 0 to 1; a space is 2 wide."""
    shapes = by | MARKS
    characters = []
    edge = 0.0
    for character in text:
        if character == " ":
            edge += 2
            continue
        strokes = shapes[character]
        left = min(x for stroke in strokes for x, _ in stroke)
        right = max(x for stroke in strokes for x, _ in stroke)
        characters.append([[(x - left + edge, y) for x, y in stroke] for stroke in strokes])
        edge += right - left + gap
    return characters


def ink_of(strokes: Strokes, scale: float = 100.0, at: tuple[float, float] = (30, 40)) -> Ink:
    return Ink([[(at[0] + scale * x, at[1] + scale * y) for x, y in stroke] for stroke in strokes])


def flat(characters: Sequence[Strokes]) -> Strokes:
    return [stroke for strokes in characters for stroke in strokes]


def read(strokes: Strokes) -> list[InkLine]:
    return read_ink(ink_of(strokes), MODEL)


def texts(strokes: Strokes) -> list[str]:
    return [line.candidates[0].text if line.candidates else "" for line in read(strokes)]


@pytest.mark.parametrize("text", ["2026", "1010", "4575", "100", "77", "5", "31415926", "98", "11"])
@pytest.mark.parametrize("by", [HAND, DIGITS], ids=["drawn", "by formula"])
def test_numbers(text: str, by: dict[str, Strokes]) -> None:
    assert texts(flat(row(text, by=by))) == [text]


def test_digits_of_several_strokes_stay_whole() -> None:
    characters = row("457", by=SEVERAL)
    assert [len(strokes) for strokes in characters] == [2, 2, 2]
    (line,) = read(flat(characters))
    assert line.candidates[0].groups == ((0, 1), (2, 3), (4, 5))
    assert line.candidates[0].text == "457"


def test_a_digit_of_three_strokes() -> None:
    seven: Strokes = [[(0.0, 0.0), (0.6, 0.0)], [(0.6, 0.0), (0.2, 1.0)], [(0.15, 0.5), (0.6, 0.5)]]
    (line,) = read(flat(row("272", by=HAND | {"7": seven})))
    assert line.candidates[0].text == "272"
    assert line.candidates[0].groups == ((0,), (1, 2, 3), (4,))


def test_bars_added_later() -> None:
    characters = row("7457", by=SEVERAL)
    first = [strokes[0] for strokes in characters]
    later = [strokes[1] for strokes in characters]
    (line,) = read(first + later)
    assert line.candidates[0].text == "7457"
    assert line.candidates[0].groups == ((0, 4), (1, 5), (2, 6), (3, 7))


@pytest.mark.parametrize("gap", [0.08, 0.2, 0.4])
def test_a_one_beside_a_nought_stays_two(gap: float) -> None:
    assert texts(flat(row("10", gap=gap))) == ["10"]
    assert texts(flat(row("01", gap=gap))) == ["01"]


def test_digits_read_from_left_to_right_whatever_their_order() -> None:
    characters = row("2026")
    (line,) = read(flat([characters[place] for place in (3, 1, 0, 2)]))
    assert line.candidates[0].text == "2026"
    assert line.candidates[0].groups == ((2,), (1,), (3,), (0,))


def test_two_lines_are_two_readings() -> None:
    second = [[(x + 0.3, y + 1.5) for x, y in stroke] for stroke in flat(row("475", by=SEVERAL))]
    lines = read(second + flat(row("2026")))
    assert [line.candidates[0].text for line in lines] == ["2026", "475"]
    assert lines[0].strokes == (6, 7, 8, 9)
    assert lines[1].strokes == (0, 1, 2, 3, 4, 5)


def test_numbers_far_apart_are_two_readings() -> None:
    assert texts(flat(row("20 26"))) == ["20", "26"]
    assert texts(flat(row("2026", gap=0.9))) == ["2026"]


def test_numbers_of_different_sizes() -> None:
    small = [[(0.3 * x + 0.5, 0.3 * y + 2) for x, y in stroke] for stroke in flat(row("1985"))]
    assert texts(flat(row("2026")) + small) == ["2026", "1985"]


def test_a_line_that_climbs() -> None:
    assert texts([[(x, y - 0.2 * x) for x, y in s] for s in flat(row("20264857"))]) == ["20264857"]


@pytest.mark.parametrize(
    "text", ["12.50", "3,75", "20-26", "24/12", "9:30", "-48", "2026-11-26", "1.234,50", "11:11"]
)
def test_separators(text: str) -> None:
    (line,) = read(flat(row(text, gap=0.2)))
    best = line.candidates[0]
    assert best.text == text
    assert [scores is None for scores in best.scores] == [not mark.isdigit() for mark in text]


@pytest.mark.parametrize("text", ["171", "111", "7117", "1001"])
def test_a_one_or_a_bar_is_no_separator(text: str) -> None:
    assert texts(flat(row(text))) == [text]


def test_what_is_neither_digit_nor_separator_is_left_out() -> None:
    (line,) = read(flat(row("48=48")))
    assert line.candidates[0].text == "4848"
    assert len(line.strokes) == 8
    shown = {stroke for group in line.candidates[0].groups for stroke in group}
    assert set(line.strokes) - shown == {3, 4}


@pytest.mark.parametrize("place", [(0.6, -0.25), (0.62, 0.3), (-0.4, 0.4), (1.2, 1.7)])
def test_specks_are_no_decimal_points(place: tuple[float, float]) -> None:
    speck = [place, (place[0] + 0.01, place[1])]
    assert [text for text in texts([*flat(row("2026")), speck]) if text] == ["2026"]


def test_empty_ink() -> None:
    assert read_ink(Ink([]), MODEL) == []


@pytest.mark.parametrize("strokes", [DASH, EQUALS, [[(0.0, 0.0)]]])
def test_no_digit_no_candidates(strokes: Strokes) -> None:
    assert [line.candidates for line in read(strokes) if line.candidates] == []


def test_candidates_are_different_texts_best_first() -> None:
    (line,) = read(flat(row("2026.5")))
    found = [candidate.text for candidate in line.candidates]
    likely = [candidate.log_probability for candidate in line.candidates]
    assert 1 < len(found) <= N_BEST
    assert len(set(found)) == len(found)
    assert likely == sorted(likely, reverse=True)
    assert np.exp(likely).sum() <= 1 + 1e-9
    for candidate in line.candidates:
        assert len(candidate.text) == len(candidate.groups) == len(candidate.scores)
        for character, scores in zip(candidate.text, candidate.scores, strict=True):
            assert (scores is None) == (character not in MODEL.labels)
            assert scores is None or scores.sum() == pytest.approx(1)


def test_the_height_is_that_of_the_digits() -> None:
    (line,) = read(flat(row("47.2")))
    assert line.height == pytest.approx(100, rel=0.05)


def test_many_strokes_take_bounded_time() -> None:
    scribbles = random.Random(0)  # noqa: S311
    side_by_side = flat(row("4" * 100, gap=0.1))
    spread = [
        [(scribbles.random() * 9, scribbles.random() * 9) for _ in range(5)] for _ in range(200)
    ]
    heap = [[(scribbles.random(), scribbles.random()) for _ in range(5)] for _ in range(200)]
    dots = [[(0.01 * place, 0.0)] for place in range(200)]
    for strokes in (side_by_side, spread, heap, dots):
        start = time.process_time()
        read(strokes)
        assert time.process_time() - start < 5
    assert texts(side_by_side) == ["4" * 100]


@settings(max_examples=25)
@given(
    st.text("0123456789", min_size=1, max_size=4),
    st.floats(0.01, 1e4),
    st.floats(-1e5, 1e5),
    st.floats(-1e5, 1e5),
    st.randoms(),
)
def test_neither_place_nor_size_nor_order_matters(
    text: str, scale: float, x: float, y: float, rng: random.Random
) -> None:
    strokes = flat(row(text))
    order = list(range(len(strokes)))
    rng.shuffle(order)
    (plain,) = read_ink(ink_of(strokes), MODEL)
    (moved,) = read_ink(ink_of([strokes[place] for place in order], scale, (x, y)), MODEL)
    assert moved.candidates[0].text == plain.candidates[0].text
    assert moved.height / scale == pytest.approx(plain.height / 100, rel=1e-3)
    back = [
        tuple(sorted(order[stroke] for stroke in group)) for group in moved.candidates[0].groups
    ]
    assert tuple(back) == plain.candidates[0].groups
    assert moved.candidates[0].log_probability == pytest.approx(
        plain.candidates[0].log_probability, abs=0.1
    )
