"""The model card: what a model is, what it is for, how good it is, how to make it again."""

from collections.abc import Mapping
from typing import Any

from inkdigits import normalize
from inkdigits.training.config import TrainingConfig

MNIST = (
    "MNIST (Y. LeCun, C. Cortes, C. J. C. Burges): 70,000 digits by employees of the US Census"
    " Bureau and high-school students. The data set's copies carry the MIT licence or CC BY-SA 3.0;"
    " no image of it is in this folder."
)


def model_card(
    config: TrainingConfig, summary: Mapping[str, Any], report: Mapping[str, Any] | None
) -> str:
    """Write the README of a model folder.

    Args:
        config: the recipe.
        summary: the `training` entry of the folder's `config.json`.
        report: what `report.json` says of the test set; None: not known yet.
    """
    own = config.description or "Reads one handwritten digit."
    mnist = config.dataset.name.upper() == "MNIST"
    data = MNIST if mnist else f"{config.dataset.name}: the user's own data; their licence applies."
    changes = "none" if not config.augmentation else _changes(config)
    lines = [
        f"# {config.model_name} {config.version}",
        "",
        own,
        "",
        "## What it is",
        "",
        f"A convolutional network of {summary['parameters']:,} parameters in ONNX. It takes float32"
        f" patches (N, 28, 28, 1), ink bright, as made by version {normalize.VERSION} of"
        f" inkdigits' normaliser, and gives one logit for each label:"
        f" {', '.join(config.dataset.label_names)}.",
        "`config.json` holds the labels, the temperature that turns logits into honest"
        " probabilities, the thresholds for refusing an answer, and the SHA-256 of the weights.",
        "",
        "## Data",
        "",
        data,
        f"{summary['training_images']:,} of the training images were learned from and"
        f" {summary['validation_images']:,} held out, to watch the run and to set temperature and"
        " thresholds. The run opened the test images once, at its end.",
        f"Random changes to the training images: {changes}.",
        "",
        "## Figures",
        "",
        *_figures(report, summary),
        "",
        "## Meant for",
        "",
        "Single digits drawn with pen, mouse or finger, or cut out of a photograph or scan. An"
        " answer below the thresholds is refused as `unsure` or `not_a_digit`.",
        "",
        "## Limits",
        "",
        "- It reads one digit at a time; numbers must be cut into digits first.",
        *(
            [
                "- It has learned from American writers only. Other ways of writing (crossed"
                " sevens, slashed zeros, ones with a long upstroke) are read less well."
            ]
            if mnist
            else []
        ),
        "- It was never shown what is not a digit; it refuses what differs from the digits that it"
        " knows, which is not everything.",
        "- Not for decisions about people, payments or health without a person who checks.",
        "",
        "## Made by",
        "",
        f"{config.training.epochs} epochs, seed {config.seed}, Keras {summary['keras']} on"
        f" {summary['backend']}, {summary['seconds']:,.0f} s. To make it again, save this recipe"
        " and give it to `inkdigits train`:",
        "",
        "```yaml",
        config.to_yaml(complete=False).rstrip(),
        "```",
        "",
        "The weights have the licence of the package, Apache-2.0.",
        "",
    ]
    return "\n".join(lines)


def _figures(report: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> list[str]:
    if report is None:
        return ["Not measured yet."]
    low, high = report["accuracy_interval"]
    refused = sum(report["refused"].values())
    return [
        "| figure | value |",
        "|---|---|",
        f"| {report['dataset']}, accuracy | {report['accuracy']:.2%} (95 % interval {low:.2%} to"
        f" {high:.2%}) |",
        f"| {report['dataset']}, loss | {report['loss']:.4f} |",
        f"| calibration error | {report['calibration_error']:.4f} |",
        f"| test digits refused | {refused:.2%} |",
        f"| parameters | {summary['parameters']:,} |",
    ]


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
    }
    return ", ".join(
        text.format(getattr(wanted, key)) for key, text in words.items() if getattr(wanted, key)
    )
