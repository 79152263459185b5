"""The model of single digits: a patch of 28×28 in, a `Prediction` out."""

import os
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from inkdigits import artifact, normalize
from inkdigits.confidence import energy, refusal, softmax
from inkdigits.errors import InvalidModel
from inkdigits.prediction import Box, Prediction
from inkdigits.session import open_session


class Outputs(NamedTuple):
    """What a model says of N patches.

    Args:
        logits: (N, classes) float32.
        evidence: (N,) float64, how much each looks like what the model was trained on: the logit
            of "is it a digit" where the model has one, else the energy of its logits.
    """

    logits: NDArray[np.float32]
    evidence: NDArray[np.float64]


class DigitModel:
    """Weights with their labels, temperature and thresholds; one object may be shared by threads.

    Args:
        model: None for the shipped model, the name of an installed model, or the path of a model
            folder.

    Raises:
        InvalidModel: the folder is missing, incomplete, changed, or made for another version.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None) -> None:
        folder = artifact.model_path(model)
        self.config, weights = artifact.read_model(folder)
        if self.config.kind != "digits":
            raise InvalidModel(
                f"{folder} reads lines, not single digits: it is used by `read` by itself. Name a"
                " model of digits."
            )
        if self.config.normalizer != normalize.VERSION:
            raise InvalidModel(
                f"{folder} was trained on version {self.config.normalizer} of the preprocessing; "
                f"this is version {normalize.VERSION}. Install a model made for it, or train again."
            )
        self._session = open_session(weights, folder)
        (self._input,) = [item.name for item in self._session.get_inputs()][:1]
        outputs = self._session.get_outputs()
        if outputs[0].shape[-1] != len(self.config.labels):
            raise InvalidModel(
                f"{folder} has {len(self.config.labels)} labels, but its model has "
                f"{outputs[0].shape[-1]} outputs."
            )
        if len(outputs) > 1 and outputs[1].shape[1:] != [1]:
            raise InvalidModel(
                f"The second output of {folder}, the evidence for a digit, must be one number each."
            )
        self._outputs = [output.name for output in outputs[:2]]
        self._columns: list[int] | None = None  # of the outputs that count; all

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model can answer, in the order of its outputs."""
        return self.config.labels

    def among(self, labels: Sequence[str]) -> Self:
        """The same model where some of its labels alone can be right; these in this order."""
        if tuple(labels) == self.labels:
            return self
        other = copy(self)
        other._columns = [self.labels.index(label) for label in labels]  # noqa: SLF001 (our own)
        other.config = replace(self.config, labels=tuple(labels))
        return other

    def run(self, patches: NDArray[np.float32]) -> Outputs:
        """Run the model.

        Args:
            patches: (N, 28, 28) float32 in [0, 1], as from `normalize`.
        """
        if len(patches) == 0:
            return Outputs(np.zeros((0, len(self.labels)), np.float32), np.zeros(0))
        logits, *head = self._session.run(self._outputs, {self._input: patches[..., None]})
        evidence = head[0].reshape(-1).astype(np.float64) if head else energy(logits)
        if self._columns is not None:
            logits = logits[:, self._columns]
        return Outputs(logits, evidence)

    def answer(
        self, prepared: Sequence[tuple[NDArray[np.float32], Box | None]]
    ) -> list[Prediction]:
        """Judge a few patches, each with the box of its ink, which is None for a blank."""
        drawn = [patch for patch, box in prepared if box is not None]
        if not drawn:
            return [self._blank()] * len(prepared)
        logits, evidence = self.run(np.array(drawn))
        rows = zip(
            softmax(logits, self.config.temperature).tolist(), evidence.tolist(), strict=True
        )
        return [
            self._blank() if box is None else self._judge(*next(rows), box) for _, box in prepared
        ]

    def _judge(self, probabilities: list[float], evidence: float, box: Box) -> Prediction:
        """Accept or reject the best label of one row of probabilities."""
        scores = dict(zip(self.labels, probabilities, strict=True))
        label = max(scores, key=scores.__getitem__)
        confidence = scores[label]
        reason = refusal(confidence, evidence, self.config.thresholds)
        return Prediction(None if reason else label, label, confidence, scores, reason, box)

    def _blank(self) -> Prediction:
        """Return the answer to an empty sheet."""
        return Prediction(None, None, 0.0, dict.fromkeys(self.labels, 0.0), "blank", None)
