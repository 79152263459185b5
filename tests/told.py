"""A model that says what a test tells it to: its logits and its evidence stand in the patch."""

import numpy as np
from numpy.typing import NDArray

from inkdigits.artifact import ModelConfig
from inkdigits.confidence import energy
from inkdigits.digit_model import Outputs
from inkdigits.training.datasets import Digits
from inkdigits.training.unlabelled import Unlabelled

Row = tuple[list[float], int]


class Told:
    """A model whose logits are the first three pixels, ten times; its evidence is their energy."""

    labels = ("0", "1", "2")
    config = ModelConfig(
        "told", "1.0.0", labels, 1, 2.0, {"confidence": 0.6, "evidence": 1.0}, "", {}
    )

    def run(self, patches: NDArray[np.float32]) -> Outputs:
        """What the patches say."""
        logits = patches[:, 0, :3] * 10
        return Outputs(logits, energy(logits))


def told_patches(logits: list[list[float]]) -> NDArray[np.float32]:
    """Patches that make the model say this; all zeros are a blank."""
    patches = np.zeros((len(logits), 28, 28), np.float32)
    patches[:, 0, :3] = np.array(logits) / 10
    patches[:, 1, 0] = [any(row) for row in logits]  # ink, lest it counts as blank
    return patches


def told_digits(rows: list[Row], name: str = "told") -> Digits:
    """Digits of which each row gives the logits and the true label."""
    patches = told_patches([logits for logits, _ in rows])
    return Digits(patches[..., None], np.array([label for _, label in rows]), name)


def told_outliers(logits: list[list[float]], name: str = "others", left_out: int = 0) -> Unlabelled:
    """What is no digit, of which each row gives the logits."""
    return Unlabelled(told_patches(logits), name, left_out)
