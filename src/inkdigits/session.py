"""Running a model: ONNX weights in, a session out that threads may share."""

from pathlib import Path

import onnxruntime

from inkdigits.errors import InvalidModel


def open_session(weights: bytes, folder: Path) -> onnxruntime.InferenceSession:
    """Load the weights of a model; it runs on one core at a time.

    Args:
        weights: the bytes of `model.onnx`.
        folder: the model's, for messages.

    Raises:
        InvalidModel: they cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    # One digit is too small to share; batches are shared out by our own threads.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised, and said once
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no public base class for its errors
        raise InvalidModel(f"{folder / 'model.onnx'} cannot be loaded: {error}.") from error
