"""The model of lines: a strip's patch in, the probability of each mark in each frame out."""

import os

import numpy as np
from numpy.typing import NDArray

from inkdigits import artifact
from inkdigits.errors import InvalidModel
from inkdigits.reading import line
from inkdigits.reading.constraints import OTHER
from inkdigits.reading.ctc import BLANK, Frames, Marks, probabilities
from inkdigits.session import open_session

STEP = 16  # columns: the width of what the model is given is a multiple of it


class LineModel:
    """Weights with their marks and their trust; one object may be shared by threads.

    Args:
        model: None for the shipped model, or as for `Recognizer`.

    Raises:
        InvalidModel: the folder is missing, incomplete, changed, or made for another version or
            for single digits.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None) -> None:
        folder = artifact.model_path(artifact.LINES if model is None else model)
        self.config, weights = artifact.read_model(folder)
        if self.config.kind != "lines":
            raise InvalidModel(f"{folder} reads single digits, not lines.")
        if self.config.normalizer != line.VERSION:
            raise InvalidModel(
                f"{folder} was trained on version {self.config.normalizer} of the preprocessing of"
                f" lines; this is version {line.VERSION}. Install a model made for it, or train"
                " again."
            )
        self._session = open_session(weights, folder)
        (self._input,) = [item.name for item in self._session.get_inputs()]
        (output,) = self._session.get_outputs()
        if output.shape[-1] != len(self.config.labels) + 1:
            raise InvalidModel(
                f"{folder} has {len(self.config.labels)} marks and a blank, but its model has"
                f" {output.shape[-1]} outputs."
            )
        self._output = output.name
        self._classes = {label: number for number, label in enumerate(self.config.labels, 1)}

    def logits(self, patch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the model says of a patch as from `line_patch`: (T, classes), T columns by two."""
        width = patch.shape[1]
        padded = np.zeros((1, line.HEIGHT, -(-width // STEP) * STEP, patch.shape[2]), np.float32)
        np.multiply(patch, np.float32(1 / 255), out=padded[0, :, :width])
        (answer,) = self._session.run([self._output], {self._input: padded})
        frames: NDArray[np.float32] = answer[0, : -(-width // line.STRIDE)]
        return frames

    def frames(self, patch: NDArray[np.uint8], others: float = 1.0) -> Frames:
        """The probability of each mark in each frame, (T, classes); class 0 is the blank.

        Args:
            patch: as from `line_patch`.
            others: how much more probable than in training it is beforehand that a mark is no part
                of a number (Saerens, Latinne & Decaestecker, "Adjusting the outputs of a classifier
                to new a priori probabilities", Neural Computation 2002).
        """
        frames = probabilities(self.logits(patch), self.config.temperature)
        if others != 1 and OTHER in self._classes:
            frames[:, self._classes[OTHER]] *= others
            frames /= frames.sum(axis=1, keepdims=True)
        return frames

    def text(self, marks: Marks) -> str:
        """Marks as text."""
        return "".join(self.config.labels[mark - 1] for mark in marks if mark != BLANK)

    def marks(self, text: str) -> Marks | None:
        """A text as marks; None if the model does not know all of them."""
        try:
            return tuple(self._classes[character] for character in text)
        except KeyError:
            return None
