"""Speed, memory and size: the original's way and ours, in turn, on the same drawings.

    python benchmarks/against_original.py

It needs the extra `train`, and Linux or macOS. The original's network is trained once, and kept.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median, quantiles

import answers
import cv2
from common import Report, add_program_options, add_report_options, publish
from drawing import Strokes, draw
from processes import ORIGINAL, Measured, measure, trained_original
from sizes import ORIGINAL_NEEDS, installed_size, size_of

from inkdigits import Recognizer

ROOT = Path(__file__).parents[1]
STARTS, QUICK_STARTS = 7, 1

ANSWER_SECONDS, ANSWER_RATIO = 0.30e-3, 100
START_SECONDS, START_RATIO = 0.45, 13
MEMORY_RATIO = 4
SIZE_BYTES = 330e6
BATCH_RATE = 9000


def main() -> None:
    """Measure everything and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    add_program_options(parser)
    parser.add_argument(
        "--size",
        choices=("no", "ours", "all"),
        help="environments to install anew and measure; default: ours (all: some 2 GB, minutes)",
    )
    options = parser.parse_args()
    size = options.size or ("no" if options.quick else "ours")
    effort = answers.QUICK if options.quick else answers.FULL
    network = trained_original(options.original, options.quick)
    report = Report(
        "The original's way against inkdigits",
        "python benchmarks/against_original.py" + (f" --size {size}" if options.size else ""),
        ("Measured", "Original", "inkdigits", "Ratio", "Goal"),
    )
    drawings = answers.example_drawings()
    starts = run_commands(
        drawings[0], network, options.model, QUICK_STARTS if options.quick else STARTS
    )
    add_answers(report, *answers.compare(drawings, network, Recognizer(options.model), effort))
    points = mean(sum(map(len, strokes)) for strokes in drawings)
    report.notes.append(
        f"An answer: {len(drawings)} example drawings, {points:.0f} points on average. "
        "The original may use all cores and starts from the drawn canvas; inkdigits has one core "
        "and starts from the strokes."
    )
    add_starts(report, starts)
    if size != "no":
        add_sizes(report, with_original=size == "all")
    add_batches(report, drawings, Recognizer(options.model), effort)
    publish(report, options)


def run_commands(
    strokes: Strokes, network: Path, model: str | None, times: int
) -> list[tuple[Measured, Measured]]:
    """Run the original's command and ours on one picture, in turn, once more than is counted."""
    with tempfile.TemporaryDirectory() as folder:
        picture = str(Path(folder) / "drawing.png")
        cv2.imwrite(picture, draw(strokes))
        theirs = [sys.executable, str(ORIGINAL), "predict", str(network), picture]
        ours = [sys.executable, "-m", "inkdigits", "recognize", picture, "--json"]
        ours += ["--model", model] if model else []
        return [(measure(theirs), measure(ours)) for _ in range(1 + times)][1:]


def add_answers(report: Report, theirs: Sequence[float], ours: Sequence[float]) -> None:
    """Report the time of single answers."""
    slow, fast = median(theirs), median(ours)
    add(report, "an answer in process, median", slow, fast, milliseconds,
        f"≤ {milliseconds(ANSWER_SECONDS)}, ≥ {ANSWER_RATIO}×")  # fmt: skip
    report.figures["answer_seconds"] = {
        way: {"median": median(times), "p95": quantiles(times, n=20)[-1], "count": len(times)}
        for way, times in (("original", theirs), ("inkdigits", ours))
    }
    report.goals[f"an answer within {milliseconds(ANSWER_SECONDS)}"] = fast <= ANSWER_SECONDS
    report.goals[f"answers {ANSWER_RATIO} times faster"] = slow >= ANSWER_RATIO * fast


def add_starts(report: Report, runs: Sequence[tuple[Measured, Measured]]) -> None:
    """Report time and memory of the commands."""
    slow, fast = (median(run[way].seconds for run in runs) for way in (0, 1))
    add(report, "start of the command to the answer, median", slow, fast, "{:.2f} s".format,
        f"≤ {START_SECONDS} s, ≥ {START_RATIO}×")  # fmt: skip
    report.goals[f"an answer within {START_SECONDS} s of the command's start"] = (
        fast <= START_SECONDS
    )
    report.goals[f"start {START_RATIO} times faster"] = slow >= START_RATIO * fast
    large, small = (median(run[way].peak for run in runs) for way in (0, 1))
    add(report, "peak memory of the command", large, small, megabytes, f"≥ {MEMORY_RATIO}×")
    report.goals[f"{MEMORY_RATIO} times less memory"] = large >= MEMORY_RATIO * small
    for name in ("seconds", "peak"):
        report.figures[f"command_{name}"] = {
            way: [getattr(run[number], name) for run in runs]
            for number, way in enumerate(("original", "inkdigits"))
        }
    report.notes.append(
        f"Start: each command {len(runs)} times, in turn, after one run that does not count; "
        "interpreter, imports, model, one PNG of 400 × 400, answer printed."
    )


def add_sizes(report: Report, with_original: bool) -> None:
    """Report what installation takes."""
    ours = installed_size("-r", str(ROOT / "requirements.txt")) + size_of(
        ROOT / "src" / "inkdigits"
    )
    theirs = installed_size(*ORIGINAL_NEEDS) if with_original else None
    report.figures["installed_bytes"] = {
        "original": asdict(theirs) if theirs else None,
        "inkdigits": asdict(ours),
    }
    goal = f"≤ {megabytes(SIZE_BYTES)}"
    for called, large, small in (
        ("without bytecode", theirs.delivered if theirs else None, ours.delivered),
        ("with the bytecode that pip compiles", theirs.total if theirs else None, ours.total),
    ):
        add(report, f"installed size, {called}", large, small, megabytes, goal)
        report.goals[f"installed size within {megabytes(SIZE_BYTES)}, {called}"] = (
            small <= SIZE_BYTES
        )
    report.notes.append(
        "Installed size: all files in a fresh environment's site-packages without pip; inkdigits "
        f"with its model; the original: {', '.join(ORIGINAL_NEEDS)}. 1 MB is a million bytes."
    )


def add_batches(
    report: Report, drawings: list[Strokes], recognizer: Recognizer, effort: answers.Effort
) -> None:
    """Report the speed in batches, and where the time goes."""
    rates = answers.batch_rates(drawings, recognizer, effort)
    report.figures["answers_a_second"] = rates
    for source, rate in rates.items():
        called = f"answers a second in batches, from {source}"
        report.rows.append((called, "", f"{rate:,.0f}", "", f"≥ {BATCH_RATE:,}"))
        report.goals[f"{BATCH_RATE:,} answers a second from {source}"] = rate >= BATCH_RATE
    report.figures["stage_seconds"] = answers.stages(drawings, recognizer, effort)
    for source, parts in report.figures["stage_seconds"].items():
        listed = ", ".join(f"{stage} {cost * 1e6:.0f}" for stage, cost in parts.items())
        report.notes.append(
            f"Microseconds of one core for a digit in a batch from {source}: {listed}; together "
            f"{sum(parts.values()) * 1e6:.0f}."
        )


def add(
    report: Report,
    called: str,
    theirs: float | None,
    ours: float,
    shown: Callable[[float], str],
    goal: str,
) -> None:
    """Add a row that compares."""
    ratio = "" if theirs is None else f"{theirs / ours:.1f}×"
    report.rows.append((called, "" if theirs is None else shown(theirs), shown(ours), ratio, goal))


def milliseconds(seconds: float) -> str:
    """Show a time."""
    return f"{seconds * 1e3:.2f} ms"


def megabytes(size: float) -> str:
    """Show a size."""
    return f"{size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
