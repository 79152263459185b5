"""From a Keras network to ONNX. Only Keras on TensorFlow can; on another backend a process does it.

python -m inkdigits.training.convert model.keras model.onnx
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.errors import InkdigitsError, InvalidModel, MissingExtra
from inkdigits.training import network
from inkdigits.training.backend import load_keras


def ensure() -> None:
    """Fail before the training rather than after it if what the conversion needs is missing.

    Raises:
        MissingExtra: TensorFlow or tf2onnx is not installed.
    """
    for package in ("tensorflow", "tf2onnx"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra("train", package)


def to_onnx(trained: Any) -> bytes:
    """Turn a Keras network into ONNX that gives logits, for batches (and lines) of any size.

    Raises:
        InkdigitsError: TensorFlow, which the conversion needs, is missing or fails.
        InvalidModel: The batch size came out fixed.
    """
    if load_keras().backend.backend() == "tensorflow":
        return _converted(trained)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "model.keras", Path(folder) / "model.onnx"
        trained.save(source)
        environment = os.environ | {
            "KERAS_BACKEND": "tensorflow",
            "CUDA_VISIBLE_DEVICES": "-1",  # the accelerator is still held by this process
            "PYTHONPATH": os.pathsep.join(sys.path),  # of a checkout that is not installed, too
        }
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(source), str(target)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InkdigitsError(
                f"The ONNX export, which needs TensorFlow, failed: {last}  Run the same"
                " command with --resume where it is installed; the trained weights are kept."
            )
        return target.read_bytes()


def _converted(trained: Any) -> bytes:
    import onnx

    of_lines = not network.has_head(trained) and len(trained.output_shape) == 3  # frames
    bare = trained if of_lines else network.with_logits(trained)
    sides = [side or 64 for side in trained.input_shape[1:]]  # lines are of any width
    bare(np.zeros((1, *sides), np.float32))  # the export needs a called model
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        # the converter is behind NumPy and protobuf; the proof counts
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bare.export(path, format="onnx", verbose=False)
        data = path.read_bytes()
    graph = onnx.load_from_string(data).graph
    if graph.input[0].type.tensor_type.shape.dim[0].dim_value:
        raise InvalidModel(
            "The ONNX export fixed the batch size; this version of tf2onnx is unfit."
        )
    return data


def main() -> None:
    """Convert the Keras file named first into the ONNX file named second."""
    source, target = sys.argv[1:]
    Path(target).write_bytes(to_onnx(load_keras().saving.load_model(source)))


if __name__ == "__main__":
    main()
