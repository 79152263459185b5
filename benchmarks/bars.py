"""Every bar that a model for people has to reach, measured for a model folder by one command.

    python benchmarks/bars.py --model FOLDER
    python benchmarks/bars.py --model FOLDER --test

It needs the extra `train`, MNIST and the pen ink (`inkdigits data fetch mnist pendigits unipen`).
Without `--test` the test sets of MNIST and pendigits stay closed: choices may be made by it.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bar_rows
from bench import Bench, Row
from common import Report, add_report_options, publish
from held_out import Data

from inkdigits import Recognizer, artifact
from inkdigits.errors import InkdigitsError, InvalidModel
from inkdigits.training.config import TrainingConfig, recipe_of

QUICK_DIGITS, QUICK_PICTURES = 200, 40  # of each set, and of each kind of nothing
PICTURES = 300
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Group:
    """Rows that belong together.

    Args:
        title: what their bar is called among the goals; empty: they have none.
        rows: measures them.
    """

    title: str
    rows: Callable[[Bench], list[Row]]


GROUPS = {
    "mnist": Group("MNIST", bar_rows.mnist),
    "pendigits": Group("pendigits drawn on the canvas", bar_rows.pendigits),
    "unipen": Group("UNIPEN drawn on the canvas", bar_rows.unipen),
    "shapes": Group("digits stretched, and digits of few pixels", bar_rows.shapes),
    "pens": Group("points lost to pen, contrast, JPEG, slant", bar_rows.pens),
    "photographs": Group("", bar_rows.photographs),
    "strangers": Group("letters and symbols refused", bar_rows.strangers),
    "blanks": Group("noise, texture, blank, solid, gradient refused", bar_rows.blanks),
    "print": Group("", bar_rows.unseen),
    "calibration": Group("calibration on drawn digits", bar_rows.calibration),
    "cost": Group("cost", bar_rows.costs),
}


def main() -> None:
    """Measure what is asked for and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    parser.add_argument("--model", metavar="NAME|FOLDER", help="default: the shipped model")
    parser.add_argument(
        "--test",
        action="store_true",
        help="open the test sets of MNIST and pendigits: for a report, never for a choice",
    )
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"of {', '.join(GROUPS)}"
    )
    options = parser.parse_args()
    try:
        report = measure(options)
    except InkdigitsError as error:
        parser.error(str(error))
    publish(report, options)


def measure(options: argparse.Namespace) -> Report:
    """Measure every group that is asked for.

    Raises:
        InvalidModel: The model cannot be used.
        DataUnavailable: A data set is not at hand.
    """
    folder = artifact.model_path(options.model)
    recognizer = Recognizer(folder)
    if recognizer.labels != DIGITS:
        raise InvalidModel(f"{folder} reads {recognizer.labels}, not the ten digits.")
    config = recognizer.config
    recipe = recipe_of(folder)
    report = Report(
        f"The bars, {config.name} {config.version}",
        "python benchmarks/bars.py"
        + (f" --model {config.name}" if options.model else "")
        + (" --test" if options.test else "")
        + (f" --only {' '.join(options.only)}" if options.only else ""),
        ("Measured", "Figure", "Lost", "Refused", "Bar", "Stretch", ""),
    )
    bench = Bench(
        folder,
        recognizer,
        Data(options.test, recipe, QUICK_DIGITS if options.quick else None),
        pictures=QUICK_PICTURES if options.quick else PICTURES,
        rounds=2 if options.quick else 20,
    )
    for name, group in GROUPS.items():
        if options.only is None or name in options.only:
            add(report, name, group.rows(bench))
    report.notes += [which_digits(options.test, recipe), *bench.notes]
    return report


def add(report: Report, name: str, rows: Sequence[Row]) -> None:
    """Add the rows of a group, and whether all of them reach their bars."""
    for row in rows:
        limits = row.bar.limits() if row.bar else ("", "")
        verdict = row.bar.verdict(row.figure) if row.bar else ""
        report.rows.append((row.measured, row.shown, row.lost, row.refused, *limits, verdict))
    report.figures[name] = {
        row.measured: {"figure": row.figure}
        | ({"verdict": row.bar.verdict(row.figure)} if row.bar else {})
        | row.facts
        for row in rows
    }
    judged = [row.bar.met(row.figure) for row in rows if row.bar]
    if judged:
        title = GROUPS[name].title
        count = f", {sum(judged)} of {len(judged)} rows" if len(judged) > 1 else ""
        report.goals[title + count] = all(judged)


def which_digits(test: bool, recipe: TrainingConfig) -> str:
    """Say what the digits were."""
    writers = f"one writer in {recipe.validation.writers}"
    unipen = f"UNIPEN: {writers}, without the contributor ibm."
    if test:
        return f"MNIST and pendigits: the test sets. {unipen}"
    return (
        "No test set was opened. MNIST: the training images that the recipe holds out by seed "
        f"{recipe.seed}; pendigits: of the training part {writers}. {unipen}"
    )


if __name__ == "__main__":
    main()
