"""Whole numbers read right: on cheques, in logbooks, drawn, on forms; beside two other readers.

    python benchmarks/whole_numbers.py            # while choosing: a part of each set, no test ink
    python benchmarks/whole_numbers.py --test     # for the report: all of it

It needs the extra `train`, the numbers and the ink in the folder that INKDIGITS_DATA names, and for
the comparison Tesseract (Debian: apt-get install tesseract-ocr) and pip. (The name is not
`numbers.py`: that would hide Python's own `numbers` from every script of this folder.)
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import cv2
import forms
import numpy as np
import rivals
from common import Report, add_report_options, publish
from form_sheet import Field
from number_gallery import Misread, write_gallery
from number_sets import Numbered, cut_out, digits_of, drawn, pen_strings

from inkdigits import Ink, Reading, Recognizer
from inkdigits.training import mnist
from inkdigits.training.evaluate import wilson

SEED = 26
DEVELOPED = {"orand_car_a_train": 216, "meza_cells_train": 1000}  # looked at while building
STRINGS = 2000
FORMS = 30
SINGLES = 10_000
RIVALRY = 400  # numbers of each set that the others read too
SURE = 0.9
BEHIND = 0.25  # by which the others have to be behind


def main() -> None:
    """Measure and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    parser.add_argument("--model", metavar="NAME|FOLDER", help="model of single digits")
    parser.add_argument("--lines", metavar="NAME|FOLDER", help="model of lines")
    parser.add_argument("--test", action="store_true", help="open the test ink, read all numbers")
    parser.add_argument("--gallery", type=Path, metavar="FOLDER", help="draw what is misread there")
    options = parser.parse_args()
    share = 0.02 if options.quick else 1.0
    recognizer = Recognizer(options.model, lines=options.lines)
    report = Report(
        "Whole numbers",
        "python benchmarks/whole_numbers.py" + (" --test" if options.test else ""),
        ("Measured", "Right", "Right of the sure", "Sure", "Tesseract", "RapidOCR", "Bar", ""),
    )
    sheet = Sheet(report, recognizer, share, options.gallery)
    rivalry = not options.quick
    for name, title, bar in (
        ("orand_car_a_train", "cheque amounts (ORAND-CAR-A)", 0.88),
        ("meza_cells_train", "logbook cells by phone (Meza), digits only", 0.80),
    ):
        numbers = cut_out(name, None if options.test else DEVELOPED[name])
        looked_at = DEVELOPED[name]
        for part, some in (("", numbers), (", not looked at before", numbers[looked_at:])):
            told = [number for number in some if name[0] == "o" or number.text.isdigit()]
            if told:
                sheet.row(title + part, told, bar, rivalry=rivalry and not part)
    source = "pendigits_test" if options.test else "pendigits_train"
    inks = pen_strings(source, STRINGS, SEED)
    sheet.row("strings of pen digits, as pictures", drawn(inks, SEED), 0.97, rivalry=rivalry)
    sheet.row("the same, as ink", inks, 0.985)
    sheet.pages(0.97, options.test)
    if options.test:
        sheet.singles()
    times(report, recognizer, cut_out("orand_car_a_train", 216), options.quick)
    publish(report, options)


class Sheet:
    """The report as it grows."""

    def __init__(
        self, report: Report, recognizer: Recognizer, share: float, gallery: Path | None
    ) -> None:
        self._report, self._recognizer, self._share = report, recognizer, share
        self._gallery = gallery

    def row(
        self, title: str, numbers: Sequence[Numbered], bar: float, *, rivalry: bool = False
    ) -> None:
        """Read numbers that stand alone; right is one reading whose digits are all right."""
        numbers = numbers[: max(8, int(self._share * len(numbers)))]
        right, sure, misread = [], [], []
        for place, number in enumerate(numbers):
            readings = self._recognizer.read(number.source)
            text = " ".join(reading.text for reading in readings)
            right.append(len(readings) == 1 and digits_of(text) == digits_of(number.text))
            sure.append(min((reading.confidence for reading in readings), default=0.0))
            if not right[-1] and isinstance(number.source, np.ndarray):
                misread.append(Misread(place, number.source, number.text, text, sure[-1]))
        if self._gallery:
            write_gallery(self._gallery / f"{title}.png", misread)
        others = _rivals(numbers[:: max(1, len(numbers) // RIVALRY)]) if rivalry else ("", "")
        self._add(title, right, sure, bar, others)

    def pages(self, bar: float, test: bool) -> None:
        """Read forms; counted are the fields whose number stands, right, in their place."""
        right, sure, invented = [], [], 0
        count = max(1, int(FORMS * self._share))
        glyphs = forms.held_out_glyphs(Path(os.environ["INKDIGITS_DATA"]), test=test)
        for seed in range(count):
            form = forms.form(glyphs, np.random.default_rng([SEED, seed, int(test)]))
            left = self._recognizer.read(form.picture)
            for field in form.fields:
                found = [reading for reading in left if _stands_in(reading, field)]
                left = [reading for reading in left if reading not in found]
                told = digits_of("".join(reading.text for reading in found))
                right.append(len(found) == 1 and told == digits_of(field.text))
                sure.append(min((reading.confidence for reading in found), default=0.0))
            invented += len(left)
        self._add(f"fields of {count} photographed forms", right, sure, bar, ("", ""))
        self._report.notes.append(f"Besides the fields {invented} readings on the forms.")

    def singles(self) -> None:
        """Single digits through `read` instead of `recognize`."""
        images, labels = mnist.load("test")
        count = max(50, int(SINGLES * self._share))
        by_recognize = by_read = 0
        for image, label in zip(images[:count], labels[:count].tolist(), strict=True):
            by_recognize += self._recognizer.recognize(image).best_label == str(label)
            texts = [reading.text for reading in self._recognizer.read(image)]
            by_read += texts == [str(label)]
        lost = (by_recognize - by_read) / count
        row = ("MNIST test, one digit each", f"{by_read / count:.2%}", "", "", "", "")
        met = lost <= 0.003
        bar = f"≤ 0.3 points lost ({by_recognize / count:.2%})"
        self._report.rows.append((*row, bar, _met(met)))
        self._report.goals["single digits through read lose at most 0.3 points"] = met

    def _add(
        self,
        title: str,
        right: Sequence[bool],
        sure: Sequence[float],
        bar: float,
        others: tuple[str, str],
    ) -> None:
        hits, low_high = sum(right), wilson(sum(right), len(right))
        confident = np.array(sure) >= SURE
        of_sure = f"{np.array(right)[confident].mean():.1%}" if confident.any() else "–"
        share = hits / len(right)
        met = share >= bar
        self._report.rows.append(
            (
                title,
                f"{share:.2%} ({low_high[0]:.2%}–{low_high[1]:.2%})",
                of_sure,
                f"{confident.mean():.1%}",
                *others,
                f"≥ {bar:.1%}",
                _met(met),
            )
        )
        self._report.figures[title] = share
        self._report.goals[f"{title}: {bar:.1%}"] = met
        if confident.any():
            honest = bool(np.array(right)[confident].mean() >= SURE)
            self._report.goals[f"{title}: of the sure nine in ten are right"] = honest
        for name, other in zip(("Tesseract", "RapidOCR"), others, strict=True):
            if other:
                behind = share - float(other.rstrip("%")) / 100 >= BEHIND
                self._report.goals[f"{title}: {name} {BEHIND:.0%} behind"] = behind


def _stands_in(reading: Reading, field: Field) -> bool:
    """Whether the middle of a reading is where a field's number stands."""
    x, y, width, height = reading.box
    middle = np.array([x + width / 2, y + height / 2])
    low, high = field.marks.min(axis=(0, 1)), field.marks.max(axis=(0, 1))
    return bool((middle >= low).all() and (middle <= high).all())


def _met(met: bool) -> str:
    return "met" if met else "MISSED"


def _rivals(numbers: Sequence[Numbered]) -> tuple[str, str]:
    """The shares that Tesseract and RapidOCR read right of the same pictures."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for place, number in enumerate(numbers):
            paths.append(Path(folder) / f"{place:05}.png")
            cv2.imwrite(str(paths[-1]), np.asarray(number.source))
        shares = []
        for read in (rivals.tesseract, rivals.rapidocr):
            texts = read(paths)
            if texts is None:
                shares.append("")
                continue
            right = [
                digits_of(text) == digits_of(number.text)
                for text, number in zip(texts, numbers, strict=True)
            ]
            shares.append(f"{np.mean(right):.1%}")
    return shares[0], shares[1]


def times(report: Report, recognizer: Recognizer, numbers: Sequence[Numbered], quick: bool) -> None:
    """How long a line takes on one core, and a page of 12 megapixels on all."""
    few = numbers[: 10 if quick else 200]
    cores = os.sched_getaffinity(0)
    threads = cv2.getNumThreads()
    os.sched_setaffinity(0, {min(cores)})
    cv2.setNumThreads(1)
    seconds = [_seconds(recognizer.read, number.source) for number in few]
    line, slowest = median(seconds), float(np.quantile(seconds, 0.95))
    os.sched_setaffinity(0, cores)
    cv2.setNumThreads(threads)
    glyphs = forms.held_out_glyphs(Path(os.environ["INKDIGITS_DATA"]), test=False)
    page = forms.form(glyphs, np.random.default_rng(1), 12.0).picture
    whole = median(_seconds(recognizer.read, page) for _ in range(1 if quick else 5))
    report.notes.append(f"One line in twenty takes {1000 * slowest:.0f} ms or more.")
    for title, took, bar in (
        ("a line, one core", line, 0.005),
        (f"a page of 12 megapixels, {len(cores)} cores", whole, 1.0),
    ):
        met = took <= bar
        shown = f"{1000 * took:.1f} ms"
        report.rows.append((title, shown, "", "", "", "", f"≤ {1000 * bar:g} ms", _met(met)))
        report.goals[f"{title}: {1000 * bar:g} ms"] = met


def _seconds(read: Callable[[np.ndarray | Ink], list[Reading]], source: np.ndarray | Ink) -> float:
    start = time.perf_counter()
    read(source)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
