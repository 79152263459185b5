"""What the benchmarks share: the machine they ran on, and a report of figures and goals."""

import argparse
import json
import os
import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from inkdigits.training.environment import cores, processor

LIBRARIES = (
    "numpy",
    "opencv-python-headless",
    "opencv-python",
    "onnxruntime",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "ray",
)


def machine() -> dict[str, Any]:
    """Describe what a benchmark runs on.

    Returns:
        Processor, cores this process may use, load average of the last minute (None where unknown),
        system, Python, versions of the libraries that are installed.
    """
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            continue
    return {
        "processor": processor(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": versions,
    }


def machine_line(facts: dict[str, Any]) -> str:
    """Put what `machine` returned on one line."""
    libraries = ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())
    busy = "" if facts["load"] is None else f", load {facts['load']} at the start"
    return (
        f"{facts['processor']}, {facts['cores']} cores{busy}; {facts['system']}; "
        f"Python {facts['python']}; {libraries}"
    )


@dataclass
class Report:
    """Figures in a table, with the machine and whether the goals were met.

    Args:
        title: what was measured.
        command: what was run, as a user types it.
        columns: the table's header.
        rows: the table's rows, as shown.
        figures: the numbers themselves, in seconds, bytes, shares and counts.
        goals: what was to be reached, and whether it was.
        notes: what a reader has to know.
        machine: what it ran on, as it was before the first measurement.
    """

    title: str
    command: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    goals: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=machine)
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))

    def as_text(self) -> str:
        """Return the report for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.columns, tuple("-" * width for width in widths), *self.rows)
        ]
        return "\n".join(
            [self.title, "", *lines, "", *self._verdicts(), *self.notes, self._where()]
        )

    def as_markdown(self) -> str:
        """Return the report for `benchmarks/README.md`."""
        rows = (self.columns, ("---",) * len(self.columns), *self.rows)
        lines = [f"| {' | '.join(row)} |" for row in rows]
        verdicts = [f"- {line}" for line in (*self._verdicts(), *self.notes)]
        where = f"`{self.command}`, {self.date}. {self._where()}"
        return "\n".join([*lines, "", *verdicts, "", where])

    def _verdicts(self) -> list[str]:
        return [f"{'met' if met else 'MISSED'}: {goal}" for goal, met in self.goals.items()]

    def _where(self) -> str:
        return f"Machine: {machine_line(self.machine)}."


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every benchmark has."""
    parser.add_argument("--quick", action="store_true", help="a tiny run that proves it works")
    parser.add_argument("--markdown", action="store_true", help="print what README.md holds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def add_program_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which two programs are compared."""
    parser.add_argument(
        "--model", metavar="NAME|FOLDER", help="our model; default: the shipped one"
    )
    parser.add_argument(
        "--original",
        type=Path,
        metavar="FOLDER",
        help="where the original's trained network is kept; default: the user's cache",
    )


def publish(report: Report, options: argparse.Namespace) -> None:
    """Print the report, and write it where the options say."""
    if options.quick:
        report.notes.append(
            "A quick run: it proves that the benchmark works; its figures do not count."
        )
    print(report.as_markdown() if options.markdown else report.as_text())
    if options.json:
        facts = {
            "title": report.title,
            "date": report.date,
            "quick": options.quick,
            "machine": report.machine,
            "figures": report.figures,
            "goals": report.goals,
            "notes": report.notes,
        }
        text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
        options.json.write_text(text, encoding="utf-8")
