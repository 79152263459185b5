"""What `bars.py` measures with: bars, rows of its report, and a model with the data."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from drawn_digits import Count, share
from held_out import Data

from inkdigits import Recognizer
from inkdigits.recognizer import Source
from inkdigits.training.evaluate import evaluate_digits
from inkdigits.training.report import Report
from inkdigits.training.unlabelled import Unlabelled


def percent(figure: float) -> str:
    """Show a share: 0.985 as 98.5%."""
    return f"{100 * figure:g}%"


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach.

    Args:
        bar: at least or at most this much.
        stretch: what it should reach after that; None: there is no such goal.
        shown: how to write either.
        least: whether it is the least that is allowed, or the most.
    """

    bar: float
    stretch: float | None
    shown: Callable[[float], str] = percent
    least: bool = True

    def met(self, figure: float | None) -> bool:
        """Whether a figure reaches the bar; what could not be measured does not."""
        return self._reaches(figure, self.bar)

    def verdict(self, figure: float | None) -> str:
        """Put in words whether a figure reaches the bar, and whether the stretch goal too."""
        if not self.met(figure):
            return "MISSED"
        return "stretch met" if self._reaches(figure, self.stretch) else "met"

    def limits(self) -> tuple[str, str]:
        """Show bar and stretch goal."""
        if self.stretch is None:
            return self.shown(self.bar), "–"
        sign = "≥" if self.least else "≤"
        return f"{sign} {self.shown(self.bar)}", f"{sign} {self.shown(self.stretch)}"

    def _reaches(self, figure: float | None, goal: float | None) -> bool:
        if figure is None or goal is None:
            return False
        return figure >= goal if self.least else figure <= goal


@dataclass(frozen=True)
class Row:
    """A row of the report.

    Args:
        measured: what, on what.
        figure: what is set against the bar; None where it could not be measured.
        shown: the figure with its interval.
        bar: what it has to reach; None: it is only reported.
        refused: share of the digits that was refused, shown.
        lost: points lost, shown; empty where that is not what is asked.
        facts: the numbers behind it.
    """

    measured: str
    figure: float | None
    shown: str
    bar: Bar | None = None
    refused: str = ""
    lost: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def right(measured: str, count: Count, bar: Bar | None = None) -> Row:
    """Make a row of the share of digits that were read right, refused or not."""
    return Row(
        measured,
        count.right / count.digits,
        share(count.right, count.digits),
        bar,
        refused=f"{1 - count.accepted / count.digits:.2%}",
        facts=asdict(count),
    )


def lost(measured: str, count: Count, plain: Count, bar: Bar) -> Row:
    """Make a row of the points lost against the same digits drawn plainly."""
    difference = (plain.right - count.right) / count.digits
    row = right(measured, count)
    facts = row.facts | {"lost": difference}
    shown = f"{100 * difference:.2f}".replace("-", "−")
    return Row(measured, difference, row.shown, bar, row.refused, shown, facts)


@dataclass(frozen=True)
class Bench:
    """What all rows are measured with.

    Args:
        folder: the model folder.
        recognizer: made of it.
        data: the digits.
        pictures: how many pictures of each kind of nothing.
        rounds: how often what is timed is done.
        notes: what a reader has to know; what measures a row adds to it.
    """

    folder: Path
    recognizer: Recognizer
    data: Data
    pictures: int
    rounds: int
    notes: list[str] = field(default_factory=list)

    def count(self, sources: Iterable[Source], labels: Sequence[str]) -> Count:
        """Read digits as the program does, and count the right answers."""
        answers = self.recognizer.stream(sources)
        return Count.of(labels, ((answer.label, answer.best_label) for answer in answers))

    def against_digits(self, strangers: Sequence[Unlabelled] = ()) -> Report:
        """Evaluate on UNIPEN's held-out digits, as ink, and set strangers against them."""
        return evaluate_digits(self.recognizer, self.data.unipen_patches, strangers)
