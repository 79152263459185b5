"""The report of a check: tables and sentences on a terminal, JSON, and files to work through."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inkdigits.files import write_whole
from inkdigits.training.checking.advice import advise
from inkdigits.training.checking.check import Check
from inkdigits.training.checking.sheet import draw
from inkdigits.wording import counted

SHOWN = 60  # labels of which a row is printed
SIZES = 3  # that are printed
JSON, CSV, SHEET = "check.json", "findings.csv", "sheet.png"
COLOURS = {"problem": "bold red", "warning": "yellow", "note": "dim"}


def show(found: Check, console: Console) -> None:
    """Print the report for a person."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ["label", "images", "share", "blank", "suspected"]
    columns += ["test"] if found.test_counts is not None else []
    for name in columns:
        table.add_column(name, justify="left" if name == "label" else "right")
    labels = list(dict.fromkeys([*found.counts, *(found.test_counts or {})]))
    for label in labels[:SHOWN]:
        count = found.counts.get(label, 0)
        row = [
            f"{count:,}",
            f"{count / max(1, found.images):.1%}",
            _or_none(sum(one.label == label for one in found.blank)),
            _or_none(sum(one.label == label for one in found.suspected)),
        ]
        if found.test_counts is not None:
            row.append(f"{found.test_counts.get(label, 0):,}")
        table.add_row(Text(label), *row)
    console.print(table)
    if len(labels) > SHOWN:
        console.print(f"… and {len(labels) - SHOWN:,} labels more")
    console.print()
    labelled = f"{counted(found.images, 'image')}, {counted(len(found.counts), 'label')}"
    console.print(Text(f"{labelled}: {_kinds(found)}"))
    console.print()
    for one in advise(found):
        console.print(Text(f"{one.weight}: ", COLOURS[one.weight]) + Text(one.text, ""))
    console.print()
    usable = "can be learned from" if found.is_usable else "cannot be learned from as they are"
    console.print(Text(f"The data {usable}."))


def _kinds(found: Check) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.items())
    sizes = [f"{width} × {height} ({n:,})" for (width, height), n in found.sizes.items()]
    more = f" and {len(sizes) - SIZES:,} sizes more" if len(sizes) > SIZES else ""
    pixels = f"; {', '.join(sizes[:SIZES])}{more} pixels" if sizes else ""
    return (kinds or "none") + pixels


def _or_none(count: int) -> str:
    return f"{count:,}" if count else ""


def as_json(found: Check) -> dict[str, Any]:
    """The report as a JSON object."""
    return {
        "sources": found.sources,
        "usable": found.is_usable,
        "images": found.images,
        "labels": found.counts,
        "test_labels": found.test_counts,
        "kinds": found.kinds,
        "sizes": [
            {"width": width, "height": height, "images": count}
            for (width, height), count in found.sizes.items()
        ],
        "writers": found.writers,
        "judged": found.judged,
        "agreement": found.agreement,
        "not_judged": found.not_judged,
        "findings": [dict(zip(_HEAD, row, strict=True)) for row in _findings(found)],
        "advice": [{"weight": one.weight, "text": one.text} for one in advise(found)],
    }


_HEAD = ("finding", "place", "label", "detail")


def _findings(found: Check) -> Iterator[tuple[str, str, str | None, str]]:
    """What a person may want to go through, one thing after another."""
    for place, why in [*found.unopened, *found.unreadable, *found.test_unreadable]:
        yield "unreadable", place, None, why
    for place, why in found.passed_over:
        yield "passed over", place, None, why
    for blank in found.blank:
        yield "blank", blank.place, blank.label, ""
    for kind, groups in (("conflict", found.conflicts), ("duplicate", found.duplicates)):
        for group in groups:
            for one in group[1:]:
                yield kind, one.place, one.label, f"{group[0].place} ({group[0].label})"
    for known, test in found.leaked:
        yield "in test", known.place, known.label, f"{test.place} ({test.label})"
    for some in found.suspected:
        sure = f"{some.suspected} ({some.of_suspected:.1%}; {some.label} {some.probability:.1%})"
        yield "suspected", some.place, some.label, sure


def write(found: Check, folder: Path) -> list[Path]:
    """Write the report as JSON, what was found as a table, and the sheet.

    Returns:
        The files.

    Raises:
        OSError: They cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text).writerows([_HEAD, *_findings(found)])
    report = json.dumps(as_json(found), ensure_ascii=False, indent=1)
    files = {
        JSON: f"{report}\n".encode(),
        CSV: text.getvalue().encode(),
        SHEET: draw(found),
    }
    for name, data in files.items():
        write_whole(folder / name, data)
    return [folder / name for name in files]
