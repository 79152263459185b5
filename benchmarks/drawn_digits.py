"""Accuracy on really drawn digits: pen ink drawn on a canvas, read the original's way and ours.

    python benchmarks/drawn_digits.py

It needs the extra `train`, and the ink in the folder that INKDIGITS_DATA names, or another file:

    python benchmarks/drawn_digits.py --ink my_digits.jsonl --pen 25
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from common import Report, add_program_options, add_report_options, publish
from drawing import LARGEST, PEN, SIDE, SMALLEST, Strokes, draw, place, read_ink
from processes import trained_original

from inkdigits import Ink, Recognizer
from inkdigits.training.evaluate import wilson

TEST_INK = Path("ink") / "pendigits_test.jsonl.gz"
SEED = 0
GOAL = 0.96
QUICK_DIGITS = 100
BATCH = 256


@dataclass(frozen=True)
class Count:
    """How many digits were read right.

    Args:
        digits: all of them.
        right: best label right, accepted or not.
        accepted: given a label.
        accepted_right: given the right label.
    """

    digits: int
    right: int
    accepted: int
    accepted_right: int

    @classmethod
    def of(cls, truth: Sequence[str], answers: Iterable[tuple[str | None, str | None]]) -> "Count":
        """Count answers of (label, best label)."""
        pairs = list(zip(truth, answers, strict=True))
        return cls(
            len(pairs),
            sum(best == label for label, (_, best) in pairs),
            sum(given is not None for _, (given, _) in pairs),
            sum(given == label for label, (given, _) in pairs),
        )


def main() -> None:
    """Count right answers and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    add_program_options(parser)
    parser.add_argument("--ink", type=Path, metavar="PATH", help="labelled ink, JSON lines")
    parser.add_argument(
        "--pen", type=int, default=PEN, help="width in pixels; default: %(default)s"
    )
    options = parser.parse_args()
    path = options.ink or default_ink(parser)
    recognizer = Recognizer(options.model)
    network = trained_original(options.original, options.quick)
    report = Report(
        f"Digits of {path.name}, drawn with a pen of {options.pen} pixels",
        "python benchmarks/drawn_digits.py"
        + (f" --ink {path.name}" if options.ink else "")
        + (f" --pen {options.pen}" if options.pen != PEN else ""),
        ("Way", "Right, refused or not", "Right of the accepted", "Refused"),
    )
    rng = np.random.default_rng(SEED)
    rows = islice(read_ink(path, recognizer.labels), QUICK_DIGITS if options.quick else None)
    digits = [(label, place(strokes, rng, options.pen)) for label, strokes in rows]
    report.figures = {
        way: asdict(count) for way, count in count_all(digits, options.pen, network, recognizer)
    }
    on_goal = options.ink is None and options.pen == PEN
    for way, figures in report.figures.items():
        add(report, way, Count(**figures), GOAL if on_goal else None)
    report.notes.append(
        f"{len(digits)} digits on a white canvas of {SIDE} × {SIDE}, the longer side of each "
        f"{SMALLEST:.0%} to {LARGEST:.0%} of it, anywhere, seed {SEED}; Wilson's 95 % intervals. "
        f"inkdigits' model: {recognizer.config.name} {recognizer.config.version}."
    )
    report.notes.append(blank_sheet(network, recognizer))
    publish(report, options)


def blank_sheet(network: Path, recognizer: Recognizer) -> str:
    """Say what each makes of a canvas on which nothing was drawn."""
    import original

    canvas = draw([], PEN)
    digit, sure = original.predict(original.load(network), canvas)
    ours = recognizer.recognize(canvas)
    return (
        f'A blank canvas is "{digit}, {sure:.2%}" to the original, and to inkdigits '
        f"{ours.label or 'no digit'} ({ours.reason})."
    )


def default_ink(parser: argparse.ArgumentParser) -> Path:
    """Find the test ink."""
    path = Path(os.environ.get("INKDIGITS_DATA", "")) / TEST_INK
    if not path.is_file():
        parser.error(f"{TEST_INK} is in no folder that INKDIGITS_DATA names; give --ink PATH")
    return path


def count_all(
    digits: Sequence[tuple[str, Strokes]], pen: int, network: Path, recognizer: Recognizer
) -> list[tuple[str, Count]]:
    """Read all digits in each way."""
    truth = [label for label, _ in digits]
    as_pixels = recognizer.stream(draw(strokes, pen) for _, strokes in digits)
    as_ink = recognizer.stream(Ink(strokes) for _, strokes in digits)
    guesses = guess([strokes for _, strokes in digits], pen, network)
    return [
        ("original, pixels", Count.of(truth, ((best, best) for best in guesses))),
        ("inkdigits, pixels", Count.of(truth, ((a.label, a.best_label) for a in as_pixels))),
        ("inkdigits, ink", Count.of(truth, ((a.label, a.best_label) for a in as_ink))),
    ]


def guess(drawings: Sequence[Strokes], pen: int, network: Path) -> list[str]:
    """Read drawings the original's way, in batches: the answers are those of one at a time."""
    import original

    loaded = original.load(network)
    best: list[str] = []
    for start in range(0, len(drawings), BATCH):
        inputs = [original.prepare(draw(line, pen)) for line in drawings[start : start + BATCH]]
        scores = loaded.predict(np.concatenate(inputs), verbose=0)
        best += [str(digit) for digit in scores.argmax(axis=1)]
    return best


def add(report: Report, way: str, count: Count, goal: float | None) -> None:
    """Add a way's row, and our goal."""
    ours = way.startswith("inkdigits")
    report.rows.append(
        (
            way,
            share(count.right, count.digits),
            share(count.accepted_right, count.accepted) if ours else "–",
            share(count.digits - count.accepted, count.digits) if ours else "–",
        )
    )
    if ours and goal is not None:
        report.goals[f"{goal:.0%} of the drawn digits read right, {way}"] = (
            count.right >= goal * count.digits
        )


def share(part: int, whole: int) -> str:
    """Show a share with its interval."""
    low, high = wilson(part, whole)
    return f"{part / max(whole, 1):.2%} ({low:.2%}–{high:.2%})"


if __name__ == "__main__":
    main()
