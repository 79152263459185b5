"""The model card: what a model is, what it is for, how good it is, how to make it again."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inkdigits import artifact, normalize
from inkdigits.files import write_whole
from inkdigits.training import allographs, datasets
from inkdigits.training.config import RECIPE, TrainingConfig, recipe_of
from inkdigits.training.labelled_ink import is_ink
from inkdigits.training.markdown import escaped
from inkdigits.training.styles import STYLES
from inkdigits.wording import counted, noun

# In a model folder beside weights and configuration:
CARD = "README.md"
NOTES = "notes.md"  # what a person adds to the card, if anything
REPORTS = "report"  # a folder for each data set that it was measured on

PUBLISHERS = {  # of data that are known, by how their names begin
    "mnist": "MNIST (Y. LeCun, C. Cortes, C. J. C. Burges): 70,000 digits by employees of the US"
    " Census Bureau and high-school students. The data set's copies carry the MIT licence or CC"
    " BY-SA 3.0.",
    "pendigits": "Pen-Based Recognition of Handwritten Digits (E. Alpaydin, F. Alimoglu; UCI"
    " Machine Learning Repository, CC BY 4.0): digits that 44 people wrote on a tablet, 30 of them"
    " to learn from.",
    "unipen": "UNIPEN train_r01_v07 (International Unipen Foundation, CC BY 4.0 by its page on"
    " Zenodo; I. Guyon, L. Schomaker, R. Plamondon, M. Liberman and S. Janet, ICPR 1994): digits,"
    " letters and symbols from tablets of many countries.",
}


def model_card(
    config: TrainingConfig,
    summary: Mapping[str, Any],
    reports: Mapping[str, Mapping[str, Any]] | None = None,
    notes: str = "",
) -> str:
    """Write the README of a model folder.

    Args:
        config: the recipe.
        summary: the `training` entry of the folder's `config.json`.
        reports: what each `report.json` holds, by the path of its `report.md` from the folder, or
            by an empty path where there is none.
        notes: Markdown that a person adds to the figures.
    """
    kind = noun(config.dataset.label_names)
    head = f" and one logit for whether it is a {kind} at all" if config.outliers else ""
    lines = [
        f"# {escaped(config.model_name)} {escaped(config.version)}",
        "",
        described(config),
        "",
        "## What it is",
        "",
        f"A convolutional network of {summary['parameters']:,} parameters in ONNX. It takes float32"
        f" patches (N, 28, 28, 1), ink bright, as made by version {normalize.VERSION} of"
        f" inkdigits' normaliser, and gives one logit for each label"
        f" ({', '.join(map(escaped, config.dataset.label_names))}){head}.",
        "`config.json` holds the labels, the temperature that turns logits into honest"
        " probabilities, the thresholds for refusing an answer, and the SHA-256 of the weights.",
        "",
        "## Data",
        "",
        *_data(config, summary, kind),
        "",
        "## Figures",
        "",
        *(figures(reports, kind) if reports else ["Not measured yet."]),
        "",
        *([notes.strip(), ""] if notes.strip() else []),
        "## Meant for",
        "",
        f"Single {kind}s drawn with pen, mouse or finger, or cut out of a photograph or scan. An"
        " answer below the thresholds is refused as `unsure` or `not_a_digit`.",
        "",
        "## Limits",
        "",
        *_limits(config, kind),
        "",
        "## Made by",
        "",
        f"{counted(config.training.epochs, 'epoch')}, seed {config.seed}, Keras {summary['keras']}"
        f" on {summary['backend']}, {summary['seconds']:,.0f} s. To make it again:"
        f" `inkdigits train {RECIPE}`.",
        "",
        "The weights have the licence of the package, Apache-2.0.",
        "",
    ]
    return "\n".join(lines)


def described(config: TrainingConfig) -> str:
    """What a model is, in the recipe's words, or else by its labels."""
    return config.description or f"Reads one handwritten {noun(config.dataset.label_names)}."


def figures(reports: Mapping[str, Mapping[str, Any]], kind: str) -> list[str]:
    """The figures of all reports, as lines of Markdown; `kind` is what the labels are names of."""
    lines = [
        "| measured on | right | errors | calibration error | refused |",
        "|---|---|---|---|---|",
        *(_accuracy_row(path, report) for path, report in reports.items()),
    ]
    rows = [
        _outliers_row(report["dataset"], found)
        for report in reports.values()
        for found in report.get("outliers", ())
    ]
    if rows:
        lines += [
            "",
            f"What is not a {kind}, told from the {kind}s of a data set by its evidence:",
            "",
            f"| outliers | {kind}s | AUROC | refused when 99 % of the {kind}s are kept | refused as"
            " shipped |",
            "|---|---|---|---|---|",
            *rows,
        ]
    costs = [report["cost"] for report in reports.values() if report.get("cost")]
    if costs:
        cost = costs[0]
        products = "unknown" if cost["multiply_adds"] is None else f"{cost['multiply_adds']:,}"
        lines += [
            "",
            f"Cost: {cost['parameters']:,} parameters once batch normalisation is folded in,"
            f" {products} multiply-adds a {kind}, {cost['bytes']:,} bytes on disk;"
            f" {cost['drawing_milliseconds']:.2f} ms from strokes to the answer on one core of"
            f" {cost['machine']}.",
        ]
    return lines


def _accuracy_row(path: str, report: Mapping[str, Any]) -> str:
    low, high = report["accuracy_interval"]
    dataset = escaped(report["dataset"])
    name = f"[{dataset}]({path})" if path else dataset
    return (
        f"| {name} | {report['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%})"
        f" | {report['errors']:,} of {report['images']:,} | {report['calibration_error']:.4f}"
        f" | {sum(report['refused'].values()):.2%} |"
    )


def _outliers_row(digits: str, found: Mapping[str, Any]) -> str:
    return (
        f"| {escaped(found['dataset'])}, {counted(found['images'], 'image')} | {escaped(digits)}"
        f" | {found['auroc']:.4f} | {found['refused_keeping_99']:.2%}"
        f" | {sum(found['refused'].values()):.2%} |"
    )


def _data(config: TrainingConfig, summary: Mapping[str, Any], kind: str) -> list[str]:
    parts = config.dataset.parts
    mnist = config.dataset.name.upper() == "MNIST"
    learned = [part.data for part in parts] if parts else ["mnist"] if mnist else []
    strange = [part.data for part in config.outliers.parts] if config.outliers else []
    used = [*learned, *strange] or [config.dataset.name]
    known = [text for name, text in PUBLISHERS.items() if _any_of(name, used)]
    own = [data for data in used if not any(_any_of(name, [data]) for name in PUBLISHERS)]
    lines = [
        *(f"- {text}" for text in known),
        *(f"- {escaped(data)}: the user's own data; their licence applies." for data in own),
        "",
        f"Of all that, this folder holds nothing but the misread {kind}s that its reports show.",
        f"{summary['training_images']:,} images an epoch were learned from and"
        f" {counted(summary['validation_images'], kind)} held out, to watch the run and to set"
        f" temperature and thresholds; {_held_out(config, summary)}."
        + (
            " The run opened the test images once, at its end."
            if config.dataset.opens_a_test
            else " The run opened no test."
        ),
    ]
    if config.dataset.allographs and allographs.known(config.dataset.label_names):
        lines.append(
            f"Of the images {config.dataset.allographs:,} were digits made up anew in each epoch,"
            " in ways of writing that the data hardly hold."
        )
    if any(is_ink(data) for data in used):
        lines.append("Ink was drawn anew in each epoch, with other pens, slants and stretches.")
    lines.append(f"Random changes: {_changes(config)}.")
    if config.outliers:
        made = config.outliers.synthetic
        kinds = [escaped(data) for data in strange]
        kinds += [f"{made:,} things made up anew in each epoch"] if made else []
        lines.append(f"What is not a {kind} was learned from {', '.join(kinds)}.")
    return lines


def _held_out(config: TrainingConfig, summary: Mapping[str, Any]) -> str:
    """What is held out of the data: whole writers, or a share of each label."""
    parts = datasets.digit_parts(config)
    every = [part.data for part in parts]
    ink = [data for data in every if is_ink(data)]
    by_writer = summary.get("held_out_by_writer", ink)  # of older models it is not told
    own = {part.data: config.of(part).validation.writers for part in parts}
    alike = defaultdict(list)  # the data sets of which one writer in so many is held out
    for data in by_writer:
        alike[own.get(data, config.validation.writers)].append(data)
    told = []
    for writers, some in alike.items():
        names = "ink" if some == ink else ", ".join(map(escaped, some))
        whose = "" if some == every else f"of {names}, "
        told.append(f"{whose}one writer in {writers}")
    return "; ".join(told) or "a share of each label"


def _any_of(name: str, data: Sequence[str]) -> bool:
    return any(Path(one).name.lower().startswith(name) for one in data)


def _limits(config: TrainingConfig, kind: str) -> list[str]:
    several = {"digit": "numbers", "letter": "words"}.get(kind, "rows of them")
    such = ": the letter O as 0, l as 1, S as 5" if kind == "digit" else ""
    lines = [f"- It reads one {kind} at a time; {several} must be cut into {kind}s first."]
    if config.dataset.name.upper() == "MNIST":
        lines.append(
            "- It has learned from American writers only. Other ways of writing (crossed sevens,"
            " slashed zeros, ones with a long upstroke) are read less well."
        )
    lines += [
        f"- What looks like a {kind} is read as one{such}."
        if config.outliers
        else f"- It was never shown what is not a {kind}; it refuses what differs from the {kind}s"
        " that it knows, which is not everything.",
        "- Not for decisions about people, payments or health without a person who checks.",
    ]
    return lines


def _changes(config: TrainingConfig) -> str:
    wanted = config.augmentation
    if wanted is None or not wanted.is_active:
        return "none"
    words = {
        "rotation": "turned by up to {:g} degrees",
        "shift": "shifted by up to {:g} pixels",
        "shear": "slanted by up to {:g}",
        "scale": "scaled by up to {:.0%}",
        "stretch": "stretched by up to {:.0%}",
        "elastic": "wobbled by {:g} pixels (elastic)",
        "thickness": "strokes thinned or thickened by up to {:g} pixels a side",
        "flag": "a flag drawn to the top of {:.0%} of the ones",
        "bar": "a bar drawn across {:.0%} of the sevens",
        "tail": "a tail to the left drawn onto {:.0%} of the nines",
        "slash": "a slash drawn through {:.0%} of the zeros",
        "coarse": "{:.0%} taken down to few pixels",
    }
    absent = {key for key, label in STYLES.items() if label not in config.dataset.label_names}
    values = {key: getattr(wanted, key, None) for key in words if key not in absent}
    return ", ".join(words[key].format(value) for key, value in values.items() if value) or "none"


def report_folder(folder: Path, dataset: str) -> Path:
    """Where in a model folder its report on a data set lies."""
    return folder / REPORTS / re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-")


def reports_of(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Read the reports in a model folder that were measured with the model as it is.

    Returns:
        For the path of each `report.md` from the folder what its `report.json` holds.
    """
    config, _ = artifact.read_model(folder)
    found = {}
    for path in sorted((folder / REPORTS).glob("*/report.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        measured = [content.get(key) for key in ("sha256", "temperature", "thresholds")]
        if measured == [config.sha256, config.temperature, dict(config.thresholds)]:
            found[path.relative_to(folder).with_suffix(".md").as_posix()] = content
    return found


def renewed(folder: Path) -> str:
    """Return the card of a model folder as it should be, with the reports that lie in it."""
    config, _ = artifact.read_model(folder)
    notes = folder / NOTES
    return model_card(
        recipe_of(folder),
        config.training,
        reports_of(folder),
        notes.read_text(encoding="utf-8") if notes.is_file() else "",
    )


def renew(folder: Path) -> None:
    """Write the card of a model folder again.

    Raises:
        InvalidModel: The folder is no model, or holds no recipe.
    """
    write_whole(folder / CARD, renewed(folder).encode())
