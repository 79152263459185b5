"""The pictures of a report: whole, readable, without overlaps, and true to the figures."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from numpy.typing import NDArray
from told import Row, Told, told_digits, told_outliers

from inkdigits.training import gallery, look, plots, sureness
from inkdigits.training.evaluate import evaluate_digits
from inkdigits.training.report import Report

DRAWERS: dict[str, Callable[[Report], bytes]] = {
    "confusion": plots.confusion_matrix,
    "reliability": sureness.reliability,
    "rejection": sureness.rejection,
    "outliers": sureness.outliers,
    "misread": lambda report: next(gallery.misread(report)),
}


def a_report(rows: list[Row], outliers: int = 2, name: str = "told") -> Report:
    rng = np.random.default_rng(1)
    sets = [
        told_outliers(rng.normal(-number, 1, (60, 3)).tolist(), f"letters {number} {name}")
        for number in range(outliers)
    ]
    return evaluate_digits(Told(), told_digits(rows, name), sets)  # type: ignore[arg-type]


def some_rows(count: int, skill: float) -> list[Row]:
    """Digits of which more are read right the greater the skill."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    logits = rng.normal(0, 2, (count, 3)) + skill * np.eye(3)[labels]
    return [(row.tolist(), int(label)) for row, label in zip(logits, labels, strict=True)]


def named(report: Report, labels: tuple[str, ...]) -> Report:
    """The same of other labels."""
    names = dict(zip(report.labels, labels, strict=True))
    misread = (
        replace(one, label=names[one.label], answer=one.answer and names[one.answer])
        for one in report.misread
    )
    return replace(report, labels=labels, misread=tuple(misread))


REPORTS = {
    "good": a_report(some_rows(3000, 9.0)),
    "bad": a_report(some_rows(300, 0.5), outliers=4),
    "hopeless": a_report([(logits, (label + 1) % 3) for logits, label in some_rows(50, 40.0)]),
    "one image": a_report([([0.0, 5.0, 0.0], 2)], outliers=1),
    "a blank": a_report([([0.0, 0.0, 0.0], 2)], outliers=1),
    "perfect": a_report([([0.0, 9.0, 0.0], 1)] * 20, outliers=1),
    "long names": a_report(some_rows(200, 2.0), name="a data set with a name " * 9),
    "many mistakes": a_report(some_rows(1500, 0.0), outliers=1),
    "strange names": named(
        a_report(some_rows(200, 1.0), name="字 $\\frac$"),
        ("漢字", "\N{SLIGHTLY SMILING FACE}", "$a$"),
    ),
    "long labels": named(a_report(some_rows(200, 1.0)), ("the very first", "2" * 40, "the third")),
}
CASES = [
    pytest.param(kind, case, id=f"{kind}: {case}")
    for case in REPORTS
    for kind in DRAWERS
    if kind != "misread" or REPORTS[case].misread
]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are drawn during the test."""
    drawn: list[Any] = []

    def keep(figure: Any) -> bytes:
        drawn.append(figure)
        return look.png(figure)

    for module in (plots, sureness, gallery):
        monkeypatch.setattr(module, "png", keep)
    return drawn


def texts(figure: Any) -> Iterator[Text]:
    """Every text that is drawn; ticks beyond the ends of an axis are not."""
    found = [*figure.texts]
    for axes in figure.axes:
        found += [*axes.texts, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            found += [label for tick in ticks for label in (tick.label1, tick.label2)]
    yield from (text for text in found if text.get_visible() and text.get_text().strip())


def test_a_run_without_an_error_has_its_graph(figures: list[Any]) -> None:
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    history = [
        {"epoch": epoch, **dict(zip(keys, (0.1 / epoch, 1.0, 0.1, 1.0), strict=True))}
        for epoch in (1, 2, 3)
    ]
    plots.loss_accuracy_graph(history, "perfect")
    lows = [axes.get_ylim()[0] for axes in figures[0].axes]
    assert max(lows) < 1


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_all_text_is_in_the_picture_and_none_lies_on_another(
    kind: str, case: str, figures: list[Any]
) -> None:
    data = DRAWERS[kind](REPORTS[case])
    (figure,) = figures
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    height, width = picture.shape[:2]
    renderer: Any = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    boxes = {}
    for text in texts(figure):
        box = text.get_window_extent(renderer)
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text
        assert float(text.get_fontsize()) >= 7, text
        boxes[text] = box
    if len(boxes) > 300:  # a gallery: neighbours stand one after the other
        pairs = [(a, b) for a, b in combinations(list(boxes)[:120], 2)]
    else:
        pairs = list(combinations(boxes, 2))
    for one, other in pairs:
        a, b = boxes[one], boxes[other]
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, (one, other)


@pytest.mark.parametrize("kind", list(DRAWERS))
def test_the_pictures_of_letters_speak_of_letters(kind: str, figures: list[Any]) -> None:
    DRAWERS[kind](replace(REPORTS["bad"], labels=("A", "B", "C")))
    words = " ".join(text.get_text() for text in texts(figures[0]))
    assert "digit" not in words
    assert ("letter" in words) == (kind in ("confusion", "outliers", "misread"))


def test_the_reliability_diagram_shows_its_bins(figures: list[Any]) -> None:
    report = REPORTS["bad"]
    sureness.reliability(report)
    above, below = figures[0].axes
    points = next(line for line in above.lines if line.get_marker() == "o")
    filled = [one for one in report.reliability if one.images]
    assert list(points.get_xdata()) == [one.confidence for one in filled]
    assert list(points.get_ydata()) == [one.accuracy for one in filled]
    assert [bar.get_height() for bar in below.patches] == [one.images for one in filled]
    assert [bar.get_x() for bar in below.patches] == [one.low for one in filled]


@pytest.mark.parametrize("case", ["good", "bad", "one image", "hopeless"])
def test_the_rejection_curve_ends_at_the_accuracy_and_marks_what_is_answered(
    case: str, figures: list[Any]
) -> None:
    report = REPORTS[case]
    sureness.rejection(report)
    axes = figures[0].axes[0]
    curve, shipped, all_of_them = axes.lines
    assert curve.get_xdata()[-1] == 1
    assert curve.get_ydata()[-1] == pytest.approx(report.accuracy)
    given = 1 - sum(report.refused.values())
    assert shipped.get_xdata() == pytest.approx(given)
    assert shipped.get_ydata() == pytest.approx(report.accuracy_of_answers)
    assert axes.get_ylim()[0] <= report.accuracy_of_answers <= axes.get_ylim()[1]
    assert all_of_them.get_xdata() == 1
    words = " ".join(text.get_text() for text in texts(figures[0]))
    right = f"{report.accuracy_of_answers:.2%} of the answers right"
    assert f"as shipped: {given:.2%} answered, {right}" in words


def test_the_gallery_shows_every_mistake_with_its_answer(figures: list[Any]) -> None:
    report = REPORTS["bad"]
    (data,) = gallery.misread(report)
    words = [text.get_text() for text in texts(figures[0])]
    captions = [word for word in words if "→" in word and len(word) < 12]
    assert captions == [f"{one.label} → {one.answer}" for one in report.misread]
    assert any(f"All {report.errors} misread" in word for word in words)
    # the first patch, enlarged, is in the picture where its caption is
    assert report.measured is not None
    first = report.misread[0]
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    tile = picture[gallery.TOP :, gallery.SIDE :][: gallery.TILE, : gallery.TILE]
    shrunk = tile[1 :: gallery.SCALE, 1 :: gallery.SCALE].astype(float)
    ink = report.measured.patches[first.image] * (gallery.PALE if first.reason else 1)
    wanted = 255 * (1 - ink).clip(0, 1)
    assert np.abs(shrunk - wanted).max() <= 8


def test_a_gallery_of_many_has_pages(figures: list[Any]) -> None:
    report = REPORTS["many mistakes"]
    assert 2 * gallery.PAGE < report.errors < 3 * gallery.PAGE
    assert len(list(gallery.misread(report))) == len(figures) == 3
    assert gallery.page_names(report) == ["misread.png", "misread-2.png", "misread-3.png"]
    words = [[text.get_text() for text in texts(figure)] for figure in figures]
    captions = [word for page in words for word in page if "→" in word and len(word) < 12]
    assert captions == [f"{one.label} → {one.answer or 'blank'}" for one in report.misread]
    assert any(f"Misread digits 401 to 800 of {report.errors:,}" in word for word in words[1])


def test_outliers_are_drawn_one_data_set_a_row(figures: list[Any]) -> None:
    report = REPORTS["bad"]
    sureness.outliers(report)
    assert len(figures[0].axes) == 5
    words = " ".join(text.get_text() for text in texts(figures[0]))
    for found in report.outliers:
        assert f"AUROC {found.auroc:.4f}, {found.refused_keeping_99:.1%} refused" in words


pictures = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8).map(lambda s: (*s, 3)))


@given(pictures)
def test_a_picture_of_few_colours_is_kept_as_it_is(picture: NDArray[np.uint8]) -> None:
    data = np.frombuffer(look.palette_png(picture), np.uint8)
    read = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    np.testing.assert_array_equal(read, picture)


@given(st.integers(0, 2**32 - 1))
def test_a_picture_of_many_colours_stays_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = np.full((64, 64, 3), 255, np.uint8)
    picture[:40] = rng.integers(0, 30, (40, 64, 3))  # 2,560 pixels, all dark
    data = np.frombuffer(look.palette_png(picture), np.uint8)
    read = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    assert read is not None
    np.testing.assert_array_equal(read[40:], picture[40:])
    assert np.abs(read.astype(int) - picture).max() <= 16


def test_a_report_read_back_cannot_be_drawn() -> None:
    for draw in (sureness.rejection, sureness.outliers, gallery.misread):
        with pytest.raises(ValueError, match="as measured"):
            draw(replace(REPORTS["bad"], measured=None))


def test_names_that_the_font_lacks_are_told_by_their_codes(figures: list[Any]) -> None:
    """Nothing is drawn as a box, nothing warned of (an error here), nothing read as a formula."""
    for kind, names in (("confusion", "U+6F22U+5B57"), ("misread", "U+6F22…")):
        DRAWERS[kind](REPORTS["strange names"])
        words = " ".join(text.get_text() for text in texts(figures[-1]))
        assert "told on U+5B57 $\\frac$" in words
        assert {names, "U+1F642", "$a$"} <= set(words.split())


def test_a_name_is_shortened_between_its_characters() -> None:
    assert look.shortened("漢字かな") == "U+6F22U+5B57U+304BU+306A"
    assert look.shortened("漢字かな", 13) == "U+6F22…U+306A"
    assert look.shortened("漢字かな", 8) == "U+6F22…"
    assert look.shortened("one\ntwo") == "oneU+000Atwo"
    assert look.shortened("class-0123", 9) == "clas…0123"
    assert look.shortened("class-01", 8) == "class-01"
