"""The recogniser with the shipped model: what it reads, what it refuses, threads and memory."""

import gzip
import io
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray
from PIL import Image

from inkdigits import ImageTooLarge, Ink, InvalidModel, Prediction, Recognizer, UnreadableImage


def test_reads_each_digit_from_every_kind_of_source(recognizer: Recognizer, tmp_path: Path) -> None:
    for digit in DIGITS:
        ink = drawn(digit)
        page = ink.draw(400, 400, 15)
        path = tmp_path / f"{digit}.png"
        Image.fromarray(page).save(path)
        data = path.read_bytes()
        sources = [ink, page, 255 - page, path, str(path), data, io.BytesIO(data), Image.open(path)]
        answers = recognizer.recognize_many(sources)
        assert [answer.label for answer in answers] == [digit] * len(sources)
        assert min(answer.confidence for answer in answers) > 0.9


def test_what_a_prediction_holds(recognizer: Recognizer) -> None:
    answer = recognizer.recognize(drawn("3"))
    assert isinstance(answer, Prediction)
    assert (answer.label, answer.best_label, answer.reason) == ("3", "3", None)
    assert list(answer.scores) == list("0123456789")
    assert sum(answer.scores.values()) == pytest.approx(1)
    assert answer.confidence == max(answer.scores.values()) == answer.scores["3"]
    box = drawn("3").box()
    assert answer.box == box
    page_box = recognizer.recognize(drawn("3").draw(400, 400, 15)).box
    assert page_box is not None
    assert box is not None
    assert page_box[:2] == pytest.approx((box[0] - 7.5, box[1] - 7.5), abs=3)
    assert page_box[2:] == pytest.approx((box[2] + 15, box[3] + 15), abs=3)
    with pytest.raises(FrozenInstanceError):
        answer.label = "8"  # type: ignore[misc]


@pytest.mark.parametrize(
    "blank",
    [
        Ink([]),
        Ink([[[5, 5]]]),
        np.zeros((28, 28), np.uint8),
        np.full((400, 400), 255, np.uint8),
        np.full((300, 200, 3), 128, np.uint8),
        np.zeros((50, 50, 4), np.uint8),
        np.ones((1, 1)),
        np.random.default_rng(0).normal(200, 5, (400, 400)).clip(0, 255).astype(np.uint8),
    ],
    ids=["empty ink", "dot", "black", "white", "grey", "transparent", "one pixel", "grain"],
)
def test_blank_is_never_a_digit(recognizer: Recognizer, blank: Ink | NDArray[np.uint8]) -> None:
    answer = recognizer.recognize(blank)
    assert (answer.label, answer.best_label, answer.reason) == (None, None, "blank")
    assert answer.confidence == 0
    assert set(answer.scores.values()) == {0.0}
    assert answer.box is None


def test_reads_mnist(
    recognizer: Recognizer, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    """What the model card says, from pictures to answers."""
    images, labels = mnist_test
    answers = recognizer.recognize_many(images)
    right = [answer.best_label == str(label) for answer, label in zip(answers, labels, strict=True)]
    assert np.mean(right) >= 0.996
    answered = [answer.label is not None for answer in answers]
    assert np.mean(answered) >= 0.985


def test_reads_pen_digits(recognizer: Recognizer, data: Path) -> None:
    """Digits that other people wrote on a tablet, of which training has seen none."""
    with gzip.open(data / "ink" / "pendigits_test.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    answers = recognizer.stream(Ink(row["strokes"]) for row in rows)
    right = [a.best_label == str(row["label"]) for a, row in zip(answers, rows, strict=True)]
    assert np.mean(right) >= 0.96


def test_thresholds_are_data(recognizer: Recognizer) -> None:
    """A drawing between the thresholds is refused for the reason that the configuration gives."""
    rng = np.random.default_rng(5)
    scribbles = [Ink([rng.uniform(0, 100, (n, 2)).tolist()]) for n in rng.integers(8, 40, 200)]
    answers = recognizer.recognize_many(scribbles)
    limit = recognizer.config.thresholds["confidence"]
    for answer in answers:
        if answer.reason == "unsure":
            assert answer.confidence < limit
        elif answer.reason is None:
            assert answer.confidence >= limit
        assert (answer.label is None) == (answer.reason is not None)
        assert answer.best_label in recognizer.labels
    refused = [answer.reason for answer in answers if answer.reason]
    assert "not_a_digit" in refused
    assert len(refused) > 0.5 * len(answers)


def test_a_mixture_keeps_its_order(recognizer: Recognizer) -> None:
    sources: list[Ink | NDArray[np.uint8]] = []
    for digit in "3141592653589793":
        sources += [drawn(digit), drawn(digit).draw(400, 400, 15), Ink([])]
    answers = recognizer.recognize_many(sources * 9)
    labels = [answer.label for answer in answers]
    wanted: list[str | None] = []
    for digit in "3141592653589793":
        wanted += [digit, digit, None]
    assert labels == wanted * 9
    assert recognizer.recognize_many([]) == []
    assert recognizer.recognize_many(iter(sources)) == answers[: len(sources)]


def test_eight_threads_get_the_serial_answers(recognizer: Recognizer, tmp_path: Path) -> None:
    inks = [
        drawn(digit, size=size, slant=slant)
        for digit in DIGITS
        for size in (50, 120, 300)
        for slant in (-0.3, 0.0, 0.4)
    ]
    files = [tmp_path / f"{number}.png" for number in range(len(inks))]
    for ink, path in zip(inks, files, strict=True):
        Image.fromarray(ink.draw(400, 400, 15)).save(path)
    sources: list[Ink | Path] = [*inks, *files] * 2
    filters = list(warnings.filters)
    serial = [recognizer.recognize(source) for source in sources]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(recognizer.recognize, sources * 5)) == serial * 5
    many = recognizer.recognize_many(sources)
    for one, other in zip(serial, many, strict=True):
        assert one.label == other.label
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
    assert warnings.filters == filters


def test_a_bad_source_raises_and_spoils_nothing(recognizer: Recognizer, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage):
        recognizer.recognize(b"not an image")
    with pytest.raises(UnreadableImage, match=r"missing.png"):
        recognizer.recognize(tmp_path / "missing.png")
    with pytest.raises(ImageTooLarge):
        recognizer.recognize(np.broadcast_to(np.uint8(0), (5001, 5000)))
    with pytest.raises(UnreadableImage):
        recognizer.recognize_many([drawn("1")] * 200 + [b""])
    assert recognizer.recognize(drawn("1")).label == "1"


def test_stream_is_lazy(recognizer: Recognizer) -> None:
    taken = 0

    def endless() -> Iterator[Ink]:
        nonlocal taken
        while True:
            taken += 1
            yield drawn("7")

    stream = recognizer.stream(endless())
    assert [next(stream).label for _ in range(5)] == ["7"] * 5
    assert taken < 1000


def test_few_large_pictures_wait_at_a_time(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.recognizer._cores", lambda: 2)
    monkeypatch.setattr("inkdigits.recognizer.PIXELS", 320_000)
    taken = 0
    digits = "3141592653589793238462643383279502884197"
    sources: dict[str, NDArray[np.uint8] | Image.Image] = {
        digit: drawn(digit).draw(400, 400, 15) for digit in DIGITS
    }
    sources |= {digit: Image.fromarray(np.asarray(sources[digit])) for digit in "12345"}

    def large() -> Iterator[NDArray[np.uint8] | Image.Image]:
        nonlocal taken
        for digit in digits:
            taken += 1
            yield sources[digit]

    labels = []
    for number, answer in enumerate(recognizer.stream(large())):
        assert taken - number <= 8, "three batches of two, and one ahead"
        labels.append(answer.label)
    assert "".join(map(str, labels)) == digits


MEMORY = """
import sys
sys.path.insert(0, sys.argv[1])
from drawings import drawn
from inkdigits import Recognizer

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

small = drawn("4", size=20, at=(4, 4)).draw(28, 28, 3)
recognizer = Recognizer()
count = 0
for answer in recognizer.stream(small.copy() for _ in range(5_000)):
    count += 1
before = peak()
for answer in recognizer.stream(small.copy() for _ in range(100_000)):
    count += answer.best_label is not None
print(count, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_memory_stays_flat_for_a_hundred_thousand_images() -> None:
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    count, grown = map(int, run.stdout.split())
    assert count == 105_000
    assert grown < 8_000  # KiB


def test_own_model_by_path_and_by_name(recognizer: Recognizer) -> None:
    assert Recognizer("inkdigits").config == recognizer.config
    with pytest.raises(InvalidModel, match="no model"):
        Recognizer("/nowhere/at/all")


def test_importing_the_package_is_light() -> None:
    heavy = [
        "keras",
        "tensorflow",
        "flask",
        "ray",
        "sqlalchemy",
        "sklearn",
        "matplotlib",
        "tkinter",
    ]
    code = f"import inkdigits, sys; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
