"""How well numbers drawn with a pen are parted into digits and read, by the digit model alone.

    INKDIGITS_DATA=FOLDER python benchmarks/ink_reading.py

The numbers are put together from digits of writers of whom neither the model nor the weights of
`inkdigits.reading.strokes.worth` learned anything. It needs the extra `train` and the pen ink
(`inkdigits data fetch pendigits unipen`).
"""

import argparse
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from common import Report, add_report_options, publish

from inkdigits.digit_model import DigitModel
from inkdigits.reading.strokes.candidates import InkLine, read_ink
from inkdigits.training import labelled_ink
from inkdigits.training.evaluate import wilson
from inkdigits.training.lines import Lines
from inkdigits.training.numbers.ink_strings import (
    PLAIN,
    Digit,
    InkString,
    Manner,
    below,
    beside,
    by_writer,
    strings,
    varied,
)

SOURCES = ("pendigits_train", "unipen_1a_digits")
UNSEEN = (10, 9)  # a writer whose number leaves 9 by 10: training holds out those that leave 4 by 5
BROKEN = {"unipen_1a_digits": {"contributor": ["ibm"]}}  # digits that are cut out wrongly
STRINGS, QUICK_STRINGS = 1000, 20
SEED = 1
SPECK = 0.07  # of the height of all: whose digit a stroke this small is does not count
GOALS = {"right": 0.985, "n best": 0.997}


@dataclass(frozen=True)
class Count:
    """How many numbers were read.

    Args:
        strings: all of them.
        right: whose text is right.
        listed: whose right text is among the n best.
        parted: whose digits have the right strokes, whatever they were read as.
        seconds: processor time of one, median.
    """

    strings: int
    right: int
    listed: int
    parted: int
    seconds: float

    @classmethod
    def of(cls, drawn: Iterable[InkString], model: DigitModel) -> "Count":
        """Read numbers and count."""
        right = listed = parted = 0
        seconds = []
        for string in drawn:
            start = time.process_time()
            lines = read_ink(string.ink, model)
            seconds.append(time.process_time() - start)
            lines = [line for line in lines if line.candidates]
            texts = string.text.split()
            right += [line.candidates[0].text for line in lines] == texts
            listed += len(lines) == len(texts) and all(map(_lists, lines, texts))
            parted += _groups(string, lines) == _solid(string, string.groups)
        return cls(len(seconds), right, listed, parted, float(np.median(seconds)))


def _lists(line: InkLine, text: str) -> bool:
    return any(candidate.text == text for candidate in line.candidates)


def _groups(string: InkString, lines: Sequence[InkLine]) -> set[tuple[int, ...]]:
    return _solid(string, [group for line in lines for group in line.candidates[0].groups])


def _solid(string: InkString, groups: Iterable[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """The groups without specks."""
    least = SPECK * float(np.ptp(string.ink.points[:, 1]))
    sizes = [max(np.ptp([point[:2] for point in stroke], axis=0)) for stroke in string.ink.strokes]
    solid = {tuple(stroke for stroke in group if sizes[stroke] > least) for group in groups}
    return {group for group in solid if group}


def unseen(source: str) -> Mapping[int, Sequence[Digit]]:
    """The digits of each writer of whom nothing was learned."""
    ink = labelled_ink.read_ink(source, Lines(BROKEN.get(source, {})))
    every, rest = UNSEEN
    return {writer: digits for writer, digits in by_writer(ink).items() if writer % every == rest}


def pairs(writers: Mapping[int, Sequence[Digit]], count: int) -> Iterable[InkString]:
    """Two numbers, below each other or far apart, in turn."""
    rng = np.random.default_rng(SEED)
    manner = Manner(digits=(2, 5))
    first = strings(writers, count, SEED + 1, manner)
    second = strings(writers, count, SEED + 2, manner)
    for place, both in enumerate(zip(first, second, strict=True)):
        yield (beside if place % 2 else below)(*both, rng)


def main() -> None:
    """Count and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    parser.add_argument("--model", metavar="NAME|FOLDER", help="default: the shipped model")
    options = parser.parse_args()
    model = DigitModel(options.model)
    count = QUICK_STRINGS if options.quick else STRINGS
    report = Report(
        "Numbers drawn with a pen, read by the digit model",
        "python benchmarks/ink_reading.py",
        ("Writers, numbers", "Right", "Among the n best", "Parted right", "ms"),
    )
    for source in SOURCES:
        writers = unseen(source)
        for name, drawn in {
            "in order": strings(writers, count, SEED, PLAIN),
            "five digits in order": strings(writers, count, SEED, Manner(digits=(5, 5))),
            "any order, bars later": strings(
                writers, count, SEED, Manner(delayed=0.5, shuffled=True)
            ),
            "… with separators": strings(writers, count, SEED, varied()),
            "two numbers": pairs(writers, count),
        }.items():
            found = Count.of(drawn, model)
            shares = (found.right, found.listed, found.parted)
            title = f"{source}, {name}"
            report.rows.append(
                (title, *(_share(part, found) for part in shares), f"{found.seconds * 1000:.1f}")
            )
            report.figures[title] = vars(found)
            if name == "in order":
                report.goals[f"{source}: {GOALS['right']:.1%} right"] = (
                    found.right >= GOALS["right"] * found.strings
                )
                report.goals[f"{source}: {GOALS['n best']:.1%} among the n best"] = (
                    found.listed >= GOALS["n best"] * found.strings
                )
    publish(report, options)


def _share(part: int, found: Count) -> str:
    low, high = wilson(part, found.strings)
    return f"{part / found.strings:.2%} ({low:.2%}–{high:.2%})"


if __name__ == "__main__":
    main()
