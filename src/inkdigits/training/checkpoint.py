"""The state of a run between two epochs, kept so that a kill loses one epoch at most."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import artifact
from inkdigits.errors import InterruptedRun
from inkdigits.files import write_whole

# What a run folder holds. The report is written last: it marks a run as finished.
NAME = "checkpoint.npz"
CONFIG = "config.yaml"
HISTORY = "history.csv"
ENVIRONMENT = "environment.json"
NETWORK = "model.keras"
LEGACY = "cnn_model.h5"
REPORT = "report.json"
MODEL = artifact.IN_RUN


@dataclass
class Average:
    """Average of the weights at the ends of epochs; `count` of them have gone in."""

    weights: list[NDArray[np.float64]] = field(default_factory=list)
    count: int = 0

    def add(self, weights: list[NDArray[Any]], decay: float | None) -> None:
        """Take in one more set: all alike, or exponentially with this decay."""
        self.count += 1
        if self.count == 1:
            self.weights = [np.asarray(weight, np.float64) for weight in weights]
            return
        share = 1 / self.count if decay is None else 1 - decay
        for mean, weight in zip(self.weights, weights, strict=True):
            mean += share * (weight - mean)


@dataclass
class Progress:
    """What a run has done: epochs, their figures, the average so far, images learned from."""

    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    average: Average = field(default_factory=Average)
    images: int = 0


def save(folder: Path, network: Any, progress: Progress) -> None:
    """Write weights, optimizer state, dropout seeds, average and history, whole or not at all."""
    arrays = {f"state_{index}": np.asarray(value) for index, value in enumerate(state(network))}
    arrays |= {f"average_{index}": value for index, value in enumerate(progress.average.weights)}
    about = {
        "epoch": progress.epoch,
        "history": progress.history,
        "averaged": progress.average.count,
    }
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_whole(folder / NAME, buffer.getvalue())


def restore(folder: Path, network: Any) -> Progress:
    """Put the saved state into a freshly made network; without one, nothing has been done yet.

    Raises:
        InterruptedRun: The file is not a checkpoint of this network.
    """
    path = folder / NAME
    if not path.is_file():
        return Progress()
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as saved:
            about = json.loads(saved["about"].tobytes())
            variables = state(network)
            values = [saved[f"state_{index}"] for index in range(len(variables))]
            averaged = len([name for name in saved.files if name.startswith("average_")])
            weights = [saved[f"average_{index}"] for index in range(averaged)]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InterruptedRun(
            f"{path}: this checkpoint cannot be continued ({error}). Start anew in another folder."
        ) from error
    average = Average(weights, about["averaged"])
    return Progress(about["epoch"], about["history"], average)


def state(network: Any) -> list[Any]:
    """All that a step changes: weights, batch-norm statistics, dropout seeds, optimizer."""
    return [*network.variables, *network.optimizer.variables]
