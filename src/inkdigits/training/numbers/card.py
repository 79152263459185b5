"""The card of a model of lines: what it is, what it learned from, how good it is."""

from collections.abc import Mapping
from typing import Any

from inkdigits.reading import line
from inkdigits.training.card import PUBLISHERS
from inkdigits.training.config import NumbersConfig
from inkdigits.training.markdown import escaped
from inkdigits.training.numbers.epochs import MARKS


def line_card(
    config: NumbersConfig, summary: Mapping[str, Any], report: Mapping[str, Any] | None = None
) -> str:
    """Write the README of a model folder.

    Args:
        config: the recipe.
        summary: the `training` entry of the folder's `config.json`.
        report: what the run's `report.json` holds; None: not measured yet.
    """
    strings = config.strings
    sources = [source.data for source in (*strings.digits, *strings.others)]
    known = [
        told for name, told in PUBLISHERS.items() if any(data.startswith(name) for data in sources)
    ]
    lines = [
        f"# {escaped(config.model_name)} {escaped(config.version)}",
        "",
        config.description or "Reads a line of handwritten digits.",
        "",
        "## What it is",
        "",
        f"A fully convolutional network of {summary['parameters']:,} parameters in ONNX, trained"
        " with connectionist temporal classification. It takes strips (N, 32, W, 2) float32 in"
        f" [0, 1], as made by version {line.VERSION} of inkdigits' preprocessing of lines, and"
        " gives for every second column one logit for the blank and for each mark"
        f" ({' '.join(MARKS)}; `?` is whatever is no part of a number).",
        "`config.json` holds the marks, the temperature of the frames, how far this model and the"
        " recogniser of single digits are trusted beside each other, and the SHA-256 of the"
        " weights. It is used by `Recognizer.read` beside the model of single digits.",
        "",
        "## Data",
        "",
        *(f"- {told}" for told in known),
        "",
        f"{summary['training_strings']:,} strings were made up of them, each but once: marks of one"
        " hand side by side, from far apart to overlapping, on paper of many kinds, with rulings"
        " and borders, uneven light, blur, noise and JPEG. Of ink, one writer in"
        f" {config.validation.writers} is held out, and of the pictures a share of"
        f" {config.validation.fraction:.3f}. No picture of a real number was learned from.",
        "",
        f"Training took {summary['seconds']:,.0f} s, by Keras {summary['keras']} on"
        f" {summary['backend']}.",
    ]
    if report is not None:
        low, high = report["accuracy_interval"]
        lines += [
            "",
            "## Figures",
            "",
            f"Of {report['images']:,} made-up lines of held-out writers and pictures, as hard as"
            f" those of the training, {report['accuracy']:.2%} (95 % interval {low:.2%} to"
            f" {high:.2%}) are read right from the first mark to the last, and"
            f" {report['digits_accuracy']:.2%} if separators do not count. Calibration error of the"
            f" confidence of a whole line: {report['calibration_error']:.4f};"
            f" {report['confident']:.1%} are read with a confidence of 0.9 or more, and"
            f" {report['right_of_confident']:.2%} of these are right.",
            "",
            "How they were made up, how the run went, and figures on real numbers:"
            " `docs/numbers.md` of the project.",
        ]
    return "\n".join(lines) + "\n"
