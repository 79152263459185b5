"""The bars are measured on what they say, and a figure is held against its bar in the right way."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits import Recognizer, artifact
from inkdigits.training import datasets, mnist
from inkdigits.training.config import recipe_of
from inkdigits.training.labels import split

pytest.importorskip("sklearn", reason="needs the extra train")
pytest.importorskip("matplotlib", reason="needs the extra train")

RECIPE = recipe_of(artifact.model_path())
ONE = [[[5.0, 0.0], [5.0, 40.0]]]
ELL = [[[0.0, 0.0], [0.0, 200.0], [100.0, 200.0]]]


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))


def test_bar_is_met_at_its_very_figure() -> None:
    from bar_rows import ALL, BYTES, LOST, MNIST

    assert [MNIST.verdict(right / 10_000) for right in (9971, 9972, 9979, 9980)] == [
        "MISSED", "met", "met", "stretch met"
    ]  # fmt: skip
    assert [LOST.verdict(lost / 1000) for lost in (6, 5, 1, 0, -3)] == [
        "MISSED", "met", "met", "stretch met", "stretch met"
    ]  # fmt: skip
    assert [ALL.verdict(share) for share in (0.999, 1.0)] == ["MISSED", "met"]
    assert BYTES.verdict(None) == "MISSED"
    assert BYTES.limits() == ("≤ 0.7 MB", "≤ 0.35 MB")
    assert ALL.limits() == ("all", "–")


def test_lost_points_are_those_of_the_same_digits() -> None:
    from bar_rows import LOST
    from bench import lost
    from drawn_digits import Count

    row = lost("pen 2%", Count(1000, 980, 990, 975), Count(1000, 986, 990, 980), LOST)
    assert row.figure == pytest.approx(0.006)
    assert row.lost == "0.60"
    assert row.shown.startswith("98.00% (")
    assert row.refused == "1.00%"


def test_goals_count_the_rows_that_have_a_bar() -> None:
    from bars import add
    from bench import Bar, Row
    from common import Report

    report = Report("Title", "command", ("Measured", "Figure", "Lost", "Refused", "Bar", "S", ""))
    rows = [Row("a", 0.9, "90%", Bar(0.8, None)), Row("b", 0.7, "70%", Bar(0.8, None))]
    add(report, "shapes", [*rows, Row("c", 0.1, "10%")])
    add(report, "mnist", rows[:1])
    assert list(report.goals.values()) == [False, True]
    assert "1 of 2 rows" in next(iter(report.goals))
    assert report.rows[1][-1] == "MISSED"
    assert report.rows[2][-3:] == ("", "", "")
    assert report.figures["shapes"]["c"] == {"figure": 0.1}


@pytest.mark.slow
def test_without_the_flag_no_test_set_is_opened(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import held_out

    opened: list[str] = []

    def noted(name: str, function: Any) -> Any:
        def call(*given: Any) -> Any:
            opened.append(f"{name} {given[0]}")
            return function(*given)

        return call

    monkeypatch.setattr(mnist, "load", noted("mnist", mnist.load))
    for module in (datasets, held_out):
        monkeypatch.setattr(module, "read_ink", noted("ink", module.read_ink))
    held = held_out.Data(test=False, recipe=RECIPE)
    assert [len(some.things) for some in (held.mnist, held.pendigits, held.unipen)] == [
        5000, 1500, 2528
    ]  # fmt: skip
    assert set(opened) == {"mnist train", "ink pendigits_train", "ink unipen_1a_digits"}
    images, labels = mnist.load("train")
    learned, left = split(labels.astype(np.int64), 1 / 12, 1)
    assert (np.stack(held.mnist.things) == images[left]).all()
    assert held.mnist.labels[:50] == [str(label) for label in labels[left][:50]]
    assert not set(left) & set(learned)
    few = held_out.Data(test=False, recipe=RECIPE, limit=30)
    assert len(few.unipen_patches) == 30
    assert few.unipen.labels == held_out.Data(test=False, recipe=RECIPE, limit=30).unipen.labels


def test_strangers_are_counted_without_look_alikes(data: Path) -> None:
    from held_out import Data, together

    held = Data(test=False, recipe=RECIPE, limit=100)
    sets = held.strangers(frozenset("O"))
    assert [len(some) for some in sets] == [100, 100, 100]
    assert [some.left_out for some in sets] == [49, 0, 0]
    assert together(sets, "all").left_out == 49


@pytest.mark.parametrize("pen", [0.02, 0.05, 0.10, 0.18, 0.25])
def test_sheet_has_the_pen_and_the_height_that_are_asked_for(pen: float) -> None:
    from spoiled import DIGIT, SIDE, sheet

    ink = 1 - sheet(ELL, pen) / 255.0
    assert ink.shape == (SIDE, SIDE)
    stem = ink[SIDE // 2]  # crossed at right angles, far from the foot
    assert stem.sum() == pytest.approx(pen * DIGIT, abs=0.5)
    assert ink.max(axis=1).sum() == pytest.approx(DIGIT, abs=1.5)  # its height


def test_grey_jpeg_slant_and_stretch() -> None:
    from spoiled import jpeg, sheet, slanted, widened

    grey = sheet(ONE, paper=153, ink=102)
    assert set(np.unique(grey)) <= set(range(102, 154))
    assert (grey.min(), grey.max()) == (102, 153)
    assert len(jpeg(sheet(ELL), 20)) < len(jpeg(sheet(ELL), 90))
    (top, bottom), *_ = slanted(ONE, 25)
    assert (top[0] - bottom[0]) / 40 == pytest.approx(np.tan(np.deg2rad(25)))
    assert widened(ELL, 1.6)[0][2] == [160.0, 200.0]


def test_small_sources_hold_the_whole_digit() -> None:
    from spoiled import enlarged_and_widened, of_few_pixels

    picture = np.zeros((28, 28), np.uint8)
    cv2.rectangle(picture, (10, 4), (17, 23), 255, cv2.FILLED)  # 8 × 20
    for side in (8, 16, 32):
        small = of_few_pixels(picture, side)
        assert small.shape == (side, side)
        share = small.sum() / 255 / side**2
        assert share == pytest.approx(8 * 20 / 22**2, abs=0.02)
    wide = enlarged_and_widened(picture, 1.25)
    assert wide.shape == (112, 140)
    assert (wide > 127).sum() == pytest.approx(8 * 20 * 16 * 1.25, rel=0.05)


def test_blur_and_shadow() -> None:
    from spoiled import SHADED_INK, blurred, in_shadow

    picture = np.zeros((28, 28), np.uint8)
    picture[4:24, 12:16] = 255
    soft = blurred(picture, 1.2)
    assert soft.sum() == pytest.approx(float(picture.sum()), rel=0.01)
    assert soft[14, 10] > 20 > picture[14, 10]
    blank = in_shadow(np.zeros_like(picture), 0.5, np.random.default_rng(1))
    assert (blank.min(), blank.max()) == (pytest.approx(128, abs=1), 255)
    written = in_shadow(picture, 0.5, np.random.default_rng(1))
    np.testing.assert_allclose(
        written[4:24, 12:16], (1 - SHADED_INK) * blank[4:24, 12:16].astype(float), atol=1
    )


def test_nothing_is_the_same_each_time_and_of_several_sizes() -> None:
    import nothing

    for kind in nothing.KINDS:
        first, again = (list(nothing.pictures(kind, 20, 3)) for _ in range(2))
        assert len({picture.shape[0] for picture in first}) > 2
        assert all((one == two).all() for one, two in zip(first, again, strict=True))
        assert all(picture.dtype == np.uint8 for picture in first)
    solid = list(nothing.pictures("solid", 20, 3))
    assert all(int(np.ptp(picture, axis=(0, 1)).max()) == 0 for picture in solid)


def test_print_is_there_in_both_polarities() -> None:
    import printed

    def ink_is_dark(picture: NDArray[np.uint8]) -> bool:
        return bool(picture[0, 0] > 127)

    digits = list(printed.digits())
    assert len(digits) == 10 * len(printed.FACES) * len(printed.SIZES)
    for digit in "0123456789":
        sides = [ink_is_dark(picture) for label, picture in digits if label == digit]
        assert sides.count(True) == sides.count(False)
    missing = printed.printed("\uffff", "DejaVuSans", 48)
    for script in printed.SCRIPTS.values():
        for letter in script:
            shown = printed.printed(letter, "DejaVuSans", 48)
            assert shown.min() == 0
            assert shown.shape != missing.shape or (shown != missing).any()


def test_timing_gives_milliseconds_of_a_digit(recognizer: Recognizer) -> None:
    from bar_rows import costs
    from bench import Bench
    from held_out import Data

    bench = Bench(artifact.model_path(), recognizer, Data(False, RECIPE), pictures=1, rounds=1)
    figures = {row.measured: row.figure for row in costs(bench)}
    assert 10_000 < (figures["parameters"] or 0) < 1_000_000
    assert 1e6 < (figures["multiply-adds for a digit"] or 0) < 1e8
    assert 0.01 < (figures["a digit from strokes, one core"] or 0) < 50
    folder = artifact.model_path()
    size = sum((folder / name).stat().st_size for name in ("model.onnx", "config.json"))
    assert figures["model on disk"] == size
    assert bench.notes
