"""How `inkdigits recognize` and `read` print: for people, for spreadsheets, for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading
from inkdigits.records import reading_record
from inkdigits.wording import noun

FIELDS = ("file", "label", "best_label", "confidence", "reason")
READING_FIELDS = ("file", "text", "confidence", "reason", "x", "y", "width", "height")
REASONS = {"blank": "nothing drawn", "not_a_digit": "not a {noun}", "unsure": "unsure"}


class JsonLines:
    """One JSON object a line."""

    def add(self, name: str, answer: Prediction) -> None:
        """Print one answer."""
        record = _record(name, answer)
        record["confidence"] = round(answer.confidence, 6)
        scores = {label: round(score, 6) for label, score in answer.scores.items()}
        click.echo(json.dumps(record | {"scores": scores}, ensure_ascii=False))

    def close(self) -> None:
        """Nothing is left to print."""


class CsvLines:
    """Comma-separated values with a header."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(FIELDS)

    def add(self, name: str, answer: Prediction) -> None:
        """Print one answer."""
        record = _record(name, answer) | {"confidence": f"{answer.confidence:.6f}"}
        self._writer.writerow(["" if record[key] is None else record[key] for key in FIELDS])

    def close(self) -> None:
        """Nothing is left to print."""


class Table:
    """A table for people."""

    def __init__(self) -> None:
        from rich.table import Table as RichTable

        self._table = RichTable("File", "Digit", "Confidence", "Note")
        self._table.columns[2].justify = "right"

    def add(self, name: str, answer: Prediction) -> None:
        """Keep one answer."""
        from rich.text import Text

        note = _reason(answer.reason, answer.scores)
        if answer.reason and answer.best_label:
            note += f" (closest: {answer.best_label})"
        sure = f"{answer.confidence:.2%}" if answer.best_label else ""
        self._table.columns[1].header = noun(answer.scores).title()
        self._table.add_row(Text(name), Text(answer.label or "–", "bold"), sure, Text(note, "dim"))

    def close(self) -> None:
        """Print the table."""
        from rich.console import Console

        if self._table.row_count:
            Console().print(self._table)


def _reason(reason: str | None, labels: Iterable[str] = ()) -> str:
    return REASONS.get(reason or "", "").format(noun=noun(labels))


def _record(name: str, answer: Prediction) -> dict[str, Any]:
    """Return the fields that every machine-readable form shares."""
    return {
        "file": name,
        "label": answer.label,
        "best_label": answer.best_label,
        "confidence": answer.confidence,
        "reason": answer.reason,
    }


FORMS: dict[str, type[JsonLines | CsvLines | Table]] = {
    "json": JsonLines,
    "csv": CsvLines,
    "table": Table,
}


class ReadingJsonLines:
    """One JSON object a line for each file."""

    def add(self, name: str, readings: Sequence[Reading]) -> None:
        """Print what was read in a file."""
        record = {"file": name, "readings": [reading_record(reading) for reading in readings]}
        click.echo(json.dumps(record, ensure_ascii=False))

    def close(self) -> None:
        """Nothing is left to print."""


class ReadingCsvLines:
    """Comma-separated values with a header, a number a line."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(READING_FIELDS)

    def add(self, name: str, readings: Sequence[Reading]) -> None:
        """Print what was read in a file."""
        for reading in readings:
            sure, place = f"{reading.confidence:.6f}", [f"{side:.6g}" for side in reading.box]
            self._writer.writerow([name, reading.text, sure, reading.reason or "", *place])

    def close(self) -> None:
        """Nothing is left to print."""


class ReadingTable:
    """A table for people."""

    def __init__(self) -> None:
        from rich.table import Table as RichTable

        self._table = RichTable("File", "Number", "Confidence", "Note")
        self._table.columns[2].justify = "right"

    def add(self, name: str, readings: Sequence[Reading]) -> None:
        """Keep what was read in a file."""
        from rich.text import Text

        if not readings:
            self._table.add_row(Text(name), "–", "", Text("no number", "dim"))
        for row, reading in enumerate(readings):
            sure = f"{reading.confidence:.2%}"
            file, note = Text(name if row == 0 else ""), Text(_doubts(reading), "dim")
            self._table.add_row(file, Text(reading.text, "bold"), sure, note)

    def close(self) -> None:
        """Print the table."""
        from rich.console import Console

        if self._table.row_count:
            Console().print(self._table)


def _doubts(reading: Reading) -> str:
    """Say what is in doubt: all of a number, or which of its digits."""
    places = [str(place) for place, digit in enumerate(reading.digits, 1) if digit.label is None]
    if not places:
        return _reason(reading.reason)
    return f"unsure: digit{'s' if len(places) > 1 else ''} {', '.join(places)}"


READINGS: dict[str, type[ReadingJsonLines | ReadingCsvLines | ReadingTable]] = {
    "json": ReadingJsonLines,
    "csv": ReadingCsvLines,
    "table": ReadingTable,
}
